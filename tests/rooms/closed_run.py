"""A small society, and runs of it that are really divided, approved, posted and published.

Only the counting of usage is left out: a test says what was used. Everything after it is the house's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.db import transaction

from quire.core import arrays, evidence, standings, terms
from quire.core.facts import Counts, Evidence, Hold, Licence, Party, Pot, Subjects, Version
from quire.core.money import decimal_of
from quire.core.plan import Plan
from quire.society.kit.periods import Period, month

PLANS = Path(__file__).resolve().parents[2] / "src/quire/core/plans"
JANUARY = month(2026, 1)
IBANS = {
    "daily-harbour": "DE89370400440532013000",
    "tidewater-blog": "GB29NWBK60161331926819",
    "ferry-songs": "FR1420041010050500013M02606",
    "lantern-photos": "",
}
TOWNS = {
    "daily-harbour": "Bremen",
    "tidewater-blog": "Hull",
    "ferry-songs": "Brest",
    "lantern-photos": "Gdynia",
}
KINDS = {
    "daily-harbour": "newspaper",
    "tidewater-blog": "blogger",
    "ferry-songs": "songwriter",
    "lantern-photos": "photographer",
}
Used = Sequence[tuple[str, str, int]]
"""(work or site, use, requests) of one licence in one period."""


def found(people: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Found the society and register its payees; returns them by code."""
    from quire.society.parties import actions

    by = people["preparer"]
    given = {
        "name": "Harbour Writers' Society", "form": "association", "currency": "EUR", "town": "Bremen",
        "country": "DE", "street": "Am Speicher", "building": "4", "postcode": "28195",
        "iban": "NL91ABNA0417164300", "bic": "ABNANL2A", "minimum_payout": {"EUR": "10.00"},
    }  # fmt: skip
    actions.found_society(**{**given, **more}, by=by)
    made = {}
    for code, kind in KINDS.items():
        iban = IBANS[code]
        made[code] = actions.register_party(
            code=code, name=code.replace("-", " ").title(), kind=kind, town=TOWNS[code],
            country=iban[:2] or "PL", iban=iban, by=by,
        )  # fmt: skip
    return made


def credit(people: Mapping[str, Any], amounts: Mapping[str, int], key: str, currency: str = "EUR") -> None:
    """Book quanta as payable to parties, straight from the bank; no run stands behind it."""
    from quire.society.ledger import accounts
    from quire.society.ledger import actions as ledger
    from quire.society.parties import queries as parties

    entries = [
        ledger.EntryIn(accounts.payable(parties.party(code).tid), currency, -amount)
        for code, amount in amounts.items()
    ]
    whole = ledger.EntryIn(accounts.bank(), currency, sum(amounts.values()))
    ledger.post(
        key=key, date=date(2026, 2, 1), kind="receipt", text="credited", entries=[whole, *entries], by=None
    )


def stock(people: Mapping[str, Any]) -> None:
    """Works, a site, a lab and its licence, and the plans of the house adopted."""
    from quire.society.distribution import actions as distribution
    from quire.society.licensing import actions as licensing
    from quire.society.parties import actions as parties
    from quire.society.repertoire import actions as repertoire

    by = people["preparer"]
    for code in ("lab-north", "lab-south"):
        parties.register_party(code=code, name=code.replace("-", " ").title(), kind="lab", by=by)
    repertoire.register_work(
        title="Fog over the piers", member="daily-harbour", url="https://harbour.example/fog", by=by
    )
    repertoire.register_work(
        title="Low water", member="tidewater-blog", url="https://tide.example/low", by=by
    )
    repertoire.register_work(
        title="Ferry song", member="ferry-songs", url="https://songs.example/ferry",
        shares="ferry-songs:composer:2/3; daily-harbour:publisher:1/3", by=by,
    )  # fmt: skip
    repertoire.register_site(code="harbour", host="harbour.example", owner="daily-harbour", by=by)
    for code, currency in (("north-2026", "EUR"), ("south-2026", "JPY")):
        licensing.grant_licence(
            code=code, licensee=f"lab-{code[:5]}", kind="blanket", uses=["ai-train", "search"],
            starts=date(2026, 1, 1), ends=date(2027, 1, 1), currency=currency, fee="1000", by=by,
        )  # fmt: skip
    for name in ("per-usage", "hybrid"):
        text = (PLANS / f"{name}.toml").read_text()
        distribution.adopt_plan(
            text=text, starts=date(2025, 1, 1), decision="Members' meeting, May 2025", by=by
        )


def receive(people: Mapping[str, Any], licence: str, amount: str, period: Period = JANUARY) -> None:
    """Money comes in for a licence and a period."""
    from quire.society.invoicing import actions

    actions.record_receipt(
        licence=licence, period=period, amount=amount, received_on=period.ends,
        reference=f"{licence} {period}", by=people["preparer"],
    )  # fmt: skip


def close_run(
    people: Mapping[str, Any], used: Mapping[str, Used], period: Period = JANUARY, plan: str = "per-usage"
) -> Any:
    """Distribute what came in for the period by this usage (licence → used); returns the closed run."""
    from quire.society.distribution import actions, store
    from quire.society.distribution.actions import stages

    run = actions.open_run(period=period, by=people["preparer"], plan=plan)
    told = _evidence(run, used)
    with transaction.atomic():
        files = evidence.input_files(told, list(_receipts(run)))
        stages.move(run, "frozen", inputs_digest=store.standing().save(run.tid, "inputs", files))
    actions.work(run, by=people["preparer"])
    actions.approve(run, by=people["approver"])
    actions.work(run, by=people["preparer"])
    run.refresh_from_db()
    assert run.state == "closed"
    return run


def _receipts(run: Any) -> Any:
    from quire.society.distribution.models import PotReceipt

    for one in PotReceipt.objects.filter(pot__run=run).select_related("receipt", "pot").order_by("pot_id"):
        yield {"receipt": one.receipt.tid, "pot": one.pot.tid, "amount": decimal_of(one.receipt.amount),
               "received": one.receipt.received_on.isoformat()}  # fmt: skip


def _evidence(run: Any, used: Mapping[str, Used]) -> Evidence:
    """What a freeze would have gathered: everybody a member for ever, and yes to every use."""
    from quire.society.distribution.models import Hold as Standing
    from quire.society.parties import queries as parties

    everybody = tuple(
        Party(name.tid, 1, (terms.Span(date(2020, 1, 1), None),))
        for name in parties.names().values()
        if name.kind != "lab"
    )
    answers = tuple(
        terms.Answer(one.id, None, use, True, date(2020, 1, 1), None)
        for one in everybody
        for use in terms.USES
    )
    rows, subjects = _subjects([one.id for one in everybody])
    pots, counts = [], {}
    for told in run.pots.select_related("licence").order_by("licence__code"):
        pot = Pot(told.tid, _licence(told.licence.code), told.starts, told.ends, told.amount)
        versions = [one for several in subjects.versions.values() for one in several]
        segments = standings.cut(everybody, answers, (), versions, pot)
        place = {row.key: number for number, row in enumerate(rows)}
        counted = sorted((place[key], terms.USES.index(use), n) for key, use, n in used[told.licence.code])
        columns = (
            (arrays.ints(list(column)) for column in zip(*counted, strict=True)) if counted else ([], [], [])
        )
        pots.append(pot)
        counts[pot.id] = Counts(segments, *columns)
    holds = tuple(
        Hold(one.tid, one.work.tid if one.work else None, one.party.tid if one.party else None)
        for one in Standing.objects.filter(released_on=None)
    )
    return Evidence(Plan.parse(run.plan.text), tuple(pots), everybody, answers, (), subjects, counts, holds)


def _licence(code: str) -> Licence:
    from quire.society.licensing import queries

    row = queries.licence(code)
    terms_of = (tuple(sorted(row.uses)), row.starts, row.ends, row.currency, row.fee, dict(row.prices))
    return Licence(row.tid, row.licensee_tid, row.kind, *terms_of)


def _subjects(order: list[str]) -> tuple[list[Any], Subjects]:
    from quire.society.repertoire import queries
    from quire.society.repertoire.models import Site, Work

    works, sites = (list(model.objects.values_list("id", flat=True)) for model in (Work, Site))
    rows = sorted(queries.subjects(works, sites), key=lambda row: row.key)
    versions = {
        number: tuple(
            Version(
                starts,
                ends,
                type(shares)(tuple(sorted(shares, key=lambda h: (order.index(h.party), h.role)))),
            )
            for starts, ends, shares in row.versions
        )
        for number, row in enumerate(rows)
        if any(len(shares) > 1 for _, _, shares in row.versions)
    }
    names, kinds = [row.tid for row in rows], [row.kind for row in rows]
    members = arrays.ints([order.index(row.member_tid) for row in rows])
    return rows, Subjects(names, kinds, members, arrays.ints([0] * len(rows)), ["standard"], versions)

"""What a society meets in a year beside the plain way of its money: a log that comes late, a row divided
wrongly, a performer nobody knew, a settlement, readers who cannot count, a payment that comes back.

Each step is done once; a second build of the demonstration finds it there and tells the same.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from fractions import Fraction
from pathlib import Path

from quire.cli import frame
from quire.cli.demo_money import distribute, finish, user

LATE = "logs/2025-Q1/the-lone-kettle.log"
"""It was sent in when the first quarter had been divided."""
FOUND = "https://tidal-hum.example/songs/willow-against-the-tide"
WRONG = "https://glimmerlight.example/photos/frozen-pier-in-fog.jpg"
SETTLEMENT, ROOMS, SURVEY = "valbrume-settlement", "reading-rooms", "reading-rooms-january"
RETURNED = ("kaeferkabinett", "EUR")
LARGE = 90
"""Requests of a reading room in a month; the next one has ten fewer."""


@contextmanager
def _on(day: str) -> Iterator[None]:
    """Something that happened on another day than that of the demonstration."""
    today, os.environ["QUIRE_TODAY"] = os.environ["QUIRE_TODAY"], day
    try:
        yield
    finally:
        os.environ["QUIRE_TODAY"] = today


def after_the_first_quarter(logs: Path) -> None:
    """The late log, which counts in the next run; and a claim that the next run posts."""
    from quire.core.shares import Holder, Shares
    from quire.society.distribution import actions, queries
    from quire.society.parties import queries as parties
    from quire.society.usage import actions as usage

    by = user("preparer")
    (one,) = (one for one in json.loads((logs / "manifest.json").read_text())["files"] if one["path"] == LATE)
    usage.import_file(logs / LATE, host=one["host"], by=by)
    if queries.corrections():
        return
    whose = (("halflight", "photographer", Fraction(3, 5)), ("glimmerlight", "owner", Fraction(2, 5)))
    shares = Shares(tuple(Holder(parties.party(code).tid, role, part) for code, role, part in whose))
    claim = actions.file_correction(
        run=_first_quarter(), work=WRONG, kind="shares", shares=shares, by=by,
        reason="Halflight took this picture, too: contract of 2023",
    )  # fmt: skip
    actions.accept_correction(claim.tid, by=user("approver"), note="The contract was seen")


def _first_quarter() -> str:
    from quire.society.distribution import queries
    from quire.society.kit import periods

    span = periods.parse("2025-Q1")
    return str(next(run.tid for run in queries.runs() if run.period == span))


def after_the_year(source: Path) -> None:
    """What is known, agreed and asked once the year has been divided."""
    _find_a_performer()
    _settle(source)
    _ask(source)


def _find_a_performer() -> None:
    """One performer whom nobody knew is found and paid; what the other earned goes on the public list."""
    from quire.society.unclaimed import actions, queries

    by = user("preparer")
    if queries.of_work(FOUND):
        actions.match(
            work=FOUND, shares={"salt-cellar-four": Fraction(1)}, amend=True, amend_from=date(2026, 1, 1),
            evidence="The session sheet, seen on 20 January 2026", by=by,
        )  # fmt: skip
        actions.publish(by=by)


def _settle(source: Path) -> None:
    """A settlement for three pages: two are claimed in time and one is not."""
    from quire.society.distribution import actions as distribution
    from quire.society.distribution import queries as runs
    from quire.society.invoicing import actions, queries

    by = user("preparer")
    if SETTLEMENT not in {one.name for one in queries.lump_sums()}:
        with _on("2026-01-12"):
            plan = (source / "plans" / "settlement.toml").read_text("utf-8")
            day, said = date(2025, 11, 4), "Board of 4 November 2025"
            distribution.adopt_plan(text=plan, starts=day, decision=said, by=by, by_name=True)
            made = actions.agree(text=(source / "lump.toml").read_text("utf-8"), by=by)
            row = queries.lump(made.name)
            actions.record_receipt(
                licence=SETTLEMENT, period=row.period, amount="2400.00", received_on=date(2026, 1, 12),
                reference="VS-1", by=by,
            )  # fmt: skip
            for work in (WRONG, "https://tidal-hum.example/songs/winter-over-the-chapel"):
                actions.claim(SETTLEMENT, work=work, by=by)
                actions.judge(SETTLEMENT, work=work, accept=True, reason="Seen in the training data", by=by)
    waiting = [run for run in runs.runs() if run.plan == "demo settlement"]
    if not waiting:
        finish(distribution.open_lump_run(SETTLEMENT, by=by))
    elif waiting[0].state != "closed":
        finish(waiting[0].tid)


def _ask(source: Path) -> None:
    """Reading rooms count nothing: some of them, drawn by lot, are asked what was read in January."""
    from quire.society.distribution import actions as distribution
    from quire.society.invoicing import actions as invoicing
    from quire.society.licensing import actions as licensing
    from quire.society.surveys import actions, queries

    by = user("preparer")
    stages = {one.name: one.stage for one in queries.surveys()}
    if stages.get(SURVEY) != "closed":
        licensing.import_licences(path=source / "reading-rooms.csv", by=by)
        plan = (source / "plans" / "reading-rooms.toml").read_text("utf-8")
        day, said = date(2026, 1, 1), "Members' meeting of 5 December 2025"
        distribution.adopt_plan(text=plan, starts=day, decision=said, by=by, by_name=True)
        if stages.get(SURVEY, "draft") == "draft":
            actions.draft(source / "rooms.csv", name=SURVEY, period="2026-01", size=6, by=by)
            actions.publish(name=SURVEY, by=by)
        drawn = actions.draw(name=SURVEY, by=by)
        actions.import_reports(_reports(list(drawn)), name=SURVEY, by=by)
        actions.close(name=SURVEY, by=by)
        invoicing.record_receipt(
            licence=ROOMS, period="2026-01", amount="620.00", received_on=date(2026, 1, 30),
            reference="RR-1", by=by,
        )  # fmt: skip
    distribute("2026-01", plan="demo reading rooms")


def _reports(drawn: list[str]) -> Path:
    """What those said who answered: all but the last."""
    from quire.society.kit.config import home

    works = (WRONG, FOUND, "https://tidal-hum.example/songs/swallow-without-the-snow")
    path = home() / "input" / "rooms-reports.csv"
    with open(path, "w", newline="", encoding="utf-8") as handle:
        rows = csv.writer(handle)
        rows.writerow(("unit", "work", "requests"))
        for place, unit in enumerate(drawn[:-1]):
            rows.writerows((unit, work, LARGE - 10 * place - 7 * n) for n, work in enumerate(works))
    return path


def come_back() -> None:
    """A payment whose payee's account is closed comes back, and is on the balance again."""
    from quire.society.payouts import actions, queries

    code, currency = RETURNED
    sent = [one for one in queries.payments_of(code) if one.currency == currency]
    if sent and not any(one.returned for one in sent):
        with _on("2026-02-09"):
            actions.return_payment(sent[0].tid, reason="AC04", on=date(2026, 2, 9), by=user("preparer"))


def told() -> Iterator[str]:
    """A sentence for each."""
    yield "Beside that, as in any year (in brackets where to look on):"
    yield "  Tidal Hum Records passes 60 % of its label's share on to The Salt Cellar Four since April, and"
    yield "  they 15 % of it again: every link stands on the statements (quire agreements list)."
    yield "  The Lone Kettle's log of the first quarter came when that had been divided: it counted in the"
    yield "  second, marked as late on the statement."
    yield from _correction()
    yield from _unclaimed()
    yield "  A settlement of 2,400.00 EUR went to the two works claimed in time; a fifth waits for who comes"
    yield f"  late (quire lumpsums show {SETTLEMENT})."
    yield "  Reading rooms, which cannot count, were asked by lot; each line says how far it may be off"
    yield f"  (quire surveys show {SURVEY})."
    yield from _came_back()


def _correction() -> Iterator[str]:
    from quire.society.distribution import queries

    for row in queries.corrections():
        changes = [one for one in queries.changes_of(row.tid) if one.amount > 0]
        sums = _sums({one.currency: one.amount for one in changes})
        yield f"  A picture had been a colleague's for the greater part: the next run gave {changes[0].whom}"
        yield f"  {sums}, out of what the agency earned (quire corrections list)."


def _unclaimed() -> Iterator[str]:
    from quire.society.distribution import queries as distribution
    from quire.society.parties import queries as parties
    from quire.society.unclaimed import queries

    found: dict[str, int] = {}
    for one in distribution.awards_of(party=parties.party("salt-cellar-four").id):
        found[one.currency] = found.get(one.currency, 0) + one.amount
    rest: dict[str, int] = {}
    for item in queries.items():
        rest[item.currency] = rest.get(item.currency, 0) + item.amount
    yield "  Nobody knew who played on two songs. The one's players were found, and paid with its history:"
    yield f"  {_sums(found)}. Of the other, {_sums(rest)}"
    yield "  are on the public list (quire unclaimed list)."


def _came_back() -> Iterator[str]:
    from quire.society.payouts import queries

    for one in queries.payments_of(RETURNED[0]):
        if one.returned:
            amount = frame.money(one.amount, one.currency)
            yield f"  A payment of {amount} came back, as the account is closed: it waits for another."


def _sums(found: Mapping[str, int]) -> str:
    """To the cent, below it cut off: the rest stands in the books."""
    from quire.core.money import Money

    told = [Money(amount, currency) for currency, amount in sorted(found.items()) if amount]
    shown = [frame.money(one.quanta - one.to_minor()[1].quanta, one.currency) for one in told]
    return " and ".join(part for part in (", ".join(shown[:-1]), *shown[-1:]) if part)

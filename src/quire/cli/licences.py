"""Licences, invoices, receipts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from quire.cli import frame
from quire.cli.frame import By, DryRun, Json, Skip
from quire.cli.house import day

Term = Annotated[
    list[str],
    typer.Option(
        help="attribution, output-attribution, no-derivatives, audit, reporting:telemetry, reporting:monthly "
        "or model:TEXT; may be given again."
    ),
]
Rate = Annotated[str, typer.Option(help="The part of the licensee's revenue that is due, such as 3.5%.")]
Minimum = Annotated[str, typer.Option(help="Due for a year, whatever the revenue.")]
Deviation = Annotated[str, typer.Option(help="Why the licence is not as the published tariff has it.")]


def register(app: typer.Typer) -> None:
    """The commands about licences and what they bring in."""
    for name, help_, commands in (
        (
            "licences",
            "Licences and whom they are with.",
            (
                ("import", licences_import),
                ("grant", licences_grant),
                ("take", licences_take),
                ("list", licences_list),
                ("show", licences_show),
                ("deviations", licences_deviations),
                ("operators", licences_operators),
            ),
        ),
        ("invoice", "Fees due.", (("issue", invoice_issue),)),
        (
            "receipts",
            "Money that has come in.",
            (("import", receipts_import), ("record", receipts_record), ("list", receipts_list)),
        ),
    ):
        group = typer.Typer(help=help_, no_args_is_help=True)
        for verb, function in commands:
            frame.command(group, verb)(function)
        app.add_typer(group, name=name)


def licences_import(
    file: Path, by: By = "", skip_refused: Skip = False, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Grant licences from CSV or JSON."""
    from quire.society.licensing import actions

    taken = actions.import_licences(
        path=file, by=frame.acting(by), skip_refused=skip_refused, dry_run=dry_run
    )
    frame.say_taken(taken, "licence", dry_run=dry_run, as_json=as_json)


def licences_grant(
    code: str,
    licensee: Annotated[str, typer.Option(help="The licensee's code (a party).")],
    operator: Annotated[
        list[str], typer.Option(help="Its name in the list of AI agents; may be given again.")
    ],
    kind: Annotated[str, typer.Option(help="blanket, per-request, per-work, crawl or revenue.")],
    use: Annotated[
        list[str], typer.Option(help="ai-train, ai-input, ai-index or search; may be given again.")
    ],
    starts: Annotated[str, typer.Option("--from", help="The first day of the licence.")],
    until: Annotated[str, typer.Option(help="First day out.")],
    currency: Annotated[str, typer.Option(help="Of the fee and the prices (ISO 4217).")],
    fee: Annotated[str, typer.Option(help="For a year.")] = "0",
    price: Annotated[
        list[str], typer.Option(help="Such as standard=0.002 or *=0.001; may be given again.")
    ] = [],  # noqa: B006
    rate: Rate = "",
    minimum: Minimum = "0",
    term: Term = [],  # noqa: B006
    deviation: Deviation = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Grant one licence on terms of its own; where a tariff is published for it, take it instead."""
    from quire.society.licensing import actions
    from quire.society.licensing.conditions import of_words

    prices = dict(one.partition("=")[::2] for one in price)
    with frame.rehearsal(dry_run):
        granted = actions.grant_licence(
            code=code,
            licensee=licensee,
            operators=operator,
            kind=kind,
            uses=use,
            starts=day(starts),
            ends=day(until),
            currency=currency,
            fee=fee,
            prices=prices,
            conditions=of_words(term),
            deviation=deviation,
            rate=rate,
            minimum=minimum,
            by=frame.acting(by),
        )
    frame.say(
        {"licence": granted.tid, "code": code},
        [f"{code} is granted to {licensee}: {granted.tid}."],
        as_json=as_json,
    )


def licences_take(
    code: str,
    tariff: Annotated[str, typer.Option(help="A published tariff's code, or code@version.")],
    licensee: Annotated[str, typer.Option(help="The licensee's code (a party).")],
    starts: Annotated[str, typer.Option("--from", help="The first day of the licence.")],
    until: Annotated[str, typer.Option(help="First day out; a year later where not said.")] = "",
    operator: Annotated[
        list[str], typer.Option(help="Its name in the list of AI agents; may be given again.")
    ] = [],  # noqa: B006
    use: Annotated[list[str], typer.Option(help="Instead of the tariff's uses.")] = [],  # noqa: B006
    fee: Annotated[str, typer.Option(help="Instead of the tariff's fee.")] = "",
    price: Annotated[list[str], typer.Option(help="Instead of the tariff's prices.")] = [],  # noqa: B006
    rate: Rate = "",
    minimum: Minimum = "",
    term: Term = [],  # noqa: B006
    deviation: Deviation = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Take a licence as a published tariff has it; anything else needs a reason."""
    from quire.society.licensing import actions, queries
    from quire.society.licensing.conditions import of_words

    with frame.rehearsal(dry_run):
        taken = actions.take_licence(
            code=code,
            tariff=tariff,
            licensee=licensee,
            operators=operator,
            starts=day(starts),
            ends=day(until) if until else None,
            uses=use or None,
            fee=fee or None,
            prices=dict(one.partition("=")[::2] for one in price) or None,
            conditions=of_words(term) if term else None,
            deviation=deviation,
            rate=rate or None,
            minimum=minimum or None,
            by=frame.acting(by),
        )
        row = queries.row_of(taken)
    frame.say(
        {"licence": row.tid, "code": code, "tariff": row.published},
        [f"{licensee} takes {code} under {row.published} from {row.starts} until {row.ends}: {row.tid}."],
        as_json=as_json,
    )


def licences_show(code: str, as_json: Json = False) -> None:
    """One licence with its terms, a sentence for each."""
    from quire.core.money import Money, decimal_of
    from quire.core.shares import share_text
    from quire.society.licensing import queries
    from quire.society.licensing.queries.revoked import licence_revoked
    from quire.society.licensing.terms import sentences

    row = queries.licence(code)
    revoked = licence_revoked(row.tid)
    prices = {tier: decimal_of(price) for tier, price in row.prices.items()}
    under = f"Under the published tariff {row.published}." if row.published else "Under no published tariff."
    lines = [
        (
            f"{row.code} ({row.tid}): {row.licensee_code} may {', '.join(row.uses)}, {row.kind}, "
            f"from {row.starts} until {row.ends}."
        ),
        *(["It is on the revocation list: no token is issued under it."] if revoked else []),
        under + (f" It deviates from it: {row.deviation}" if row.deviation else ""),
        *([f"{Money(row.fee, row.currency)} a year."] if row.fee else []),
        *([queries.share_sentence(row)] if row.rate else []),
        *(f"{price} {row.currency} for {tier}." for tier, price in prices.items()),
        *sentences(row),
    ]
    data = {
        "code": row.code,
        "id": row.tid,
        "licensee": row.licensee_code,
        "kind": row.kind,
        "uses": list(row.uses),
        "from": row.starts,
        "until": row.ends,
        "currency": row.currency,
        "fee": decimal_of(row.fee),
        "prices": prices,
        **({"rate": share_text(row.rate), "minimum": decimal_of(row.minimum)} if row.rate else {}),
        "tariff": row.published,
        "deviation": row.deviation,
        "terms": row.conditions.as_json(),
        "sentences": sentences(row),
        "revoked": revoked,
    }
    frame.say(data, lines, as_json=as_json)


def licences_deviations(as_json: Json = False) -> None:
    """Every licence that is not as its tariff has it, in what, and why."""
    from quire.society.licensing import queries

    found = queries.deviations()
    rows = [
        (one.licence.code, one.licence.licensee_code, one.licence.published, ", ".join(one.what), one.reason)
        for one in found
    ]
    columns = ("licence", "licensee", "tariff", "deviates in", "reason")
    data = [dict(zip(columns, row, strict=True)) for row in rows]
    frame.say(data, frame.table("", columns, rows), as_json=as_json)


def _costs(row: Any) -> str:
    """``12,000.00 EUR``, or what it depends on: ``3 % of revenue, at least 1,200.00 USD``."""
    from quire.core.plan import percent

    if row.rate:
        least = f", at least {frame.money(row.minimum, row.currency)}" if row.minimum else ""
        return f"{percent(row.rate)} of revenue{least}"
    if row.fee:
        return frame.money(row.fee, row.currency)
    return "once" if row.kind == "lump" else f"by use, in {row.currency}"


def licences_list(as_json: Json = False) -> None:
    """Every licence."""
    from quire.core.money import Money
    from quire.core.shares import share_text
    from quire.society.licensing import queries

    found = queries.licences()
    rows = [
        (
            o.code,
            o.licensee_code,
            o.kind,
            " ".join(o.uses),
            o.starts,
            o.ends,
            _costs(o),
            o.published,
        )
        for o in found
    ]
    columns = ("code", "licensee", "kind", "uses", "from", "until", "costs a year", "tariff")
    frame.say(
        [
            {
                "code": o.code,
                "id": o.tid,
                "licensee": o.licensee_code,
                "kind": o.kind,
                "uses": list(o.uses),
                "from": o.starts,
                "until": o.ends,
                "currency": o.currency,
                "fee": Money(o.fee, o.currency).decimal(),
                "rate": share_text(o.rate),
                "minimum": Money(o.minimum, o.currency).decimal(),
                "tariff": o.published,
            }
            for o in found
        ],
        frame.table("", columns, rows),
        as_json=as_json,
    )


def licences_operators(
    party: Annotated[str, typer.Argument(help="A lab's code.")],
    names: Annotated[list[str], typer.Argument(help="Names in the list of AI agents, such as OpenAI.")],
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Say which crawlers are a lab's that has no licence here: a member may have given it one."""
    from quire.society.licensing import actions

    found = actions.name_operators(party=party, operators=names, by=frame.acting(by))
    frame.say({"party": party, "operators": list(found)}, [f"{party}: {', '.join(found)}."], as_json=as_json)


def invoice_issue(
    licence: str,
    period: Annotated[str, typer.Option(help="2026-01, 2026-Q1, 2026 or 2026-01-01..2026-02-01.")],
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """The fee due under a licence for a period, from the usage counted."""
    from quire.core.money import Money
    from quire.society.invoicing import actions
    from quire.society.kit import periods
    from quire.society.licensing import queries as licensing

    row, span = licensing.licence(licence), periods.parse(period)
    with frame.rehearsal(dry_run):
        issued = actions.issue_invoice(licence=licence, period=span, by=frame.acting(by))
    amount = Money(issued.amount, row.currency)
    frame.say(
        {"invoice": issued.tid, "amount": amount.decimal(), "currency": row.currency},
        [f"{amount} are due under {row.code} for {span}: {issued.tid}."],
        as_json=as_json,
    )


def receipts_import(
    file: Path, by: By = "", skip_refused: Skip = False, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Book money that came in, from CSV or JSON."""
    from quire.society.invoicing import actions

    taken = actions.import_receipts(
        path=file, by=frame.acting(by), skip_refused=skip_refused, dry_run=dry_run
    )
    notes = [f"line {line}: {what}" for line, what in taken.stated]
    frame.say_taken(taken, "receipt", dry_run=dry_run, as_json=as_json, notes=notes)


def receipts_record(
    licence: str,
    amount: str,
    period: Annotated[str, typer.Option(help="2026-01, 2026-Q1, 2026 or 2026-01-01..2026-02-01.")],
    received: Annotated[str, typer.Option(help="The day it came in.")],
    reference: Annotated[str, typer.Option(help="The bank's reference; a receipt is booked once.")],
    currency: Annotated[str, typer.Option(help="What it came in, where that is not the licence's.")] = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Book one receipt, in the licence's currency unless it came in another."""
    from quire.core.money import Money
    from quire.society.invoicing import actions
    from quire.society.kit import periods
    from quire.society.licensing import queries as licensing

    with frame.rehearsal(dry_run):
        booked = actions.record_receipt(
            licence=licence,
            period=periods.parse(period),
            amount=amount,
            received_on=day(received),
            reference=reference,
            currency=currency,
            foreign=currency not in ("", licensing.licence(licence).currency),
            by=frame.acting(by),
        )
    money = Money(booked.amount, booked.currency)
    frame.say(
        {"receipt": booked.tid, "amount": money.decimal(), "currency": booked.currency},
        [f"{money} booked for {licence}, {period}: {booked.tid}."],
        as_json=as_json,
    )


def receipts_list(
    period: Annotated[str, typer.Option(help="Only for this period: 2026-01, 2026-Q1 or 2026.")] = "",
    as_json: Json = False,
) -> None:
    """What has come in."""
    from datetime import date

    from quire.core.money import Money
    from quire.society.invoicing import queries
    from quire.society.kit import periods

    span = periods.parse(period) if period else periods.Period(date(1900, 1, 1), date(9999, 1, 1))
    found = queries.receipts(span.starts, span.ends)
    rows = [
        (o.reference, o.received_on, o.licence_code, f"{o.starts}..{o.ends}", Money(o.amount, o.currency))
        for o in found
    ]
    frame.say(
        [
            {
                "id": o.tid,
                "reference": o.reference,
                "received": o.received_on,
                "licence": o.licence_code,
                "from": o.starts,
                "until": o.ends,
                "amount": Money(o.amount, o.currency).decimal(),
                "currency": o.currency,
            }
            for o in found
        ],
        frame.table("", ("reference", "received", "licence", "for", "amount"), rows, right=("amount",)),
        as_json=as_json,
    )

"""Licences, invoices, receipts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quire.cli import frame
from quire.cli.frame import By, DryRun, Json, Skip
from quire.cli.house import day


def register(app: typer.Typer) -> None:
    """The commands about licences and what they bring in."""
    for name, help_, commands in (
        (
            "licences",
            "Licences and whom they are with.",
            (
                ("import", licences_import),
                ("grant", licences_grant),
                ("list", licences_list),
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
    kind: Annotated[str, typer.Option(help="blanket, per-request or per-work.")],
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
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Grant one licence."""
    from quire.society.licensing import actions

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
            by=frame.acting(by),
        )
    frame.say(
        {"licence": granted.tid, "code": code},
        [f"{code} is granted to {licensee}: {granted.tid}."],
        as_json=as_json,
    )


def licences_list(as_json: Json = False) -> None:
    """Every licence."""
    from quire.core.money import Money
    from quire.society.licensing import queries

    found = queries.licences()
    rows = [
        (o.code, o.licensee_code, o.kind, " ".join(o.uses), o.starts, o.ends, Money(o.fee, o.currency))
        for o in found
    ]
    columns = ("code", "licensee", "kind", "uses", "from", "until", "fee a year")
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
            }
            for o in found
        ],
        frame.table("", columns, rows, right=("fee a year",)),
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
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Book one receipt, in the licence's currency."""
    from quire.core.money import Money
    from quire.society.invoicing import actions
    from quire.society.kit import periods

    with frame.rehearsal(dry_run):
        booked = actions.record_receipt(
            licence=licence,
            period=periods.parse(period),
            amount=amount,
            received_on=day(received),
            reference=reference,
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
    rows = [(o.reference, o.received_on, f"{o.starts}..{o.ends}", Money(o.amount, o.currency)) for o in found]
    frame.say(
        [
            {
                "id": o.tid,
                "reference": o.reference,
                "received": o.received_on,
                "from": o.starts,
                "until": o.ends,
                "amount": Money(o.amount, o.currency).decimal(),
                "currency": o.currency,
            }
            for o in found
        ],
        frame.table("", ("reference", "received", "for", "amount"), rows, right=("amount",)),
        as_json=as_json,
    )

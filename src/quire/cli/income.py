"""Revenue that licensees report, rates of exchange, and what the bank made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quire.cli import frame
from quire.cli.frame import By, DryRun, Json, Skip
from quire.cli.house import day

Have = Annotated[str, typer.Option("--from", help="The currency that is given away (ISO 4217).")]
Want = Annotated[str, typer.Option("--to", help="The currency that is got for it.")]


def register(app: typer.Typer) -> None:
    """The commands about revenue and currencies."""
    for name, help_, commands in (
        (
            "revenue",
            "What licensees earned, where a licence is a share of it.",
            (("report", report), ("import", revenue_import), ("list", revenue_list)),
        ),
        (
            "fx",
            "Rates of exchange, and what was exchanged.",
            (
                ("record", record),
                ("import", rates_import),
                ("list", rates_list),
                ("exchange", exchange),
                ("status", status),
            ),
        ),
    ):
        group = typer.Typer(help=help_, no_args_is_help=True)
        for verb, function in commands:
            frame.command(group, verb)(function)
        app.add_typer(group, name=name)


def report(
    licence: str,
    amount: str,
    period: Annotated[str, typer.Option(help="2026-01, 2026-Q1, 2026 or 2026-01-01..2026-02-01.")],
    on: Annotated[str, typer.Option(help="The day it was reported.")],
    reason: Annotated[str, typer.Option(help="Why it is not what was reported before.")] = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Record a licensee's revenue of a period, or restate it with a reason."""
    from quire.core.money import Money
    from quire.society.invoicing import actions

    with frame.rehearsal(dry_run):
        made = actions.report_revenue(
            licence=licence, period=period, amount=amount, reported_on=day(on), reason=reason,
            by=frame.acting(by),
        )  # fmt: skip
        money = Money(made.amount, made.licence.currency)
    frame.say(
        {"report": made.tid, "licence": licence, "amount": money.decimal(), "currency": money.currency},
        [f"{licence} reports {money} for {period}: {made.tid}."],
        as_json=as_json,
    )


def revenue_import(
    file: Path, by: By = "", skip_refused: Skip = False, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Revenue reports from CSV or JSON."""
    from quire.society.invoicing import actions

    taken = actions.import_revenue(path=file, by=frame.acting(by), skip_refused=skip_refused, dry_run=dry_run)
    frame.say_taken(taken, "report", dry_run=dry_run, as_json=as_json)


def revenue_list(
    licence: Annotated[str, typer.Option(help="Of this licence alone.")] = "", as_json: Json = False
) -> None:
    """What was reported; a report that was restated is marked."""
    from quire.core.money import Money
    from quire.society.invoicing import queries

    found = queries.revenue_reports(licence or None)
    rows = [
        (
            o.licence_code,
            f"{o.starts}..{o.ends}",
            Money(o.amount, o.currency),
            o.reported_on,
            "" if o.stands else "restated",
            o.reason,
        )
        for o in found
    ]
    data = [
        {
            "id": o.tid,
            "licence": o.licence_code,
            "from": o.starts,
            "until": o.ends,
            "amount": Money(o.amount, o.currency).decimal(),
            "currency": o.currency,
            "reported": o.reported_on,
            "stands": o.stands,
            "reason": o.reason,
        }
        for o in found
    ]
    columns = ("licence", "period", "revenue", "reported", "", "reason")
    frame.say(data, frame.table("", columns, rows, right=("revenue",)), as_json=as_json)


def record(
    have: Have,
    want: Want,
    rate: Annotated[str, typer.Option(help="Units of the one for one of the other: 0.9123 or 10000/10877.")],
    on: Annotated[str, typer.Option(help="The day it was stated for.")],
    source: Annotated[str, typer.Option(help="Who stated it, such as 'ECB reference rates'.")],
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Record a rate of exchange with its source and its day."""
    from quire.core.shares import share_text
    from quire.society.invoicing import actions

    with frame.rehearsal(dry_run):
        made = actions.record_rate(
            have=have, want=want, rate=rate, on=day(on), source=source, by=frame.acting(by)
        )
    frame.say(
        {"rate": share_text(made.rate), "from": have, "to": want, "on": on, "source": made.source},
        [f"One {have} was {rate} {want} on {on} ({made.source})."],
        as_json=as_json,
    )


def rates_import(
    file: Path, by: By = "", skip_refused: Skip = False, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Rates from CSV or JSON: from, to, rate, on, source."""
    from quire.society.invoicing import actions

    taken = actions.import_rates(path=file, by=frame.acting(by), skip_refused=skip_refused, dry_run=dry_run)
    frame.say_taken(taken, "rate", dry_run=dry_run, as_json=as_json)


def rates_list(as_json: Json = False) -> None:
    """Every rate on record."""
    from quire.core.shares import share_text
    from quire.society.invoicing import queries

    found = queries.rates()
    rows = [(o.have, o.want, share_text(o.rate), o.day, o.source) for o in found]
    columns = ("from", "to", "rate", "on", "source")
    data = [dict(zip(columns, row, strict=True)) for row in rows]
    frame.say(data, frame.table("", columns, rows), as_json=as_json)


def exchange(
    have: Have,
    want: Want,
    sold: Annotated[str, typer.Option(help="How much was given away.")],
    bought: Annotated[str, typer.Option(help="How much the bank gave for it.")],
    on: Annotated[str, typer.Option(help="The day the bank exchanged it.")],
    reference: Annotated[str, typer.Option(help="The bank's reference; an exchange is booked once.")],
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Book what the bank gave for a sum that runs had converted, and the difference."""
    from quire.core.money import Money
    from quire.society.invoicing import actions

    with frame.rehearsal(dry_run):
        made = actions.exchange(
            have=have, sold=sold, want=want, bought=bought, on=day(on), reference=reference,
            by=frame.acting(by),
        )  # fmt: skip
    gained = Money(made.bought - made.booked, want)
    told = f"{gained} more than" if gained > Money.zero(want) else f"{-gained} less than"
    frame.say(
        {
            "exchange": made.tid,
            "sold": Money(made.sold, have).decimal(),
            "from": have,
            "bought": Money(made.bought, want).decimal(),
            "to": want,
            "booked": Money(made.booked, want).decimal(),
            "difference": gained.decimal(),
        },
        [
            (
                f"{Money(made.sold, have)} were exchanged for {Money(made.bought, want)}, "
                f"{told if gained else 'just'} what runs had made of them."
            )
        ],
        as_json=as_json,
    )


def status(as_json: Json = False) -> None:
    """What waits to be exchanged, and what exchanging has gained or lost."""
    from quire.core.money import Money
    from quire.society.invoicing import queries

    waits, sums = queries.all_waiting(), queries.differences()
    lines = [
        *(
            f"{Money(o.sum, o.have)} wait to be exchanged; payees have {Money(o.promised, o.want)} for them."
            for o in waits
        ),
        *(
            f"Exchanging has {'gained' if sum_ >= 0 else 'lost'} {abs(Money(sum_, unit))} in all."
            for unit, sum_ in sums.items()
        ),
    ]
    data = {
        "waiting": [
            {
                "from": o.have,
                "sum": Money(o.sum, o.have).decimal(),
                "to": o.want,
                "promised": Money(o.promised, o.want).decimal(),
            }
            for o in waits
        ],
        "differences": {unit: Money(sum_, unit).decimal() for unit, sum_ in sums.items()},
    }
    frame.say(data, lines or ["Nothing waits to be exchanged, and nothing was."], as_json=as_json)

"""Payment batches and the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from quire.cli import frame
from quire.cli.frame import By, DryRun, Json, Skip
from quire.cli.house import day


def register(app: typer.Typer) -> None:
    """The commands that pay, and those that look at the books."""
    for name, help_, commands in (
        (
            "payouts",
            "Payment batches.",
            (
                ("prepare", prepare),
                ("settle", settle),
                ("list", list_batches),
                ("return", return_payment),
                ("import-returns", import_returns),
                ("payments", payments),
            ),
        ),
        (
            "ledger",
            "The books.",
            (("trial-balance", trial_balance), ("history", history), ("export", export)),
        ),
    ):
        group = typer.Typer(help=help_, no_args_is_help=True)
        for verb, function in commands:
            frame.command(group, verb)(function)
        app.add_typer(group, name=name)


_NEW_DETAILS = ("  It is not sent to that account again: bring new bank details with quire parties import.",)


def prepare(
    currency: Annotated[str, typer.Option(help="The balances to pay (ISO 4217).")],
    on: Annotated[str, typer.Option(help="The bank executes it on.")],
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Pay every balance that can be paid, in whole cents, and write the bank's file."""
    from quire.core.money import Money
    from quire.society.payouts import actions

    batch = actions.prepare(currency=currency, on=day(on), by=frame.acting(by), dry_run=dry_run)
    places = [] if dry_run else actions.write(batch.batch)
    total = Money(sum(one.amount for one in batch.payments), currency)
    lines = [
        f"{frame.many(len(batch.payments), 'payment')}, {total} in all, on {on}.",
        *(f"  {place}" for place in places),
        *(f"  carried: {one.code}, {one.reason}" for one in batch.carried),
    ]
    frame.say(
        {
            "batch": None if dry_run else batch.batch.tid,
            "payments": len(batch.payments),
            "total": total.decimal(),
            "currency": currency,
            "files": [str(place) for place in places],
            "carried": [
                {"party": o.code, "amount": o.amount_text, "reason": o.reason} for o in batch.carried
            ],
        },
        lines,
        as_json=as_json,
    )


def settle(
    batch: str,
    on: Annotated[str, typer.Option(help="The day the bank executed it.")],
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """The bank has executed a batch."""
    from quire.society.payouts import actions

    with frame.rehearsal(dry_run):
        settled = actions.settle(batch=batch, on=day(on), by=frame.acting(by))
    frame.say(
        {"batch": settled.tid, "settled": on}, [f"{settled.tid} left the bank on {on}."], as_json=as_json
    )


def list_batches(as_json: Json = False) -> None:
    """Every batch."""
    from quire.core.money import Money
    from quire.society.payouts import queries

    found = queries.batches()
    rows = [
        (o.on, Money(o.total, o.currency), o.payments, "settled" if o.settled else "in transit", o.tid)
        for o in found
    ]
    frame.say(
        [
            {
                "batch": o.tid,
                "on": o.on,
                "currency": o.currency,
                "total": Money(o.total, o.currency).decimal(),
                "payments": o.payments,
                "settled": o.settled,
            }
            for o in found
        ],
        frame.table("", ("on", "total", "payments", "state", "batch"), rows, right=("total", "payments")),
        as_json=as_json,
    )


def return_payment(
    payment: str,
    reason: Annotated[str, typer.Option(help="The bank's code (ISO 20022), such as AC04.")],
    on: Annotated[str, typer.Option(help="The day it came back.")],
    info: Annotated[str, typer.Option(help="What the bank wrote beside it.")] = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """The bank gave a payment back: it goes to the payee's balance again."""
    from quire.core.money import Money
    from quire.society.payouts import actions
    from quire.society.payouts.reasons import REASONS

    with frame.rehearsal(dry_run):
        back = actions.return_payment(payment, reason=reason, on=day(on), info=info, by=frame.acting(by))
        paid, party = back.payment, back.payment.party
    amount = Money(paid.amount, paid.batch.currency)
    frame.say(
        {
            "return": back.tid,
            "payment": paid.tid,
            "party": party.code,
            "amount": amount.decimal(),
            "currency": amount.currency,
            "reason": reason,
            "on": on,
        },
        [
            f"{amount} are on the balance of {party.code} again: {REASONS[reason].sentence} ({reason}).",
            *(_NEW_DETAILS if REASONS[reason].about else ()),
        ],
        as_json=as_json,
    )


def import_returns(
    file: Path, by: By = "", skip_refused: Skip = False, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """A bank's list of returned payments, CSV or JSON."""
    from quire.society.payouts import actions

    taken = actions.import_returns(path=file, by=frame.acting(by), skip_refused=skip_refused, dry_run=dry_run)
    frame.say_taken(taken, "return", dry_run=dry_run, as_json=as_json)


def payments(batch: str, as_json: Json = False) -> None:
    """Every payment of a batch, and what came back of it."""
    from quire.core.money import Money
    from quire.society.parties import queries as parties
    from quire.society.payouts import queries

    names = parties.names()
    found = queries.payments_in(batch)
    rows = [
        (
            names[one.party].code,
            Money(one.amount, one.currency),
            f"came back {one.returned}: {one.because}" if one.returned else one.settled or "on its way",
            one.tid,
        )
        for one in found
    ]
    frame.say(
        [
            {
                "payment": one.tid,
                "party": names[one.party].code,
                "amount": Money(one.amount, one.currency).decimal(),
                "currency": one.currency,
                "settled": one.settled,
                "returned": one.returned,
                "reason": one.reason,
            }
            for one in found
        ],
        frame.table("", ("payee", "amount", "settled", "payment"), rows, right=("amount",)),
        as_json=as_json,
    )


def trial_balance(
    on: Annotated[str, typer.Option(help="As of this day; all that is booked if left out.")] = "",
    as_json: Json = False,
) -> None:
    """Every account's balance; each currency sums to zero."""
    from quire.core.money import Money
    from quire.society.ledger import queries

    found = queries.trial_balance(day(on) if on else None)
    rows = [
        (
            o.code,
            o.kind,
            Money(o.debit, o.currency),
            Money(o.credit, o.currency),
            Money(o.balance, o.currency),
        )
        for o in found
    ]
    frame.say(
        [{"account": o.code, "kind": o.kind, "currency": o.currency, **_amounts(o)} for o in found],
        frame.table(
            "", ("account", "kind", "debit", "credit", "balance"), rows, right=("debit", "credit", "balance")
        ),
        as_json=as_json,
    )


def _amounts(line: Any) -> dict[str, str]:
    from quire.core.money import decimal_of

    return {name: decimal_of(getattr(line, name)) for name in ("debit", "credit", "balance")}


def history(account: str, as_json: Json = False) -> None:
    """Everything that moved an account."""
    from quire.core.money import Money
    from quire.society.ledger import queries

    found = queries.history(account)
    rows = [(o.date, o.text, Money(o.amount, o.currency), Money(o.balance, o.currency)) for o in found]
    frame.say(
        [
            {
                "date": o.date,
                "text": o.text,
                "amount": Money(o.amount, o.currency).decimal(),
                "currency": o.currency,
            }
            for o in found
        ],
        frame.table("", ("date", "text", "amount", "balance"), rows, right=("amount", "balance")),
        as_json=as_json,
    )


def export(file: Path, as_json: Json = False) -> None:
    """The whole ledger in Beancount's format; check it with bean-check."""
    from quire.society.ledger import beancount

    with open(file, "w", encoding="utf-8") as handle:
        beancount.export(handle.write)
    frame.say(
        {"file": str(file)},
        [f"The ledger is in {file}. An outside program can check it: bean-check {file}"],
        as_json=as_json,
    )

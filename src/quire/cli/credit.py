"""Balances that crawling is paid from."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from quire.cli import frame
from quire.cli.frame import By, DryRun, Json
from quire.cli.house import day

_Licensee = Annotated[str, typer.Argument(help="The licensee's code.")]
_Amount = Annotated[str, typer.Option(help="In major units, 250.00.")]
_Currency = Annotated[str, typer.Option(help="As EUR.")]


def register(app: typer.Typer) -> None:
    """The commands of pay per crawl."""
    group = typer.Typer(help="Pay per crawl: balances, and what edges charged.", no_args_is_help=True)
    for verb, function in (
        ("deposit", credit_deposit),
        ("limit", credit_limit),
        ("list", credit_list),
        ("allowances", credit_allowances),
        ("settle", credit_settle),
        ("release", credit_release),
    ):
        frame.command(group, verb)(function)
    app.add_typer(group, name="credit")


def credit_deposit(
    licensee: _Licensee,
    amount: _Amount,
    currency: _Currency,
    received: Annotated[str, typer.Option(help="When it came in.")],
    reference: Annotated[str, typer.Option(help="The bank's reference.")],
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Book money that a licensee put on its balance."""
    from quire.society.invoicing import actions

    with frame.rehearsal(dry_run):
        booked = actions.deposit(
            licensee=licensee,
            amount=amount,
            currency=currency,
            received_on=day(received),
            reference=reference,
            by=frame.acting(by),
        )
        if booked.again:
            frame.err.print(
                f"{reference} was recorded before, as received on {booked.deposit.received_on}: "
                "nothing was booked again.",
                markup=False,
            )
        _say_balances(licensee, as_json=as_json)


def credit_limit(
    licensee: _Licensee,
    amount: _Amount,
    currency: _Currency,
    reason: Annotated[str, typer.Option(help="Why: like licensees are treated alike.")],
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Let a licensee's balance go this far below nothing."""
    from quire.society.invoicing import actions

    with frame.rehearsal(dry_run):
        actions.set_limit(
            licensee=licensee, amount=amount, currency=currency, reason=reason, by=frame.acting(by)
        )
        _say_balances(licensee, as_json=as_json)


def credit_list(
    licensee: Annotated[str, typer.Option(help="Only this licensee's.")] = "", as_json: Json = False
) -> None:
    """Balances: what is there, what is set aside for edges, and what is left to set aside."""
    _say_balances(licensee or None, as_json=as_json)


def _say_balances(licensee: str | None, *, as_json: bool) -> None:
    from quire.core.money import decimal_of
    from quire.society.invoicing import queries

    found = queries.balances(licensee)
    parts = ("balance", "limit", "aside", "available")
    rows = [
        (one.licensee_code, *(frame.money(getattr(one, part), one.currency) for part in parts))
        for one in found
    ]
    data: list[dict[str, Any]] = [
        {"licensee": one.licensee_code, "currency": one.currency}
        | {part: decimal_of(getattr(one, part)) for part in parts}
        for one in found
    ]
    columns = ("licensee", "balance", "limit", "set aside", "available")
    if not found and not as_json:
        frame.say(data, ["No licensee has a balance: quire credit deposit makes one."], as_json=False)
        return
    frame.say(data, frame.table("", columns, rows, right=columns[1:]), as_json=as_json)


def credit_allowances(
    is_open: Annotated[bool, typer.Option("--open", help="Only those that are set aside now.")] = False,
    as_json: Json = False,
) -> None:
    """What was set aside for which edge, and what of it was charged."""
    from quire.core.money import decimal_of
    from quire.society.invoicing import queries

    found = queries.allowances(is_open=is_open)
    rows = [
        (one.tid, one.licensee_code, one.edge, frame.money(one.amount, one.currency),
         frame.money(one.charged, one.currency), f"{one.expires_at:%Y-%m-%d %H:%M}", one.closed_reason)
        for one in found
    ]  # fmt: skip
    columns = ("allowance", "licensee", "edge", "amount", "charged", "until", "closed")
    data = [
        asdict(one) | {"amount": decimal_of(one.amount), "charged": decimal_of(one.charged)} for one in found
    ]
    frame.say(data, frame.table("", columns, rows, right=("amount", "charged")), as_json=as_json)


def credit_settle(by: By = "", as_json: Json = False) -> None:
    """Book what edges charged, and give back what was not spent of allowances that are over."""
    from quire.core.money import decimal_of
    from quire.society.invoicing import actions

    user = frame.acting(by)
    done = actions.settle_crawls(by=user)
    closed = actions.close_allowances(by=user)
    sums = ", ".join(frame.money(amount, currency) for currency, amount in sorted(done.amount.items()))
    data = {
        "receipts": done.receipts,
        "amount": {currency: decimal_of(amount) for currency, amount in done.amount.items()},
        "closed": closed,
        "problems": list(done.problems),
    }
    told = f"{frame.many(done.receipts, 'receipt')} booked{': ' + sums if sums else ''}"
    lines = [
        f"{told}; {frame.many(closed, 'allowance')} closed.",
        *(f"  ! {problem}" for problem in done.problems),
    ]
    frame.say(data, lines, as_json=as_json)


def credit_release(
    allowance: Annotated[str, typer.Argument(help="The allowance's id.")],
    reason: Annotated[str, typer.Option(help="Why nothing more is expected of it.")],
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Give up waiting for an edge that was lost: what it had not told of returns to the balance."""
    from quire.society.invoicing import actions

    with frame.rehearsal(dry_run):
        actions.release(allowance=allowance, reason=reason, by=frame.acting(by))
        frame.say({"released": allowance}, [f"{allowance} is closed."], as_json=as_json)

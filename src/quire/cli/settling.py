"""Debts for corrections settled outside of a run: paid back, or written off by two people."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from quire.cli import frame
from quire.cli.frame import By, DryRun, Json
from quire.cli.house import day

_Party = Annotated[str, typer.Argument(help="The debtor, by its code.")]
_Currency = Annotated[str, typer.Option(help="Of the debt (ISO 4217).")]
_Name = Annotated[str, typer.Argument(metavar="SETTLEMENT")]


def repaid(
    party: _Party,
    amount: Annotated[str, typer.Argument(help="What came in, such as 52.50.")],
    on: Annotated[str, typer.Option(help="The day it came into the bank.")],
    reference: Annotated[str, typer.Option(help="The bank's reference.")],
    currency: _Currency = "EUR",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """A debtor has paid back what a run paid it too much: its creditors are credited at once."""
    from quire.society.distribution import actions

    with frame.rehearsal(dry_run):
        made = actions.repay(
            party=party, amount=amount, currency=currency, on=day(on), reference=reference,
            by=frame.acting(by),
        )  # fmt: skip
        row, left = _row(made.tid), _owed(party, currency)
    frame.say({**_data(row), "owed": left[1]}, [f"{party} repaid {_money(row)}; {left[0]}."], as_json=as_json)


def write_off(
    party: _Party,
    reason: Annotated[str, typer.Option(help="Why; creditors will read it.")],
    amount: Annotated[str, typer.Option(help="How much of it; left out, all.")] = "",
    currency: _Currency = "EUR",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Propose to write off what a debtor owes; a second person decides."""
    from quire.society.distribution import actions

    with frame.rehearsal(dry_run):
        made = actions.propose_write_off(
            party=party, amount=amount, currency=currency, reason=reason, by=frame.acting(by)
        )
        row = _row(made.tid)
    told = f"{row.tid} proposes to write off {_money(row)} of {party}; somebody else approves it: "
    frame.say(_data(row), [f"{told}quire corrections approve-write-off {row.tid} --by NAME"], as_json=as_json)


def approve(name: _Name, by: By = "", dry_run: DryRun = False, as_json: Json = False) -> None:
    """Decide that it is written off, as somebody else proposed."""
    from quire.society.distribution import actions

    with frame.rehearsal(dry_run):
        actions.approve_write_off(name, by=frame.acting(by))
        row = _row(name)
    frame.say(_data(row), [f"{_money(row)} of {row.debtor} is written off."], as_json=as_json)


def refuse(name: _Name, by: By = "", dry_run: DryRun = False, as_json: Json = False) -> None:
    """Decide that it is not written off."""
    from quire.society.distribution import actions

    with frame.rehearsal(dry_run):
        actions.refuse_write_off(name, by=frame.acting(by))
        row = _row(name)
    frame.say(_data(row), [f"{row.debtor} still owes it."], as_json=as_json)


def list_settlements(as_json: Json = False) -> None:
    """Every repayment and every write-off, the newest first."""
    from quire.society.distribution import queries

    found = queries.settlements()
    columns = ("settlement", "kind", "debtor", "amount", "on", "state", "told")
    rows = [(o.tid, o.kind, o.debtor, _money(o), o.on, o.state, o.reference or o.reason) for o in found]
    frame.say([_data(o) for o in found], frame.table("", columns, rows, right=("amount",)), as_json=as_json)


def _row(tid: str) -> Any:
    from quire.society.distribution import queries

    return next(row for row in queries.settlements() if row.tid == tid)


def _money(row: Any) -> str:
    return frame.money(row.amount, row.currency)


def _owed(party: str, currency: str) -> tuple[str, str]:
    """What a debtor owes still, as a sentence and as an amount."""
    from quire.core.money import decimal_of
    from quire.society.distribution import queries

    left = sum(one.amount for one in queries.debts() if (one.debtor, one.currency) == (party, currency))
    return (f"it owes {frame.money(left, currency)} still" if left else "it owes nothing more"), decimal_of(
        left
    )


def _data(row: Any) -> dict[str, Any]:
    from quire.core.money import decimal_of

    return {
        "settlement": row.tid,
        "kind": row.kind,
        "debtor": row.debtor,
        "currency": row.currency,
        "amount": decimal_of(row.amount),
        "on": row.on,
        "reference": row.reference,
        "reason": row.reason,
        "state": row.state,
        "recorded_by": row.recorded_by,
        "decided_by": row.decided_by,
    }

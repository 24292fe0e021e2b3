"""The demonstration's money: a period divided among its owners, and paid out."""

from __future__ import annotations

from datetime import date
from typing import Any


def user(name: str) -> Any:
    """A person of the demonstration: its preparer, or its approver."""
    from quire.society.parties import queries

    return queries.acting(name)


def distribute(quarter: str, plan: str = "") -> None:
    """Take a period's run as far as it goes, by the plan in force or one that is named."""
    from quire.society.distribution import actions, queries
    from quire.society.distribution.errors import NothingToDistribute
    from quire.society.kit import periods

    span = periods.parse(quarter)
    run = queries.unfinished(span)
    if run is None:
        try:
            run = actions.open_run(period=span, by=user("preparer"), plan=plan)
        except NothingToDistribute:
            return
    finish(run)


def finish(run: Any) -> None:
    """Take a run to its end: prepared by one person, approved by another; and write its statements."""
    from quire.society.distribution import actions
    from quire.society.statements import actions as statements

    preparer, approver = user("preparer"), user("approver")
    run = actions.work(run, by=preparer)
    if run.state == "reviewed":
        actions.approve(run, by=approver)
        run = actions.work(run, by=approver)
    statements.write(run)


def pay(on: date, settled: date) -> None:
    """Pay what may be paid on a day, currency by currency, and take the bank's word for it on another."""
    from quire.society.payouts import actions
    from quire.society.payouts.errors import NothingToPay

    by = user("preparer")
    for currency in _currencies():
        try:
            batch = actions.prepare(currency=currency, on=on, by=by)
        except NothingToPay:
            continue
        actions.write(batch.batch)
        actions.settle(batch=batch.batch, on=settled, by=by)


def _currencies() -> list[str]:
    from quire.society.distribution import queries

    return sorted({currency for _, currency in queries.credited()})

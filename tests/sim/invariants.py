"""What must hold after every step, and what is looked at once a year."""

from __future__ import annotations

from tests.sim import closing
from tests.sim.world import World


def after_step(world: World) -> None:
    """The books balance, each payee's three books agree, and the bank is what the model says."""
    if not _moved(world):
        return
    _balanced()
    _bank(world)
    from quire.society.distribution import checks as distribution
    from quire.society.payouts import checks as payouts

    for check in (payouts.credits_are_accounted_for, distribution.held_is_what_lines_hold):
        found = list(check())
        assert not found, found[:5]


def _moved(world: World) -> bool:
    """Whether money or lines have moved since the last look."""
    from django.db import connection

    with connection.cursor() as sql:
        sql.execute(
            "SELECT (SELECT count(*) FROM ledger_transaction), (SELECT count(*) FROM distribution_line)"
        )
        now = sql.fetchone()
    moved = world.notes.get("counted") != now
    world.notes["counted"] = now
    return moved


def _balanced() -> None:
    """In every currency all entries come to nothing."""
    from django.db import connection

    with connection.cursor() as sql:
        sql.execute("SELECT currency, sum(amount) FROM ledger_entry GROUP BY 1 HAVING sum(amount) <> 0")
        assert sql.fetchall() == []


def _bank(world: World) -> None:
    from quire.society.ledger import accounts, queries

    booked = queries.balances(accounts.bank())
    for currency, expected in world.model.bank.items():
        found = booked.get((accounts.bank(), currency), 0)
        assert found == expected, (currency, found, expected)


def each_year(world: World) -> None:
    """The whole audit; every bundle of the year recomputed, the last by the oracle too; its statements."""
    from quire.society import audit

    found = audit.findings()
    assert not found, found[:10]
    closed = world.notes.get("closed", [])
    for tid in closed[world.notes.get("verified", 0) :]:
        closing.verified(tid)
    world.notes["verified"] = len(closed)
    if closed:
        closing.by_the_oracle(closed[-1])
        closing.stated(closed[-1])

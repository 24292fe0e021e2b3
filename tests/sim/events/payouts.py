"""Payments: prepared, settled by the bank, and now and then given back by it. Holds on works and parties."""

from __future__ import annotations

from tests.sim.events.income import CURRENCIES
from tests.sim.world import World, event

REASONS = ("AC04", "AC01", "MS03")


@event(6, lambda world: world.notes.get("closed"))
def pay(world: World) -> str:
    """Whoever can be paid in a currency is paid."""
    from quire.society.ledger import queries as ledger
    from quire.society.payouts import actions

    owed = {currency for (_, currency), amount in ledger.balances("rights:payable").items() if amount < 0}
    currency = world.pick(sorted(owed) or CURRENCIES)
    done = actions.prepare(currency=currency, on=world.day, by=world.preparer)
    assert done.batch is not None
    tid, total, count = done.batch.tid, done.total.quanta, len(done.payments)
    world.later(world.rng.randint(0, 6), "settles", lambda world: settles(world, tid, currency, total))
    return f"{done.total} to {count}"


def settles(world: World, batch: str, currency: str, total: int) -> str:
    """The bank has done it; of some batches it gives a payment back."""
    from quire.society.payouts import actions, queries

    actions.settle(batch, on=world.day, by=world.preparer)
    world.model.bank[currency] -= total
    if world.chance(0.3):
        payments = sorted(queries.payments_in(batch), key=lambda one: (one.iban, one.amount))
        chosen = world.pick(payments)
        world.later(
            world.rng.randint(1, 20), "comes back",
            lambda world: comes_back(world, chosen.tid, currency, chosen.amount),
        )  # fmt: skip
    return f"{total} quanta of {currency}"


def comes_back(world: World, payment: str, currency: str, amount: int) -> str:
    from quire.society.payouts import actions

    actions.return_payment(payment, reason=world.pick(REASONS), on=world.day, by=world.preparer)
    world.model.bank[currency] += amount
    return f"a payment of {currency}"


@event(3, lambda world: world.model.works)
def hold(world: World) -> str:
    from quire.society.distribution import actions

    if world.chance(0.6):
        what = {"work": world.pick(sorted(world.model.works))}
    else:
        what = {"party": world.pick(sorted(world.model.members))}
    tid = actions.place_hold(reason="Two claim it", by=world.preparer, **what).tid
    world.notes.setdefault("holds", []).append(tid)
    return str(what)


@event(3, lambda world: world.notes.get("holds"))
def release(world: World) -> str:
    from quire.society.distribution import actions

    place = world.rng.randrange(len(world.notes["holds"]))
    count = actions.release_hold(world.notes["holds"][place], by=world.preparer)
    del world.notes["holds"][place]
    return f"{count} lines"

"""Rates of exchange, what a bank exchanges, and lump sums."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

from quire.core.money import decimal_of, quanta_of
from tests.sim.events.income import CURRENCIES
from tests.sim.world import World, event

WORTH = {"EUR": 100, "USD": 92, "GBP": 117, "JPY": 1}
"""About how many hundredths of a euro one unit is."""
WANTED = ("EUR", "USD")
"""Currencies that plans divide everything in."""


def rates(world: World) -> str:
    """A central bank states its rates."""
    from quire.society.invoicing import actions

    for want, have in product(WANTED, WORTH):
        if have != want:
            rate = f"{WORTH[have] * world.rng.randint(900, 1100) / WORTH[want] / 1000:.6f}"
            actions.record_rate(
                have=have, want=want, rate=rate, on=world.day, source="ECB", by=world.preparer
            )
    return f"of {world.day}"


@event(4, lambda world: True)
def exchange(world: World) -> str | None:
    """The bank exchanges some of what runs have converted, at its own rate."""
    from quire.society.invoicing import actions, queries

    waiting = [one for one in queries.all_waiting() if one.sum > 0 and one.promised > 0]
    if not waiting:
        return None
    one = world.pick(sorted(waiting, key=lambda one: (one.have, one.want)))
    sold = one.sum if world.chance(0.6) else max(1, one.sum * world.rng.randint(10, 90) // 100)
    bought = max(1, one.promised * sold // one.sum * world.rng.randint(95, 104) // 100)
    actions.exchange(
        have=one.have, sold=decimal_of(sold), want=one.want, bought=decimal_of(bought), on=world.day,
        reference=f"X-{world.number('exchange')}", by=world.preparer,
    )  # fmt: skip
    world.model.bank[one.have] -= sold
    world.model.bank[one.want] += bought
    return f"{decimal_of(sold)} {one.have} for {decimal_of(bought)} {one.want}"


PLAN = """name = "settlement"
[[deduct]]
label = "administration"
rate = "10%"
of = "gross"
to = "society:administration"
[[share]]
label = "works"
portion = "100%"
key = "equal"
among = "works"
if_empty = "hold"
"""


@event(1, lambda world: world.model.labs and len(world.model.works) > 8)
def settlement(world: World) -> str:
    """A lab pays once for what it did without a licence; claims, decisions and runs follow by themselves."""
    from quire.society.distribution import actions as distribution
    from quire.society.invoicing import actions

    name, lab = f"settlement-{world.number('lump')}", world.pick(sorted(world.model.labs))
    distribution.adopt_plan(
        text=PLAN, starts=world.notes["founded"], decision="Assembly of the first year", by=world.preparer
    )
    until = world.day + timedelta(world.rng.randint(20, 60))
    reserve = world.chance(0.5)
    text = f"""name = "{name}"
payer = "{lab}"
about = "Copies made without a licence"
amount = "{world.rng.randint(10, 4000)}.00"
currency = "{world.pick(CURRENCIES)}"
uses = ["ai-train"]
starts = {world.day.year - 2}-01-01
ends = {world.day.year}-01-01
claims_until = {until}
plan = "settlement"
decision = "Settlement of {world.day}"
""" + (f'reserve = "20%"\nreserve_until = {until + timedelta(90)}\n' if reserve else "")
    works = sorted(world.model.works)[-8:]
    actions.agree(text=text, works=works, by=world.preparer)
    claimed = world.some(works, 5)
    for work in claimed:
        world.later(
            world.rng.randint(1, 15),
            "claims",
            lambda world, work=work: claims(world, name, work, accept=True),
        )
    late = next((one for one in works if one not in claimed), None)
    if late and reserve:
        day = (until - world.day).days + 10
        world.later(day, "claims late", lambda world: claims(world, name, late, accept=world.chance(0.8)))
    world.later(3, "pays a lump sum", lambda world: pays_lump(world, name))
    world.later((until - world.day).days + 3, "lump run", lambda world: lump_run(world, name))
    if reserve:
        world.later((until - world.day).days + 95, "lump run", lambda world: lump_run(world, name))
    return f"{name} by {lab}, {len(claimed)} claims"


def claims(world: World, name: str, work: str, *, accept: bool) -> str:
    from quire.society.invoicing import actions

    actions.claim(name, work=work, by=world.preparer)
    actions.judge(name, work=work, accept=accept, reason="Looked at", by=world.preparer)
    return f"{work} of {name}"


def pays_lump(world: World, name: str) -> str:
    from quire.society.invoicing import actions, queries

    told = queries.lump(name)
    amount = decimal_of(told.amount)
    actions.record_receipt(
        licence=name, period=told.period, amount=amount, received_on=world.day, reference=f"L-{name}",
        by=world.preparer,
    )  # fmt: skip
    world.model.bank[told.currency] += quanta_of(amount)
    return f"{amount} {told.currency}"


def lump_run(world: World, name: str) -> str:
    from quire.society.distribution import actions
    from tests.sim.events.runs import finish

    told = finish(world, actions.open_lump_run(name, by=world.preparer))
    if not told:
        world.later(5, "lump run", lambda world: lump_run(world, name))
    return f"{name} {told or 'is cancelled'}"


def day_of(year: int, month: int) -> date:
    """The last day of a month."""
    return (date(year, month, 28) + timedelta(4)).replace(day=1) - timedelta(1)

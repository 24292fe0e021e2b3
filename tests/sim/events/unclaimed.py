"""Money without an owner: matched to somebody, or disposed of when its time is over."""

from __future__ import annotations

from fractions import Fraction

from tests.sim.world import World, event

WAYS = ("class", "class-equally", "fund:culture", "country")


@event(3, lambda world: world.notes.get("closed"))
def match(world: World) -> str | None:
    """The owner of something unclaimed turns up, with evidence."""
    from quire.society.unclaimed import actions, queries

    items = sorted(queries.items(), key=lambda one: (one.work, one.role, one.period.starts, one.amount))
    if not items:
        return None
    item = world.pick(items)
    folk = world.some(sorted(world.model.members), 2)
    parts = [world.rng.randint(1, 3) for _ in folk]
    shares = {code: Fraction(part, sum(parts)) for code, part in zip(folk, parts, strict=True)}
    amend = bool(item.work) and world.chance(0.4)
    what = {"work": item.work} if amend else {"item": item.tid}
    actions.match(
        shares=shares, evidence="A contract", role=item.role if amend else "", amend=amend,
        by=world.preparer, **what,
    )  # fmt: skip
    return f"{item.work} {item.role} to {', '.join(folk)}"


@event(1, lambda world: world.day.year >= world.notes["founded"].year + 4)
def dispose(world: World) -> str:
    """The assembly decides over what nobody claimed for three years; two people do it."""
    from quire.society.unclaimed import actions

    way = world.pick(WAYS)
    reserve = Fraction(world.pick([0, 0, 10]), 100)
    prepared, _ = actions.prepare(
        way=way, decision=f"Assembly of {world.day}", reserve=reserve, by=world.preparer
    )
    if world.chance(0.1):
        actions.withdraw(disposal=prepared.tid, by=world.preparer)
        return f"{way}: dropped"
    actions.approve(disposal=prepared.tid, by=world.approver)
    return way


@event(1, lambda world: world.notes.get("closed"))
def publish_list(world: World) -> str:
    from quire.society.unclaimed import actions

    return f"{actions.publish(by=world.preparer)[1]} items"

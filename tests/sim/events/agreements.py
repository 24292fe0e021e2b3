"""Chains: who passes on what it earns to whom, for a while."""

from __future__ import annotations

from datetime import timedelta

from tests.sim.world import World, event

ROLES = ("performer", "author", "label")


@event(3, lambda world: len(world.model.members) > 3)
def agreement(world: World) -> str:
    """A giver keeps its retention and passes the rest on; circles are refused."""
    from quire.society.repertoire import actions

    folk = sorted([*world.model.members, *world.model.others])
    giver = world.pick(folk)
    takers = world.some([one for one in folk if one != giver], 2)
    parts = [world.rng.randint(1, 4) for _ in takers]
    told = "; ".join(
        f"{code}:{world.pick(ROLES)}:{part}/{sum(parts)}" for code, part in zip(takers, parts, strict=True)
    )
    if world.chance(0.1):
        told = "unknown:performer:1"
    code = f"deal-{world.number('deal')}"
    starts = world.day - timedelta(world.rng.randint(-20, 100))
    ends = str(starts + timedelta(world.rng.randint(100, 900))) if world.chance(0.7) else ""
    works = ""
    if world.model.works and world.chance(0.4):
        works = " ".join(world.some(sorted(world.model.works), 3))
    actions.record_agreement(
        code=code, giver=giver, takers=told, retention=world.pick(["0%", "15%", "30%", "1/3"]),
        works=works, uses=world.pick(["", "", "ai-train"]), starts=str(starts), ends=ends, by=world.preparer,
    )  # fmt: skip
    world.notes.setdefault("deals", {})[code] = starts
    return f"{code}: {giver} to {told}"


@event(1, lambda world: world.notes.get("deals"))
def agreement_ends(world: World) -> str:
    from quire.society.repertoire import actions

    code = world.pick(sorted(world.notes["deals"]))
    ends = max(world.day, world.notes["deals"][code] + timedelta(1))
    actions.end_agreement(code=code, ends=ends, reason="Both agree", by=world.preparer)
    del world.notes["deals"][code]
    return f"{code} on {ends}"

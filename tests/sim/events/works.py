"""Works, and who owns them when."""

from __future__ import annotations

from tests.sim.world import World, event

TIERS = ("standard", "research", "news")
ROLES = ("author", "photographer", "publisher", "composer")
MOST = 60


def shares(world: World, *, unknown: float = 0.1) -> str:
    """Owners of a work as a table has them, with shares that sum to one; sometimes one is unknown."""
    folk = world.some(sorted([*world.model.members, *world.model.others]), 3)
    parts = [world.rng.randint(1, 7) for _ in folk]
    told = [f"{code}:{world.pick(ROLES)}:{part}/{sum(parts)}" for code, part in zip(folk, parts, strict=True)]
    if world.chance(unknown):
        told[0] = "unknown:" + told[0].partition(":")[2]
    return "; ".join(told)


@event(10, lambda world: len(world.model.works) < MOST and world.model.present(world.day))
def new_work(world: World) -> str:
    from quire.society.repertoire import actions

    member = world.pick(world.model.present(world.day))
    url = f"https://{world.model.sites[member]}/w{world.number('work')}"
    actions.register_work(
        title=f"Work {world.numbers['work']}", member=member, url=url, tier=world.pick(TIERS),
        shares=shares(world) if world.chance(0.5) else "", by=world.preparer,
    )  # fmt: skip
    world.model.works[url] = member
    return url


@event(4, lambda world: world.model.works)
def shares_change(world: World) -> str:
    """Another version of ownership, from today, or from a day that is long past."""
    from datetime import timedelta

    from quire.society.repertoire import actions

    url = world.pick(sorted(world.model.works))
    starts = world.day - timedelta(world.pick([0, 0, 30, 200]))
    rows = [
        f"{url},{starts},{','.join(one.strip().split(':'))}\n"
        for one in shares(world, unknown=0.15).split(";")
    ]
    path = world.file(f"shares-{world.number('shares')}.csv", "work,from,party,role,share\n" + "".join(rows))
    actions.import_shares(path, by=world.preparer)
    return f"{url} from {starts}: {len(rows)} owners"

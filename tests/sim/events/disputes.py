"""Disputes over works: filed, documented, answered, and ended in every way, or left to lapse."""

from __future__ import annotations

from typing import Any

from tests.sim.events.works import TIERS, shares
from tests.sim.world import World, event

KINDS = ("authorship", "ownership", "share", "share", "tier")


@event(4, lambda world: len(world.model.works) > 3)
def dispute(world: World) -> str:
    """Somebody claims a work; what follows is drawn at once and comes when its day has come."""
    from quire.society.disputes import actions

    work, kind = world.pick(sorted(world.model.works)), world.pick(KINDS)
    claimant = world.pick(sorted(world.model.members))
    more: dict[str, Any] = (
        {"wanted": world.pick(TIERS)} if kind == "tier" else {"shares": _claimed(world, claimant)}
    )
    if kind != "tier" and world.chance(0.5):
        more["since"] = world.day.replace(month=1, day=1)
    filed = actions.file_dispute(
        kind=kind, work=work, claimant=claimant, reason="It is mine", by=world.preparer, **more
    )
    tid = filed.tid
    if kind in ("authorship", "ownership") and world.chance(0.8):
        world.later(world.rng.randint(1, 50), "documents", lambda world: documents(world, tid, claimant))
    else:
        _ends_later(world, tid, kind)
    return f"{kind} of {work} by {claimant}"


def _claimed(world: World, claimant: str) -> str:
    """All of it, or a half beside others."""
    if world.chance(0.3):
        return f"{claimant}:author:1"
    others = [one for one in shares(world, unknown=0).split("; ") if not one.startswith(f"{claimant}:")]
    if not others:
        return f"{claimant}:author:1"
    one = others[0].rpartition(":")[0]
    return f"{claimant}:author:1/2; {one}:1/2"


def documents(world: World, dispute: str, claimant: str) -> str:
    from quire.society.disputes import actions

    path = world.file(f"document-{world.number('document')}.txt", f"A contract, {world.day}")
    actions.document(dispute=dispute, title="Contract", path=path, by=world.preparer)
    if world.chance(0.7):
        world.later(world.rng.randint(1, 55), "answers", lambda world: answers(world, dispute))
    return f"by {claimant}"


def answers(world: World, dispute: str) -> str:
    from quire.society.disputes import actions, queries

    party = world.pick(sorted(code for code, _ in queries.row(dispute).respondents))
    path = world.file(f"document-{world.number('document')}.txt", f"Another contract, {world.day}")
    actions.answer(dispute=dispute, party=party, title="Contract", path=path, by=world.preparer)
    _ends_later(world, dispute, "")
    return f"by {party}"


def _ends_later(world: World, dispute: str, kind: str) -> None:
    world.later(world.rng.randint(5, 200), "ends", lambda world: ends(world, dispute, kind))


def ends(world: World, dispute: str, kind: str) -> str:
    """A settlement, a decision, or the claimant gives up."""
    from quire.society.disputes import actions, queries

    how = world.pick(["settle", "decide", "decide", "withdraw"])
    if how == "withdraw":
        actions.withdraw(dispute=dispute, text="It is not mine", by=world.preparer)
    elif kind == "tier":
        how = "decide"
        actions.decide(
            dispute=dispute, who="The committee", text="Read", wanted=world.pick(TIERS), by=world.preparer
        )
    else:
        claimant = queries.row(dispute).claimant
        agreed = _claimed(world, claimant)
        if how == "settle":
            actions.settle(dispute=dispute, shares=agreed, text="Agreed", by=world.preparer)
        else:
            actions.decide(dispute=dispute, who="A court", text="Judged", shares=agreed, by=world.preparer)
    return how


@event(3, lambda world: "dispute" in world.done)
def days_run_out(world: World) -> str:
    from quire.society.disputes import actions

    return f"{actions.tick(by=world.preparer)}"

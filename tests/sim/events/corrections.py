"""Claims that a closed run was wrong: filed, looked at by a second person, posted in later runs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.sim.world import World, event


@event(3, lambda world: world.notes.get("closed") and world.model.works)
def correction(world: World) -> str:
    """Somebody finds other shares, another owner, or usage that never was."""
    from quire.core.shares import Holder, Shares
    from quire.society.distribution import actions
    from quire.society.kit import ids
    from quire.society.parties import queries as parties

    run, work = world.pick(world.notes["closed"][-6:]), world.pick(sorted(world.model.works))
    kind = world.pick(["shares", "shares", "owner", "usage"])
    more: dict[str, Any] = {}
    if kind == "usage":
        more = {"part": Fraction(world.rng.randint(0, 3), 4), "to": "fund:culture"}
    else:
        folk = world.some(sorted(world.model.members), 3 if kind == "shares" else 1)
        parts = [world.rng.randint(1, 4) for _ in folk]
        holders = [
            Holder(ids.show("pty", parties.party(code).id), "owner", Fraction(part, sum(parts)))
            for code, part in zip(folk, parts, strict=True)
        ]
        more = {"shares": Shares(tuple(sorted(holders)))}
    filed = actions.file_correction(
        run=run, work=work, kind=kind, reason="The contract says so", by=world.preparer, **more
    )
    tid = filed.tid
    name = "accepts" if world.chance(0.8) else "refuses"
    world.later(world.rng.randint(1, 30), name, lambda world: decides(world, tid, accept=name == "accepts"))
    return f"{kind} of {work}"


def decides(world: World, claim: str, *, accept: bool) -> str:
    from quire.society.distribution import actions

    if accept:
        rows = actions.accept_correction(claim, by=world.approver)
        return f"{len(rows)} rows"
    actions.refuse_correction(claim, note="It does not", by=world.approver)
    return "a claim"

"""Runs by plans that change, with forecasts, cancellations, kills, replays; each is looked at in the end."""

from __future__ import annotations

import time
from typing import Any

from tests.sim import plans
from tests.sim.world import World, event

LONGEST = 0.4
"""Seconds that a process works on a run at most before it is killed."""


@event(2)
def assembly(world: World) -> str:
    """Members adopt a plan at random, from about now."""
    from quire.society.distribution import actions

    text = plans.text(world)
    actions.adopt_plan(
        text=text, starts=world.day.replace(day=1), decision=f"Assembly of {world.day}", by=world.preparer
    )
    return text.partition("\n")[0]


@event(8, lambda world: world.notes.get("waiting"), crashable=False)
def run(world: World) -> str:
    """Distribute a quarter for which money is waiting."""
    from quire.society.distribution import actions
    from quire.society.kit import periods

    period = world.pick(sorted(world.notes["waiting"]))
    if world.chance(0.2):
        actions.forecast(period=periods.parse(period), by=world.preparer)
    opened = actions.open_run(period=periods.parse(period), by=world.preparer)
    told = finish(world, opened)
    if told:
        world.notes["waiting"].discard(period)
    return f"{period} {told or 'is cancelled'}"


def finish(world: World, run: Any) -> str:
    """Work the run to its end; it may be killed on the way, or cancelled and left to a later one:
    then nothing is told."""
    from quire.core.errors import QuireError
    from quire.society.distribution import actions
    from tests.sim import closing

    try:
        if world.chance(0.1):
            after = world.rng.uniform(0, LONGEST)
            if world.killer is not None:
                world.killer(run, after)
                world.done["(killed)"] += 1
        run = _work(world, run)
    except QuireError as refusal:
        actions.cancel(run, reason=f"It cannot be done: {refusal.code}", by=world.preparer)
        raise
    if world.chance(0.05):
        actions.cancel(run, reason="The assembly meets first", by=world.preparer)
        return ""
    actions.approve(run, by=world.approver)
    run = _work(world, run)
    assert run.state == "closed", run.state
    world.notes.setdefault("closed", []).append(run.tid)
    return closing.look(world, run)


def _work(world: World, run: Any) -> Any:
    """As far as it goes; waits while the database still has the lock of a process that was killed."""
    from quire.society.distribution import actions
    from quire.society.distribution.errors import RunBusy

    for _ in range(400):
        try:
            return actions.work(run, by=world.preparer)
        except RunBusy:
            time.sleep(0.05)
    raise AssertionError("the lock of a killed process was never let go")


@event(2, lambda world: world.notes.get("closed"), crashable=False)
def replay(world: World) -> str:
    """A plan is replayed: the plan that a run had changes nothing; another one keeps every sum."""
    from quire.society.distribution.replay import replay as over
    from tests.sim import closing

    tid = world.pick(world.notes["closed"][-12:])
    return closing.replayed(over, tid, plans.text(world))

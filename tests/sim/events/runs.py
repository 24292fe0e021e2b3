"""Runs by plans that change, with forecasts, cancellations, kills, replays; each is looked at in the end."""

from __future__ import annotations

from typing import Any

from tests.sim import plans
from tests.sim.world import World, event, patiently

BEFORE, AFTER = 3, 5
"""The stages before a run is approved, and all of them."""
STEPS = (120, 60, 25, 150, 60)
"""About how many statements and files a stage is; whoever dies later dies in the next one."""


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
        run = _work(world, run, range(BEFORE))
    except QuireError as refusal:
        actions.cancel(run, reason=f"It cannot be done: {refusal.code}", by=world.preparer)
        raise
    if world.chance(0.05):
        actions.cancel(run, reason="The assembly meets first", by=world.preparer)
        return ""
    actions.approve(run, by=world.approver)
    run = _work(world, run, range(BEFORE, AFTER))
    assert run.state == "closed", run.state
    world.notes.setdefault("closed", []).append(run.tid)
    return closing.look(world, run)


def _work(world: World, run: Any, stages: range) -> Any:
    """As far as it goes, now and then after a process that was killed in one of the stages."""
    from quire.society.distribution import actions
    from quire.society.distribution.actions.stages import STAGES
    from quire.society.distribution.errors import RunBusy

    if world.chance(0.12):
        place = world.pick(stages)
        at = world.rng.randint(1, STEPS[place])
        told = ("work", run.tid, world.day.isoformat(), STAGES[place].doing, at)
        world.killed(f"while {STAGES[place].doing}", *told)
    return patiently(lambda: actions.work(run, by=world.preparer), RunBusy)


@event(2, lambda world: world.notes.get("closed"), crashable=False)
def replay(world: World) -> str:
    """A plan is replayed: the plan that a run had changes nothing; another one keeps every sum."""
    from quire.society.distribution.replay import replay as over
    from tests.sim import closing

    tid = world.pick(world.notes["closed"][-12:])
    return closing.replayed(over, tid, plans.text(world))

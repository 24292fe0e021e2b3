"""What members say to whom: no, yes again, and licences of their own beside the society."""

from __future__ import annotations

from datetime import timedelta

from tests.sim.events.people import USES
from tests.sim.model import Answer, Span
from tests.sim.world import World, event


@event(4, lambda world: world.model.present(world.day) and world.model.labs)
def says_no(world: World) -> str:
    """A no to a use by one lab or by all, for a while or for good."""
    from quire.society.mandates import actions

    member, use = world.pick(world.model.present(world.day)), world.pick(USES)
    lab = world.pick([None, *sorted(world.model.labs)])
    starts = world.day + timedelta(world.rng.randint(0, 20))
    ends = starts + timedelta(world.rng.randint(1, 90)) if world.chance(0.6) else None
    actions.answer(
        member=member, use=use, licensee=lab, answer=False, starts=starts, ends=ends, by=world.preparer
    )
    span = Span(starts, ends) if ends else Span(starts)
    world.model.answers.append(Answer(member, use, lab, False, span))
    return f"{member} to {use} by {lab or 'all'} from {starts} until {ends or 'ever'}"


@event(1, lambda world: world.model.present(world.day) and world.model.labs)
def licenses_itself(world: World) -> str:
    from quire.society.mandates import actions

    member, lab = world.pick(world.model.present(world.day)), world.pick(sorted(world.model.labs))
    starts = world.day + timedelta(world.rng.randint(0, 20))
    ends = starts + timedelta(world.rng.randint(1, 90))
    actions.record_direct_licence(member=member, licensee=lab, starts=starts, ends=ends, by=world.preparer)
    world.model.direct.append((member, lab, Span(starts, ends)))
    return f"{member} to {lab} from {starts} until {ends}"

"""What can stand in the way of joining and leaving. Failing the criteria is no error but a decision."""

from __future__ import annotations

from quire.core.errors import Conflict, Invalid, NotFound


class RuleWrong(Invalid):
    """A criterion that could not be applied."""

    code = "membership.rule-wrong"


class ShownWrong(Invalid):
    """What the applicant shows cannot be read, or is not what the criteria ask."""

    code = "membership.shown-wrong"


class DateWrong(Invalid):
    """A date before which, or after which, this cannot be."""

    code = "membership.date-wrong"


class NoCriteria(NotFound):
    """No criteria are in force on this day."""

    code = "membership.no-criteria"


class CriteriaOutOfOrder(Conflict):
    """Criteria that would begin before others already adopted."""

    code = "membership.criteria-out-of-order"


class AlreadyMember(Conflict):
    """The party is a member on some of these days already."""

    code = "membership.already"


class NotAMember(Conflict):
    """The party is no member on this day."""

    code = "membership.not-a-member"


class AlreadyLeaving(Conflict):
    """Notice has been given already, to another date."""

    code = "membership.already-leaving"


class StandingUnchanged(Conflict):
    """The member's standing is already what was asked for, or overlaps with what is on record."""

    code = "membership.standing-unchanged"

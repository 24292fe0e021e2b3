"""What can stand in the way of an answer."""

from __future__ import annotations

from quire.core.errors import Conflict, Invalid, NotFound


class AnswerWrong(Invalid):
    """An answer or a direct licence that cannot be read."""

    code = "mandates.answer-wrong"


class NotAMember(Conflict):
    """Only a member can answer, or license beside the society."""

    code = "mandates.not-a-member"


class AnswerEnded(Conflict):
    """The answer has ended already; an ended answer never comes back."""

    code = "mandates.answer-ended"


class MandateUnknown(NotFound):
    """There is no such mandate."""

    code = "mandates.unknown"


class PathWrong(Invalid):
    """A pattern that cannot be read, or that lies outside the site; a price that cannot be asked."""

    code = "mandates.path-wrong"

"""What surveys refuse, by code."""

from __future__ import annotations

from quire.core.errors import Conflict, Invalid


class BadSurvey(Invalid):
    """A design or report that cannot be read."""

    code = "surveys.wrong"


class WrongStage(Conflict):
    """The survey is not at the stage at which this is done."""

    code = "surveys.stage"

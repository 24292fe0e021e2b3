"""What a distribution can refuse, each with its code."""

from __future__ import annotations

from quire.core.errors import Conflict, Invalid


class NothingToDistribute(Conflict):
    """No receipt of the period is waiting for a run."""

    code = "distribution.nothing"


class PlanUnfit(Conflict):
    """The plan cannot divide what a licence brings in."""

    code = "distribution.plan-unfit"


class TooMuch(Conflict):
    """More money than an account can hold: a slip of the hand, in a receipt or in a rate."""

    code = "distribution.too-much"


class RunBusy(Conflict):
    """Another process is working on this run."""

    code = "distribution.busy"


class WrongStage(Conflict):
    """The run is not at the stage that this step follows."""

    code = "distribution.stage"


class NoPlan(Conflict):
    """No plan is in force for the period."""

    code = "distribution.no-plan"


class EvidenceChanged(Conflict):
    """The frozen files of a run are no longer what was frozen."""

    code = "distribution.evidence-changed"


class DoesNotAdd(Conflict):
    """The lines of a run do not add up to its pots: nothing may be posted."""

    code = "distribution.sum"


class BadHold(Invalid):
    """A hold that names nothing, or a part of something other than one party's share of one work."""

    code = "distribution.hold"


class BadAward(Invalid):
    """What a hold kept cannot be awarded so: the shares do not add up, or it is no dispute of one share."""

    code = "distribution.award"


class AlreadyGiven(Conflict):
    """A line that was to be given away is no longer there: somebody else was first."""

    code = "distribution.already-given"


class CircleOfRights(Invalid):
    """A succession by which money would come back to where it began."""

    code = "distribution.circle-of-rights"


class TooDeep(Invalid):
    """A succession by which money would go through more hands than a line can tell of."""

    code = "distribution.too-deep"


class NothingToReplay(Conflict):
    """No closed run is among those that a plan was to be replayed over."""

    code = "distribution.nothing-to-replay"


class NoWeighing(Conflict):
    """The plan divides by a file of weights that nobody has handed in."""

    code = "distribution.no-weighing"

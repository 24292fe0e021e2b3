"""What a correction can be refused for, each with its code."""

from __future__ import annotations

from quire.core.errors import Conflict, Invalid


class RunNotClosed(Conflict):
    """Only what a closed run divided is corrected; another is cancelled and run again."""

    code = "corrections.not-closed"


class TooLate(Conflict):
    """The time in which claims about the run are taken is over."""

    code = "corrections.too-late"


class NothingToCorrect(Conflict):
    """The run has nothing of this work, or nothing of it would change."""

    code = "corrections.nothing"


class TooSmall(Conflict):
    """What would change is less than the society corrects."""

    code = "corrections.too-small"


class OwnerUnknown(Conflict):
    """A part of it is unclaimed: it is matched, not corrected."""

    code = "corrections.owner-unknown"


class NotPostedYet(Conflict):
    """An earlier correction of the same row has not been posted by a run."""

    code = "corrections.not-posted"


class Decided(Conflict):
    """The claim has been accepted or refused already."""

    code = "corrections.decided"


class HoldNeeded(Conflict):
    """A run that is not posted yet takes a correction out of what this hold keeps."""

    code = "corrections.hold-needed"


class BadClaim(Invalid):
    """A claim without its reason, or whose parts do not fit together."""

    code = "corrections.claim"


class DebtInRun(Conflict):
    """A run that is not posted yet has taken the debt: what is owed after it is not known before."""

    code = "corrections.debt-in-run"


class TooMuchSettled(Conflict):
    """More than the debtor owes."""

    code = "corrections.too-much-settled"


class SettledBefore(Conflict):
    """The bank's reference stands for another repayment, or the proposal was decided."""

    code = "corrections.settled"


class BadSettlement(Invalid):
    """A repayment or a write-off without an amount, a reference or a reason."""

    code = "corrections.settlement"


class CannotReconcile(Conflict):
    """What a census says of a closed run cannot be put right by corrections of its rows."""

    code = "corrections.reconcile"

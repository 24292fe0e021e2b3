"""What the room of unclaimed money can refuse, each with its code."""

from __future__ import annotations

from quire.core.errors import Conflict, Invalid


class NothingUnclaimed(Conflict):
    """Nothing of what was named is unclaimed, or it may not be disposed of yet."""

    code = "unclaimed.nothing"


class BadMatch(Invalid):
    """A match without evidence, or whose shares do not add up."""

    code = "unclaimed.match"


class BadDisposal(Invalid):
    """A disposal without a decision, or on a way that there is not."""

    code = "unclaimed.disposal"


class Changed(Conflict):
    """What was prepared is no longer what there is: something was matched, or earned, since."""

    code = "unclaimed.changed"


class AlreadyClaimed(Conflict):
    """The party has an open claim to the same."""

    code = "unclaimed.already-claimed"


class ClaimEnded(Conflict):
    """The claim was accepted, refused or withdrawn before."""

    code = "unclaimed.claim-ended"

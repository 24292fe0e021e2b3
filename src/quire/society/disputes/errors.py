"""What a dispute can refuse, each with its code."""

from __future__ import annotations

from quire.core.errors import Conflict, Invalid


class BadClaim(Invalid):
    """A claim that says nothing, too much, or what the work is already."""

    code = "disputes.claim"


class WrongState(Conflict):
    """The dispute is not where this step follows, or its time is over."""

    code = "disputes.state"


class AlreadyDisputed(Conflict):
    """The claimant has an open dispute about the work."""

    code = "disputes.open"


class NoParty(Invalid):
    """Who acts is neither the claimant nor a respondent."""

    code = "disputes.no-party"


class BadDocument(Invalid):
    """A document that is empty, too large, or without a title."""

    code = "disputes.document"

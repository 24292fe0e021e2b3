"""What the repertoire refuses, by code."""

from __future__ import annotations

from quire.core.errors import Conflict, Invalid


class AlreadyRegistered(Conflict):
    """The site, work or pattern is on record already, otherwise than it is given now."""

    code = "repertoire.registered"


class BadPattern(Invalid):
    """A path pattern that could match nothing."""

    code = "repertoire.pattern"


class BadShares(Invalid):
    """A shares cell that cannot be read."""

    code = "repertoire.shares"


class BadCopy(Invalid):
    """A copy without its original or its syndicator's share, or one that leads back to itself."""

    code = "repertoire.copy"


class CannotVerify(Invalid):
    """A way of verifying that there is not, or one that was not begun for this site."""

    code = "repertoire.cannot-verify"


class NotShown(Conflict):
    """The site was looked at, and the token was not where it should be."""

    code = "repertoire.not-shown"


class AgreementRefused(Invalid):
    """An agreement that contradicts itself or another: an overlap, a circle, an end before its beginning."""

    code = "repertoire.agreement"


class AgreementStands(Conflict):
    """An agreement with this code is on record otherwise, or ended otherwise."""

    code = "repertoire.agreement-stands"


class OfferRefused(Invalid):
    """A part is offered that the giver has not, to itself, for days that are over, or twice."""

    code = "repertoire.offer"


class OfferClosed(Conflict):
    """An offer that was answered already."""

    code = "repertoire.offer-closed"

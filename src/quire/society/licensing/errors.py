"""What licensing refuses, by code."""

from __future__ import annotations

from quire.core.errors import Conflict, Invalid


class BadTerms(Invalid):
    """Terms that cannot be read or cannot be meant."""

    code = "licensing.terms"


class LicencesOverlap(Conflict):
    """The licensee has a licence for the same use on the same days: usage must belong to exactly one."""

    code = "licensing.overlap"


class LicenceDiffers(Conflict):
    """A licence of this code is on record with other terms."""

    code = "licensing.differs"


class OperatorTaken(Conflict):
    """The list of AI agents knows another party by this name."""

    code = "licensing.operator-taken"

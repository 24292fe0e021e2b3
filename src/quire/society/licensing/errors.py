"""What licensing refuses, by code."""

from __future__ import annotations

from typing import ClassVar

from quire.core.errors import Conflict, Invalid, QuireError


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


class TariffDiffers(Conflict):
    """This version of a tariff, or this day of it, is published with another content."""

    code = "licensing.tariff-differs"


class DeviationUnexplained(Invalid):
    """A licence is not as its tariff has it, and nobody said why."""

    code = "licensing.deviation"


class ClientRefused(Invalid):
    """A client's name, scopes, algorithm or key cannot be as given."""

    code = "licensing.client"


class ClientTaken(Conflict):
    """The licensee has a client of this name with other settings, or the client is revoked."""

    code = "licensing.client-taken"


class TokenDenied(QuireError):
    """No token for this request. ``error`` is the code of RFC 6749 §5.2 or of OLP that says why."""

    code = "licensing.token"
    error: ClassVar[str] = "invalid_request"


class UnknownClient(TokenDenied):
    """The credentials are missing, wrong or revoked; which of these is not told."""

    code = "licensing.token-client"
    error = "invalid_client"
    status = 401


class NoLicence(TokenDenied):
    """The client has no licence today that covers anything of what it asks for."""

    code = "licensing.token-licence"
    error = "unauthorized_client"
    status = 403


class BadLicenseElement(TokenDenied):
    """The ``license`` that was sent cannot be read, or permits no use that there are licences for."""

    code = "licensing.token-terms"
    error = "invalid_license"


class BadResource(TokenDenied):
    """The ``resource`` that was sent is no address or pattern, or not of a site of this society."""

    code = "licensing.token-resource"
    error = "invalid_resource"

"""The only reads of licensing that other rooms may call."""

from quire.society.licensing.models import KINDS
from quire.society.licensing.queries.clients import ClientRow, authenticate, client, clients
from quire.society.licensing.queries.licences import (
    LicenceRow,
    Ref,
    by_operator,
    held,
    in_force,
    licence,
    licences,
    operators_of,
    row_of,
)
from quire.society.licensing.queries.revoked import Introspected, introspect, issuer, revocation_list, revoked
from quire.society.licensing.queries.tariffs import Deviation, deviations, tariff, tariffs
from quire.society.licensing.queries.tariffs import in_force as tariffs_in_force
from quire.society.licensing.queries.tokens import named_by, revoked_of
from quire.society.licensing.tariffs import TariffRow, share_sentence

__all__ = [
    "KINDS",
    "ClientRow",
    "Deviation",
    "Introspected",
    "LicenceRow",
    "Ref",
    "TariffRow",
    "authenticate",
    "by_operator",
    "client",
    "clients",
    "deviations",
    "held",
    "in_force",
    "introspect",
    "issuer",
    "licence",
    "licences",
    "named_by",
    "operators_of",
    "revocation_list",
    "revoked",
    "revoked_of",
    "row_of",
    "share_sentence",
    "tariff",
    "tariffs",
    "tariffs_in_force",
]

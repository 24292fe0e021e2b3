"""The only reads of licensing that other rooms may call."""

from quire.society.licensing.queries.clients import ClientRow, authenticate, client, clients
from quire.society.licensing.queries.licences import (
    LicenceRow,
    Ref,
    by_operator,
    in_force,
    licence,
    licences,
    operators_of,
    row_of,
)

__all__ = [
    "ClientRow",
    "LicenceRow",
    "Ref",
    "authenticate",
    "by_operator",
    "client",
    "clients",
    "in_force",
    "licence",
    "licences",
    "operators_of",
    "row_of",
]

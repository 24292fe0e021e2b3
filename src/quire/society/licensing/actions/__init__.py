"""The only writes of licensing."""

from quire.society.licensing.actions.clients import Made, create_client, revoke_client, rotate_client
from quire.society.licensing.actions.licences import (
    end_licence,
    grant_licence,
    import_licences,
    name_operators,
)
from quire.society.licensing.actions.tokens import issue_token

__all__ = [
    "Made",
    "create_client",
    "end_licence",
    "grant_licence",
    "import_licences",
    "issue_token",
    "name_operators",
    "revoke_client",
    "rotate_client",
]

"""The only writes of licensing."""

from quire.society.licensing.actions.clients import Made, create_client, revoke_client, rotate_client
from quire.society.licensing.actions.keys import drop_key, rotate_keys
from quire.society.licensing.actions.licences import (
    end_licence,
    grant_licence,
    import_licences,
    name_operators,
    take_licence,
)
from quire.society.licensing.actions.tariffs import publish_tariff
from quire.society.licensing.actions.tokens import Issued, issue_token, revoke_licence, revoke_token

__all__ = [
    "Issued",
    "Made",
    "create_client",
    "drop_key",
    "end_licence",
    "grant_licence",
    "import_licences",
    "issue_token",
    "name_operators",
    "publish_tariff",
    "revoke_client",
    "revoke_licence",
    "revoke_token",
    "rotate_client",
    "rotate_keys",
    "take_licence",
]

"""The only writes to parties, users and the society."""

from quire.society.parties.actions.declaring import declare_tax
from quire.society.parties.actions.inviting import (
    Invited,
    accept_invitation,
    invite,
    join,
    withdraw_invitation,
)
from quire.society.parties.actions.keying import MadeKey, make_api_key, revoke_api_key
from quire.society.parties.actions.pseudonyms import set_pseudonym
from quire.society.parties.actions.registering import (
    add_user,
    alone,
    change_party,
    found_society,
    good,
    grant_role,
    import_parties,
    register_party,
    take_parties,
)
from quire.society.parties.actions.seating import seat, unseat
from quire.society.parties.actions.speaking import set_language
from quire.society.parties.actions.succeeding import record_succession

__all__ = [
    "Invited",
    "MadeKey",
    "accept_invitation",
    "add_user",
    "alone",
    "change_party",
    "declare_tax",
    "found_society",
    "good",
    "grant_role",
    "import_parties",
    "invite",
    "join",
    "make_api_key",
    "record_succession",
    "register_party",
    "revoke_api_key",
    "seat",
    "set_language",
    "set_pseudonym",
    "take_parties",
    "unseat",
    "withdraw_invitation",
]

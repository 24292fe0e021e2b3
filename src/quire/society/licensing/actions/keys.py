"""The signing keys take turns, and one that others may know is dropped."""

from __future__ import annotations

from datetime import timedelta

from quire.core.errors import Invalid
from quire.society.kit import acts
from quire.society.licensing import keys
from quire.society.licensing.keys import AHEAD, Kept
from quire.society.parties import queries as parties
from quire.society.parties.models import User

LONGEST_AHEAD = timedelta(days=90)


def rotate_keys(*, ahead: timedelta = AHEAD, by: User | None) -> list[Kept]:
    """The next keys, published now and signing after ``ahead``; returns them.

    Refuses a time that is negative or longer than 90 days, and while others wait for their turn.
    """
    parties.may_write(by)
    if not timedelta(0) <= ahead <= LONGEST_AHEAD:
        raise Invalid("The next keys begin to sign within 90 days.")
    made = keys.rotate(ahead=ahead)
    for one in made:
        acts.record(
            "licensing.rotate-keys", one.key.kid, by=by, starts=one.starts.isoformat(), kind=one.key.kind
        )
    return made


def drop_key(*, kid: str, reason: str, by: User | None) -> list[Kept]:
    """Take a key out of use and out of the published set at once; returns the keys that remain.

    Refuses a missing reason, an unknown key.
    """
    parties.may_write(by)
    if not reason.strip():
        raise Invalid("Say why the key is dropped.")
    rest = keys.drop(kid)
    acts.record("licensing.drop-key", kid, by=by, reason=reason)
    return rest

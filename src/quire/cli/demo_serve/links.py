"""Links that sign somebody in without a password: good while the demonstration serves, and no longer."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core import signing

HOURS = 12
SALT = "quire.demo.link"


def _place() -> Path:
    from quire.society.kit.config import home

    return home() / "keys" / "demo-links"


@contextmanager
def good() -> Iterator[None]:
    """Links are good while the block lasts: the key that signs them is made anew, and taken away."""
    place = _place()
    place.unlink(missing_ok=True)
    place.touch(mode=0o600)
    place.write_text(secrets.token_urlsafe(32))
    try:
        yield
    finally:
        place.unlink(missing_ok=True)


def path(user: str) -> str:
    """The way in for this user, as the path of an address."""
    return f"/demo/{signing.dumps(user, key=_place().read_text(), salt=SALT)}"


def user_of(token: str) -> str:
    """Whom the link signs in. ``django.core.signing.BadSignature`` where it is none of ours, is older than
    twelve hours, or no demonstration is being served."""
    try:
        key = _place().read_text()
    except OSError as problem:
        raise signing.BadSignature("No demonstration is being served.") from problem
    return str(signing.loads(token, key=key, salt=SALT, max_age=HOURS * 3600))

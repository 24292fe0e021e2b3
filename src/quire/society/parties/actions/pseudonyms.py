"""Take a pseudonym for published bundles, or give it up."""

from __future__ import annotations

import hmac
import os
import secrets
from base64 import b32encode
from hashlib import sha256
from pathlib import Path

from django.db import transaction

from quire.core.lineage import PSEUDONYM
from quire.society.kit import acts
from quire.society.kit.config import home
from quire.society.parties import queries
from quire.society.parties.models import Pseudonym, User
from quire.society.parties.queries import Ref


def set_pseudonym(*, party: Ref, on: bool, by: User | None) -> Pseudonym | None:
    """From the next run on the party stands in bundles by a pseudonym (``on``), or by its own id again.

    The name is a digest of the party's id, keyed with a secret of the society (HMAC-SHA-256, RFC 2104):
    nobody else can work it out, and it is the same in every run. None where there is none and none is wanted.
    Raises ReadsOnly, Unknown.
    """
    queries.may_write(by)
    found = queries.party(party)
    with transaction.atomic():
        if not on and not Pseudonym.objects.filter(party=found).exists():
            return None
        made, _ = Pseudonym.objects.get_or_create(party=found, defaults={"name": _name(found.tid)})
        if made.standing != on or _:
            made.standing = on
            made.save(update_fields=["standing"])
            acts.record("parties.pseudonym", found, by=by, on=on)
    return made


def _name(tid: str) -> str:
    digest = hmac.new(_secret(), tid.encode(), sha256).digest()
    return PSEUDONYM + b32encode(digest[:20]).decode().lower()


def _secret() -> bytes:
    """Made at first use, in a file that its owner alone may read; without it no name is ever made again."""
    place: Path = home() / "keys" / "pseudonyms"
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return place.read_bytes()
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(32))
        file.flush()
        os.fsync(file.fileno())
    return place.read_bytes()

"""Keys of the HTTP API: which there are, and whom one stands for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from quire.society.kit import clock, ids
from quire.society.kit.nouns import one
from quire.society.kit.paging import Listing, Sort
from quire.society.parties.models import ApiKey, User
from quire.society.parties.queries.people import PartyName
from quire.society.parties.rules import allowed

SEEN = timedelta(minutes=1)
"""So often it is noted that a key is used."""


@dataclass(frozen=True, slots=True)
class ApiKeyRow:
    """A key as others see it: never its secret, of which the last four characters are ``ends_with``."""

    id: UUID
    tid: str
    name: str
    user: str
    audience: str
    party: PartyName | None
    mode: str
    scopes: tuple[str, ...]
    ends_with: str
    per_minute: int
    made: datetime
    used: datetime | None
    revoked: datetime | None


@dataclass(frozen=True, slots=True)
class Shown:
    """Whom a key that was shown stands for: ``may`` holds what it may do at this moment."""

    key: ApiKeyRow
    user: User
    may: frozenset[str]


def secret_digest(secret: str) -> str:
    """What is kept of a key's secret: 256 bits of chance need no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


def shown_key(secret: str) -> Shown | None:
    """Whom the secret stands for; None where it is no key's, the key is revoked, or its user is gone."""
    rows = ApiKey.objects.filter(digest=secret_digest(secret), revoked=None, user__is_active=True)
    found = rows.select_related("user", "party").first()
    if found is None:
        return None
    may = frozenset(found.scopes) & allowed(found.audience, found.user, found.party_id)
    if found.used is None or found.used < clock.now() - SEEN:
        ApiKey.objects.filter(id=found.id).update(used=clock.now())
    return Shown(_row(found), found.user, may)


def api_keys(*, party: UUID | None) -> Listing[ApiKeyRow]:
    """The keys of a party, or with None those of the society's house; the newest first."""
    return Listing(
        ApiKey.objects.filter(party=party).select_related("user", "party"),
        lambda rows: map(_row, rows),
        {"made": Sort("made", descending=True), "name": Sort("name")},
    )


def api_key(tid: str, *, party: UUID | None) -> ApiKeyRow:
    """One of them. Unknown where there is none."""
    rows = ApiKey.objects.filter(id=ids.read(ApiKey.prefix, tid), party=party)
    return _row(one(rows.select_related("user", "party"), f"There is no key {tid[:60]} here."))


def _row(one: ApiKey) -> ApiKeyRow:
    p = one.party
    whose = PartyName(p.id, p.tid, p.code, p.name, p.kind) if p else None
    return ApiKeyRow(one.id, one.tid, one.name, one.user.username, one.audience, whose, one.mode,
                     tuple(one.scopes), one.ends_with, one.per_minute, one.made, one.used,
                     one.revoked)  # fmt: skip

"""Clients of licensees, and whether somebody is one of them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from quire.core.errors import Invalid
from quire.core.terms import USES
from quire.society.kit import clock, ids
from quire.society.kit.nouns import one
from quire.society.licensing.models import Client, ClientSecret

_NOBODY = UUID(int=0)
_NO_DIGEST = "0" * 64


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A client. ``scopes`` are the uses it may ask for, in the order of USES; all four where none were named.

    ``key`` is the public JWK that its tokens are bound to. ``revoked`` is when, or None.
    """

    id: UUID
    tid: str
    licensee: UUID
    licensee_tid: str
    licensee_code: str
    name: str
    mode: str
    alg: str
    scopes: tuple[str, ...]
    key: Mapping[str, Any] | None
    created: datetime
    revoked: datetime | None


def digest_of(secret: str) -> str:
    """What is kept of a secret: its SHA-256, in hexadecimal.

    A slow hash protects what people choose; a secret of 256 random bits is beyond guessing with a fast one
    too, and a token is asked for often.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def authenticate(client_id: str, secret: str) -> ClientRow | None:
    """The client of this id and secret, or None: for an unknown id, a wrong or old secret, a revoked client.

    Each of these asks the database the same and compares in constant time, so that they look alike from
    outside.
    """
    try:
        wanted = ids.read("cli", client_id)
    except Invalid:
        wanted = _NOBODY
    now = clock.now()
    good = Q(ends__isnull=True) | Q(ends__gt=now)
    kept = list(ClientSecret.objects.filter(good, client=wanted).values_list("digest", flat=True))
    given = digest_of(secret)
    same = [hmac.compare_digest(given, digest) for digest in (*kept, _NO_DIGEST)]
    found = Client.objects.filter(id=wanted, revoked__isnull=True).select_related("licensee").first()
    return client_row(found) if found is not None and any(same) else None


def client(ref: str | UUID) -> ClientRow:
    """The client of an id (``cli_…`` or UUID), revoked or not; kit.nouns.Unknown if there is none."""
    wanted = ids.read("cli", ref) if isinstance(ref, str) else ref
    rows = Client.objects.filter(id=wanted).select_related("licensee")
    return client_row(one(rows, f"There is no client {ids.show('cli', wanted)}."))


def clients(licensee: str = "") -> list[ClientRow]:
    """Every client, or those of the licensee of this code; by licensee and name."""
    rows = Client.objects.select_related("licensee").order_by("licensee__code", "name")
    return [client_row(found) for found in (rows.filter(licensee__code=licensee) if licensee else rows)]


def client_row(found: Client) -> ClientRow:
    """The row of a client."""
    scopes = tuple(use for use in USES if use in found.scopes or not found.scopes)
    party = found.licensee
    return ClientRow(
        found.id, found.tid, party.id, party.tid, party.code, found.name, found.mode, found.alg, scopes,
        found.key, found.created, found.revoked,
    )  # fmt: skip

"""Clients: made with a secret that is shown once, given another secret, revoked."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from quire.core.terms import USES, check_use
from quire.core.tokens import PublicKey
from quire.society.kit import acts, clock, ids, locks
from quire.society.kit.nouns import one
from quire.society.licensing.errors import ClientRefused, ClientTaken
from quire.society.licensing.models import ALGS, MODES, Client, ClientSecret, Revocation
from quire.society.licensing.queries.clients import ClientRow, client_row, digest_of
from quire.society.parties import queries as parties
from quire.society.parties.models import User

LONGEST_OVERLAP = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Made:
    """A client and its new secret, which is kept nowhere and cannot be shown again."""

    client: ClientRow
    secret: str = field(repr=False)


def create_client(
    *,
    licensee: str,
    name: str,
    mode: str = "live",
    alg: str = "Ed25519",
    scopes: Iterable[str] = (),
    key: Mapping[str, Any] | None = None,
    by: User | None,
) -> Made:
    """Credentials for a licensee (a party's code). ``scopes``: the uses it may ask for, none for all.

    ``key`` is an Ed25519 public JWK: every token of this client is then good only in requests signed by it.
    Refuses, in this order: an unknown use, mode or algorithm, a name that cannot be shown, a key that is not
    an Ed25519 public key (core.tokens.InvalidKey), an unknown licensee, a name that it has already.
    """
    parties.may_write(by)
    wanted = set(scopes)
    for use in sorted(wanted):
        check_use(use)
    _check(name, mode, alg)
    bound = _bound(key) if key is not None else None
    party = parties.party(licensee)
    with transaction.atomic():
        locks.wait(f"licensing.clients {party.tid}")
        if Client.objects.filter(licensee=party, name=name).exists():
            raise ClientTaken(f"{party.code} has a client called {name} already; rotate it, or name another.")
        made = Client.objects.create(
            licensee=party, name=name, mode=mode, alg=alg, scopes=[use for use in USES if use in wanted],
            key=bound, created=clock.now(),
        )  # fmt: skip
        secret = _new_secret(made)
        acts.record(
            "licensing.create-client", made, by=by, licensee=party.code, name=name, mode=mode, alg=alg
        )
    return Made(client_row(made), secret)


def rotate_client(*, client: str, overlap: timedelta = timedelta(days=1), by: User | None) -> Made:
    """Another secret for a client (``cli_…``); those before it are good for ``overlap`` yet, at most 30 days.

    Refuses an overlap that is negative or longer, an unknown client, one that is revoked.
    """
    parties.may_write(by)
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise ClientRefused("Two secrets are good side by side for 30 days at most.")
    with transaction.atomic():
        found = _find(client)
        if found.revoked:
            raise ClientTaken(f"The client {found.tid} is revoked; make another one.")
        ends = clock.now() + overlap
        found.secrets.filter(Q(ends__isnull=True) | Q(ends__gt=ends)).update(ends=ends)
        secret = _new_secret(found)
        acts.record("licensing.rotate-client", found, by=by, before_until=ends.isoformat())
    return Made(client_row(found), secret)


def revoke_client(*, client: str, reason: str, by: User | None) -> ClientRow:
    """End a client for good: no more tokens, and its tokens are on the revocation list. The same again is no
    news.

    Refuses a missing reason, an unknown client.
    """
    parties.may_write(by)
    if not reason.strip():
        raise ClientRefused("Say why the client is revoked.")
    with transaction.atomic():
        found = _find(client)
        if found.revoked is None:
            found.revoked = clock.now()
            found.save(update_fields=["revoked"])
            # The machine's clock: edges go by theirs, whatever day a rehearsal is on.
            Revocation.objects.create(
                subject=f"sub:{found.tid}", at=datetime.now(UTC), reason=reason.strip()[:300]
            )
            acts.record("licensing.revoke-client", found, by=by, reason=reason)
    return client_row(found)


def _find(tid: str) -> Client:
    rows = Client.objects.filter(id=ids.read("cli", tid)).select_for_update(of=("self",))
    found: Client = one(rows.select_related("licensee"), f"There is no client {tid}.")
    return found


def _new_secret(client: Client) -> str:
    secret = "qcs_" + secrets.token_urlsafe(32)
    ClientSecret.objects.create(client=client, digest=digest_of(secret), created=clock.now())
    return secret


def _check(name: str, mode: str, alg: str) -> None:
    if mode not in MODES:
        raise ClientRefused(f"{mode[:20]!r} is no mode of a client; it is live or sandbox.")
    if alg not in ALGS:
        raise ClientRefused(f"Tokens are signed by {', '.join(ALGS)}, not {alg[:20]!r}.")
    if not name.strip() or len(name) > 80 or not name.isprintable():
        raise ClientRefused("A client's name has at most 80 characters, all of which can be shown.")


def _bound(key: Mapping[str, Any]) -> dict[str, str]:
    public = PublicKey.from_jwk(key)
    if public.kind != "Ed25519":
        raise ClientRefused("Tokens are bound to an Ed25519 key (kty OKP, crv Ed25519), not to another kind.")
    return public.members()

"""Keys of the HTTP API: made with a secret that is shown once, and revoked."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction

from quire.society.kit import acts, clock
from quire.society.parties import errors, queries
from quire.society.parties.models import KEY_MODES, ApiKey, User
from quire.society.parties.queries.keys import ApiKeyRow, secret_digest
from quire.society.parties.queries.people import Ref
from quire.society.parties.rules import MAY, allowed

PER_MINUTE = 600
"""Requests in a minute, where nothing else is said."""
MOST_PER_MINUTE = 60_000
OF_PARTIES = ("member", "licensee")
MOST_NAME = 80


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key and its secret, which is kept nowhere and cannot be shown again."""

    key: ApiKeyRow
    secret: str = field(repr=False)


def make_api_key(
    *,
    audience: str,
    name: str,
    by: User,
    party: Ref | None = None,
    mode: str = "live",
    scopes: Iterable[str] = ("read",),
    per_minute: int = PER_MINUTE,
) -> MadeKey:
    """A key with which a program acts as ``by``, who makes it: for a party (``audience`` member or licensee)
    or in the society's house (operator or auditor), within ``scopes``; to read is always among them.

    Refuses, in this order: an audience, mode or scope that there is not, a name that cannot be shown, a rate
    that is none (KeyRefused); an unknown party; more than ``by`` may do themselves (KeyBeyond).
    """
    wanted = {"read", *scopes}
    _check(audience, name, mode, wanted, per_minute)
    if (party is not None) != (audience in OF_PARTIES):
        raise errors.KeyRefused("A member's or licensee's key names its party; another names none.")
    whose = queries.party(party) if party is not None else None
    beyond = sorted(wanted - allowed(audience, by, whose.id if whose else None))
    if beyond:
        raise errors.KeyBeyond(
            f"{by.username} may not {', '.join(beyond)} here, and so no key that {by.username} makes."
        )
    secret = f"quire_{mode}_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        made = ApiKey.objects.create(
            user=by, audience=audience, party=whose, name=name.strip(), mode=mode,
            scopes=[one for one in MAY[audience] if one in wanted], digest=secret_digest(secret),
            ends_with=secret[-4:], per_minute=per_minute, made=clock.now(),
        )  # fmt: skip
        acts.record(
            "parties.make-key", whose or made, by=by, key=made.tid, name=name, mode=mode, scopes=made.scopes
        )
    return MadeKey(queries.api_key(made.tid, party=made.party_id), secret)


def revoke_api_key(*, key: str, party: Ref | None = None, by: User | None) -> ApiKeyRow:
    """End a key of the party, or of the house, for good; the same again is no news. Unknown where there is
    none; ReadsOnly for an auditor, of whom it is not.
    """
    whose = queries.party(party) if party is not None else None
    with transaction.atomic():
        row = queries.api_key(key, party=whose.id if whose else None)
        found = ApiKey.objects.select_for_update().get(id=row.id)
        if by is None or found.user_id != by.pk:
            queries.may_write(by)
        if found.revoked is None:
            found.revoked = clock.now()
            found.save(update_fields=["revoked"])
            acts.record("parties.revoke-key", whose or found, by=by, key=found.tid, name=found.name)
    return queries.api_key(key, party=found.party_id)


def _check(audience: str, name: str, mode: str, wanted: set[str], per_minute: int) -> None:
    audiences = [one for one in MAY if one != "public"]
    if audience not in audiences:
        raise errors.KeyRefused(f"A key is for {', '.join(audiences)}, not {audience[:20]!r}.")
    if mode not in KEY_MODES:
        raise errors.KeyRefused(f"{mode[:20]!r} is no mode of a key; it is live or test.")
    if unknown := sorted(wanted - set(MAY[audience])):
        told = ", ".join(MAY[audience])
        raise errors.KeyRefused(f"A key for {audience} has no scope {unknown[0][:20]!r}; it has {told}.")
    if not name.strip() or len(name) > MOST_NAME or not name.isprintable():
        raise errors.KeyRefused(
            f"A key's name has at most {MOST_NAME} characters, all of which can be shown."
        )
    if not 0 < per_minute <= MOST_PER_MINUTE:
        raise errors.KeyRefused(f"A key asks 1 to {MOST_PER_MINUTE:,} times a minute.")

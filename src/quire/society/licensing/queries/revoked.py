"""What has been revoked, the signed list of it, and whether a token is good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q

from quire.core import licence_token, revocations
from quire.core.licence_token import LEEWAY, MAX_LIFE, Claims, TokenRefused
from quire.society.kit import clock, config, ids
from quire.society.licensing import keys
from quire.society.licensing.models import IssuedToken, Licence, Revocation

SLOT = timedelta(minutes=5)
"""The list is dated to five minutes, so that who asks again within them is told that nothing is new."""
GOOD_FOR = timedelta(days=1)
_LONGEST = timedelta(seconds=MAX_LIFE + LEEWAY)


@dataclass(frozen=True, slots=True)
class Introspected:
    """A token that is good now, as its issuer sees it."""

    claims: Claims

    def as_json(self) -> dict[str, Any]:
        """RFC 7662 §2.2, and the claims of docs/boundary.md §2."""
        said = self.claims
        return {
            "active": True,
            "scope": " ".join(said.uses),
            "client_id": said.sub,
            "token_type": "License",
            "exp": said.exp,
            "iat": said.iat,
            "sub": said.sub,
            "aud": list(said.aud),
            "iss": said.iss,
            "jti": said.jti,
            "license_id": said.licence,
            "licensee": said.licensee,
            "charge": said.charge,
            **({"duties": list(said.duties)} if said.duties else {}),
            **({"cnf": {"jwk": dict(said.key)}} if said.key else {}),
        }


def issuer(mode: str = "live") -> str:
    """In whose name tokens are issued; that of a sandbox is one that no site trusts by itself."""
    return f"{config.url()}/olp" + ("/sandbox" if mode == "sandbox" else "")


def introspect(token: str, *, client: str = "") -> Introspected | None:
    """The token, if this society issued it, it is good now and not revoked; of one ``client`` alone, if said.

    Every other text is None: RFC 7662 §2.2 does not tell why a token is not active.
    """
    trusted = keys.key_set()
    try:
        claims = licence_token.read_from(token, {issuer(): trusted, issuer("sandbox"): trusted})
    except TokenRefused:
        return None
    now = int(datetime.now(UTC).timestamp())
    if not claims.iat - LEEWAY <= now < claims.exp or (client and claims.sub != client):
        return None
    known = IssuedToken.objects.filter(jti=claims.jti).exists()
    if not known or revoked(claims.jti, claims.sub, claims.licence):
        return None
    return Introspected(claims)


def licence_revoked(tid: str) -> bool:
    """Whether the tokens of this licence are void, and no more are issued."""
    return Revocation.objects.filter(subject=f"lic:{tid}").exists()


def revoked(jti: str, sub: str, licence: str) -> bool:
    """Whether a token is void: it, its client or its licence is revoked."""
    subjects = [f"jti:{jti}", f"sub:{sub}", f"lic:{licence}"]
    return Revocation.objects.filter(subject__in=subjects).exists()


def revocation_list() -> bytes:
    """The signed list (docs/boundary.md §5): of what is revoked, that which a token may still be good
    without.

    ``serial`` counts every revocation there was, so a list that knows more has a higher one. A token or
    client is left out once the last of its tokens has ended by itself, a licence once it has ended.
    """
    now = datetime.now(UTC)
    issued = datetime.fromtimestamp(now.timestamp() // SLOT.total_seconds() * SLOT.total_seconds(), UTC)
    found: dict[str, list[str]] = {"jti": [], "sub": [], "lic": []}
    serial = Revocation.objects.count()
    for subject in _current(now):
        kind, _, name = subject.partition(":")
        found[kind].append(name)
    return revocations.make(
        issuer(),
        serial,
        issued,
        issued + GOOD_FOR,
        found["jti"],
        found["sub"],
        found["lic"],
        keys.signing_key(),
    )


def _current(now: datetime) -> list[str]:
    tokens = Revocation.objects.filter(subject__startswith="jti:")
    ended = {f"jti:{jti}" for jti in IssuedToken.objects.filter(
        jti__in=[row.subject[4:] for row in tokens], expires__lt=now - timedelta(seconds=LEEWAY)
    ).values_list("jti", flat=True)}  # fmt: skip
    past = Licence.objects.filter(ends__lt=clock.today() - timedelta(days=1))
    ended |= {f"lic:{ids.show('lic', one)}" for one in past.values_list("id", flat=True)}
    lately = Q(subject__startswith="sub:", at__lt=now - 24 * _LONGEST)
    rows = Revocation.objects.exclude(lately).values_list("subject", flat=True)
    return [subject for subject in rows if subject not in ended]

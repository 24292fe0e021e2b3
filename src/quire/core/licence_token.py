"""The licence token: what a society says of a client, signed, so that a site can let it in without asking.

Owns the claims (docs/boundary.md §2), how they are signed and read, and whether they are good at a moment and
a site. Does not own terms: whether a site gives a use is ``quire.core.site``'s; nor revocation, nor proof of
the key to which a token is bound.

A token comes from anyone. Every refusal is a ``TokenRefused``, whatever the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from quire.core import canonical
from quire.core.errors import Invalid, QuireError
from quire.core.terms import USES
from quire.core.tokens import (
    ALGS,
    BadSignature,
    KeySet,
    PublicKey,
    SigningKey,
    UnknownKey,
    unproved,
    verify,
)

TYP = "olp-license+jws"
MAX_TOKEN = 8 * 1024
"""Characters of a token; web servers give all of a request's headers no more room than that."""
MAX_LIFE = 3600
"""Seconds from ``iat`` to ``exp`` at most: a token is not taken back quickly, so it does not live long."""
LEEWAY = 60
"""Seconds by which the clocks of a society and a site may differ."""
DUTIES = ("attribution", "reporting", "no-derivatives", "output-attribution")
"""The duties a licence may bring, as a token names them."""

Charge = Literal["licence", "crawl"]

_LONGEST = 300
_PLAIN = re.compile(r"[!-~]{1,300}")
_ORIGIN = re.compile(r"https?://(?:[a-z0-9_.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?")
_DUTY = re.compile(r"[a-z][a-z-]{0,39}")
_LATEST = 2**40


class TokenRefused(QuireError):
    """The token does not let anybody in. ``code`` and ``data["reason"]`` are the refusal of boundary §4."""

    code = "malformed"
    status = 401

    def __init__(self, reason: str, sentence: str, **data: Any) -> None:
        super().__init__(sentence, reason=reason, **data)
        self.code = reason  # type: ignore[misc]  # the one error whose code is known only where it is raised


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says; times in whole seconds since 1970, ``uses`` in the order of ``terms.USES``.

    ``aud`` are origins, ``sub`` the client, ``licence`` and ``licensee`` their ids, ``key`` the public
    Ed25519 JWK to whose owner the token is bound (kty, crv and x). Raises Invalid for what no token says.
    """

    iss: str
    sub: str
    aud: tuple[str, ...]
    iat: int
    exp: int
    jti: str
    licence: str
    licensee: str
    uses: tuple[str, ...]
    charge: Charge = "licence"
    key: Mapping[str, str] | None = field(default=None, hash=False)
    duties: tuple[str, ...] = ()
    key_id: str | None = field(default=None, init=False, compare=False, repr=False)
    """The thumbprint (RFC 7638) of ``key``, by which a signature names it."""

    def __post_init__(self) -> None:
        for name in ("iss", "sub", "jti", "licence", "licensee"):
            _check_text(name, getattr(self, name))
        _check_times(self.iat, self.exp)
        _check_each("aud", self.aud, _ORIGIN)
        _check_each("duties", self.duties, _DUTY)
        if not self.aud:
            raise Invalid("A token names at least one site: its aud is empty.")
        if not self.uses or self.uses != tuple(use for use in USES if use in self.uses):
            raise Invalid("A token's uses are one or more of " + ", ".join(USES) + ", each once.")
        if self.charge not in ("licence", "crawl"):
            raise Invalid("A token's charge is licence or crawl.")
        if self.key is not None:
            bound = _bound(self.key)
            object.__setattr__(self, "key", bound.members())
            object.__setattr__(self, "key_id", bound.kid)

    def check(self, now: int, origin: str, leeway: int = LEEWAY) -> None:
        """Nothing, if the token is good at ``now`` (seconds) at the site ``origin`` (``https://example.org``).

        Raises TokenRefused: ``expired`` from ``leeway`` seconds after ``exp`` on, ``not-yet`` more than
        ``leeway`` seconds before ``iat``, ``wrong-audience``. Asked in this order.
        """
        if now >= self.exp + leeway:
            raise TokenRefused("expired", "The token has expired: ask the society for a new one.")
        if now < self.iat - leeway:
            raise TokenRefused("not-yet", "The token is not valid yet: is the clock right?")
        if origin not in self.aud:
            raise TokenRefused("wrong-audience", f"The token is for another site than {origin[:300]}.")


def issue(claims: Claims, key: SigningKey, alg: str | None = None) -> str:
    """The token; ``alg`` as ``SigningKey.sign`` has it. Raises Invalid for what fits no header."""
    said: dict[str, Any] = {
        "iss": claims.iss,
        "sub": claims.sub,
        "aud": list(claims.aud),
        "iat": claims.iat,
        "exp": claims.exp,
        "jti": claims.jti,
        "license_id": claims.licence,
        "licensee": claims.licensee,
        "scope": " ".join(claims.uses),
        "charge": claims.charge,
    }
    if claims.key is not None:
        said["cnf"] = {"jwk": dict(claims.key)}
    if claims.duties:
        said["duties"] = list(claims.duties)
    if unknown := [duty for duty in claims.duties if duty not in DUTIES]:
        raise Invalid(f"{unknown[0]!a} is no duty: there are {', '.join(DUTIES)}.")
    token = key.sign(json.dumps(said, separators=(",", ":")).encode(), TYP, alg)
    if len(token) > MAX_TOKEN:
        raise Invalid(f"A token of more than {MAX_TOKEN} characters fits no request: name fewer sites in it.")
    return token


def read(text: str, keys: KeySet) -> Claims:
    """The claims of a token that one of ``keys`` signed; its times and its audience are asked by ``check``.

    ``keys`` are those of the issuer that the token names (``peek_issuer``), or ``read_from`` chooses them.
    Raises TokenRefused: ``malformed``, ``unknown-key`` or ``bad-signature``.
    """
    if not isinstance(text, str) or len(text) > MAX_TOKEN or text.count(".") != 2:
        raise TokenRefused("malformed", "This is not a licence token.")
    try:
        payload = verify(text, keys, TYP, ALGS)
    except UnknownKey as error:
        raise TokenRefused("unknown-key", error.sentence) from None
    except BadSignature as error:
        raise TokenRefused("bad-signature", error.sentence) from None
    try:
        return _claims(_object(payload))
    except Invalid as error:
        raise TokenRefused("malformed", error.sentence) from None


def read_from(text: str, issuers: Mapping[str, KeySet]) -> Claims:
    """The claims of a token by one of ``issuers`` (``iss`` to keys), read with the keys of just that one.

    Raises TokenRefused as ``read`` does, and ``unknown-issuer``.
    """
    named = peek_issuer(text)
    if named is None:
        raise TokenRefused("malformed", "This is not a licence token.")
    if named not in issuers:
        raise TokenRefused(
            "unknown-issuer", f"The token is by {named[:_LONGEST]!a}, which is not trusted here."
        )
    claims = read(text, issuers[named])
    if claims.iss != named:
        raise TokenRefused("malformed", "The token names two issuers.")
    return claims


def peek_issuer(text: str) -> str | None:
    """The issuer a token names, or None; nothing is verified: it serves to choose keys, nothing else."""
    payload = unproved(text) if isinstance(text, str) and len(text) <= MAX_TOKEN else None
    try:
        said = _object(payload or b"")
    except Invalid:
        return None
    named = said.get("iss")
    return named if isinstance(named, str) else None


def _claims(said: dict[str, Any]) -> Claims:
    scope = said.get("scope")
    words = scope.split(" ") if isinstance(scope, str) else []
    if len(words) != len(set(words)) or not set(words) <= set(USES):
        raise Invalid("The token's scope is not a list of uses.")
    return Claims(
        iss=cast(str, said.get("iss")),
        sub=cast(str, said.get("sub")),
        aud=_listed("aud", said.get("aud")),
        iat=cast(int, said.get("iat")),
        exp=cast(int, said.get("exp")),
        jti=cast(str, said.get("jti")),
        licence=cast(str, said.get("license_id")),
        licensee=cast(str, said.get("licensee")),
        uses=tuple(use for use in USES if use in words),
        charge=cast(Charge, said.get("charge")),
        key=_jwk(said["cnf"]) if "cnf" in said else None,
        duties=_listed("duties", said.get("duties", [])),
    )


def _listed(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Invalid(f"The token's {name} is not a list.")
    return tuple(value)


def _jwk(cnf: object) -> Mapping[str, str]:
    """A token bound in a way that is not understood is no token: nobody here could ask for the proof."""
    if not isinstance(cnf, dict) or not isinstance(cnf.get("jwk"), dict):
        raise Invalid("The token is bound to a key, but not by cnf.jwk.")
    return cast(Mapping[str, str], cnf["jwk"])


def _bound(jwk: Mapping[str, Any]) -> PublicKey:
    key = PublicKey.from_jwk(jwk)
    if key.kind != "Ed25519":
        raise Invalid("A token is bound to an Ed25519 key and to no other.")
    return key


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str) or not _PLAIN.fullmatch(value):
        raise Invalid(f"A token's {name} is up to {_LONGEST} printable ASCII characters without blanks.")


def _check_times(iat: object, exp: object) -> None:
    if type(iat) is not int or type(exp) is not int or not 0 <= iat < exp <= _LATEST:
        raise Invalid("A token's iat and exp are whole seconds, the first before the second.")
    if exp - iat > MAX_LIFE:
        raise Invalid(f"A token lives for at most {MAX_LIFE} seconds.")


def _check_each(name: str, values: object, pattern: re.Pattern[str]) -> None:
    if not isinstance(values, tuple) or len(set(map(str, values))) != len(values):
        raise Invalid(f"A token's {name} is a list in which everything stands once.")
    for value in values:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise Invalid(f"A token's {name} holds {str(value)[:100]!a}, which cannot stand there.")


def _object(data: bytes) -> dict[str, Any]:
    """The JSON object; what nobody reads in it may be any JSON, but nothing stands twice."""
    said = canonical.parse(data)
    if not isinstance(said, dict):
        raise Invalid("The token's claims are not a JSON object.")
    return said

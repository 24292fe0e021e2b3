"""Signatures: Ed25519 keys, and compact JWS (RFC 7515) with the algorithm name of RFC 9864.

Owns keys and the signing of bytes. Does not own what the bytes say. The only file that knows ``joserfc``.

A signature comes from anyone, so its header may hold ``alg``, ``kid`` and ``typ`` and nothing else, and the
algorithm is ours, never the header's: no ``none``, no HS256 keyed with a public key, no key or address of a
key inside the header, no ``crit``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from joserfc import jws as jose
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from quire.core import canonical
from quire.core.errors import Invalid, QuireError

ALG = "Ed25519"
MAX_JWS = 96 * 1024
"""Characters of a compact JWS; what is longer is refused before it is decoded."""
MAX_PAYLOAD = 64 * 1024
"""Bytes of what is signed. Sign the digest of anything bigger."""

_KEY_BYTES = 32
_REGISTRY = jose.JWSRegistry(algorithms=[ALG])


class InvalidKey(Invalid):
    """This is not an Ed25519 key as RFC 8037 writes it."""

    code = "key.invalid"


class UnknownKey(QuireError):
    """Signed with a key that is not among the trusted ones; ``data["kid"]`` is its id."""

    code = "signature.unknown-key"
    status = 401


class BadSignature(QuireError):
    """The signature does not stand: altered, ill-formed, of another kind, or by another algorithm."""

    code = "signature.bad"
    status = 401


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An Ed25519 public key. ``kid`` is always its RFC 7638 thumbprint, so equal ids are equal keys."""

    x: str
    kid: str

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, Any]) -> Self:
        """From a public JWK (kty OKP, crv Ed25519, x; other members must agree). Raises InvalidKey."""
        if not isinstance(jwk, Mapping):
            raise InvalidKey("A key is a JSON object (JWK).")
        if "d" in jwk:
            raise InvalidKey("This is a private key: keep it secret, and give the public one.")
        if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519":
            raise InvalidKey("The key is not an Ed25519 key: it needs kty OKP and crv Ed25519.")
        x = jwk.get("x")
        if not isinstance(x, str) or len(_decode(x) or b"") != _KEY_BYTES:
            raise InvalidKey("The key's x is not 32 bytes in base64url without padding.")
        key = cls(x=x, kid=_thumbprint(x))
        for name, value in key.jwk().items():
            if jwk.get(name, value) != value:
                raise InvalidKey(f"The key's {name} does not agree with the rest of it: expected {value}.")
        return key

    def jwk(self) -> dict[str, str]:
        """The public JWK: kty, crv, x, kid, alg, use."""
        return {"kty": "OKP", "crv": "Ed25519", "x": self.x, "kid": self.kid, "alg": ALG, "use": "sig"}


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 private key. Its ``repr`` shows the id only."""

    kid: str
    _key: OKPKey = field(repr=False, compare=False)

    @classmethod
    def generate(cls) -> Self:
        """A new key from the system's randomness."""
        return cls._of(OKPKey.generate_key("Ed25519"))

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, Any]) -> Self:
        """From a private JWK, as ``private_jwk`` gives it. Raises InvalidKey, which never quotes the key."""
        if not isinstance(jwk, Mapping):
            raise InvalidKey("A key is a JSON object (JWK).")
        public = PublicKey.from_jwk({name: value for name, value in jwk.items() if name != "d"})
        secret = jwk.get("d")
        if not isinstance(secret, str) or len(_decode(secret) or b"") != _KEY_BYTES:
            raise InvalidKey("The key is not a private key: d is not 32 bytes in base64url without padding.")
        try:
            key = cls._of(OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": public.x, "d": secret}))
            derived = key._key.binding.export_public_key(key._key.public_key)["x"]
        except (JoseError, ValueError):
            raise InvalidKey("The private key cannot be read.") from None
        if derived != public.x:
            raise InvalidKey("The private and the public half of the key do not belong together.")
        return key

    @classmethod
    def _of(cls, key: OKPKey) -> Self:
        return cls(kid=_thumbprint(str(key.as_dict(private=False)["x"])), _key=key)

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return PublicKey(x=str(self._key.as_dict(private=False)["x"]), kid=self.kid)

    def public_jwk(self) -> dict[str, str]:
        """The public JWK: kty, crv, x, kid, alg, use."""
        return self.public.jwk()

    def private_jwk(self) -> dict[str, str]:
        """The private JWK: the public one and ``d``. Write it only where nobody else reads."""
        return {**self.public_jwk(), "d": str(self._key.as_dict(private=True)["d"])}

    def sign(self, payload: bytes, typ: str) -> str:
        """Compact JWS of ``payload`` (at most ``MAX_PAYLOAD`` bytes); the same input, the same bytes.

        ``typ`` says what kind of thing is signed, so that a signature over one kind never serves as another.
        """
        if len(payload) > MAX_PAYLOAD:
            raise Invalid(f"More than {MAX_PAYLOAD} bytes are not signed directly: sign their digest.")
        header = {"alg": ALG, "kid": self.kid, "typ": typ}
        return jose.serialize_compact(header, payload, self._key, registry=_REGISTRY)


@dataclass(frozen=True, slots=True)
class KeySet:
    """Public keys that somebody trusts, by id."""

    keys: Mapping[str, PublicKey] = field(default_factory=dict)

    @classmethod
    def of(cls, *jwks: Mapping[str, Any]) -> Self:
        """From public JWKs. Raises InvalidKey."""
        keys = [PublicKey.from_jwk(jwk) for jwk in jwks]
        return cls({key.kid: key for key in keys})

    @classmethod
    def from_json(cls, data: bytes | str) -> Self:
        """From the JSON of one public JWK, or of a JWKS, whose keys of other kinds are passed over.

        Raises InvalidKey, also for a set without any Ed25519 key (RFC 7517 §5 lets a reader ignore others).
        """
        try:
            value = canonical.loads(data.encode() if isinstance(data, str) else data, canonical=False)
        except (canonical.NotCanonical, UnicodeEncodeError) as error:
            raise InvalidKey(f"The key file cannot be read: {error}") from None
        if not isinstance(value, dict):
            raise InvalidKey("The key file is not a JWK or a JWKS: it is not a JSON object.")
        if "keys" not in value:
            return cls.of(value)
        listed = value["keys"] if isinstance(value["keys"], list) else []
        ours = [key for key in listed if isinstance(key, dict) and key.get("crv") == "Ed25519"]
        if not ours:
            raise InvalidKey("The key file holds no Ed25519 key.")
        return cls.of(*ours)

    def __contains__(self, kid: object) -> bool:
        return kid in self.keys

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys)

    def __len__(self) -> int:
        return len(self.keys)


def verify(jws: str, keys: KeySet, typ: str) -> bytes:
    """The payload of a compact JWS of kind ``typ`` signed by one of ``keys``.

    Raises BadSignature or UnknownKey; no other error whatever the text. Exactly one text is accepted per
    payload, key and kind of header: base64url with stray bits or padding is refused.
    """
    parts = jws.split(".") if isinstance(jws, str) and len(jws) <= MAX_JWS else []
    if len(parts) != 3:
        raise BadSignature("The signature is not a compact JWS.")
    header, payload, signature = (_decode(part) for part in parts)
    if header is None or payload is None or signature is None:
        raise BadSignature("The signature is not a compact JWS: a part of it is not base64url.")
    key = _key_for(_checked_header(header, typ), keys)
    try:
        public = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": key.x})
        jose.deserialize_compact(jws, public, registry=_REGISTRY)
    except (JoseError, ValueError):
        raise BadSignature(
            "The signature does not match what was signed: one of the two was altered.", kid=key.kid
        ) from None
    return payload


def _checked_header(data: bytes, typ: str) -> dict[str, str]:
    try:
        header = canonical.loads(data, canonical=False)
    except canonical.NotCanonical as error:
        raise BadSignature(f"The signature's header cannot be read: {error}") from None
    if not isinstance(header, dict) or set(header) != {"alg", "kid", "typ"}:
        raise BadSignature("The signature's header must have alg, kid and typ, and nothing else.")
    if header["alg"] != ALG:
        raise BadSignature(f"The signature's algorithm is not {ALG}, the only one accepted.")
    if header["typ"] != typ:
        raise BadSignature(f"The signature is for another kind of thing: its typ is not {typ}.")
    if not isinstance(header["kid"], str):
        raise BadSignature("The signature does not name its key: kid is not text.")
    return header


def _key_for(header: Mapping[str, str], keys: KeySet) -> PublicKey:
    kid = header["kid"]
    if kid not in keys:
        raise UnknownKey(f"The signature is by the key {kid[:80]!a}, which is not a trusted one.", kid=kid)
    return keys.keys[kid]


def _decode(text: str) -> bytes | None:
    """Bytes of base64url without padding, or None; only the one spelling that encoding would give."""
    try:
        raw = text.encode("ascii")
        data = base64.urlsafe_b64decode(raw + b"=" * (-len(raw) % 4))
    except (UnicodeEncodeError, binascii.Error, ValueError):
        return None
    return data if base64.urlsafe_b64encode(data).rstrip(b"=") == raw else None


def _thumbprint(x: str) -> str:
    """RFC 7638: SHA-256 of the required members in order, as RFC 8037 §2 names them for OKP."""
    members = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": x}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(members.encode()).digest()).rstrip(b"=").decode()

"""Signatures: Ed25519 and P-256 keys, and compact JWS (RFC 7515) with the names of RFC 9864 and RFC 7518.

Owns keys and the signing of bytes. Does not own what the bytes say. The only file that knows ``joserfc``.

A signature comes from anyone, so its header may hold ``alg``, ``kid`` and ``typ`` and nothing else, and the
algorithm is the key's, never the header's: no ``none``, no HS256 keyed with a public key, no key or address
of a key inside the header, no ``crit``. What is not told otherwise is read with Ed25519 alone; who accepts
more says which.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, Self

from joserfc import jws as jose
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from quire.core import canonical
from quire.core.errors import Invalid, QuireError

Kind = Literal["Ed25519", "ES256"]
"""What a key is for, by the name of its algorithm: Ed25519 (RFC 9864), or ECDSA on P-256 (RFC 7518)."""

ALG = "Ed25519"
STRICT = (ALG,)
"""The algorithms that are accepted where nobody says otherwise."""
ALGS = ("Ed25519", "EdDSA", "ES256")
"""Every algorithm a key can be used with. EdDSA is the older name of the same signature by an Ed25519 key."""
MAX_JWS = 96 * 1024
"""Characters of a compact JWS; what is longer is refused before it is decoded."""
MAX_PAYLOAD = 64 * 1024
"""Bytes of what is signed. Sign the digest of anything bigger."""
MAX_HEADER = 1024
"""Characters of a header: there is no honest one of more than two hundred."""
MAX_KEYS = 100
"""Keys in a set; each costs time to read, and sets come from elsewhere."""

_KEY_BYTES = 32
_SIGNATURE_BYTES = 64
_FOR = {"Ed25519": ("Ed25519", "EdDSA"), "ES256": ("ES256",)}
_REGISTRY = jose.JWSRegistry(algorithms=["Ed25519", "ES256"])
_MATHS = {kind: _REGISTRY.get_alg(kind) for kind in _FOR}


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
    """A public key. ``kid`` is always its RFC 7638 thumbprint, so equal ids are equal keys.

    ``y`` is empty for an Ed25519 key; a P-256 key has both coordinates.
    """

    x: str
    kid: str
    y: str = ""
    _key: OKPKey | ECKey | None = field(default=None, repr=False, compare=False)

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, Any]) -> Self:
        """From a public JWK: OKP and Ed25519 with x, or EC and P-256 with x and y. Raises InvalidKey.

        Its other members must agree with it: ``kid`` the thumbprint, ``alg`` and ``use`` what it is for.
        """
        if not isinstance(jwk, Mapping):
            raise InvalidKey("A key is a JSON object (JWK).")
        if "d" in jwk:
            raise InvalidKey("This is a private key: keep it secret, and give the public one.")
        members = _members(jwk)
        for name in members.keys() & {"x", "y"}:
            if not isinstance(members[name], str) or len(_decode(members[name]) or b"") != _KEY_BYTES:
                raise InvalidKey(f"The key's {name} is not {_KEY_BYTES} bytes in base64url without padding.")
        key = cls(members["x"], _thumbprint(members), members.get("y", ""), _imported(members))
        for name, value in key.jwk().items():
            if jwk.get(name, value) != value and not (name == "alg" and jwk["alg"] in _FOR[key.kind]):
                raise InvalidKey(f"The key's {name} does not agree with the rest of it: expected {value}.")
        return key

    @property
    def kind(self) -> Kind:
        """What the key is for."""
        return "ES256" if self.y else "Ed25519"

    def jwk(self) -> dict[str, str]:
        """The public JWK: kty, crv, x (and y), kid, alg, use."""
        return {**self.members(), "kid": self.kid, "alg": self.kind, "use": "sig"}

    def members(self) -> dict[str, str]:
        """The JWK without what follows from it: kty, crv, x (and y)."""
        if self.y:
            return {"kty": "EC", "crv": "P-256", "x": self.x, "y": self.y}
        return {"kty": "OKP", "crv": "Ed25519", "x": self.x}

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Whether ``signature`` (64 bytes: RFC 8037, RFC 7518 §3.4) is this key's of ``data``."""
        if len(signature) != _SIGNATURE_BYTES:
            return False
        key = self._key if self._key is not None else _imported(self.members())
        try:
            return _MATHS[self.kind].verify(data, signature, key)
        except (JoseError, ValueError):
            return False


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key, for Ed25519 or for ES256. Its ``repr`` shows the id only."""

    kid: str
    _key: OKPKey | ECKey = field(repr=False, compare=False)

    @classmethod
    def generate(cls, kind: Kind = "Ed25519") -> Self:
        """A new key from the system's randomness."""
        if kind not in _FOR:
            raise InvalidKey(f"There are keys of the kinds Ed25519 and ES256, not {kind!a}.")
        return cls._of(ECKey.generate_key("P-256") if kind == "ES256" else OKPKey.generate_key("Ed25519"))

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
            key = cls._of(_imported({**public.members(), "d": secret}))
            # Whether the halves belong together is asked of a signature: libraries differ in what they check.
            together = public.verifies(_MATHS[public.kind].sign(b"quire", key._key), b"quire")
        except (JoseError, ValueError):
            raise InvalidKey("The private key cannot be read.") from None
        if not together:
            raise InvalidKey("The private and the public half of the key do not belong together.")
        return key

    @classmethod
    def _of(cls, key: OKPKey | ECKey) -> Self:
        return cls(kid=_thumbprint(_members(key.as_dict(private=False))), _key=key)

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return PublicKey.from_jwk(_members(self._key.as_dict(private=False)))

    @property
    def kind(self) -> Kind:
        """What the key is for."""
        return "ES256" if isinstance(self._key, ECKey) else "Ed25519"

    def public_jwk(self) -> dict[str, str]:
        """The public JWK: kty, crv, x (and y), kid, alg, use."""
        return self.public.jwk()

    def private_jwk(self) -> dict[str, str]:
        """The private JWK: the public one and ``d``. Write it only where nobody else reads."""
        return {**self.public_jwk(), "d": str(self._key.as_dict(private=True)["d"])}

    def signature(self, data: bytes) -> bytes:
        """The 64 bytes that sign ``data`` themselves, without a header: for RFC 9421 and the like."""
        return _MATHS[self.kind].sign(data, self._key)

    def sign(self, payload: bytes, typ: str, alg: str | None = None) -> str:
        """Compact JWS of ``payload`` (at most ``MAX_PAYLOAD`` bytes).

        With Ed25519 the same input gives the same bytes. ``typ`` says what kind of thing is signed, so that a
        signature over one kind never serves as another. ``alg`` is the key's own, or EdDSA, the older name,
        for an Ed25519 key. Raises Invalid for another one and for a payload that is too long.
        """
        alg = self.kind if alg is None else alg
        if alg not in _FOR[self.kind]:
            raise Invalid(f"The key {self.kid} is for {self.kind}: nothing is signed {alg[:20]!a} with it.")
        if len(payload) > MAX_PAYLOAD:
            raise Invalid(f"More than {MAX_PAYLOAD} bytes are not signed directly: sign their digest.")
        header = json.dumps({"alg": alg, "kid": self.kid, "typ": typ}, separators=(",", ":"))
        signed = f"{_encode(header.encode())}.{_encode(payload)}"
        return f"{signed}.{_encode(self.signature(signed.encode()))}"


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

        Raises InvalidKey, also for a set without any key for Ed25519 or ES256 (RFC 7517 §5 lets a reader
        ignore others).
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
        if len(listed) > MAX_KEYS:
            raise InvalidKey(f"The key file holds more than {MAX_KEYS} keys, so nobody reads it.")
        ours = [key for key in listed if _is_ours(key)]
        if not ours:
            raise InvalidKey("The key file holds no key for Ed25519 or ES256.")
        return cls.of(*ours)

    def __contains__(self, kid: object) -> bool:
        return kid in self.keys

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys)

    def __len__(self) -> int:
        return len(self.keys)


def verify(jws: str, keys: KeySet, typ: str, algs: tuple[str, ...] = STRICT) -> bytes:
    """The payload of a compact JWS of kind ``typ`` signed by one of ``keys``, with one of ``algs``.

    Raises BadSignature or UnknownKey; no other error whatever the text. Base64url with stray bits or padding
    is refused, so of Ed25519 exactly one text is accepted per payload, key and header. (Of ES256 two: that is
    in the nature of ECDSA, so nothing may be known again by its signature.)
    """
    parts = jws.split(".", 3) if isinstance(jws, str) and len(jws) <= MAX_JWS else []
    if len(parts) != 3:
        raise BadSignature("The signature is not a compact JWS.")
    payload, signature = _decode(parts[1]), _decode(parts[2])
    if payload is None or signature is None or len(parts[0]) > MAX_HEADER:
        raise BadSignature("The signature is not a compact JWS: a part of it is not base64url.")
    alg, kid = _header(parts[0], typ)
    if alg not in algs:
        raise BadSignature(f"The signature's algorithm is not {' or '.join(algs)}, which alone is accepted.")
    key = _key_for(kid, keys)
    if alg not in _FOR[key.kind]:
        raise BadSignature(f"The signature's algorithm is not {key.kind}, which its key is for.", kid=kid)
    if not key.verifies(signature, f"{parts[0]}.{parts[1]}".encode()):
        raise BadSignature(
            "The signature does not match what was signed: one of the two was altered.", kid=kid
        )
    return payload


def unproved(jws: object) -> bytes | None:
    """The payload that a compact JWS carries, with nothing verified: it serves to choose keys, nothing else.

    None for what is no compact JWS.
    """
    parts = jws.split(".", 3) if isinstance(jws, str) and len(jws) <= MAX_JWS else []
    return _decode(parts[1]) if len(parts) == 3 else None


@lru_cache(maxsize=256)
def _header(text: str, typ: str) -> tuple[str, str]:
    """Algorithm and key id. Remembered, because one key's tokens all begin with the same header."""
    data = _decode(text)
    if data is None:
        raise BadSignature("The signature is not a compact JWS: a part of it is not base64url.")
    try:
        header = canonical.loads(data, canonical=False)
    except canonical.NotCanonical as error:
        raise BadSignature(f"The signature's header cannot be read: {error}") from None
    if not isinstance(header, dict) or set(header) != {"alg", "kid", "typ"}:
        raise BadSignature("The signature's header must have alg, kid and typ, and nothing else.")
    if header["typ"] != typ:
        raise BadSignature(f"The signature is for another kind of thing: its typ is not {typ}.")
    if not isinstance(header["kid"], str) or not isinstance(header["alg"], str):
        raise BadSignature("The signature does not name its key and its algorithm: they are not text.")
    return header["alg"], header["kid"]


def _key_for(kid: str, keys: KeySet) -> PublicKey:
    if kid not in keys:
        raise UnknownKey(f"The signature is by the key {kid[:80]!a}, which is not a trusted one.", kid=kid)
    return keys.keys[kid]


def _members(jwk: Mapping[str, Any]) -> dict[str, Any]:
    """The members that make the key (RFC 7638 §3.2), of a kind that is ours; else InvalidKey."""
    if not _is_ours(jwk):
        raise InvalidKey("The key is not for Ed25519 (kty OKP, crv Ed25519) or ES256 (kty EC, crv P-256).")
    names = ("kty", "crv", "x", "y") if jwk["kty"] == "EC" else ("kty", "crv", "x")
    return {name: jwk.get(name) for name in names}


def _is_ours(jwk: object) -> bool:
    if not isinstance(jwk, Mapping):
        return False
    kind = (jwk.get("kty"), jwk.get("crv"))
    return kind in (("OKP", "Ed25519"), ("EC", "P-256"))


def _imported(members: Mapping[str, str]) -> OKPKey | ECKey:
    """The library's key. Raises InvalidKey, also for a point that is not on the curve."""
    try:
        if members["kty"] == "EC":
            return ECKey.import_key(dict(members))
        return OKPKey.import_key(dict(members))
    except (JoseError, ValueError):
        raise InvalidKey("The key cannot be read: it is no point of its curve.") from None


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes | None:
    """Bytes of base64url without padding, or None; only the one spelling that encoding would give."""
    try:
        raw = text.encode("ascii")
        data = base64.urlsafe_b64decode(raw + b"=" * (-len(raw) % 4))
    except (UnicodeEncodeError, binascii.Error, ValueError):
        return None
    return data if base64.urlsafe_b64encode(data).rstrip(b"=") == raw else None


def _thumbprint(members: Mapping[str, str]) -> str:
    """RFC 7638: SHA-256 of the required members in order, as RFC 8037 §2 names them for OKP."""
    text = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return _encode(hashlib.sha256(text.encode()).digest())

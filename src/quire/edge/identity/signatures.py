"""A crawler's signature over its request: Web Bot Auth, a profile of RFC 9421.

Read strictly: one signature with the tag ``web-bot-auth``, over ``@authority`` or ``@target-uri``, by an
Ed25519 key whose id is its RFC 7638 thumbprint, not older and not longer than a day, and over the
``Signature-Agent`` where there is one. The mathematics and the structured fields are those of
``http-message-signatures``, which the extra ``quire[edge]`` brings; without it no signature can be proved,
and ``NotProved`` says so.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import urlsplit

from quire.core.errors import QuireError
from quire.core.tokens import InvalidKey, PublicKey

if TYPE_CHECKING:
    from quire.edge.identity import Asked

TAG = "web-bot-auth"
LONGEST = 24 * 3600
"""Seconds a signature may be good for (draft-ietf-webbotauth-httpsig-protocol: at most 24 hours)."""
SKEW = 60
MOST_TEXT = 8192
"""Characters of each of the three headers; longer ones are not read."""

PRINTED = frozenset(
    {"poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U", "oD0HwocPBSfpNy5W3bpJeyFGY_IQ_YpqxSjQ3Yd-CLA"}
)
"""Thumbprints of the keys in RFC 9421, appendix B: everybody has their private halves."""


class NotProved(QuireError):
    """The signature proves nothing; the sentence says why."""

    code = "signature.not-proved"
    status = 401


@dataclass(frozen=True, slots=True)
class Shown:
    """What a signature says of itself, before anything is proved.

    ``agent`` is the origin of the directory that it names, "" where it names none; ``until`` its last second.
    ``fields`` are the headers that it covers whole.
    """

    label: str
    keyid: str
    nonce: str
    until: float
    agent: str
    fields: tuple[str, ...] = ()


class _Headers(Protocol):
    headers: Mapping[str, str]


class _Message:
    """A request as the library wants to see it."""

    def __init__(self, request: Asked) -> None:
        self.method = request.method.upper()
        query = f"?{request.query}" if request.query else ""
        self.url = f"{request.scheme}://{request.host}{request.path}{query}"
        self.headers = dict(request.headers)


def shown(request: Asked, *, printed: bool = False) -> Shown:
    """The one Web Bot Auth signature of the request, read and not yet proved. Raises NotProved.

    ``printed``: also by a key of PRINTED, for the standard's own examples.
    """
    found = [
        (label, covered, params) for label, covered, params in _inputs(request) if params.get("tag") == TAG
    ]
    if len(found) != 1:
        raise NotProved(f"The request has {len(found)} signatures with the tag {TAG}; send one.")
    label, covered, params = found[0]
    created, expires, keyid = params.get("created"), params.get("expires"), params.get("keyid")
    if type(created) is not int or not isinstance(keyid, str) or not 0 < len(keyid) <= 128:
        raise NotProved("The signature does not say when it was made, or with which key.")
    if keyid in PRINTED and not printed:
        raise NotProved("The signature is by a key that is printed in RFC 9421: anybody could have made it.")
    until = expires if type(expires) is int else created + 300
    if not created - SKEW <= request.time <= until + SKEW or until - created > LONGEST:
        raise NotProved("The signature is too old, of a later time, or good for more than a day.")
    names = [name for name, _ in covered]
    if "@authority" not in names and "@target-uri" not in names:
        raise NotProved("The signature covers neither @authority nor @target-uri: it is good anywhere.")
    nonce = params.get("nonce", "")
    agent = _agent(request, covered)
    fields = tuple(name for name, more in covered if not more and not name.startswith("@"))
    return Shown(label, keyid, nonce if isinstance(nonce, str) else "", float(until + SKEW), agent, fields)


def _inputs(request: _Headers) -> list[tuple[str, list[tuple[str, dict[str, Any]]], dict[str, Any]]]:
    """(label, covered components, parameters) of each signature."""
    text = request.headers.get("signature-input", "")
    member = _dictionary("Signature-Input", text)
    found = []
    for label, (value, params) in member.items():
        if not isinstance(value, list) or not all(isinstance(name, str) for name, _ in value):
            raise NotProved("Signature-Input is not a list of components.")
        found.append((label, [(name, dict(more)) for name, more in value], dict(params)))
    return found


def _agent(request: _Headers, covered: list[tuple[str, dict[str, Any]]]) -> str:
    """The origin of the directory named in Signature-Agent, which must be covered. "" where there is none."""
    text = request.headers.get("signature-agent", "")
    if not text:
        return ""
    keys = [params.get("key") for name, params in covered if name == "signature-agent"]
    if len(keys) != 1:
        raise NotProved("The signature does not cover Signature-Agent.")
    if keys[0] is None:  # the form before it became a dictionary: one text in quotation marks
        return _origin(text.strip().strip('"'))
    member = _dictionary("Signature-Agent", text).get(keys[0])
    if member is None or not isinstance(member[0], str):
        raise NotProved("Signature-Agent has no member of the name that the signature covers.")
    if dict(member[1]).get("type", "directory") != "directory":
        raise NotProved("Signature-Agent is of a type other than a directory, which is not read here.")
    return _origin(member[0])


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
        bare = (
            parts.hostname
            and parts.path in ("", "/")
            and not (parts.query or parts.fragment or parts.username)
        )
        port = parts.port
    except ValueError:
        raise NotProved("Signature-Agent is not an address.") from None
    if parts.scheme not in ("https", "http") or not bare or not url.isascii() or len(url) > 300:
        raise NotProved("Signature-Agent is not a bare origin such as https://agent.example.")
    return f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port else "")


def _dictionary(name: str, text: str) -> dict[str, tuple[Any, Any]]:
    if not text or len(text) > MOST_TEXT:
        raise NotProved(f"{name} is missing or too long.")
    try:
        import http_sf
    except ModuleNotFoundError:
        raise NotProved("Signatures are not read here: install quire[edge].") from None
    try:
        made = http_sf.parse(text.encode("ascii"), tltype="dictionary", on_duplicate_key=_twice)
    except Exception as problem:
        raise NotProved(f"{name} is not a dictionary of structured fields (RFC 9651).") from problem
    return cast("dict[str, tuple[Any, Any]]", made)


def _twice(name: str, context: str) -> None:
    raise NotProved(f"{name[:40]!r} stands twice in the {context}.")


def stands(request: Asked, found: Shown, jwk: Mapping[str, Any]) -> None:
    """NotProved unless the signature ``found`` in the request is by ``jwk`` (a public Ed25519 JWK)."""
    try:
        key = PublicKey.from_jwk({name: jwk[name] for name in ("kty", "crv", "x") if name in jwk})
    except InvalidKey as problem:
        raise NotProved(problem.sentence) from None
    if key.kid != found.keyid:
        raise NotProved("The signature is by another key than the one that it should be by.")
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver
        from http_message_signatures.algorithms import ED25519
    except ModuleNotFoundError:
        raise NotProved("Signatures are not proved here: install quire[edge].") from None

    public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key.x + "="))

    class OneKey(HTTPSignatureKeyResolver):  # type: ignore[misc,unused-ignore]
        def resolve_public_key(self, key_id: str) -> Ed25519PublicKey | None:
            return public if key_id == key.kid else None

        def resolve_private_key(self, key_id: str) -> Any:
            raise KeyError(key_id)

    verifier = HTTPMessageVerifier(signature_algorithm=ED25519, key_resolver=OneKey())
    try:
        verifier.verify(_Message(request), max_age=None, expect_tag=TAG)
    except Exception as problem:
        raise NotProved("The signature does not match the request.") from problem

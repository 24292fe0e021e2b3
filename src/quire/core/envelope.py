"""The envelope: a document with a signature of its digest beside it (docs/boundary.md §3).

Owns the form. Does not own what a document says. A signature is over the digest of the canonical bytes
(RFC 8785) of the document, so spaces and the order of keys are free on the way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quire.core import canonical
from quire.core.errors import Invalid
from quire.core.tokens import ALG, BadSignature, KeySet, SigningKey, verify

MAX_BYTES = 16 << 20
"""Bytes of an envelope; what is longer is refused before it is read."""


class NotAnEnvelope(Invalid):
    """This is not a document with its signature."""

    code = "envelope.invalid"


def seal(document: Mapping[str, Any], key: SigningKey, typ: str) -> dict[str, Any]:
    """``{"document": …, "signature": JWS}``. Raises NotCanonical, and Invalid for a key not of Ed25519."""
    return {"document": dict(document), "signature": sign_document(document, key, typ)}


def open(data: bytes | str | Mapping[str, Any], keys: KeySet, typ: str) -> dict[str, Any]:
    """The document of an envelope that one of ``keys`` signed as ``typ``.

    Raises NotAnEnvelope, UnknownKey, and BadSignature also where the document is another than was signed.
    """
    value = data if isinstance(data, Mapping) else parsed(data, MAX_BYTES)
    if set(value) != {"document", "signature"}:
        raise NotAnEnvelope("An envelope has a document and a signature, and nothing else.")
    return opened(value["document"], value["signature"], keys, typ)


def sign_document(document: Mapping[str, Any], key: SigningKey, typ: str) -> str:
    """The JWS that stands beside ``document``: of its digest."""
    digest = canonical.digest(canonical.dumps(dict(document)))
    return key.sign(canonical.dumps({"digest": digest}), typ, ALG)


def opened(document: object, signature: object, keys: KeySet, typ: str) -> dict[str, Any]:
    """``document``, if ``signature`` is of it. Raises as ``open`` does."""
    if not isinstance(document, dict) or not isinstance(signature, str):
        raise NotAnEnvelope("An envelope's document is a JSON object and its signature a text.")
    payload = verify(signature, keys, typ)
    try:
        own = canonical.dumps({"digest": canonical.digest(canonical.dumps(document))})
    except canonical.NotCanonical as error:
        raise NotAnEnvelope(f"The document has no canonical form: {error}") from None
    if payload != own:
        raise BadSignature("The document is not the one that was signed: take it again from its publisher.")
    return document


def parsed(data: bytes | str, limit: int) -> dict[str, Any]:
    """The JSON object in at most ``limit`` bytes from anyone. Raises NotAnEnvelope."""
    if len(data) > limit:
        raise NotAnEnvelope(f"This is longer than {limit} bytes, so nobody reads it.")
    try:
        value = canonical.loads(data.encode() if isinstance(data, str) else data, canonical=False)
    except (canonical.NotCanonical, UnicodeEncodeError) as error:
        raise NotAnEnvelope(f"The envelope cannot be read: {error}") from None
    if not isinstance(value, dict):
        raise NotAnEnvelope("The envelope is not a JSON object.")
    return value

"""Keys for tests, and signatures put together by hand, with any header, as a forger would."""

from __future__ import annotations

import base64
import json
from typing import Any

from quire.core.tokens import KeySet, SigningKey

KEY = SigningKey.generate()
EC = SigningKey.generate("ES256")
STRANGER = SigningKey.generate()
KEYS = KeySet.of(KEY.public_jwk(), EC.public_jwk())


def b64(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The bytes of base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def forged(header: Any, payload: bytes, key: SigningKey = KEY) -> str:
    """A JWS truly signed by ``key``, whatever the header says: an object, or its bytes."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    signed = f"{b64(text)}.{b64(payload)}"
    return f"{signed}.{b64(key.signature(signed.encode()))}"


def honest(payload: bytes, typ: str, key: SigningKey = KEY) -> str:
    """A JWS with the header it should have, over a payload that may be anything."""
    return forged({"alg": key.kind, "kid": key.kid, "typ": typ}, payload, key)

"""A crawler's signature over its requests (Web Bot Auth, RFC 9421), so that sites know who asks.

Needs ``http-message-signatures``, which ``quire[crawler]`` brings.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver
from http_message_signatures.algorithms import ED25519

from quire.core.tokens import SigningKey

LABEL = "sig1"
LIFE = timedelta(seconds=60)


class _OneKey(HTTPSignatureKeyResolver):
    def __init__(self, key: SigningKey) -> None:
        raw = base64.urlsafe_b64decode(key.private_jwk()["d"] + "=")
        private = Ed25519PrivateKey.from_private_bytes(raw)
        self._pem = private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def resolve_private_key(self, key_id: str) -> bytes:
        return self._pem

    def resolve_public_key(self, key_id: str) -> Any:
        raise KeyError(key_id)


class _Message:
    def __init__(self, method: str, url: str, headers: dict[str, str]) -> None:
        self.method, self.url, self.headers = method, url, headers


class Signer:
    """Signs requests with one key. ``directory`` is the origin that publishes its public half, if any
    does."""

    def __init__(self, key: SigningKey, directory: str = "") -> None:
        self.key, self.directory = key, directory
        self._signer = HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=_OneKey(key))

    def headers(self, method: str, url: str, sent: Mapping[str, str]) -> dict[str, str]:
        """``Signature``, ``Signature-Input`` and ``Signature-Agent`` for a request; a new nonce each time.

        What is covered: the authority, the directory, and, where they are sent, the token and the price, so
        that nobody can put another price or token beside the signature.
        """
        headers = {name.lower(): value for name, value in sent.items()}
        cover = ["@authority"]
        if self.directory:
            headers["signature-agent"] = f'{LABEL}="{self.directory}"'
            cover.append(f'"signature-agent";key="{LABEL}"')
        prices = ("authorization", "crawler-exact-price", "crawler-max-price")
        cover += [name for name in prices if name in headers]
        message = _Message(method, url, headers)
        now = datetime.now(UTC)
        self._signer.sign(
            message,
            key_id=self.key.kid,
            created=now,
            expires=now + LIFE,
            nonce=secrets.token_urlsafe(32),
            label=LABEL,
            tag="web-bot-auth",
            covered_component_ids=tuple(cover),
        )
        wanted = ("signature", "signature-input", "signature-agent")
        low = {name.lower(): value for name, value in message.headers.items()}
        return {name: low[name] for name in wanted if name in low}

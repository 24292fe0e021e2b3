"""How a webhook is signed: as Standard Webhooks 1.0.0 says, with HMAC-SHA256.

A secret is computed from a key of the society's and the id of the secret's row, whenever it is needed: the
database holds none, so that who reads a copy of it can sign nothing. The key is ``QUIRE_HOME/keys/webhooks``;
with another key every endpoint has another secret.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from uuid import UUID

from quire.society.kit import config

PREFIX = "whsec_"


def secret_of(row: UUID) -> str:
    """The secret of a row as its owner is shown it: ``whsec_`` and 32 bytes in base64."""
    made = hmac.digest(_key(), b"quire webhook secret" + row.bytes, hashlib.sha256)
    return PREFIX + base64.b64encode(made).decode()


def signature(secret: str, message: str, timestamp: int, body: bytes) -> str:
    """``v1,`` and the base64 of the HMAC over ``message.timestamp.body`` (Standard Webhooks 1.0.0, symmetric
    signatures)."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def headers(all_: Iterable[str], message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """What goes before a message: one signature for each secret that is good now."""
    signed = " ".join(signature(secret, message, timestamp, body) for secret in all_)
    return {
        "Content-Type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signed,
    }


def _key() -> bytes:
    place = config.private("keys") / "webhooks"
    try:
        return bytes.fromhex(place.read_text())
    except FileNotFoundError:
        pass
    aside = place.with_name(f".webhooks-{os.getpid()}-{secrets.token_hex(4)}")
    with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(secrets.token_hex(32))
        handle.flush()
        os.fsync(handle.fileno())
    try:
        os.link(aside, place)  # whoever is first has made it; the others read that one
    except FileExistsError:
        pass
    finally:
        aside.unlink()
    return bytes.fromhex(place.read_text())

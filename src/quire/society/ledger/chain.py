"""The hash chain: each transaction's digest covers its contents and the digest before it.

Digests are SHA-256, in lower-case hexadecimal, over canonical JSON (RFC 8785). A transaction may have a
million entries, so the bytes are fed to the hash piece by piece and never put together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from quire.core import canonical

START = "0" * 64
"""What the first transaction names as the one before it."""

_HOLE = b'"entries":[]'
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Head:
    """What a digest covers beside the entries. Who posted it, and at what moment, are not part of it."""

    number: int
    key: str
    date: date
    kind: str
    text: str
    previous: str
    input_hash: str


@dataclass(frozen=True, slots=True)
class Leg:
    """One entry: ``amount`` is text in major units with exactly twelve decimals."""

    line: int
    account: str
    currency: str
    amount: str


def input_hash(*, key: str, date: date, kind: str, text: str, legs: Iterable[Leg]) -> str:
    """The hash of what was asked for; the same key with another hash is another request."""
    head = {"key": key, "date": date.isoformat(), "kind": kind, "text": text}
    return _hash(head, ([leg.account, leg.currency, leg.amount] for leg in legs))


def digest(head: Head, legs: Iterable[Leg]) -> str:
    """The transaction's digest, its legs in the order of their lines."""
    fields = {
        "number": head.number,
        "key": head.key,
        "date": head.date.isoformat(),
        "kind": head.kind,
        "text": head.text,
        "previous": head.previous,
        "input_hash": head.input_hash,
    }
    return _hash(fields, ([leg.line, leg.account, leg.currency, leg.amount] for leg in legs))


def _hash(fields: dict[str, Any], entries: Iterable[list[Any]]) -> str:
    """SHA-256 of the canonical bytes of ``fields`` with ``entries`` among them, some entries at a time."""
    # Inside a JSON text every quotation mark has a backslash before it, so the hole can be nowhere else.
    before, hole, after = canonical.dumps({**fields, "entries": []}).partition(_HOLE)
    whole = hashlib.sha256(before + hole[:-1])
    waiting, comma = iter(entries), b""
    while batch := list(islice(waiting, _AT_ONCE)):
        whole.update(comma + canonical.dumps(batch)[1:-1])
        comma = b","
    whole.update(b"]" + after)
    return whole.hexdigest()

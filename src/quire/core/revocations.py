"""The revocation list: which tokens are taken back before they expire (docs/boundary.md §5).

Owns the form and the looking up. Does not own who revokes. A million entries are one piece of 16 MB in
memory: sorted records of 16 bytes, the beginnings of digests, so the list also tells nobody whose they are.
"""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import pairwise
from struct import iter_unpack
from typing import Any, Self

from quire.core import canonical, moments
from quire.core.envelope import opened, sign_document
from quire.core.errors import Invalid
from quire.core.tokens import KeySet, SigningKey

TYP = "quire-revocations+jws"
RECORD = 16
"""Bytes of an entry: of 2**128 values two of ten million meet with a chance of one in 10**24."""
MAX_BYTES = 64 << 20
"""Bytes of a list as it is sent, about three million entries; what is longer is refused before it is read."""

_FIELDS = {"iss", "serial", "issued", "expires", "count", "digest"}


class BadList(Invalid):
    """This is not a revocation list."""

    code = "revocations.invalid"


def make(
    iss: str,
    serial: int,
    issued: datetime,
    expires: datetime,
    jtis: Iterable[str],
    subs: Iterable[str],
    licences: Iterable[str],
    key: SigningKey,
) -> bytes:
    """The list as it is published, without its entries meaning anything to who does not know the ids."""
    kinds = (("jti", jtis), ("sub", subs), ("lic", licences))
    entries = b"".join(sorted({_entry(kind, each) for kind, listed in kinds for each in listed}))
    document = {
        "iss": iss,
        "serial": serial,
        "issued": moments.write(issued),
        "expires": moments.write(expires),
        "count": len(entries) // RECORD,
        "digest": canonical.digest(entries),
    }
    sealed = {"document": document, "signature": sign_document(document, key, TYP)}
    return canonical.dumps({**sealed, "entries": base64.b64encode(entries).decode()})


@dataclass(frozen=True, slots=True)
class Revocations:
    """A list that was verified: by whom, its serial number (higher is newer), and until when it is good."""

    iss: str
    serial: int
    issued: datetime
    expires: datetime
    entries: bytes = field(repr=False)

    @classmethod
    def parse(cls, data: bytes, keys: KeySet) -> Self:
        """The list that one of ``keys`` signed. Raises BadList, NotAnEnvelope, BadSignature or UnknownKey."""
        sent = _parts(data)
        document = opened(sent["document"], sent["signature"], keys, TYP)
        if set(document) != _FIELDS:
            raise BadList("A revocation list has " + ", ".join(sorted(_FIELDS)) + ", and nothing else.")
        entries = _bytes(sent["entries"])
        if canonical.digest(entries) != document["digest"]:
            raise BadList("The entries are not those that were signed: fetch the list again.")
        _check_entries(entries, document["count"])
        iss, serial = document["iss"], document["serial"]
        if not isinstance(iss, str) or type(serial) is not int or serial < 0:
            raise BadList("A revocation list has its issuer as text and its serial as a number.")
        return cls(iss, serial, moments.read(document["issued"]), moments.read(document["expires"]), entries)

    def has(self, jti: str, sub: str, licence: str) -> bool:
        """Whether the token, its client or its licence is revoked."""
        if not self.entries:
            return False
        return any(map(self._holds, (_entry("jti", jti), _entry("sub", sub), _entry("lic", licence))))

    def __len__(self) -> int:
        return len(self.entries) // RECORD

    def _holds(self, entry: bytes) -> bool:
        records = _Records(self.entries)
        at = bisect_left(records, entry)
        return at < len(records) and records[at] == entry


class _Records:
    """The entries as a sequence, without an object for each."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __len__(self) -> int:
        return len(self.data) // RECORD

    def __getitem__(self, at: int) -> bytes:
        return self.data[at * RECORD : at * RECORD + RECORD]


def _entry(kind: str, text: str) -> bytes:
    return sha256(f"{kind}:{text}".encode()).digest()[:RECORD]


def _parts(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        raise BadList(f"This is longer than {MAX_BYTES} bytes, so nobody reads it.")
    try:
        sent = canonical.parse(data)
    except canonical.NotCanonical as error:
        raise BadList(f"The revocation list cannot be read: {error}") from None
    if not isinstance(sent, dict) or set(sent) != {"document", "signature", "entries"}:
        raise BadList("A revocation list has a document, a signature and entries, and nothing else.")
    return sent


def _bytes(text: object) -> bytes:
    if not isinstance(text, str):
        raise BadList("A revocation list's entries are base64.")
    try:
        entries = binascii.a2b_base64(text, strict_mode=True)
    except (ValueError, binascii.Error):
        raise BadList("A revocation list's entries are not base64.") from None
    # Only the end can be spelled in several ways, so only the end is written again.
    whole = len(entries) // 3
    if text[4 * whole :] != base64.b64encode(entries[3 * whole :]).decode():
        raise BadList("A revocation list's entries are not base64.")
    return entries


def _check_entries(entries: bytes, count: object) -> None:
    if type(count) is not int or len(entries) != count * RECORD:
        raise BadList("The entries are not as many as the list says.")
    if not all(one < two for one, two in pairwise(iter_unpack(f"{RECORD}s", entries))):
        raise BadList("The entries are not sorted, so nothing could be found in them.")

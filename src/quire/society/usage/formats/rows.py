"""What a line of a usage file becomes: one heading, and, when it counts, one row.

Every line of a file is accounted for under exactly one heading, so that the account of an import adds up
to the file. For AI agents the headings are tried in this order: unreadable, human, not answered, asset,
usage. The society later divides ``usage`` by mandates and licences; the reader knows nothing of those.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from quire.society.usage.formats.lines import RawLine, safe

Registered = Callable[[str, str], bool]
"""``registered(host, path)``: is this canonical address a work on record?"""


class Heading(StrEnum):
    """Where a line stands in the account of its file."""

    USAGE = "usage"  # a countable request of a recognised AI agent
    HUMAN = "human"  # everybody else, ordinary search crawlers and feed readers too; counted, never kept
    ASSET = "asset"  # an AI agent fetching what is not a work: style sheets, images, robots.txt, feeds
    CONFLICTING = "conflicting"  # usage that the same file has told of already; has its row and a reason
    NOT_ANSWERED = "not_answered"  # an AI agent whose request was not a GET answered 200 or 206
    UNREADABLE = "unreadable"  # not understood; kept with its reason, its line number and an excerpt
    STRUCTURE = "structure"  # headers and blank lines


@dataclass(frozen=True, slots=True)
class Row:
    """Countable usage: ``count`` requests in [starts, ends), or one event when both are the same moment.

    ``host`` and ``path`` are canonical (``quire.core.urls``). ``host`` is None when neither the line nor
    the importer named one; ``path`` is None when the usage is known only for the whole site. ``status``
    and ``size`` (bytes) are None where the format does not tell. ``fingerprint`` is the row's identity, a
    signed 64-bit number: two rows with one fingerprint tell of the same thing.
    """

    starts: datetime
    ends: datetime
    count: int
    agent: str
    operator: str
    use: str
    host: str | None
    path: str | None
    status: int | None
    size: int | None
    line: int
    fingerprint: int


class Read(NamedTuple):
    """One line, read. A tuple and not a dataclass because there is one per line of very long files.

    ``row`` is there for usage and what conflicts; ``reason`` for what conflicts and what is unreadable, with
    an ``excerpt`` (safe to print, at most 200 characters) for the latter. ``requests`` is what the line is
    worth: one for a log line, the count for an hourly row, nought for structure and for an unreadable line
    whose count cannot be known.
    """

    heading: Heading
    row: Row | None = None
    reason: str | None = None
    requests: int = 1
    excerpt: str | None = None


Sieve = Callable[[bytes], tuple[NDArray[np.int64], NDArray[np.int64]]]
"""Of a block of whole lines: where each ends, its LF included, and the numbers from nought of those that the
reader must see. It would call every other line human, and remember nothing of it."""


class Met(NamedTuple):
    """A visit of an AI agent, met in a line of which nothing but that line was looked at.

    Whether it was told before hangs on the lines above it: ``known`` is its fingerprint if it was not,
    ``key`` what it is remembered by (empty where ``known`` is the request's own id). ``asset``: unless the
    address is a work on record it is one; ``known`` is then nought where there is a ``key``. The rest is as
    in ``Row``.
    """

    line: int
    when: datetime
    agent: str
    operator: str
    use: str
    host: str | None
    path: str
    status: int
    size: int
    known: int
    key: bytes
    asset: bool


class Reader(Protocol):
    """Reads the lines of one file, in order. ``replays`` tells whether its state needs the lines before.

    Reading a line is to look at it, then to settle what was met. Where ``apart`` is true a line can be looked
    at without those before it, by any reader of the file; settling has to go in order, in one of them.
    """

    replays: bool
    apart: bool

    @property
    def sieve(self) -> Sieve | None:
        """What spares it most lines, where there is such a thing."""

    def read(self, raw: RawLine) -> Read:
        """Put one line under its heading."""

    def look(self, raw: RawLine) -> Read | Met:
        """What can be said of one line by itself."""

    def settle(self, met: Met) -> Read:
        """The heading of what was met, given all that was settled before."""

    def replay(self, raw: RawLine) -> None:
        """Take note of a line already accounted for, so that the next ones read as they would have."""


HUMAN = Read(Heading.HUMAN)
ASSET = Read(Heading.ASSET)
NOT_ANSWERED = Read(Heading.NOT_ANSWERED)
STRUCTURE = Read(Heading.STRUCTURE, requests=0)


def unreadable(raw: RawLine, reason: str, requests: int = 0) -> Read:
    """The reading of a line that was not understood."""
    return Read(Heading.UNREADABLE, None, reason, requests, safe(raw.data))


def fingerprint(*parts: bytes) -> int:
    """A signed 64-bit identity of ``parts``; their lengths count, so ("ab", "c") is not ("a", "bc")."""
    told = b"".join([len(part).to_bytes(4, "big") + part for part in parts])
    return int.from_bytes(blake2b(told, digest_size=8).digest(), "big", signed=True)

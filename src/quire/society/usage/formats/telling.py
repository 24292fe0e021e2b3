"""Logs of one request a line, whatever its form: a line is read, then judged as every log's is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from quire.core.agents import AgentBook
from quire.core.errors import Invalid
from quire.core.urls import canonical_host
from quire.society.usage.formats.lines import RawLine
from quire.society.usage.formats.rows import HUMAN, STRUCTURE, Met, Read, Registered, unreadable
from quire.society.usage.formats.visits import Visit, Visits

_ISO = re.compile(r"(?:19|20)\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)", re.ASCII)
_SECONDS = re.compile(r"([0-9]{1,10})(?:\.([0-9]{1,9}))?")
_FINER = re.compile(r"([0-9]{10})([0-9]{3}|[0-9]{6}|[0-9]{9})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END = 4_102_444_800  # 2100-01-01


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line is no entry, in one sentence."""

    reason: str


class Entry(NamedTuple):
    """A visit, what it calls itself, and the request's own id where the log has one that is the server's."""

    visit: Visit
    user_agent: str
    id: str = ""

    @property
    def host(self) -> str | None:
        """Whose site it says it was, by the server's word or the client's."""
        return self.visit.host or self.visit.target_host


Parse = Callable[[bytes], Entry | Problem | None]
"""One line, without its end: an entry, its problem, or None where it is none. Never raises."""


class Reader:
    """Puts the lines of one such log under their headings.

    ``kind`` names the kind of log in the fingerprints of requests that have an id. Where ``trusting``, what
    the client calls the site is believed as long as the importer does not say whose log it is. ``apart`` is
    false where ``parse`` remembers lines.
    """

    replays = True
    sieve = None

    def __init__(
        self,
        parse: Parse,
        kind: bytes,
        book: AgentBook,
        default_host: str | None,
        registered: Registered | None,
        *,
        trusting: bool = False,
        apart: bool = True,
    ) -> None:
        """``default_host`` is whose log it is, when its lines do not say. Raises ``BadAddress``."""
        self.parse = parse
        self.kind = kind
        self.book = book
        self.visits = Visits(default_host, registered)
        self.apart = apart
        self.trusting = trusting and not default_host

    def read(self, raw: RawLine) -> Read:
        """The heading of one line, and its row when it is usage."""
        met = self.look(raw)
        return self.settle(met) if isinstance(met, Met) else met

    def look(self, raw: RawLine) -> Read | Met:
        """What can be said of one line by itself, or by it and the header above it."""
        if raw.problem:
            return unreadable(raw, raw.problem)
        entry = self.parse(raw.data)
        if entry is None:
            return STRUCTURE
        if isinstance(entry, Problem):
            return unreadable(raw, entry.reason)
        agent = self.book.recognise(entry.user_agent)
        if agent is None:
            return HUMAN
        visit = entry.visit
        if self.trusting and visit.host is None:
            visit = visit._replace(host=visit.target_host)
        return self.visits.look(raw, visit, agent, (self.kind, entry.id) if entry.id else None)

    def settle(self, met: Met) -> Read:
        """The heading of what was met, given all that was settled before."""
        return self.visits.settle(met)

    def replay(self, raw: RawLine) -> None:
        """Count a line accounted for before, so that later ones get the fingerprints they would have had."""
        self.read(raw)


def moment(written: str) -> datetime | None:
    """A moment as logs write it, in UTC; None where it is none, or not of the years 1900 to 2099.

    RFC 3339, or seconds since 1970 with a fraction or without; of milli-, micro- and nanoseconds since 1970
    the number of digits says which they are.
    """
    if _ISO.fullmatch(written):
        try:
            return datetime.fromisoformat(written).astimezone(UTC)
        except ValueError:
            return None
    since = _SECONDS.fullmatch(written) or _FINER.fullmatch(written)
    if since is None or int(since[1]) >= _END:
        return None
    return _EPOCH + timedelta(seconds=int(since[1]), microseconds=int((since[2] or "").ljust(6, "0")[:6]))


def host_of(written: str) -> str | None:
    """The host in its one spelling, or None where it is none (``_``, ``-``, a pattern, nothing)."""
    try:
        host = canonical_host(written)
    except Invalid:
        return None
    return host if host.strip("_-.") else None


def number(written: str, most: int) -> int | None:
    """A whole number of at most so many digits; nought for ``-`` and nothing, None for all else."""
    if written in ("", "-"):
        return 0
    return int(written) if len(written) <= most and written.isascii() and written.isdigit() else None

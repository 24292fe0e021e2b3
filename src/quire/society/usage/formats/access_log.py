"""Access logs of Apache and nginx: common and combined format, with a host before or more fields after.

    [host[:port] ]client ident user [day/month/year:time zone] "request" status size[ "referer" "agent"[ ...]]

Values are quoted by the servers' rules: ``\\"``, ``\\\\``, ``\\xHH`` and the C escapes. The pattern is
anchored and its repetitions are possessive, so a hostile line costs time in proportion to its length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

from quire.core.agents import Agent, AgentBook
from quire.core.errors import Invalid
from quire.core.urls import canonical_host
from quire.society.usage.formats.lines import RawLine
from quire.society.usage.formats.requests import quoted_line, text
from quire.society.usage.formats.rows import (
    HUMAN,
    STRUCTURE,
    Met,
    Read,
    Registered,
    unreadable,
)
from quire.society.usage.formats.skeleton import Sieve
from quire.society.usage.formats.visits import Visit, Visits

_MONTHS = {
    name: number
    for number, name in enumerate(
        (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"), 1
    )
}
_DATE = rb"(\d\d/(?:" + b"|".join(_MONTHS) + rb")/(?:19|20)\d\d)"
_TIME = rb"\[" + _DATE + rb":([01]\d|2[0-3]):([0-5]\d):([0-5]\d)[ ]([+-])(0\d|1[0-4])([0-5]\d)\]"
_QUOTED = rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"'
_HEAD = rb'([^ "]++)[ ]([^ "]++)[ ]([^"\[]*+)(?<=[^ ][ ])'
_LINE = re.compile(
    _HEAD + _TIME + rb"[ ]" + _QUOTED + rb"[ ](\d{3}|-)[ ](\d{1,18}|-)"
    rb"(?:[ ]" + _QUOTED + rb"[ ]" + _QUOTED + rb"(?:[ ].*+)?)?[ ]?\Z",
    re.DOTALL,
)
# What a line must have, in order, and what to say of the first thing missing.
_PARTS = (
    (re.compile(_HEAD), "it does not begin with a client, an identity and a user"),
    (re.compile(_HEAD + _TIME), "there is no time such as [17/May/2026:10:05:03 +0000] after the user"),
    (re.compile(_HEAD + _TIME + rb"[ ]" + _QUOTED, re.DOTALL), "there is no request in quotation marks"),
    (
        re.compile(_HEAD + _TIME + rb"[ ]" + _QUOTED + rb"[ ](\d{3}|-)[ ](\d{1,18}|-)(?:[ ]|\Z)", re.DOTALL),
        "there are no status and size after the request",
    ),
)
_LAST_PART = "the referer and the user agent are not both whole, in quotation marks"

_VHOST_CLIENT = re.compile(rb"[^:.]*[:.]")
_REMEMBERED = 50_000
_LONGEST_REMEMBERED = 1000  # bytes


class Entry(NamedTuple):
    """One line of an access log. A tuple and not a dataclass because there are so many.

    The fields of ``Visit``: ``host`` is the virtual host that the line begins with, ``target_host``
    that of an absolute target. ``client`` is who asked: for the caller to look at, never to keep.
    """

    when: datetime
    method: str
    target_path: str
    host: str | None
    target_host: str | None
    status: int
    size: int
    user_agent: str
    client: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line is no entry, in one sentence."""

    reason: str


def parse(data: bytes) -> Entry | Problem:
    """One line, without its end, as an entry or as the problem with it. Never raises."""
    match = _LINE.match(data)
    if match is None:
        return Problem(_why_not(data))
    visit = _visit(match)
    if isinstance(visit, Problem):
        return visit
    client = match[1] if visit.host is None else match[2]
    return Entry(*visit, user_agent=text(match[15] or b""), client=text(client))


class Reader:
    """Puts the lines of one access log under their headings.

    Identical lines are different events (a crawler may fetch a page twice in one second), so the k-th of
    them has a fingerprint of its own. Where a log's time goes back, a log was put behind another: the same
    lines there tell of the same events again, so that counting begins anew and what was told before is
    ``conflicting``. That is what a reader remembers: to go on in the middle of a file, ``replay`` the
    lines before.
    """

    replays = True
    apart = True

    def __init__(self, book: AgentBook, default_host: str | None, registered: Registered | None) -> None:
        """``default_host`` is whose log it is, when its lines do not say. Raises ``BadAddress``."""
        self.book = book
        self.visits = Visits(default_host, registered)
        self._agents: dict[bytes | None, Agent | None] = {None: None}
        self.sieve = Sieve(lambda name: book.recognise(text(name)) is None, _is_host)

    def read(self, raw: RawLine) -> Read:
        """The heading of one line, and its row when it is usage."""
        met = self.look(raw)
        return self.settle(met) if isinstance(met, Met) else met

    def look(self, raw: RawLine) -> Read | Met:
        """What can be said of one line by itself."""
        if raw.problem:
            return unreadable(raw, raw.problem)
        match = _LINE.match(raw.data)
        if match is None:
            return unreadable(raw, _why_not(raw.data)) if raw.data.strip() else STRUCTURE
        name = match[15]
        agent = self._agents[name] if name in self._agents else self._recognise(name)
        if agent is None and match[2] == b"-" and _day(match[4]):
            return HUMAN  # almost every line of almost every log: nothing else of it matters
        visit = _visit(match)
        if isinstance(visit, Problem):
            return unreadable(raw, visit.reason)
        return HUMAN if agent is None else self.visits.look(raw, visit, agent)

    def settle(self, met: Met) -> Read:
        """The heading of what was met, given all that was settled before."""
        return self.visits.settle(met)

    def replay(self, raw: RawLine) -> None:
        """Count a line accounted for before, so that later ones get the fingerprints they would have had."""
        self.read(raw)

    def _recognise(self, name: bytes) -> Agent | None:
        if len(self._agents) >= _REMEMBERED:  # somebody sends a new name with each request
            self._agents = {None: None}
        agent = self.book.recognise(text(name))
        if len(name) <= _LONGEST_REMEMBERED:
            self._agents[name] = agent
        return agent


def _is_host(word: bytes) -> bool:
    try:
        return bool(canonical_host(text(word)))
    except Invalid:
        return False


def _visit(match: re.Match[bytes]) -> Visit | Problem:
    when = _when(match)
    if when is None:
        return Problem(f"there is no day {match[4].decode()}.")
    try:
        host = _virtual_host(match)
    except Invalid as error:
        return Problem(f"it begins with a host that is none: {error.sentence}")
    request, status, size = match.group(11, 12, 13)
    method, path, target_host = quoted_line(request)
    return Visit(
        when,
        method,
        path,
        host,
        target_host,
        0 if status == b"-" else int(status),
        0 if size == b"-" else int(size),
    )


def _virtual_host(match: re.Match[bytes]) -> str | None:
    """The host before the client, if there is one: then the client is the second word, and an address."""
    second = match[2]
    if second == b"-" or len(match[3].split()) < 2 or not _VHOST_CLIENT.match(second):
        return None
    return canonical_host(text(match[1]))


_days: dict[bytes, tuple[int, int, int] | None] = {}


def _day(written: bytes) -> tuple[int, int, int] | None:
    """``17/May/2026`` as (year, month, day), or None when there is no such day."""
    if written in _days:
        return _days[written]
    month = _MONTHS.get(written[3:6], 0)
    day: tuple[int, int, int] | None = (int(written[7:]), month, int(written[:2]))
    try:
        datetime(*day, tzinfo=UTC)  # type: ignore[misc]
    except ValueError:
        day = None
    _days[written] = day  # bounded by the calendar: two centuries of days
    return day


def _when(match: re.Match[bytes]) -> datetime | None:
    written, hour, minute, second, sign, hours, minutes = match.group(4, 5, 6, 7, 8, 9, 10)
    day = _day(written)
    if day is None:
        return None
    local = datetime(*day, int(hour), int(minute), int(second), tzinfo=UTC)
    return local if hours == minutes == b"00" else local - _ahead(sign, hours, minutes)


@cache
def _ahead(sign: bytes, hours: bytes, minutes: bytes) -> timedelta:
    """How far a zone is ahead of UTC; there are 1,800 at most."""
    ahead = timedelta(hours=int(hours), minutes=int(minutes))
    return ahead if sign == b"+" else -ahead


def _why_not(data: bytes) -> str:
    for part, missing in _PARTS:
        if not part.match(data):
            return f"it is no line of an access log: {missing}."
    return f"it is no line of an access log: {_LAST_PART}."

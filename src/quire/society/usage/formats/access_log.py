"""Access logs of Apache and nginx: common and combined format, with a host before or more fields after.

    [host[:port] ]client ident user [day/month/year:time zone] "request" status size[ "referer" "agent"[ ...]]

Values are quoted by the servers' rules: ``\\"``, ``\\\\``, ``\\xHH`` and the C escapes. The pattern is
anchored and its repetitions are possessive, so a hostile line costs time in proportion to its length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from quire.core.errors import Invalid
from quire.core.urls import canonical_host, canonical_path, canonical_url
from quire.society.usage.formats.agents import Agent, AgentBook
from quire.society.usage.formats.assets import looks_like_asset
from quire.society.usage.formats.lines import RawLine
from quire.society.usage.formats.rows import (
    ASSET,
    HUMAN,
    NOT_ANSWERED,
    STRUCTURE,
    Heading,
    Read,
    Registered,
    Row,
    fingerprint,
    unreadable,
)
from quire.society.usage.formats.skeleton import Sieve

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
_FOREIGN = "its address names another host than the log is of, which any client can write: it earns nowhere."
_LAST_PART = "the referer and the user agent are not both whole, in quotation marks"

_VHOST_CLIENT = re.compile(rb"[^:.]*[:.]")
_ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"v": b"\v", b"f": b"\f"}
_METHOD = re.compile(r"[A-Za-z][A-Za-z_-]{0,31}")
_PROTOCOL = re.compile(r"HTTP/[0-9](\.[0-9])?")
_ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)
_REMEMBERED = 50_000
_ANSWERED = (200, 206)
_LATE = timedelta(minutes=10)
"""A server writes a line when it has answered, with the time of the question: so late may a line be."""
_LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)
_AGAIN = "the same usage is in this very file, in an earlier stretch of time."


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an access log.

    ``when`` is UTC. ``method`` and ``target_path`` (canonical) are empty when the server could make no
    request of what came (``-``, the first bytes of a TLS handshake), the path alone when it asks for none.
    ``host`` is the virtual host the line begins with, else None: the server's word. ``target_host`` is the
    host of an absolute target, else None: the client's word, which says nothing of whose log it is.
    ``status`` and ``size`` (bytes) are 0 where the log has ``-``. ``client`` is who asked: for the caller to
    look at, never to keep.
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
    return _entry(match) if match else Problem(_why_not(data))


class Reader:
    """Puts the lines of one access log under their headings.

    Identical lines are different events (a crawler may fetch a page twice in one second), so the k-th of
    them has a fingerprint of its own. Where a log's time goes back, a log was put behind another: the same
    lines there tell of the same events again, so that counting begins anew and what was told before is
    ``conflicting``. That is what a reader remembers: to go on in the middle of a file, ``replay`` the
    lines before.
    """

    replays = True

    def __init__(self, book: AgentBook, default_host: str | None, registered: Registered) -> None:
        """``default_host`` is whose log it is, when its lines do not say. Raises ``BadAddress``."""
        self.book = book
        self.default_host = canonical_host(default_host) if default_host else None
        self.registered = registered
        self._agents: dict[bytes | None, Agent | None] = {None: None}
        self._times_seen: dict[bytes, tuple[int, int, int]] = {}  # stretch, times in it, most in any before
        self._stretch, self._latest = 0, _LONG_AGO
        self.sieve = Sieve(lambda name: book.recognise(_text(name)) is None, _is_host)

    def read(self, raw: RawLine) -> Read:
        """The heading of one line, and its row when it is usage."""
        if raw.problem:
            return unreadable(raw, raw.problem)
        match = _LINE.match(raw.data)
        if match is None:
            return unreadable(raw, _why_not(raw.data)) if raw.data.strip() else STRUCTURE
        name = match[15]
        agent = self._agents[name] if name in self._agents else self._recognise(name)
        if agent is None and match[2] == b"-" and _day(match[4]):
            return HUMAN  # almost every line of almost every log: nothing else of it matters
        entry = _entry(match)
        if isinstance(entry, Problem):
            return unreadable(raw, entry.reason)
        if agent is None or not agent.active(entry.when):
            return HUMAN
        return self._visit(raw, entry, agent)

    def replay(self, raw: RawLine) -> None:
        """Count a line accounted for before, so that later ones get the fingerprints they would have had."""
        self.read(raw)

    def _visit(self, raw: RawLine, entry: Entry, agent: Agent) -> Read:
        """A line of an AI agent."""
        if entry.method != "GET" or not entry.target_path or entry.status not in _ANSWERED:
            return NOT_ANSWERED
        host, path = entry.host or self.default_host, entry.target_path
        if entry.target_host not in (None, host):
            return unreadable(raw, _FOREIGN)
        if looks_like_asset(path) and not (host and self.registered(host, path)):
            return ASSET
        identity, again = self._identity(host, raw.data, entry.when)
        row = Row(
            starts=entry.when,
            ends=entry.when,
            count=1,
            agent=agent.name,
            operator=agent.operator,
            use=agent.use,
            host=host,
            path=path,
            status=entry.status,
            size=entry.size,
            line=raw.number,
            fingerprint=identity,
        )
        return Read(Heading.CONFLICTING, row, _AGAIN) if again else Read(Heading.USAGE, row)

    def _identity(self, host: str | None, data: bytes, when: datetime) -> tuple[int, bool]:
        """The fingerprint of this occurrence of this line on this host, and whether it was told before."""
        if when < self._latest - _LATE:
            self._stretch, self._latest = self._stretch + 1, when
        self._latest = max(self._latest, when)
        key = blake2b(b"%s\0%s" % ((host or "").encode(), data), digest_size=16).digest()
        stretch, times, most = self._times_seen.get(key, (self._stretch, 0, 0))
        if stretch != self._stretch:
            times, most = 0, max(times, most)
        self._times_seen[key] = (self._stretch, times + 1, most)
        return fingerprint(b"log", key, b"%d" % times), times < most

    def _recognise(self, name: bytes) -> Agent | None:
        if len(self._agents) >= _REMEMBERED:  # somebody sends a new name with each request
            self._agents = {None: None}
        agent = self.book.recognise(_text(name))
        self._agents[name] = agent
        return agent


def _is_host(word: bytes) -> bool:
    try:
        return bool(canonical_host(_text(word)))
    except Invalid:
        return False


def _entry(match: re.Match[bytes]) -> Entry | Problem:
    when = _when(match)
    if when is None:
        return Problem(f"there is no day {match[4].decode()}.")
    try:
        vhost, client = _who(match)
    except Invalid as error:
        return Problem(f"it begins with a host that is none: {error.sentence}")
    method, path, target_host = _request(match[11])
    return Entry(
        when=when,
        method=method,
        target_path=path,
        host=vhost,
        target_host=target_host,
        status=0 if match[12] == b"-" else int(match[12]),
        size=0 if match[13] == b"-" else int(match[13]),
        user_agent=_text(match[15] or b""),
        client=client,
    )


def _who(match: re.Match[bytes]) -> tuple[str | None, str]:
    """(virtual host or None, client). With a host before it, the client is the second word, an address."""
    first, second = match[1], match[2]
    if second == b"-" or len(match[3].split()) < 2 or not _VHOST_CLIENT.match(second):
        return None, _text(first)
    return canonical_host(_text(first)), _text(second)


def _request(quoted: bytes) -> tuple[str, str, str | None]:
    """(method, canonical path, host of an absolute target) of a request line (RFC 9112 §3.2).

    What is no request line has neither method nor path; ``CONNECT host:443`` and ``OPTIONS *`` have no path.
    """
    line = _unescaped(quoted).decode("utf-8", "surrogateescape")
    method, _, rest = line.partition(" ")
    if not _METHOD.fullmatch(method) or not rest:
        return "", "", None
    target, space, protocol = rest.rpartition(" ")
    if not space or not _PROTOCOL.fullmatch(protocol):
        target = rest  # HTTP/0.9, or a blank within the address
    if target.startswith("/"):
        return method, canonical_path(target), None
    if not _ABSOLUTE.match(target):
        return method, "", None
    try:
        host, path = canonical_url(target)
    except Invalid:
        return method, "", None
    return method, path, host


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
    day = _day(match[4])
    if day is None:
        return None
    local = datetime(*day, int(match[5]), int(match[6]), int(match[7]), tzinfo=UTC)
    ahead = timedelta(hours=int(match[9]), minutes=int(match[10]))
    return local - ahead if match[8] == b"+" else local + ahead


def _why_not(data: bytes) -> str:
    for part, missing in _PARTS:
        if not part.match(data):
            return f"it is no line of an access log: {missing}."
    return f"it is no line of an access log: {_LAST_PART}."


def _unescaped(quoted: bytes) -> bytes:
    return _ESCAPE.sub(_meant, quoted) if b"\\" in quoted else quoted


def _meant(escape: re.Match[bytes]) -> bytes:
    code = escape[1]
    return bytes((int(code[1:], 16),)) if len(code) == 3 else _ESCAPED.get(code, code)


def _text(quoted: bytes) -> str:
    return _unescaped(quoted).decode("utf-8", "replace")

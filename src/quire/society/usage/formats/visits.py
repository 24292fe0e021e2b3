"""A request of an AI agent, from whatever log: is it usage, of whom, and was it told before?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple

from quire.core.agents import Agent
from quire.core.urls import canonical_host
from quire.society.usage.formats.assets import looks_like_asset
from quire.society.usage.formats.lines import RawLine
from quire.society.usage.formats.rows import (
    ASSET,
    HUMAN,
    NOT_ANSWERED,
    Heading,
    Read,
    Registered,
    Row,
    fingerprint,
    unreadable,
)

_ANSWERED = (200, 206)
_LATE = timedelta(minutes=10)
"""A server writes a line when it has answered, with the time of the question: so late may a line be."""
_LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)
_FOREIGN = "its address names another host than the log is of, which any client can write: it earns nowhere."
_AGAIN = "the same usage is in this very file, in an earlier stretch of time."
_TWICE = "the request of this id is in this very file already: it was delivered twice."


class Visit(NamedTuple):
    """What a line says of a request.

    ``when`` is UTC. ``method`` and ``target_path`` (canonical) are empty when the server could make no
    request of what came, the path alone when it asks for none. ``host`` is what the server calls the site,
    None where it does not say; ``target_host`` what the client calls it, None likewise: that says nothing of
    whose log it is. ``status`` and ``size`` (bytes) are 0 where the log has none.
    """

    when: datetime
    method: str
    target_path: str
    host: str | None
    target_host: str | None
    status: int
    size: int


class Visits:
    """Puts the visits of AI agents in one file under their headings; remembers which it was shown."""

    def __init__(self, default_host: str | None, registered: Registered) -> None:
        """``default_host`` is whose log it is, when its lines do not say. Raises ``BadAddress``."""
        self.default_host = canonical_host(default_host) if default_host else None
        self.registered = registered
        self._times_seen: dict[bytes, tuple[int, int, int]] = {}  # stretch, times in it, most in any before
        self._stretch, self._latest = 0, _LONG_AGO
        self._ids: set[int] = set()

    def read(
        self, raw: RawLine, visit: Visit, agent: Agent, identity: tuple[bytes, str] | None = None
    ) -> Read:
        """The heading of one visit, and its row when it is usage.

        ``identity`` is (the kind of log, the request's own id there); where there is none the line itself is
        what the visit is known by.
        """
        if not agent.active(visit.when):
            return HUMAN
        if visit.method != "GET" or not visit.target_path or visit.status not in _ANSWERED:
            return NOT_ANSWERED
        host, path = visit.host or self.default_host, visit.target_path
        if visit.target_host not in (None, host):
            return unreadable(raw, _FOREIGN)
        if looks_like_asset(path) and not (host and self.registered(host, path)):
            return ASSET
        known, again = self._by_id(host, *identity) if identity else self._by_line(host, raw.data, visit.when)
        row = Row(
            starts=visit.when,
            ends=visit.when,
            count=1,
            agent=agent.name,
            operator=agent.operator,
            use=agent.use,
            host=host,
            path=path,
            status=visit.status,
            size=visit.size,
            line=raw.number,
            fingerprint=known,
        )
        return Read(Heading.CONFLICTING, row, again) if again else Read(Heading.USAGE, row)

    def _by_id(self, host: str | None, kind: bytes, request: str) -> tuple[int, str]:
        """The fingerprint of a request that has an id, and why it was told before, if it was."""
        known = fingerprint(kind, (host or "").encode(), request.encode("utf-8", "surrogatepass"))
        again = _TWICE if known in self._ids else ""
        self._ids.add(known)
        return known, again

    def _by_line(self, host: str | None, data: bytes, when: datetime) -> tuple[int, str]:
        """The fingerprint of this occurrence of this line on this host, and why it was told before."""
        if when < self._latest:
            if when < self._latest - _LATE:
                self._stretch, self._latest = self._stretch + 1, when
        else:
            self._latest = when
        key = blake2b(b"%s\0%s" % ((host or "").encode(), data), digest_size=16).digest()
        stretch, times, most = self._times_seen.get(key, (self._stretch, 0, 0))
        if stretch != self._stretch:
            times, most = 0, max(times, most)
        self._times_seen[key] = (self._stretch, times + 1, most)
        return fingerprint(b"log", key, b"%d" % times), _AGAIN if times < most else ""

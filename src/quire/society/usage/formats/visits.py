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
    Met,
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

    def __init__(self, default_host: str | None, registered: Registered | None) -> None:
        """``default_host`` is whose log it is, when its lines do not say. Raises ``BadAddress``.

        Without ``registered`` it only looks: what may be an asset is for another to settle.
        """
        self.default_host = canonical_host(default_host) if default_host else None
        self.registered = registered
        self._times_seen: dict[bytes, tuple[int, int, int]] = {}  # stretch, times in it, most in any before
        self._stretch, self._latest = 0, _LONG_AGO
        self._ids: set[int] = set()

    def read(
        self, raw: RawLine, visit: Visit, agent: Agent, identity: tuple[bytes, str] | None = None
    ) -> Read:
        """The heading of one visit, and its row when it is usage."""
        met = self.look(raw, visit, agent, identity)
        return self.settle(met) if isinstance(met, Met) else met

    def look(
        self, raw: RawLine, visit: Visit, agent: Agent, identity: tuple[bytes, str] | None = None
    ) -> Read | Met:
        """The heading of one visit, as far as it hangs on nothing else.

        ``identity`` is (the kind of log, the request's own id there); where there is none the line itself is
        what the visit is known by.
        """
        when, method, path, host, target_host, status, size = visit
        if agent.since is not None and not agent.active(when):
            return HUMAN
        if method != "GET" or not path or status not in _ANSWERED:
            return NOT_ANSWERED
        host = host or self.default_host
        if target_host is not None and target_host != host:
            return unreadable(raw, _FOREIGN)
        asset = looks_like_asset(path)
        if asset and self.registered is not None:
            if not (host and self.registered(host, path)):
                return ASSET
            asset = False
        if identity:
            kind, request = identity
            key = b""
            known = fingerprint(kind, (host or "").encode(), request.encode("utf-8", "surrogatepass"))
        else:
            key = blake2b(b"%s\0%s" % ((host or "").encode(), raw.data), digest_size=16).digest()
            known = 0 if asset else fingerprint(b"log", key, b"0")
        return Met(raw.number, when, agent.name, agent.operator, agent.use, host, path, status, size,
                   known, key, asset)  # fmt: skip

    def settle(self, met: Met) -> Read:
        """The heading of what was met, given all that was settled before."""
        if met.asset and not (met.host and self.registered and self.registered(met.host, met.path)):
            return ASSET
        known, again = self._by_line(met) if met.key else self._by_id(met.known)
        row = Row(
            met.when, met.when, 1, met.agent, met.operator, met.use, met.host, met.path, met.status, met.size,
            met.line, known,
        )  # fmt: skip
        return Read(Heading.CONFLICTING, row, again) if again else Read(Heading.USAGE, row)

    def _by_id(self, known: int) -> tuple[int, str]:
        """The fingerprint of a request that has an id, and why it was told before, if it was."""
        again = _TWICE if known in self._ids else ""
        self._ids.add(known)
        return known, again

    def _by_line(self, met: Met) -> tuple[int, str]:
        """The fingerprint of this occurrence of this line on this host, and why it was told before."""
        when = met.when
        if when < self._latest:
            if when < self._latest - _LATE:
                self._stretch, self._latest = self._stretch + 1, when
        else:
            self._latest = when
        stretch, times, most = self._times_seen.get(met.key, (self._stretch, 0, 0))
        if stretch != self._stretch:
            times, most = 0, max(times, most)
        self._times_seen[met.key] = (self._stretch, times + 1, most)
        known = fingerprint(b"log", met.key, b"%d" % times) if times or met.asset else met.known
        return known, _AGAIN if times < most else ""

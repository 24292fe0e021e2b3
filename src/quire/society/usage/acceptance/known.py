"""What the door needs of PostgreSQL, remembered for a while: keys of edges, spools begun, and the backlog.

A batch of a known edge and spool is accepted without a query.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from threading import Lock

from django.db import close_old_connections, transaction
from django.db.models import F, Sum

from quire.core.tokens import KeySet
from quire.society.kit import acts, clock, ids
from quire.society.usage.acceptance import spools
from quire.society.usage.models import Edge, Spool

KEY_SECONDS = 15.0
"""A revoked edge is refused at the latest after so long."""
BACKLOG_SECONDS = 5.0

NOBODY = KeySet()

_MOST = 20_000


class Known:
    """One for each process. Safe for threads: whoever is late asks again."""

    def __init__(self) -> None:
        self._keys: dict[str, tuple[float, KeySet]] = {}
        self._spools: dict[Path, int] = {}
        self._backlog: tuple[float, dict[str, int]] = (-BACKLOG_SECONDS, {})
        self._lock = Lock()

    def key(self, edge: str) -> KeySet:
        """The key of an edge, as a set of one; of one that is unknown or revoked the empty set."""
        now = time.monotonic()
        asked, key = self._keys.get(edge, (-KEY_SECONDS, NOBODY))
        if now - asked < KEY_SECONDS:
            return key
        try:
            wanted = ids.read(Edge.prefix, edge)
        except ids.BadId:
            return NOBODY
        close_old_connections()
        jwk = Edge.objects.filter(id=wanted, revoked_at=None).values_list("key", flat=True).first()
        key = KeySet.of(jwk) if jwk else NOBODY
        if len(self._keys) >= _MOST:
            self._keys = {}
        self._keys[edge] = (now, key)
        return key

    def forget(self) -> None:
        """Ask again for everything: the database is another, or what is in it has changed."""
        self.__init__()  # type: ignore[misc]

    def begun(self, place: Path, edge: str, spool: str, lane: int) -> int:
        """The number that this spool is compacted through; its row is made where it is new."""
        if (through := self._spools.get(place)) is None:
            close_old_connections()
            through = begin(edge, spool, lane).record.line
            if len(self._spools) >= _MOST:
                self._spools = {}
            self._spools[place] = through
        return through

    def waiting(self, edge: str, more: int) -> tuple[int, int]:
        """Bytes accepted and not yet compacted: of everybody, and of this edge. ``more`` is just accepted."""
        now = time.monotonic()
        asked, by_edge = self._backlog
        if now - asked >= BACKLOG_SECONDS:
            with self._lock:
                asked, by_edge = self._backlog
                if now - asked >= BACKLOG_SECONDS:
                    close_old_connections()
                    self._backlog = (now, by_edge := backlog())
        by_edge[edge] = by_edge.get(edge, 0) + more  # two threads may lose one: counted anew in a moment
        return sum(by_edge.values()), by_edge[edge]


def begin(edge: str, spool: str, lane: int) -> Spool:
    """The row of a spool, made with its import when its first batch comes."""
    from quire.society.usage.compaction.record import record_of

    whose = Edge.objects.get(id=ids.read(Edge.prefix, edge))
    rows = Spool.objects.select_related("record")
    if found := rows.filter(edge=whose, spool=spool).first():
        return found
    with transaction.atomic():
        Edge.objects.select_for_update().get(id=whose.id)
        if found := rows.filter(edge=whose, spool=spool).first():
            return found
        made = Spool.objects.create(
            edge=whose, spool=spool, lane=lane, began=clock.now(), record=record_of(whose, spool, lane)
        )
        acts.record("usage.spool-begun", made, by=None, edge=whose.tid, spool=spool, lane=lane)
    return made


def backlog() -> dict[str, int]:
    """Bytes accepted and not yet compacted, by edge."""
    done = {
        ids.show(Edge.prefix, edge): compacted - forgotten
        for edge, compacted, forgotten in Spool.objects.order_by()
        .values_list("edge")
        .annotate(Sum("record__offset"), Sum("forgotten"))
    }
    return {
        edge.name: max(0, sum(map(_size, edge.iterdir())) - done.get(edge.name, 0))
        for edge in _folders(spools.accepted())
    }


def count(edge: str, spool: str, **numbers: int) -> None:
    """Add to the counters of a spool: ``gaps``, ``replays``, ``differs``."""
    rows = Spool.objects.filter(edge_id=ids.read(Edge.prefix, edge), spool=spool)
    rows.update(**{name: F(name) + number for name, number in numbers.items()})


def _size(place: Path) -> int:
    return sum(path.stat().st_size for path in spools.segments(place)) if place.is_dir() else 0


def _folders(place: Path) -> list[Path]:
    return [Path(one.path) for one in os.scandir(place)] if place.is_dir() else []


__all__ = ["BACKLOG_SECONDS", "KEY_SECONDS", "Known", "backlog", "begin", "count"]

"""The edge's record: every decision in a file of this machine, numbered, before the answer ends.

Owns the folder named ``spool`` in the edge's configuration: a folder for each lane (a process of the edge),
in it segments of events, the mark, what was delivered, and notes. Does not own sending (``edge.courier``).
"""

from __future__ import annotations

import dataclasses
import os
import threading
import weakref
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from quire.core import moments
from quire.core.events import Event, encode
from quire.core.money import Money
from quire.edge.spool import segments
from quire.edge.spool.claim import SpoolBroken, claim, lanes
from quire.edge.spool.delivered import charged
from quire.edge.spool.lane import Bounds, Lane, SpoolFailed, SpoolFull, open_lane
from quire.edge.spool.segments import Batch

__all__ = ["Batch", "Bounds", "Spool", "SpoolBroken", "SpoolFailed", "SpoolFull", "lanes"]

_NUMBER = len(b'{"n":0')


class _Draft:
    """What ``encode`` reads of an event, without the cost of making a frozen one: twice as many a second."""

    at: datetime


for _field in dataclasses.fields(Event):
    if _field.default is not dataclasses.MISSING:
        setattr(_Draft, _field.name, _field.default)


class Spool:
    """The spool of this process: takes a free lane at the first use, another one in a fork's child."""

    def __init__(self, root: Path, bounds: Bounds | None = None, lane: int | None = None) -> None:
        """``root`` is the spool's folder, made where it is not there; ``lane`` asks for one lane alone."""
        self.root, self.bounds = root, bounds or Bounds()
        self._wanted = lane
        self._lane: Lane | None = None
        self._read: segments.Found | None = None
        self._opening = threading.Lock()
        _all.add(self)

    @property
    def lane(self) -> Lane:
        """The lane that this process holds; taken, and recovered, at the first use. Raises SpoolBroken."""
        return self._lane or self._open()

    @property
    def full(self) -> bool:
        """Whether licensed requests should be told to come back later (503)."""
        return self.lane.full

    def record(self, **fields: Any) -> int:
        """Write an event and return its number; the kernel has it when this returns.

        ``fields`` are those of docs/boundary.md §6 without ``n``. In place of the text ``t`` a datetime
        ``at`` may be given, and it is now where neither is; in place of ``charged`` and ``currency`` a Money.
        Threads may call this at once. Raises SpoolFull, SpoolFailed or SpoolBroken; nothing was written then.
        """
        if "t" in fields:
            fields["at"] = moments.read(fields.pop("t"))
        elif "at" not in fields:
            fields["at"] = datetime.now(UTC)
        if "currency" in fields:
            fields["charged"] = Money.parse(fields["charged"], fields.pop("currency"))
        draft = _Draft()
        draft.__dict__ = fields
        return (self._lane or self._open()).record(encode(cast(Event, draft), 0)[_NUMBER:])

    def sync(self) -> int:
        """Make everything recorded so far durable, now; returns the last durable number."""
        return self.lane.sync()

    def batch(
        self, most_events: int = 10_000, most_bytes: int = 4 << 20, after: int | None = None
    ) -> Batch | None:
        """The next events for the society, all durable: those after ``after``, or after what was confirmed.

        None where there are none. At least one event is in it, whatever its size.
        """
        lane = self.lane
        begin = lane.delivered.through if after is None else after
        found: list[bytes] = []
        size, first = 0, 0
        for one in segments.events(lane.folder, begin, lane.durable, self._read):
            size += len(one.event) + 1
            if found and (size > most_bytes or len(found) >= most_events):
                break
            first, last = first or one.first, one
            found.append(one.event)
        if not found:
            return None
        self._read = last
        return Batch(first, last.last, b"\n".join(found) + b"\n", len(found))

    def confirm(self, through: int) -> None:
        """The society has made everything up to ``through`` durable: old segments may go."""
        self.lane.confirm(through)

    def spent(self) -> dict[str, int]:
        """Quanta charged to each allowance so far, less what was voided: how a purse is restored."""
        lane = self.lane
        return lane.delivered.spent(lane.written)

    def charged(self) -> Iterator[dict[str, Any]]:
        """The events still here that charged an allowance, and the voids, in order."""
        lane = self.lane
        return charged(lane.folder, 0, lane.written)

    def close(self) -> None:
        """Make all durable and let the lane go; a later ``record`` takes one again."""
        with self._opening:
            lane, self._lane = self._lane, None
        if lane is not None:
            lane.close()

    def _open(self) -> Lane:
        with self._opening:
            if self._lane is None:
                self._lane = open_lane(claim(self.root, self._wanted), self.bounds)
            return self._lane

    def _forked(self) -> None:
        """In a fork's child: the lane stays the parent's, whose threads are not here."""
        lane, self._lane = self._lane, None
        self._opening = threading.Lock()
        if lane is not None:
            lane.let_go()


_all: weakref.WeakSet[Spool] = weakref.WeakSet()


def _in_child() -> None:
    for one in list(_all):
        one._forked()


os.register_at_fork(after_in_child=_in_child)

"""A lane's events on the disk: segment files, each named for the number of its first event.

Owns names, the cutting of a torn tail, and reading by number. Does not own writing (``lane``).
"""

from __future__ import annotations

import json
import os
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quire.edge.spool.frames import lines

SUFFIX = ".events"


@dataclass(frozen=True, slots=True)
class Batch:
    """Events ``first`` to ``last`` as JSON Lines, without the digits."""

    first: int
    last: int
    body: bytes
    count: int


@dataclass(frozen=True, slots=True)
class Tail:
    """How the last segment ends: its last event's number, its bytes, and how many bytes were torn."""

    last: int
    size: int
    torn: int


def name_of(first: int) -> str:
    """The file's name of the segment that begins with number ``first``."""
    return f"{first:020d}{SUFFIX}"


def firsts(folder: Path) -> list[int]:
    """The first numbers of all segments of the folder, ascending."""
    found = (path.name.removesuffix(SUFFIX) for path in folder.glob(f"*{SUFFIX}"))
    return sorted(int(name) for name in found if name.isdigit())


def total_bytes(folder: Path) -> int:
    """Bytes of all segments together."""
    return sum((folder / name_of(first)).stat().st_size for first in firsts(folder))


def tail_of(folder: Path, first: int) -> Tail:
    """How the segment ends. A last line without newline or with wrong digits counts as torn.

    Wrong digits before a line that is right are damage, not a tear: those lines are kept, and reading says
    that their numbers are lost.
    """
    data = (folder / name_of(first)).read_bytes()
    last, size = first - 1, 0
    for line in lines(data):
        if line.event is not None:
            last, size = span_of(line.event)[1], line.end
    return Tail(last, size, len(data) - size)


def cut(folder: Path, first: int, size: int) -> None:
    """Take the torn tail off, durably."""
    with (folder / name_of(first)).open("r+b") as file:
        file.truncate(size)
        os.fsync(file.fileno())


def span_of(event: bytes) -> tuple[int, int]:
    """The numbers that a line stands for: its own, twice; of a ``lost`` event, first and last of the gone.

    A quotation mark inside a JSON string is escaped, so ``"n":`` is found as a key or not at all.
    """
    begin = event.index(b'"n":') + 4
    end = event.find(b",", begin)
    number = int(event[begin : end if end > 0 else -1])
    if b'"kind":"lost"' in event:
        return number, int(json.loads(event)["to"])
    return number, number


@dataclass(frozen=True, slots=True)
class Found:
    """One event as it was read: the numbers it stands for, its JSON, and where in which segment it ends."""

    first: int
    last: int
    event: bytes
    segment: int
    end: int


def events(folder: Path, after: int, through: int, seen: Found | None = None) -> Iterator[Found]:
    """Every event with ``after < number <= through``, ascending.

    Where lines are damaged or gone, a ``lost`` event stands in their place, with the first of their numbers
    and the time of the event that follows; so it reads the same each time. ``seen`` is the event read last,
    if ``after`` was its number: reading goes on there.
    """
    starts = firsts(folder)
    expected = after + 1
    begin = max(bisect_right(starts, expected) - 1, 0)
    for start in starts[begin:]:
        skip = seen.end if seen is not None and (seen.segment, seen.last) == (start, after) else 0
        for one in _segment(folder, start, skip):
            if one.last < expected:
                continue
            if one.first > through:
                return
            if one.first > expected:
                gone = lost(expected, one.first - 1, _time(one.event))
                yield Found(expected, one.first - 1, gone, start, 0)
            yield one
            expected = one.last + 1


def _segment(folder: Path, start: int, skip: int) -> Iterator[Found]:
    with (folder / name_of(start)).open("rb") as file:
        file.seek(skip)
        data = file.read()
    for line in lines(data):
        if line.event is not None:
            first, last = span_of(line.event)
            yield Found(first, last, line.event, start, skip + line.end)


def lost(first: int, last: int, at: str) -> bytes:
    """The event that says that numbers ``first`` to ``last`` are gone; it has the first of them."""
    record: dict[str, Any] = {"n": first, "t": at, "kind": "lost", "from": first, "to": last}
    return json.dumps(record, separators=(",", ":")).encode()


def _time(event: bytes) -> str:
    return str(json.loads(event)["t"])

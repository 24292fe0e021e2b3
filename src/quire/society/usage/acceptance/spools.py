"""A spool on the society's side: a folder of segment files that only grow at the end of the last one.

``QUIRE_HOME/lake/accepted/<edge>/<spool>/<first number>.seg``. Several processes may write at once: whoever
writes holds the flock of the folder's ``lock``, whose length is the number of segments begun, so that what
another process did since is seen by two lengths. What was answered is on the disk: a torn frame at the end
is one that nobody was told of, and is cut off.
"""

from __future__ import annotations

import fcntl
import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

from quire.society.kit import config
from quire.society.usage.acceptance.frames import Frame, Head, pack, scan

ROLL = 64 << 20
"""Bytes after which a new segment is begun. Only whole segments are ever forgotten."""

_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Tail:
    """Where a spool ends: numbers up to ``through`` are durable. ``head`` is that of the last batch."""

    through: int = 0
    segments: int = 0
    path: Path | None = None
    size: int = 0
    head: Head | None = None


def accepted() -> Path:
    """The folder of everything accepted."""
    return config.home() / "lake" / "accepted"


def folder(edge: str, spool: str) -> Path:
    """The folder of one spool. Both names were checked: they are an edge's TypeID and hexadecimal."""
    return accepted() / edge / spool


def segments(place: Path) -> list[Path]:
    """The segment files, in the order of their numbers."""
    try:
        return sorted(path for path in place.iterdir() if path.suffix == ".seg")
    except FileNotFoundError:
        return []


def first_of(segment: Path) -> int:
    """The number of the first event in a segment."""
    return int(segment.stem)


class Spools:
    """The tails that this process knows. Safe for threads; other processes are seen through the disk."""

    def __init__(self) -> None:
        self._tails: OrderedDict[Path, Tail] = OrderedDict()
        self._lock = Lock()

    @contextmanager
    def holding(self, place: Path) -> Iterator[Tail]:
        """The tail of the spool in ``place``, while nobody else can write to it."""
        handle = _lock_file(place)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield self._now(place, handle)
        finally:
            os.close(handle)

    def append(self, place: Path, tail: Tail, head: Head, body: bytes) -> Tail:
        """Put a batch at the end, durably: when this returns, no loss of power takes it away.

        Only within ``holding``, with the tail that it gave. Raises OSError where the disk does not take it;
        what was half written is cut off again, now or by whoever comes next.
        """
        if tail.path is None or tail.size >= ROLL:
            tail = replace(tail, path=place / f"{head.first:020}.seg", size=0, segments=tail.segments + 1)
        assert tail.path is not None
        size = _write(tail.path, tail.size, pack(head, body))
        if tail.size == 0:
            _sync(place)
            os.truncate(place / "lock", tail.segments)
        tail = replace(tail, through=head.last, size=size, head=head)
        self._remember(place, tail)
        return tail

    def _now(self, place: Path, handle: int) -> Tail:
        begun = os.fstat(handle).st_size
        with self._lock:
            known = self._tails.get(place)
        if known is not None and known.segments == begun:
            try:
                if known.path is None or known.path.stat().st_size == known.size:
                    return known
            except FileNotFoundError:
                pass
        tail = read_tail(place, cut=True)
        os.ftruncate(handle, tail.segments)
        self._remember(place, tail)
        return tail

    def _remember(self, place: Path, tail: Tail) -> None:
        with self._lock:
            self._tails[place] = tail
            self._tails.move_to_end(place)
            while len(self._tails) > _REMEMBERED:
                self._tails.popitem(last=False)


def read_tail(place: Path, *, cut: bool = False) -> Tail:
    """The tail as the disk has it; with ``cut`` (only while holding the lock) what is torn is cut off."""
    found = segments(place)
    while found:
        last: Frame | None = None
        for last in scan(found[-1]):  # noqa: B007 – the last one is wanted
            pass
        size = last.ends if last else 0
        if cut and found[-1].stat().st_size > size:
            os.truncate(found[-1], size)
            _sync(found[-1])
        if last is not None:
            return Tail(last.head.last, len(found), found[-1], size, last.head)
        if cut:
            found[-1].unlink()
        found.pop()
    return Tail()


def _lock_file(place: Path) -> int:
    try:
        return os.open(place / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        _make(place)
        return os.open(place / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _make(place: Path) -> None:
    """The spool's folder, with the entries of every folder above it on the disk."""
    config.private("lake")
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    for above in (place.parent, place.parent.parent, place.parent.parent.parent):
        _sync(above)


def _write(path: Path, size: int, parts: tuple[bytes, bytes]) -> int:
    """Write the frame at ``size``, the end of the file, and wait for the disk; the new size."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    whole = sum(map(len, parts))
    try:
        written = os.pwritev(handle, parts, size)
        if written < whole:
            data = b"".join(parts)
            while written < whole:
                written += os.pwrite(handle, data[written:], size + written)
        os.fdatasync(handle)
    except OSError:
        os.ftruncate(handle, size)
        raise
    finally:
        os.close(handle)
    return size + whole


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Bytes of any length, in memory or on the disk, gone through a block at a time.

Owns reading stretches of plain files, several of them as one sequence, lines across blocks, and noticing that
a file was changed between two readings. Does not own which files may be read (``container``), nor what they
say. A file is opened for each pass, so that a thousand of them need no thousand handles, and nothing is
mapped: a file that is cut short meanwhile is an error here and not the end of the process.
"""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from quire.core.errors import Invalid

BLOCK = 1 << 20
"""Bytes read at a time."""

MAX_LINE = 1 << 20
"""Bytes in one line, its newline included: a reader's memory is bounded by it."""

State = tuple[int, ...]

_PLAINLY = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_BINARY", "O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK")
)


class FileChanged(Invalid):
    """A file is no longer what it was when it was first looked at; ``data["file"]`` names it."""

    code = "file.changed"


class NoLine(Exception):
    """Bytes that go on without a newline: to the end of the data, or further than a line may."""

    def __init__(self, *, long: bool) -> None:
        super().__init__()
        self.long = long


@dataclass(frozen=True, slots=True)
class Extent:
    """``size`` bytes of the file at ``path`` from ``start`` on; an error calls them ``name``. ``state`` is
    what the system said of the file (``state_of``) when it was looked at."""

    path: str
    name: str
    start: int
    size: int
    state: State

    def blocks(self) -> Iterator[bytes]:
        """The bytes, in blocks. Raises FileChanged."""
        try:
            with os.fdopen(os.open(self.path, _PLAINLY), "rb", buffering=0) as file:
                self._same(file.fileno())
                file.seek(self.start)
                left = self.size
                while left:
                    if not (block := file.read(min(left, BLOCK))):
                        raise self._changed("it was cut short")
                    left -= len(block)
                    yield block
                self._same(file.fileno())
        except OSError as error:
            raise self._changed(error.strerror or "it cannot be read") from None

    def _same(self, handle: int) -> None:
        if state_of(handle) != self.state:
            raise self._changed("it was changed")

    def _changed(self, why: str) -> FileChanged:
        return FileChanged(
            f"{self.name} is not what it was when reading began: {why}. Begin again with a copy that nobody "
            "writes to.",
            file=self.name,
        )


@dataclass(frozen=True, slots=True)
class _Held:
    """``size`` bytes of what is in memory, or mapped, from ``start`` on."""

    data: bytes | mmap.mmap
    start: int
    size: int

    def blocks(self) -> Iterator[bytes]:
        for at in range(self.start, self.start + self.size, BLOCK):
            yield self.data[at : min(at + BLOCK, self.start + self.size)]


def state_of(handle: int) -> State:
    """What changes when somebody writes to an open file, or puts another in its place."""
    found = os.fstat(handle)
    return found.st_ino, found.st_size, found.st_mtime_ns


class Pieces:
    """One sequence of bytes that lies in pieces, one after the other. Equal to whatever has the same bytes.

    Reading raises FileChanged.
    """

    __slots__ = ("_pieces", "_size")

    def __init__(self, pieces: Iterable[bytes | mmap.mmap | Extent | Pieces]) -> None:
        found: list[Extent | _Held] = []
        for one in pieces:
            if isinstance(one, Pieces):
                found += one._pieces
            else:
                found.append(one if isinstance(one, Extent) else _Held(one, 0, len(one)))
        self._pieces: Sequence[Extent | _Held] = found
        self._size = sum(one.size for one in found)

    def __len__(self) -> int:
        return self._size

    def __bytes__(self) -> bytes:
        return b"".join(self.blocks())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (Pieces, bytes, mmap.mmap)):
            return NotImplemented
        return len(self) == len(other) and digest(self) == digest(other)

    __hash__ = None  # type: ignore[assignment]

    def cut(self, start: int, end: int) -> Pieces:
        """The bytes from ``start`` up to ``end``, or up to where there are no more."""
        found, before = Pieces(()), 0
        kept = []
        for one in self._pieces:
            first, last = max(start - before, 0), min(end - before, one.size)
            if first < last:
                kept.append(replace(one, start=one.start + first, size=last - first))
            before += one.size
        found._pieces, found._size = kept, sum(one.size for one in kept)
        return found

    def blocks(self) -> Iterator[bytes]:
        """The bytes in blocks of at most ``BLOCK``."""
        for one in self._pieces:
            yield from one.blocks()


Data = bytes | mmap.mmap | Pieces
"""The bytes of a file, in memory or on the disk."""


def blocks(data: Data) -> Iterator[bytes]:
    """The bytes of any data, in blocks of at most ``BLOCK``."""
    return data.blocks() if isinstance(data, Pieces) else _Held(data, 0, len(data)).blocks()


def cut(data: Data, start: int, end: int) -> Data:
    """The bytes from ``start`` up to ``end``, not copied."""
    return (data if isinstance(data, Pieces) else Pieces((data,))).cut(start, end)


def digest(data: Data) -> str:
    """The 64 hexadecimal digits of the SHA-256."""
    hashed = hashlib.sha256()
    for block in blocks(data):
        hashed.update(block)
    return hashed.hexdigest()


def runs(data: Data) -> Iterator[bytes]:
    """The data in runs of whole lines. NoLine where the last does not end, or one is too long."""
    rest: list[bytes] = []
    size = 0
    for block in blocks(data):
        end = block.rfind(b"\n") + 1
        if not end:
            rest.append(block)
            size += len(block)
            if size >= MAX_LINE:
                raise NoLine(long=True)
            continue
        run = b"".join((*rest, block[:end]))
        rest, size = [block[end:]], len(block) - end
        if run.find(b"\n", 0, MAX_LINE) < 0:
            raise NoLine(long=True)
        yield run
    if size:
        raise NoLine(long=False)


def lines(data: Data) -> Iterator[bytes]:
    """Every line without its newline. NoLine as ``runs``."""
    for run in runs(data):
        found = run.split(b"\n")
        found.pop()
        yield from found


class Cursor:
    """Takes data from its beginning on, so many bytes at a time."""

    def __init__(self, data: Data) -> None:
        self._blocks = blocks(data)
        self._rest = b""

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes; fewer where the data ends."""
        found = [self._rest]
        have = len(self._rest)
        while have < size and (block := next(self._blocks, None)) is not None:
            found.append(block)
            have += len(block)
        whole = b"".join(found)
        self._rest = whole[size:]
        return whole[:size]

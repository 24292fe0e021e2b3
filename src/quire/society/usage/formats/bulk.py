"""A file taken in pieces, each with what its lines say; by this process, and by others beside it.

Looking at a line takes most of the time and hangs, in most formats, on nothing but the line. Settling what
was met takes little, and goes in the file's order, here. So the same comes of a file whoever looked at what.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple, Self

from quire.society.usage.formats.crew import Crew
from quire.society.usage.formats.lines import Position, RawLine, Whole, open_blocks
from quire.society.usage.formats.looking import Looked, look_for
from quire.society.usage.formats.rows import ASSET, Met, Read, Reader

_BLOCK = 512 * 1024  # sifting goes over a block several times: let it stay in the processor's cache


class Piece(NamedTuple):
    """Lines up to ``last``.

    ``counts``: how many of them there are of which nothing but a heading is to be said. ``reads``: the
    others, each with its number, in order.
    """

    counts: Counter[Read]
    reads: list[tuple[int, Read]]
    last: Position

    @property
    def lines(self) -> int:
        """How many there are."""
        return self.counts.total() + len(self.reads)


class Pieces:
    """A file's lines after ``start``, to be taken a number at a time. Close it, or use it in a ``with``."""

    def __init__(
        self, reader: Reader, path: Path | str, start: Position | None, limit: int, crew: Crew | None
    ) -> None:
        """Raises nothing yet: what ``open_lines`` raises, ``take`` does."""
        replayed = start.line if start and reader.replays else 0
        parts = open_blocks(path, None if replayed else start, _BLOCK)
        self._reader = reader
        self._ends = _ends(start, limit, replayed)
        self._looked = _looked(reader, _cut(parts, _ends(start, limit, replayed)), crew)
        if replayed:
            for _ in self.take():
                pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._looked.close()

    def take(self) -> Iterator[Piece]:
        """The next lines, as many as the limit is; fewer only at the end of the file."""
        end = next(self._ends)
        for looked, last in self._looked:
            yield Piece(*self._settled(looked), last)
            if last.line == end:
                return

    def _settled(self, looked: Looked) -> tuple[Counter[Read], list[tuple[int, Read]]]:
        counts, reads, settle = looked.counts, [], self._reader.settle
        assets = 0
        for event in looked.events:
            if not isinstance(event, Met):
                reads.append(event)
            elif (read := settle(event)) is ASSET:
                assets += 1
            else:
                reads.append((event.line, read))
        counts[ASSET] += assets
        return counts, reads


def pieces_for(
    reader: Reader,
    path: Path | str,
    start: Position | None = None,
    *,
    limit: int,
    crew: Crew | None = None,
) -> Pieces:
    """The lines of ``path`` after ``start``, for a fresh ``reader``: ``lines_for``, but fast.

    ``limit`` is how many lines a ``take`` gives. The ``crew``, where there is one, looks at some of them.
    """
    return Pieces(reader, path, start, limit, crew)


def _ends(start: Position | None, limit: int, replayed: int) -> Iterator[int]:
    """The lines after which something is to be done: what is replayed ends, or so many were taken."""
    first = start.line if start else 0
    return chain((replayed,) if replayed else (), count(first + limit, limit))


def _looked(
    reader: Reader, blocks: Iterator[Whole | RawLine], crew: Crew | None
) -> Generator[tuple[Looked, Position], None, None]:
    look = look_for(reader)
    if crew is not None and reader.apart:
        yield from crew.looked(blocks, look)
        return
    for block in blocks:
        yield look(block), block.position


def _cut(parts: Iterable[Whole | RawLine], cuts: Iterator[int]) -> Iterator[Whole | RawLine]:
    """The same lines, in blocks that do not go on beyond any of these line numbers."""
    cut = next(cuts)
    for part in parts:
        while isinstance(part, Whole) and part.position.line > cut:
            first, part = part.cut(cut - part.number)
            cut = next(cuts)
            yield first
        if part.position.line == cut:
            cut = next(cuts)
        yield part

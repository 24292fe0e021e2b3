"""A file taken in pieces: of each the lines that must be read, and how many others were people's.

One thread does it: most of the time is spent with the interpreter's lock held, so that a second one, tried,
gained nothing.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from quire.society.usage.formats.lines import Position, RawLine, Whole, is_clean, open_blocks, raw_line
from quire.society.usage.formats.rows import Reader, Sieve

STRIDE = 20_000
"""A piece ends with each line whose number is a multiple of this, for whoever tells of progress."""

_BLOCK = 1024 * 1024  # sifting goes over a block several times: let it stay in the processor's cache


class Piece(NamedTuple):
    """Lines up to ``last``: ``humans`` of them are surely people's, the others are in ``raws``, in order."""

    humans: int
    raws: list[RawLine]
    last: Position


class _Sifted(NamedTuple):
    """Lines of the file after line ``number``, which ended at ``offset``."""

    data: bytes
    number: int
    offset: int
    ends: NDArray[np.int64]
    left: NDArray[np.int64]

    def piece(self, first: int, until: int) -> Piece:
        """The lines with these numbers, which count from nought, half open."""
        lower, upper = np.searchsorted(self.left, (first, until))
        left = self.left[lower:upper]
        starts = np.where(left > 0, self.ends[left - 1], 0).tolist()
        ends = self.ends[left].tolist()
        parts = [self.data[start : end - 1] for start, end in zip(starts, ends, strict=True)]
        clean = is_clean(b"".join(parts))
        raws = [
            raw_line(self.number + k + 1, self.offset + end, part, clean=clean)
            for k, end, part in zip(left.tolist(), ends, parts, strict=True)
        ]
        last = Position(self.number + until, self.offset + int(self.ends[until - 1]))
        return Piece(until - first - len(raws), raws, last)


class Pieces:
    """A file's lines after ``start``, to be taken a number at a time. Close it, or use it in a ``with``."""

    def __init__(self, path: Path | str, sieve: Sieve | None, start: Position | None = None) -> None:
        """Raises nothing yet: what ``open_lines`` raises, ``take`` does."""
        self._parts = _parts(path, sieve, start)
        self._now: _Sifted | RawLine | None = None
        self._taken = 0  # lines of the block at hand

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._parts.close()

    def take(self, limit: int) -> Iterator[Piece]:
        """The next ``limit`` lines; fewer only at the end of the file."""
        while limit > 0 and self._at_hand():
            if isinstance(self._now, RawLine):
                piece, self._now = Piece(0, [self._now], self._now.position), None
            else:
                piece = self._cut(limit)
            limit -= piece.humans + len(piece.raws)
            yield piece

    def _cut(self, limit: int) -> Piece:
        block = self._now
        assert isinstance(block, _Sifted)
        stride = STRIDE - (block.number + self._taken) % STRIDE
        until = min(self._taken + min(limit, stride), len(block.ends))
        piece = block.piece(self._taken, until)
        self._taken = until
        if until == len(block.ends):
            self._now = None
        return piece

    def _at_hand(self) -> bool:
        """Is there something to take?"""
        if self._now is None:
            self._now, self._taken = next(self._parts, None), 0
        return self._now is not None


def pieces_for(reader: Reader, path: Path | str, start: Position | None = None) -> Pieces:
    """The lines of ``path`` after ``start``, for a fresh ``reader``: ``lines_for``, but fast."""
    if start is None or not reader.replays:
        return Pieces(path, reader.sieve, start)
    pieces = Pieces(path, reader.sieve)
    try:
        for piece in pieces.take(start.line):
            for raw in piece.raws:
                reader.replay(raw)
    except BaseException:
        pieces.close()
        raise
    return pieces


def _parts(
    path: Path | str, sieve: Sieve | None, start: Position | None
) -> Generator[_Sifted | RawLine, None, None]:
    for part in open_blocks(path, start, _BLOCK):
        if isinstance(part, Whole):
            ends, left = (sieve or _nothing_spared)(part.data)
            yield _Sifted(*part, ends, left)
        else:
            yield part


def _nothing_spared(block: bytes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    ends = np.flatnonzero(np.frombuffer(block, dtype=np.uint8) == 10) + 1
    return ends, np.arange(len(ends))

"""Lines of a file nobody vouches for: plain, gzip or zstd, of any length, cut off anywhere, full of anything.

A line comes out as bytes with its number and the offset after it, or with the problem that makes it
unreadable. Memory stays bounded whatever the file holds, nothing is skipped without a line saying so, and
reading can go on from any position handed out before.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from quire.core.errors import Invalid, NotFound
from quire.society.usage.formats.packed import Source, gathered, source_of

LONGEST_LINE = 64 * 1024
"""Bytes in a line, without its end. No server writes longer ones: their requests are bounded."""

_KEPT = 200  # bytes of a line too long to keep, for the excerpt
_CONTROLS = bytes(c for c in range(32) if c not in b"\t\n") + b"\x7f"
_BOM = b"\xef\xbb\xbf"
_UTF16 = "the file is not in UTF-8 but in UTF-16: save it as UTF-8 and import that."
_BINARY = "the line has control characters in it: it is not text."
_TOO_LONG = f"the line is longer than {LONGEST_LINE // 1024} KiB."


@dataclass(frozen=True, slots=True)
class Position:
    """Where reading stopped: the last line read, and the offset after it in uncompressed bytes."""

    line: int
    offset: int


class RawLine(NamedTuple):
    """One line. A tuple and not a dataclass because there is one per line of very long files.

    ``data`` is without the line's end; of a line that is too long it is the beginning. ``problem`` is None,
    or the sentence that says why the line cannot be read.
    """

    number: int
    offset_after: int
    data: bytes
    problem: str | None = None

    @property
    def position(self) -> Position:
        """Where to go on after this line."""
        return Position(self.number, self.offset_after)


class Whole(NamedTuple):
    """So ``many`` whole lines in a piece, ends and all, after line ``number``, which ended at ``offset``."""

    data: bytes
    number: int
    offset: int
    many: int

    @property
    def position(self) -> Position:
        """Where to go on after these lines."""
        return Position(self.number + self.many, self.offset + len(self.data))

    def cut(self, count: int) -> tuple[Whole, Whole]:
        """The first ``count`` lines, and the others."""
        ends = np.flatnonzero(np.frombuffer(self.data, dtype=np.uint8) == 10)
        end = int(ends[count - 1]) + 1
        first = Whole(self.data[:end], self.number, self.offset, count)
        return first, Whole(self.data[end:], self.number + count, self.offset + end, self.many - count)

    def lines(self) -> Iterator[RawLine]:
        """One by one."""
        number, offset = self.number, self.offset
        clean = is_clean(self.data)
        parts = self.data.split(b"\n")
        parts.pop()
        for part in parts:
            number += 1
            offset += len(part) + 1
            yield raw_line(number, offset, part, clean=clean)


def open_lines(path: Path | str, start: Position | None = None) -> Iterator[RawLine]:
    """The lines of ``path`` from ``start`` (or from the first), each exactly once.

    Gzip and zstd are known by their first bytes, not by their names. LF and CRLF both end a line, and the
    last line needs no end. A UTF-8 byte order mark is no part of the first line. A file in UTF-16 is one
    unreadable line; a packed file that is cut off or damaged ends with one. Raises ``NotFound`` or
    ``Invalid`` when the file cannot be opened or read at all.
    """
    for part in open_blocks(path, start):
        if isinstance(part, RawLine):
            yield part
        else:
            yield from part.lines()


def open_blocks(path: Path | str, start: Position | None = None, size: int = 0) -> Iterator[Whole | RawLine]:
    """The same lines, as many at once as come in ``size`` bytes; what is no whole line comes by itself."""
    place = start or Position(0, 0)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode) and not os.path.isdir(path):
            raise Invalid(f"{path} is a pipe or a device; give a file.", path=str(path))
        with open(path, "rb") as file:
            yield from _parts(source_of(file), place, size)
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {path}.", path=str(path)) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise Invalid(f"The file {path} cannot be read: {reason}.", path=str(path)) from error


def raw_line(number: int, offset_after: int, data: bytes, *, clean: bool = False) -> RawLine:
    """One line, given without its LF; ``clean`` says that there are no control characters in it."""
    if data[-1:] == b"\r":
        data = data[:-1]
    if len(data) > LONGEST_LINE:
        return RawLine(number, offset_after, data[:_KEPT], _TOO_LONG)
    problem = None if clean or is_clean(data) else _BINARY
    return RawLine(number, offset_after, data, problem)


def safe(text: str | bytes, limit: int = 200) -> str:
    """``text`` as it may be shown: at most ``limit`` characters, nothing that acts on a terminal or a sheet.

    Control characters, line breaks and characters that turn the direction of writing are written as
    escapes; what a spreadsheet would take for a formula gets an apostrophe before it.
    """
    if isinstance(text, bytes):
        text = text[: 4 * limit].decode("utf-8", "backslashreplace")
    shown = "".join(c if c.isprintable() else _escaped(c) for c in text[: limit + 1])
    if shown.lstrip().startswith(("=", "+", "-", "@")):
        shown = "'" + shown
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


def _parts(source: Source, start: Position, size: int) -> Iterator[Whole | RawLine]:
    """Positions in and out count from the file's first byte, byte order mark and all."""
    blocks = source.blocks()
    head = next(blocks, b"")
    if _is_utf16(head):
        if start.line == 0:
            yield RawLine(1, len(head), head[:_KEPT], _UTF16)
        return
    mark = len(_BOM) if head.startswith(_BOM) and not start.offset else 0
    blocks = chain((head[mark:],), blocks)
    if start.offset:
        blocks = source.later(blocks, start.offset)
    start = Position(start.line, start.offset or mark)
    splitter = _Splitter(start)
    for block in gathered(blocks, size) if size else blocks:
        yield from splitter.feed(block)
    yield from splitter.finish(source.broken)


def _is_utf16(head: bytes) -> bool:
    """By its byte order mark, or by every other byte being nought."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    sample = head[:4096]
    half = len(sample) // 2
    evens, odds = sorted((sample[0::2].count(0), sample[1::2].count(0)))
    return half >= 2 and odds >= 0.4 * half and evens <= 0.1 * half


class _Splitter:
    """Blocks in, whole lines out; holds at most one block and one line."""

    def __init__(self, start: Position) -> None:
        self.number = start.line
        self.offset = start.offset
        self.tail = b""
        self.lost = 0  # bytes of a line too long that were let go, of which ``tail`` is the beginning

    def feed(self, block: bytes) -> Iterator[Whole | RawLine]:
        if self.lost:
            end = block.find(b"\n")
            if end < 0:
                self.lost += len(block)
                return
            yield self._too_long(self.lost + end + 1)
            block = block[end + 1 :]
        end = block.rfind(b"\n") + 1
        if end:
            data = b"".join((self.tail, memoryview(block)[:end]))
            count = int(np.count_nonzero(np.frombuffer(data, dtype=np.uint8) == 10))
            whole = Whole(data, self.number, self.offset, count)
            self.tail = b""
            self.number += count
            self.offset += len(data)
            yield whole
        self.tail += block[end:]
        if len(self.tail) > LONGEST_LINE + 1:
            self.lost, self.tail = len(self.tail), self.tail[:_KEPT]

    def _too_long(self, length: int) -> RawLine:
        line = RawLine(self.number + 1, self.offset + length, self.tail, _TOO_LONG)
        self.number, self.offset, self.tail, self.lost = line.number, line.offset_after, b"", 0
        return line

    def finish(self, broken: str | None) -> Iterator[RawLine]:
        """The last line, whole if the file is; of a broken file, what there is of it and the reason."""
        if broken:
            reason = f"the {broken} after line {self.number}: everything up to there was read."
            # One byte beyond what there is, so that reading on from here does not say it again.
            end = self.offset + (self.lost or len(self.tail)) + 1
            yield RawLine(self.number + 1, end, self.tail[:_KEPT], reason)
        elif self.lost:
            yield self._too_long(self.lost)
        elif self.tail:
            yield raw_line(self.number + 1, self.offset + len(self.tail), self.tail)


def is_clean(data: bytes) -> bool:
    """Are there no control characters in it but tabs and line feeds?"""
    return len(data.translate(None, _CONTROLS)) == len(data)

"""The bytes of a file: as they are, or unpacked from gzip or zstd, in blocks, as far as they can be had.

A packed file may be cut off, damaged, or made to burst whoever unpacks it: every block is bounded, and so is
the memory that unpacking takes.
"""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Protocol

import zstandard

LARGEST_WINDOW = 128 * 1024 * 1024
"""Bytes that unpacking zstd may look back: what ``zstd -d`` itself allows where nobody asks for more."""

_BLOCK = 1024 * 1024
_GZIP_BLOCK = 32 * 1024  # what is lost when damage is met: small, so that reading gets close to it
_ZSTD_PIECE = 1024  # packed bytes unpacked at a time: at worst, blocks of one repeated byte, they are 32 MiB
_ENOUGH = 64 * 1024  # unpacked bytes worth handing on
_GZIP = b"\x1f\x8b"
_ZSTD = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")  # RFC 8878 §3.1.1 and §3.1.2


class Source(Protocol):
    """Bytes in blocks; ``broken`` is a phrase ("gzip file ends early") once they ended before their time."""

    broken: str | None

    def blocks(self) -> Iterator[bytes]:
        """The content from its first byte."""

    def later(self, blocks: Iterator[bytes], offset: int) -> Iterator[bytes]:
        """The content from a byte on, given ``blocks`` from its first."""


def source_of(file: IO[bytes]) -> Source:
    """What an open file holds, told by its first bytes and not by its name."""
    magic = file.read(4)
    file.seek(0)
    if magic.startswith(_GZIP):
        return _Gzip(file)
    return _Zstd(file) if _ZSTD.fullmatch(magic) else _Plain(file)


def length_of(path: Path) -> int:
    """Bytes of the content; of a packed file what it claims itself, good enough for a progress bar."""
    with path.open("rb") as handle:
        size = os.fstat(handle.fileno()).st_size
        head = handle.read(18)  # the longest header of a zstd frame
        if head.startswith(_GZIP) and size >= 18:
            handle.seek(-4, os.SEEK_END)
            return max(int.from_bytes(handle.read(4), "little"), 1)
    try:
        return max(zstandard.frame_content_size(head), size) if _ZSTD.match(head) else size
    except zstandard.ZstdError:
        return size


def gathered(blocks: Iterator[bytes], least: int) -> Iterator[bytes]:
    """The same bytes in blocks of at least ``least``, but for the last."""
    kept: list[bytes] = []
    size = 0
    for block in blocks:
        kept.append(block)
        size += len(block)
        if size >= least:
            yield b"".join(kept)
            kept, size = [], 0
    if kept:
        yield b"".join(kept)


class _Plain:
    """A file as it is."""

    broken: str | None = None

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def blocks(self) -> Iterator[bytes]:
        while block := self.file.read(_BLOCK):
            yield block

    def later(self, blocks: Iterator[bytes], offset: int) -> Iterator[bytes]:
        self.file.seek(offset)
        return self.blocks()


class _Packed:
    """What must be gone through from the beginning."""

    broken: str | None = None

    def later(self, blocks: Iterator[bytes], offset: int) -> Iterator[bytes]:
        for block in blocks:
            if offset < len(block):
                yield block[offset:]
            offset = max(0, offset - len(block))
        if offset:
            self.broken = None  # the line that says so was handed out before: it ends beyond the content


class _Gzip(_Packed):
    """The content of a gzip file."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = gzip.GzipFile(fileobj=file, mode="rb")

    def blocks(self) -> Iterator[bytes]:
        with closing(self.file) as file:
            try:
                while block := file.read1(_GZIP_BLOCK):
                    yield block
            except EOFError:
                self.broken = "gzip file ends early"
            except (gzip.BadGzipFile, zlib.error):
                self.broken = "gzip file is damaged"


class _Zstd(_Packed):
    """The content of a zstd file, of as many frames as it has."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def blocks(self) -> Iterator[bytes]:
        return gathered(self._blocks(), _ENOUGH)

    def _blocks(self) -> Iterator[bytes]:
        """Piece by piece and frame by frame: the library's stream takes what is cut off for whole."""
        unpacker = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW)
        frame = None
        while piece := self.file.read(_ZSTD_PIECE):
            while piece:
                frame = frame or unpacker.decompressobj()
                try:
                    block = frame.decompress(piece)
                except zstandard.ZstdError as problem:
                    self.broken = _why(problem)
                    return
                if block:
                    yield block
                piece = b""
                if frame.eof:
                    piece, frame = frame.unused_data, None
        if frame is not None:
            self.broken = "zstd file ends early"


def _why(problem: zstandard.ZstdError) -> str:
    if "too much memory" in str(problem):
        return f"zstd file needs more than {LARGEST_WINDOW // 1024**2} MiB to unpack"
    return "zstd file is damaged"

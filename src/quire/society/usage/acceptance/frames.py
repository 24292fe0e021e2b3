"""Frames: how a batch lies in a segment file, one after another, with nothing between them.

A frame is a header of fixed length and the batch's body as it was sent. The check sum is over both, so that
what a power cut left half written is seen. Numbers are big-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

_HEADER = struct.Struct(">4sIIQQqq32s")  # magic, length, lane, first, last, received, sent, digest
_SUM = struct.Struct(">I")
_MAGIC = b"QSG1"
OVERHEAD = _HEADER.size + _SUM.size
"""Bytes of a frame beside its body."""
LONGEST = 64 << 20
"""No body is longer: a length above it is damage."""


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a batch: its numbers [first, last], moments in microseconds since 1970, and the
    SHA-256 of its body."""

    lane: int
    first: int
    last: int
    received: int
    sent: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole frame in a file. ``at`` is where it begins, ``ends`` where the next one does."""

    head: Head
    at: int
    ends: int

    @property
    def body(self) -> tuple[int, int]:
        """(offset, length) of the body."""
        return self.at + OVERHEAD, self.ends - self.at - OVERHEAD


def pack(head: Head, body: bytes) -> tuple[bytes, bytes]:
    """The frame in two parts, to be written together: header with check sum, and body."""
    start = _HEADER.pack(
        _MAGIC, len(body), head.lane, head.first, head.last, head.received, head.sent, head.digest
    )
    return start + _SUM.pack(crc32(body, crc32(start))), body


def scan(path: Path, at: int = 0, *, whole: bool = True) -> Iterator[Frame]:
    """The frames from ``at`` on, up to the first that is torn or damaged.

    ``whole`` reads the bodies too and compares the check sums; without it only headers are looked at.
    Whoever reads to the end compares the last frame's ``ends`` with the size of the file.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        while at + OVERHEAD <= size:
            file.seek(at)
            frame = _read(file, at, size, whole)
            if frame is None:
                return
            yield frame
            at = frame.ends


def body_of(path: Path, frame: Frame) -> bytes:
    """The body, as it was sent."""
    at, length = frame.body
    with path.open("rb") as file:
        file.seek(at)
        return file.read(length)


def _read(file: BinaryIO, at: int, size: int, whole: bool) -> Frame | None:
    start = file.read(OVERHEAD)
    magic, length, *numbers, digest = _HEADER.unpack_from(start)
    ends = at + OVERHEAD + length
    if magic != _MAGIC or length > LONGEST or ends > size:
        return None
    if whole:
        (expected,) = _SUM.unpack_from(start, _HEADER.size)
        if crc32(file.read(length), crc32(start[: _HEADER.size])) != expected:
            return None
    return Frame(Head(*numbers, digest), at, ends)

"""Accepted batches, unpacked: so many at a time of one spool, in the order of their numbers."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import numpy as np

from quire.society.kit import config
from quire.society.usage.acceptance import bodies, overlap
from quire.society.usage.acceptance.frames import Frame, body_of
from quire.society.usage.errors import LakeDamaged

EVENTS = 250_000
"""About so many events are compacted together: batches are never divided. More would not be faster."""
BYTES = 256 << 20
"""The same in bytes of unpacked lines. Two chunks are in memory at a time, each as text and as a table."""

_LEFT = 86_400  # seconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Chunk:
    """The numbers [first, last] as ``lines`` lines in ``text``, a file that is gone afterwards.

    ``size`` is what their frames take in the segments, ``digest`` over their batches' digests, ``received``
    when the last of them came, ``skew`` the edge's clock against ours in milliseconds, at its furthest.
    ``mended`` is where a copy may lie that lacks what cannot be read. The text itself is in memory where the
    system has files there (Linux): a disk has to do with every page of it, and takes four times as long.
    ``steps`` is the number of each line, where one of them stands for more than itself; ``full`` says that
    the spool may have more.
    """

    text: Path
    mended: Path
    handle: int
    first: int
    last: int = 0
    lines: int = 0
    size: int = 0
    skew: int = 0
    received: datetime = _EPOCH
    steps: list[np.ndarray] = field(default_factory=list)
    straight: bool = True
    full: bool = False
    _digest: list[bytes] = field(default_factory=list)

    @property
    def digest(self) -> str:
        return digest_of(self._digest)

    def numbers(self) -> np.ndarray:
        """The number of each line."""
        return np.concatenate(self.steps)

    def add(self, frame: Frame, text: bytes) -> None:
        head, lines = frame.head, bodies.lines_in(text)
        if lines == head.last - head.first + 1:
            self.steps.append(np.arange(head.first, head.last + 1))
        else:
            numbers = [number for number, _ in bodies.numbered(text, head.first)]
            self.steps.append(np.array(numbers[:-1], dtype=np.int64))
            self.straight = False
        self._digest.append(head.digest)
        self.last, self.lines, self.size = head.last, self.lines + lines, self.size + frame.ends - frame.at
        self.received = max(self.received, _EPOCH + timedelta(microseconds=head.received))
        self.skew = max(self.skew, (head.sent - head.received) // 1000, key=abs)

    def drop(self) -> None:
        """Delete the files."""
        os.close(self.handle)
        if self.text.parent == self.mended.parent:
            self.text.unlink(missing_ok=True)
        self.mended.unlink(missing_ok=True)


def digest_of(digests: list[bytes]) -> str:
    """The digest of a run of batches, of their digests."""
    return f"sha256:{sha256(b''.join(digests)).hexdigest()}"


def gather(place: Path, after: int, most: int) -> Chunk:
    """The batches of the spool in ``place`` after the number ``after``, about ``most`` events; maybe none.

    Whoever has it drops it. Raises ``LakeDamaged`` where a batch is missing or is not the one accepted.
    """
    chunk = _begin(after + 1)
    try:
        _gather(place, chunk, most)
    except BaseException:
        chunk.drop()
        raise
    return chunk


def sweep() -> None:
    """Delete what killed processes left, once it is a day old."""
    for path in config.private("tmp").glob("compact-*"):
        try:
            if path.stat().st_mtime < time.time() - _LEFT:
                path.unlink()
        except FileNotFoundError:
            continue  # another process does the same


def _begin(first: int) -> Chunk:
    folder, name = config.private("tmp"), f"compact-{uuid4().hex}"
    if hasattr(os, "memfd_create"):
        handle = os.memfd_create(name)
        text = Path(f"/proc/self/fd/{handle}")
    else:
        text = folder / f"{name}.ndjson"
        handle = os.open(text, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    return Chunk(text, folder / f"{name}.mended", handle, first)


def _gather(place: Path, chunk: Chunk, most: int) -> None:
    written = 0
    with open(chunk.handle, "wb", closefd=False) as out:
        for path, frame in overlap.frames(place, chunk.first, 1 << 62):
            expected = chunk.last + 1 if chunk.last else chunk.first
            body = body_of(path, frame)
            if frame.head.first != expected or sha256(body).digest() != frame.head.digest:
                raise LakeDamaged(
                    f"{path} is not what was accepted (at event {expected}): put it back from a copy."
                )
            text = bodies.unpack_again(body)
            chunk.add(frame, text)
            written += out.write(text)
            if chunk.lines >= most or written >= BYTES:
                chunk.full = True
                return

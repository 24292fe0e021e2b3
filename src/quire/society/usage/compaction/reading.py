"""Accepted batches, unpacked: so many at a time of one spool, in the order of their numbers."""

from __future__ import annotations

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
"""The same in bytes of unpacked lines."""

_LEFT = 86_400  # seconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Chunk:
    """The numbers [first, last] as ``lines`` lines in ``text``, a file that is deleted afterwards.

    ``size`` is what their frames take in the segments, ``digest`` over their batches' digests, ``received``
    when the last of them came, ``skew`` the edge's clock against ours in milliseconds, at its furthest.
    ``steps`` is the number of each line, where one of them stands for more than itself; ``full`` says that
    the spool may have more.
    """

    text: Path
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
    def mended(self) -> Path:
        """Where a copy of the text may lie that lacks what cannot be read."""
        return self.text.with_suffix(".mended")

    @property
    def digest(self) -> str:
        return digest_of(self._digest)

    def numbers(self) -> np.ndarray:
        """The number of each line."""
        return np.concatenate(self.steps)

    def add(self, frame: Frame, text: bytes) -> None:
        head, lines = frame.head, text.count(b"\n")
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
        self.text.unlink(missing_ok=True)
        self.mended.unlink(missing_ok=True)


def digest_of(digests: list[bytes]) -> str:
    """The digest of a run of batches, of their digests."""
    return f"sha256:{sha256(b''.join(digests)).hexdigest()}"


def gather(place: Path, after: int, most: int) -> Chunk:
    """The batches of the spool in ``place`` after the number ``after``, about ``most`` events; maybe none.

    Whoever has it drops it. Raises ``LakeDamaged`` where a batch is missing or is not the one accepted.
    """
    chunk = Chunk(config.private("tmp") / f"compact-{uuid4().hex}.ndjson", after + 1)
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


def _gather(place: Path, chunk: Chunk, most: int) -> None:
    written = 0
    with chunk.text.open("wb") as out:
        for path, frame in overlap.frames(place, chunk.first, 1 << 62):
            expected = chunk.last + 1 if chunk.last else chunk.first
            body = body_of(path, frame)
            if frame.head.first != expected or sha256(body).digest() != frame.head.digest:
                raise LakeDamaged(
                    f"{path} is not what was accepted (at event {expected}): put it back from a copy."
                )
            text = bodies.unpack(body)
            chunk.add(frame, text)
            out.write(text)
            written += len(text)
            if chunk.lines >= most or written >= BYTES:
                chunk.full = True
                return

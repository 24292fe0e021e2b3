"""Many lines looked at together: what each says by itself, be it here or in another process.

What comes of it is small beside the lines, and is plain data, so that it can be sent from one process to
another. ``marshal`` is the quickest form there is for that, and both ends are the same interpreter.
"""

from __future__ import annotations

import marshal
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quire.society.usage.formats.lines import RawLine, Whole, is_clean, raw_line
from quire.society.usage.formats.rows import HUMAN, Heading, Met, Read, Reader

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Looked(NamedTuple):
    """What lines say: how often the same that needs no more words; in order, what has a row or a reason."""

    counts: Counter[Read]
    events: list[Met | tuple[int, Read]]


Look = Callable[[Whole | RawLine], Looked]


def look_for(reader: Reader) -> Look:
    """What looks at lines, whole blocks of them or one that came by itself, with this reader."""

    def look(part: Whole | RawLine) -> Looked:
        counts: Counter[Read] = Counter()
        events: list[Met | tuple[int, Read]] = []
        for raw in [part] if isinstance(part, RawLine) else _left(reader, part, counts):
            read = reader.look(raw)
            if type(read) is Met:
                events.append(read)
            elif read.row is None and read.reason is None:  # type: ignore[union-attr]
                counts[read] += 1  # type: ignore[index]
            else:
                events.append((raw.number, read))  # type: ignore[arg-type]
        return Looked(counts, events)

    return look


def packed(looked: Looked) -> bytes:
    """As bytes, for ``unpacked``. Of readers only that can look at lines apart: these make no rows."""
    counts = [(read.heading.value, read.requests, times) for read, times in looked.counts.items()]
    return marshal.dumps((counts, [_plain(event) for event in looked.events]))


def unpacked(data: bytes) -> Looked:
    """What ``packed`` made bytes of: in a process of ours, and nowhere else."""
    counts, events = marshal.loads(data)  # noqa: S302
    made: list[Met | tuple[int, Read]] = [
        Met(one[0], _EPOCH + timedelta(microseconds=one[1]), *one[2:])
        if len(one) > 5
        else (one[0], Read(Heading(one[1]), None, *one[2:]))
        for one in events
    ]
    headings = {Read(Heading(heading), requests=requests): times for heading, requests, times in counts}
    return Looked(Counter(headings), made)


def _plain(event: Met | tuple[int, Read]) -> tuple[object, ...]:
    if isinstance(event, Met):
        return (event[0], (event[1] - _EPOCH) // _MICROSECOND, *event[2:])
    number, read = event
    return (number, read.heading.value, read.reason, read.requests, read.excerpt)


def _left(reader: Reader, block: Whole, counts: Counter[Read]) -> list[RawLine]:
    """The lines that the reader must see; those that it is spared are people's, and counted."""
    ends, left = (reader.sieve or _nothing_spared)(block.data)
    counts[HUMAN] += len(ends) - len(left)
    starts = np.where(left > 0, ends[left - 1], 0).tolist()
    stops = ends[left].tolist()
    parts = [block.data[start : end - 1] for start, end in zip(starts, stops, strict=True)]
    clean = is_clean(b"".join(parts))
    first, offset = block.number + 1, block.offset
    return [
        raw_line(first + k, offset + end, part, clean=clean)
        for k, end, part in zip(left.tolist(), stops, parts, strict=True)
    ]


def _nothing_spared(block: bytes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    ends = np.flatnonzero(np.frombuffer(block, dtype=np.uint8) == 10) + 1
    return ends, np.arange(len(ends))

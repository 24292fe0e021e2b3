"""How an event stands in a file: eight hexadecimal digits of CRC-32, the JSON of the event, a newline.

A line without its newline, or whose digits do not fit, was not written to its end. The digits cost nothing
to a person who reads: ``cut -c9-`` leaves plain JSON Lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

DIGITS = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a segment: the event's JSON (``None`` where the digits do not fit) and where it ends."""

    event: bytes | None
    end: int


def frame(event: bytes) -> bytes:
    """The line of an event's JSON, its newline included."""
    return b"%08x%b\n" % (crc32(event), event)


def lines(data: bytes, start: int = 0) -> Iterator[Line]:
    """Every whole line of ``data`` from ``start`` on; what stands after the last newline is not one."""
    while (end := data.find(b"\n", start)) >= 0:
        yield Line(_event(data[start:end]), end + 1)
        start = end + 1


def _event(line: bytes) -> bytes | None:
    event = line[DIGITS:]
    return event if line[:DIGITS] == b"%08x" % crc32(event) else None

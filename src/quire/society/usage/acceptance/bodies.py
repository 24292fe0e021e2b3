"""Whether a body is as many numbered lines as its signature says: unpacked within bounds, not yet read.

Unpacking is much of what a batch costs, and each is unpacked twice: when it comes, and when it is compacted.
ISA-L does it in less than half of zlib's time.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from isal import igzip_lib, isal_zlib

from quire.core import events
from quire.society.usage.errors import NotABatch, TooLarge

LONGEST_BODY = 8 << 20
"""Bytes of a batch as sent."""
LONGEST_TEXT = 64 << 20
"""Bytes of a batch unpacked."""
MOST_EVENTS = 100_000
"""Events of a batch."""

_LOST = b'"lost"'
_SLICE, _PIECE = 64 << 10, 1 << 20  # bytes, packed and unpacked, at a time
_GZIP = 31  # a gzip header is required
_LF = 10


def unpack(body: bytes) -> bytes:
    """The text of a gzip body of one member. Raises NotABatch, and TooLarge before it takes much memory."""
    return b"".join(_pieces(body))


def unpack_again(body: bytes) -> bytes:
    """The same of a body that was accepted: it is in bounds, and its last bytes say how long its text is."""
    length = min(int.from_bytes(body[-4:], "little"), LONGEST_TEXT)
    return isal_zlib.decompress(body, _GZIP, length + 1)


def lines_in(text: bytes) -> int:
    """How often a line ends in it."""
    return int(np.count_nonzero(np.frombuffer(text, dtype=np.uint8) == _LF))


def check(body: bytes, first: int, last: int) -> None:
    """Nothing, if the body is a batch of the numbers [first, last]. Raises NotABatch or TooLarge.

    Each line is an event, and each ends with a newline; their insides are looked at when they are compacted,
    but for ``lost`` events, a line of which stands for many numbers. The text is never whole in memory.
    """
    lines, piece = 0, b""
    for piece in _pieces(body):
        lines += lines_in(piece)
    if lines > MOST_EVENTS:
        raise TooLarge(f"A batch has at most {MOST_EVENTS:,} events.")
    if not piece.endswith(b"\n"):
        raise NotABatch("The batch does not end with the end of a line.")
    if lines != last - first + 1 and after(unpack(body), first) != last + 1:
        raise NotABatch(
            f"The batch has {lines:,} lines where the numbers {first} to {last} need {last - first + 1:,}."
        )


def _pieces(body: bytes) -> Iterator[bytes]:
    """The text, piece by piece, none of them empty or long."""
    unpacker = isal_zlib.decompressobj(_GZIP)
    size = 0
    for at in range(0, len(body), _SLICE):
        packed = body[at : at + _SLICE]
        while packed:
            try:
                piece = unpacker.decompress(packed, _PIECE)
            except igzip_lib.IsalError as problem:  # type: ignore[misc]  # its stub calls the class an instance
                raise NotABatch(f"The batch is no gzip ({problem}).") from problem
            size += len(piece)
            if size > LONGEST_TEXT:
                raise TooLarge(f"The batch unpacks to more than {LONGEST_TEXT:,} bytes: send fewer events.")
            if piece:
                yield piece
            packed = unpacker.unconsumed_tail
        if unpacker.unused_data or (unpacker.eof and at + _SLICE < len(body)):
            raise NotABatch("There is something after the batch's gzip.")
    if not unpacker.eof:
        raise NotABatch("The batch's gzip ends too early.")


def after(text: bytes, first: int) -> int:
    """The number that follows on these lines, of which the first has the number ``first``."""
    number = first
    for number, _ in numbered(text, first):  # noqa: B007 – the last one is wanted
        pass
    return number


def numbered(text: bytes, first: int) -> Iterator[tuple[int, bytes]]:
    """(number, line) of every line, and at last the number after them, with nothing."""
    number = first
    for line in text.removesuffix(b"\n").split(b"\n"):
        yield number, line
        number += 1 + (lost(line, number) if _LOST in line else 0)
    yield number, b""


def lost(line: bytes, number: int) -> int:
    """How many numbers after its own a ``lost`` event gives up; nought for any other line."""
    try:
        event = events.decode(line)
    except events.NotAnEvent:
        return 0
    if event.kind != "lost" or event.lost_to is None or not event.number == event.lost_from == number:
        return 0
    return event.lost_to - number

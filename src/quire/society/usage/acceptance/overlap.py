"""Whether numbers that come again say what they said before. Rare, so it reads the segments anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from quire.society.usage.acceptance.bodies import numbered, unpack
from quire.society.usage.acceptance.frames import Frame, Head, body_of, scan
from quire.society.usage.acceptance.spools import first_of, segments


def frames(place: Path, first: int, last: int) -> Iterator[tuple[Path, Frame]]:
    """The batches of a spool that have any number of [first, last], in order, with their segments.

    Segments that were forgotten have none.
    """
    files = segments(place)
    starts = [first_of(path) for path in files]
    for place_of, path in enumerate(files):
        until = starts[place_of + 1] if place_of + 1 < len(files) else last + 1
        if starts[place_of] > last or until <= first:
            continue
        for frame in scan(path, whole=False):
            if frame.head.first > last:
                break
            if frame.head.last >= first:
                yield path, frame


def differs(place: Path, head: Head, text: bytes) -> int | None:
    """The first number at which the batch contradicts what was accepted; None where it says the same.

    A batch may be cut elsewhere than before, and packed by another gzip: lines are compared with lines.
    """
    now = dict(numbered(text, head.first))
    for path, frame in frames(place, head.first, head.last):
        old = frame.head
        if old.digest == head.digest and (old.first, old.last) == (head.first, head.last):
            continue
        was = dict(numbered(unpack(body_of(path, frame)), old.first))
        both = range(max(old.first, head.first), min(old.last, head.last) + 1)
        for number in sorted(was.keys() | now.keys()):
            if number in both and was.get(number) != now.get(number):
                return number
    return None

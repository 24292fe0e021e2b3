"""Usage files, read: what each line says, in one form for every format.

``detect`` tells the format, ``reader_for`` gives its reader, ``lines_for`` the lines it still has to read.
Nothing here knows of members, mandates or licences, or touches the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Literal

from quire.core.errors import Invalid
from quire.society.usage.formats import access_log, hourly
from quire.society.usage.formats.agents import Agent, AgentBook, load
from quire.society.usage.formats.assets import is_asset
from quire.society.usage.formats.bulk import STRIDE, Piece, Pieces, pieces_for
from quire.society.usage.formats.lines import Position, RawLine, open_lines, safe
from quire.society.usage.formats.packed import length_of
from quire.society.usage.formats.rows import Heading, Read, Reader, Registered, Row

__all__ = [
    "STRIDE",
    "Agent",
    "AgentBook",
    "Format",
    "Heading",
    "Piece",
    "Pieces",
    "Position",
    "RawLine",
    "Read",
    "Reader",
    "Registered",
    "Row",
    "UnknownFormat",
    "detect",
    "is_asset",
    "length_of",
    "lines_for",
    "load",
    "open_lines",
    "pieces_for",
    "reader_for",
    "safe",
]

Format = Literal["access-log", "hourly"]

_LOOKED_AT = 1000


class UnknownFormat(Invalid):
    """A file that is neither an access log nor hourly counts."""

    code = "usage.unknown-format"


def detect(path: Path | str) -> Format:
    """The format of a file, told by the first of its first thousand lines that fits one.

    An empty file is an access log with nothing in it. Raises ``UnknownFormat`` when nothing fits, and
    what ``open_lines`` raises.
    """
    problem = ""
    for raw in islice(open_lines(path), _LOOKED_AT):
        if raw.problem:
            problem = problem or raw.problem
            continue
        if not raw.data.strip():
            continue
        if isinstance(access_log.parse(raw.data), access_log.Entry):
            return "access-log"
        if not isinstance(hourly.parse(raw.data), hourly.Problem):
            return "hourly"
        problem = problem or f"its line {raw.number} begins with {safe(raw.data, 60)}"
    if not problem:
        return "access-log"
    raise UnknownFormat(
        f"The file {path} is neither an access log (Apache, nginx: common or combined) nor hourly counts "
        f"(timestamp,bot_name,request_count,host,path): {problem.rstrip('.')}.",
        path=str(path),
    )


def reader_for(
    form: Format, book: AgentBook, default_host: str | None, registered: Registered
) -> access_log.Reader | hourly.Reader:
    """A fresh reader of one file of that format. Raises ``BadAddress`` when ``default_host`` is no host."""
    kind = access_log.Reader if form == "access-log" else hourly.Reader
    return kind(book, default_host, registered)


def lines_for(reader: Reader, path: Path | str, start: Position | None = None) -> Iterator[RawLine]:
    """The lines of ``path`` after ``start``, for a fresh ``reader`` to read.

    A reader whose state hangs on the lines before is shown them first, which costs the time of reading
    them; the fingerprints after ``start`` are then those of an import that was never interrupted.
    """
    if start is None or not reader.replays:
        yield from open_lines(path, start)
        return
    for raw in open_lines(path):
        if raw.number > start.line:
            yield raw
        else:
            reader.replay(raw)

"""Usage files, read: what each line says, in one form for every format.

``detect`` tells the format, ``reader_for`` gives its reader, ``lines_for`` the lines it still has to read.
Nothing here knows of members, mandates or licences, or touches the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

from quire.core.agents import Agent, AgentBook
from quire.core.errors import Invalid
from quire.society.kit.agents import load
from quire.society.usage.formats import access_log, cloudflare, cloudfront, hourly, nginx_json, telling
from quire.society.usage.formats.assets import is_asset
from quire.society.usage.formats.bulk import Piece, Pieces, pieces_for
from quire.society.usage.formats.crew import Crew, Task, crew_for
from quire.society.usage.formats.lines import Position, RawLine, open_lines, safe
from quire.society.usage.formats.packed import length_of
from quire.society.usage.formats.rows import Heading, Read, Reader, Registered, Row

__all__ = [
    "Agent",
    "AgentBook",
    "Crew",
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
    "Task",
    "UnknownFormat",
    "crew_for",
    "detect",
    "hostless",
    "is_asset",
    "length_of",
    "lines_for",
    "load",
    "open_lines",
    "pieces_for",
    "reader_for",
    "safe",
]

Format = Literal["access-log", "nginx-json", "cloudflare", "cloudfront", "hourly"]

_LOOKED_AT = 1000


class UnknownFormat(Invalid):
    """A file that is no log of a kind that is known, and no hourly counts."""

    code = "usage.unknown-format"


class _Seen(NamedTuple):
    """What a line is by one format: ``entry``, or a header of it; and whether it names a host."""

    entry: bool
    host: str | None = None


def detect(path: Path | str) -> Format:
    """The format of a file, told by the first of its first thousand lines that fits one.

    An empty file is an access log with nothing in it. Raises ``UnknownFormat`` when nothing fits, and
    what ``open_lines`` raises.
    """
    problem = ""
    readings = _readings()
    for raw in islice(open_lines(path), _LOOKED_AT):
        if raw.problem:
            problem = problem or raw.problem
            continue
        if not raw.data.strip():
            continue
        for form, reading in readings.items():
            if reading(raw.data) is not None:
                return form
        problem = problem or _what_is_wrong(raw)
    if not problem:
        return "access-log"
    raise UnknownFormat(
        f"The file {path} is neither an access log (Apache, nginx: common, combined or JSON), nor "
        "a log of Cloudflare (Logpush, http_requests) or CloudFront (standard), nor hourly counts "
        f"(timestamp,bot_name,request_count,host,path): {problem.rstrip('.')}.",
        path=str(path),
    )


def _what_is_wrong(raw: RawLine) -> str:
    """Of JSON, what it lacks: whoever set the log up can add it."""
    if raw.data.lstrip().startswith(b"{"):
        parsed = (cloudflare if b'"ClientRequest' in raw.data else nginx_json).parse(raw.data)
        if isinstance(parsed, telling.Problem):
            return f"of its line {raw.number}, {parsed.reason}"
    return f"its line {raw.number} begins with {safe(raw.data, 60)}"


def hostless(path: Path | str, form: Format) -> int | None:
    """The number of the first entry, among the first thousand lines, that does not say whose log it is."""
    reading = _readings()[form]
    for raw in islice(open_lines(path), _LOOKED_AT):
        seen = None if raw.problem else reading(raw.data)
        if seen is not None and seen.entry and seen.host is None:
            return raw.number
    return None


def _readings() -> dict[Format, Callable[[bytes], _Seen | None]]:
    """What tells a line of each format, in the order they are tried; fresh, as one remembers lines."""
    columns = cloudfront.Parse()
    return {
        "access-log": lambda data: _as_seen(access_log.parse(data)),
        "cloudfront": lambda data: _as_seen(columns(data)) or (_Seen(False) if columns.named else None),
        "cloudflare": lambda data: _as_seen(cloudflare.parse(data)),
        "nginx-json": lambda data: _as_seen(nginx_json.parse(data)),
        "hourly": _hour,
    }


def _hour(data: bytes) -> _Seen | None:
    row = hourly.parse(data)
    return _Seen(False) if row is None else _as_seen(row)


def _as_seen(parsed: object) -> _Seen | None:
    entries = (access_log.Entry, telling.Entry, hourly.Entry)
    return _Seen(True, parsed.host) if isinstance(parsed, entries) else None


def reader_for(
    form: Format, book: AgentBook, default_host: str | None, registered: Registered | None
) -> Reader:
    """A fresh reader of one file of that format. Raises ``BadAddress`` when ``default_host`` is no host.

    Without ``registered`` it may look at lines, where it can look at them apart, and settles nothing.
    """
    if form == "access-log":
        return access_log.Reader(book, default_host, registered)
    if form == "hourly":
        return hourly.Reader(book, default_host, registered or (lambda host, path: False))
    if form == "nginx-json":
        return telling.Reader(nginx_json.parse, b"nginx", book, default_host, registered, trusting=True)
    if form == "cloudflare":
        return telling.Reader(cloudflare.parse, cloudflare.KIND, book, default_host, registered)
    return telling.Reader(cloudfront.Parse(), cloudfront.KIND, book, default_host, registered, apart=False)


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

"""Hourly counts: a CSV file of how often an agent fetched an address within a window of time.

    timestamp,bot_name,request_count,host,path
    2026-02-23T20:00:00Z - 2026-02-23T21:00:00Z,ClaudeBot,3,example.org,/about/

Rows may lack the last cell: that usage is known for the whole site only. A bot that is not in the list
of agents makes its row unreadable, because whoever exported the file calls it an AI crawler and only the
list can say whose and for what; once it has a name there, the file can be imported again. There is no
status in such a file: what it lists was answered.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from quire.core.agents import AgentBook
from quire.core.errors import Invalid
from quire.core.urls import canonical_host, canonical_path
from quire.society.usage.formats.assets import looks_like_asset
from quire.society.usage.formats.lines import RawLine, safe
from quire.society.usage.formats.rows import (
    STRUCTURE,
    Heading,
    Met,
    Read,
    Registered,
    Row,
    fingerprint,
    unreadable,
)

HEADER = ("timestamp", "bot_name", "request_count", "host", "path")
LARGEST_COUNT = 10**12
"""No site answers more in a window: a larger number is a mistake, or meant to break a sum."""
LONGEST_WINDOW = timedelta(days=1)

_MOMENT = r"((?:19|20)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d))"
_WINDOW = re.compile(rf"{_MOMENT} - {_MOMENT}", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,16}")
_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One row, its window half open and in UTC. ``path`` is canonical, ``written`` as the file has it.

    Both are None for the usage of a whole site.
    """

    starts: datetime
    ends: datetime
    bot: str
    count: int
    host: str | None
    path: str | None
    written: str | None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row is no entry, in one sentence; ``requests`` is its count if that could be read."""

    reason: str
    requests: int = 0


def parse(data: bytes) -> Entry | Problem | None:
    """One line, without its end: an entry, its problem, or None for a header or blank. Never raises."""
    cells = _cells(data)
    if isinstance(cells, Problem):
        return cells
    if not any(cells) or tuple(cell.lower() for cell in cells) in (HEADER, HEADER[:4]):
        return None
    if len(cells) not in (4, 5):
        return Problem(f"it has {len(cells)} cells: there must be 4 or 5 ({', '.join(HEADER)}).")
    count = _count(cells[2])
    if isinstance(count, Problem):
        return count
    window = _window(cells[0])
    if isinstance(window, str):
        return Problem(window, count)
    try:
        host = canonical_host(cells[3]) if cells[3] else None
    except Invalid as error:
        return Problem(error.sentence, count)
    path = cells[4] if len(cells) == 5 else ""
    if path and not path.startswith("/"):
        return Problem(f"the path {safe(path, 80)} does not begin with a slash.", count)
    return Entry(*window, cells[1], count, host, canonical_path(path) if path else None, path or None)


class Reader:
    """Puts the rows of one file of hourly counts under their headings.

    A row said twice has one fingerprint, whatever its counts: the second cannot be told from a
    correction, and the caller finds it in conflict. Nothing is remembered from row to row.
    """

    replays = False
    apart = False  # its rows are settled when looked at, by the works on record
    sieve = None

    def __init__(self, book: AgentBook, default_host: str | None, registered: Registered) -> None:
        """``default_host`` is meant where a row names no host. Raises ``BadAddress``."""
        self.book = book
        self.default_host = canonical_host(default_host) if default_host else None
        self.registered = registered

    def read(self, raw: RawLine) -> Read:
        """The heading of one line, and its row when it is usage."""
        if raw.problem:
            return unreadable(raw, raw.problem)
        entry = parse(raw.data)
        if entry is None:
            return STRUCTURE
        if isinstance(entry, Problem):
            return unreadable(raw, entry.reason, entry.requests)
        return self._visits(raw, entry)

    def look(self, raw: RawLine) -> Read:
        """The same: a row stands for itself."""
        return self.read(raw)

    def settle(self, met: Met) -> Read:
        """Never asked: nothing is met that hangs on other rows."""
        raise TypeError(f"Line {met.line} of hourly counts was settled when it was looked at.")

    def replay(self, raw: RawLine) -> None:
        """Nothing to do: no row depends on those before it."""

    def _visits(self, raw: RawLine, entry: Entry) -> Read:
        agent = self.book.by_name(entry.bot)
        if agent is None:
            reason = f"the bot {safe(entry.bot, 80) or 'without a name'} is not in the list of agents."
            return unreadable(raw, reason, entry.count)
        if not agent.active(entry.starts):
            return Read(Heading.HUMAN, requests=entry.count)
        host, path = entry.host or self.default_host, entry.path
        if path and looks_like_asset(path) and not (host and self.registered(host, path)):
            return Read(Heading.ASSET, requests=entry.count)
        row = Row(
            starts=entry.starts,
            ends=entry.ends,
            count=entry.count,
            agent=agent.name,
            operator=agent.operator,
            use=agent.use,
            host=host,
            path=path,
            status=None,
            size=None,
            line=raw.number,
            fingerprint=_identity(entry, agent.name, host),
        )
        return Read(Heading.USAGE, row, requests=entry.count)


def _identity(entry: Entry, agent: str, host: str | None) -> int:
    """Of the path as written: to whoever counted, ``/a`` and ``/%61`` were two addresses, each counted."""
    moments = (entry.starts.isoformat().encode(), entry.ends.isoformat().encode())
    return fingerprint(
        b"hour", *moments, agent.encode(), (host or "").encode(), (entry.written or "").encode()
    )


def _cells(data: bytes) -> list[str] | Problem:
    """The cells of one line of CSV (RFC 4180), without the blanks around them."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return Problem("the line is not in UTF-8.")
    if '"' not in text:
        return [cell.strip() for cell in text.split(",")]
    try:
        (cells,) = csv.reader([text], strict=True)
    except (csv.Error, ValueError):
        return Problem("its quotation marks do not match: a quoted cell must end on the line it begins on.")
    return [cell.strip() for cell in cells]


def _count(text: str) -> int | Problem:
    count = int(text) if _COUNT.fullmatch(text) else 0
    if not 0 < count <= LARGEST_COUNT:
        return Problem(f"the count {safe(text, 40)} is not a whole number from 1 to {LARGEST_COUNT}.")
    return count


_windows: dict[str, tuple[datetime, datetime] | str] = {}


def _window(text: str) -> tuple[datetime, datetime] | str:
    """(starts, ends) in UTC, or the sentence that says what is wrong. Windows repeat: they are remembered."""
    if text not in _windows:
        if len(_windows) >= _REMEMBERED:
            _windows.clear()
        _windows[text] = _read_window(text)
    return _windows[text]


def _read_window(text: str) -> tuple[datetime, datetime] | str:
    no_window = f"{safe(text, 80)} is no window such as 2026-02-23T20:00:00Z - 2026-02-23T21:00:00Z."
    written = _WINDOW.fullmatch(text)
    if not written:
        return no_window
    try:
        starts, ends = (datetime.fromisoformat(moment).astimezone(UTC) for moment in written.groups())
    except ValueError:
        return no_window
    if ends <= starts:
        return f"the window {safe(text, 80)} does not end after it starts."
    if ends - starts > LONGEST_WINDOW:
        return f"the window {safe(text, 80)} is longer than a day."
    return starts, ends

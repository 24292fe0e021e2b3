"""Usage told twice: by an overlapping log, by a file that grew, by a log and a dashboard of the same hours.

The first in wins; what comes later is set aside with a reason that names the import it contradicts. Two
rows contradict each other when they have one fingerprint, when they count one agent at one address in two
windows that overlap, or when they tell of one agent on one host in one hour in ways that cannot both be
added: single events and a count of the hour, a count of the whole site and counts of its paths, or what an
edge metered and what a file tells of the same hour.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import duckdb
import numpy as np

from quire.society.usage.formats import Row
from quire.society.usage.lake import put, texts

_HOUR = timedelta(hours=1)
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Hour(NamedTuple):
    """One agent on one host in one hour; ``hour`` counts from 1970, UTC."""

    host: str
    agent: str
    hour: int


class Known:
    """What has been told already, as far as the rows of one chunk could contradict it.

    Sources are places in a list of imports; the caller knows their names.
    """

    def __init__(self) -> None:
        self.told: dict[int, int] = {}  # fingerprint → source
        self.events: dict[Hour, int] = {}
        self.metered: dict[Hour, int] = {}
        self.sites: dict[Hour, int] = {}
        self.paths: dict[Hour, int] = {}
        self.overlaps: dict[int, int] = {}  # line of the chunk's file → source
        self.windows: dict[tuple[Hour, str | None], list[tuple[datetime, datetime, int]]] = {}

    def against(self, row: Row) -> tuple[str, int] | None:
        """Why the row cannot be added, with the source it contradicts; None where it can."""
        if (source := self.told.get(row.fingerprint)) is not None:
            return "the same usage is in it", source
        hourly = row.ends > row.starts
        if hourly and (source := self._overlapping(row)) is not None:
            return "it has a count of this agent at this address for a window that overlaps this one", source
        if not (self.sites or self.paths or self.events or self.metered):
            return None  # the rule, for logs: nothing was counted by the hour there, and there is no edge
        others: tuple[tuple[dict[Hour, int], str], ...]
        others = ((self.metered, "an edge metered this agent in this hour"),)
        others += ((self.events, "it has single requests of this agent in this hour"),) if hourly else ()
        if not hourly or row.path is not None:
            others += ((self.sites, "it has a count of this agent and hour for the whole site"),)
        if not hourly or row.path is None:
            others += ((self.paths, "it has counts of this agent and hour by path"),)
        for hour in hours(row):
            for known, why in others:
                if (source := known.get(hour)) is not None:
                    return why, source
        return None

    def take(self, row: Row, source: int) -> None:
        """Remember an hourly row, so that later rows of its own file meet it too."""
        self.told[row.fingerprint] = source
        known = self.sites if row.path is None else self.paths
        for hour in hours(row):
            known.setdefault(hour, source)
            self.windows.setdefault((hour, row.path), []).append((row.starts, row.ends, source))

    def _overlapping(self, row: Row) -> int | None:
        """The source with another window, of which a part is this row's too; the very same is no overlap:
        addresses written differently were counted each for itself."""
        if row.line in self.overlaps:
            return self.overlaps[row.line]
        for hour in hours(row):
            for starts, ends, source in self.windows.get((hour, row.path), ()):
                if starts < row.ends and row.starts < ends and (starts, ends) != (row.starts, row.ends):
                    return source
        return None


def hours(row: Row) -> Iterator[Hour]:
    """Every hour that the row touches: one for an event, as many as its window has for a count."""
    yield from _hours(row.host or "", row.agent, row.starts, row.ends)


def _hours(host: str, agent: str, starts: datetime, ends: datetime) -> Iterator[Hour]:
    first = (starts - _EPOCH) // _HOUR
    last = max(first, -((_EPOCH - ends) // _HOUR) - 1)
    for hour in range(first, last + 1):
        yield Hour(host, agent, hour)


def span(rows: Sequence[Row]) -> tuple[datetime, datetime]:
    """[from, until) in whole hours: outside of it nothing can contradict these rows."""
    first = min(row.starts for row in rows) - _EPOCH
    last = max(row.ends for row in rows) - _EPOCH
    return _EPOCH + first // _HOUR * _HOUR, _EPOCH + (last // _HOUR + 1) * _HOUR


def known_to(
    db: duckdb.DuckDBPyConnection,
    rows: Sequence[Row],
    sources: Sequence[int],
    edges: Collection[int] = (),
) -> Known:
    """What the lake's files tell of the hosts and hours of ``rows``.

    ``db`` has the view ``sourced`` (``lake.open``), ``sources`` the source of each of its files. Of several
    sources the smallest is named, so the answer does not hang on the engine's order. ``edges`` are the
    sources that were metered: an hour of theirs is told by no file again, whatever it says.
    """
    known = Known()
    if not sources:
        return known
    _hand_over(db, rows, sources)
    starts, ends = span(rows)
    told = db.execute(
        "SELECT fingerprint, min(source) "
        "FROM sourced JOIN origin USING (file) JOIN chunk USING (fingerprint) "
        "WHERE starts >= ? AND starts < ? AND host IN (SELECT host FROM hosts) GROUP BY ALL",
        [starts, ends],
    )
    known.told.update(told.fetchall())
    known.metered.update(_metered(db, starts, ends, edges))
    hourly = any(row.ends > row.starts for row in rows)
    windows = db.execute(
        "SELECT host, agent, epoch_us(starts), epoch_us(ends), path IS NULL, min(source) "
        "FROM sourced JOIN origin USING (file) "
        "WHERE starts < ? AND ends > ? AND ends > starts AND host IN (SELECT host FROM hosts) "
        "GROUP BY ALL",
        [ends, starts],
    ).fetchall()
    for host, agent, first, last, whole, source in windows:
        moments = (_EPOCH + timedelta(microseconds=moment) for moment in (first, last))
        for hour in _hours(host, agent, *moments):
            _earliest(known.sites if whole else known.paths, hour, source)
    if hourly:
        known.overlaps.update(_overlaps(db, rows))
        events = db.execute(
            "SELECT host, agent, epoch_us(starts) // 3600000000 AS hour, min(source) "
            "FROM sourced JOIN origin USING (file) "
            "WHERE starts >= ? AND starts < ? AND ends = starts AND host IN (SELECT host FROM hosts) "
            "GROUP BY ALL",
            [starts, ends],
        ).fetchall()
        known.events.update({Hour(host, agent, hour): source for host, agent, hour, source in events})
    return known


def _metered(
    db: duckdb.DuckDBPyConnection, starts: datetime, ends: datetime, edges: Collection[int]
) -> dict[Hour, int]:
    """The hours that edges metered, and not only took back again."""
    if not edges:
        return {}
    put(db, "edges", {"source": np.array(sorted(edges), dtype=np.int64)})
    found = db.execute(
        "SELECT host, agent, epoch_us(starts) // 3600000000 AS hour, min(source) "
        "FROM sourced JOIN origin USING (file) SEMI JOIN edges USING (source) "
        "WHERE starts >= ? AND starts < ? AND host IN (SELECT host FROM hosts) "
        "GROUP BY ALL HAVING sum(count) > 0",
        [starts, ends],
    ).fetchall()
    return {Hour(host, agent, hour): source for host, agent, hour, source in found}


def _overlaps(db: duckdb.DuckDBPyConnection, rows: Sequence[Row]) -> list[tuple[int, int]]:
    """(line, source) of each row whose window overlaps another in the lake, of the same agent and address."""
    counted = [row for row in rows if row.ends > row.starts]
    columns = {
        "line": np.array([row.line for row in counted], dtype=np.int64),
        "first": np.array([(row.starts - _EPOCH) // _MICROSECOND for row in counted], dtype=np.int64),
        "last": np.array([(row.ends - _EPOCH) // _MICROSECOND for row in counted], dtype=np.int64),
        "host": texts([row.host or "" for row in counted]),
        "agent": texts([row.agent for row in counted]),
        "path": texts([row.path or "" for row in counted]),
    }
    put(db, "counted", columns)
    starts, ends = span(rows)
    return db.execute(
        "SELECT c.line, min(o.source) FROM sourced s JOIN origin o USING (file) JOIN counted c "
        "ON s.host = c.host AND s.agent = c.agent AND coalesce(s.path, '') = c.path "
        "AND epoch_us(s.starts) < c.last AND epoch_us(s.ends) > c.first "
        "AND (epoch_us(s.starts) <> c.first OR epoch_us(s.ends) <> c.last) "
        "WHERE s.starts < ? AND s.ends > ? AND s.ends > s.starts GROUP BY ALL",
        [ends, starts],
    ).fetchall()


def _earliest(known: dict[Hour, int], hour: Hour, source: int) -> None:
    known[hour] = min(source, known.get(hour, source))


def _hand_over(db: duckdb.DuckDBPyConnection, rows: Sequence[Row], sources: Sequence[int]) -> None:
    """The chunk's fingerprints and hosts, and the source of each file, as tables."""
    prints = np.array([row.fingerprint for row in rows], dtype=np.int64)
    put(db, "chunk", {"fingerprint": prints}, "DISTINCT fingerprint")
    put(db, "hosts", {"host": texts(sorted({row.host or "" for row in rows}))})
    put(db, "origin", {"file": np.arange(len(sources)), "source": np.array(sources, dtype=np.int64)})

"""The lines of a chunk as a table: read by DuckDB in bulk, and what does not fit by the core, one by one.

The view ``told`` has a row for each line, and its ``place`` from 0: ``number`` is the one that it must have
there, and ``fits`` says whether the line is an event with that number. Fields that this version does not know
are passed over, so that a newer edge is understood. Lines are wide and kept once, in the table ``lines``;
what is found out about them goes into one narrow table by place, made in a single pass over the view.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from quire.core import events
from quire.society.usage import lake
from quire.society.usage.blotting import without_addresses
from quire.society.usage.compaction.reading import Chunk
from quire.society.usage.formats import safe

# sql in this file: column names are this file's own, and the path goes through ``lake.literal``.

_FIELDS = {
    "n": "BIGINT", "t": "VARCHAR", "kind": "VARCHAR", "host": "VARCHAR", "path": "VARCHAR",
    "outcome": "VARCHAR", "code": "VARCHAR", "status": "BIGINT", "size": "BIGINT", "agent": "VARCHAR",
    "evidence": "VARCHAR", "licence": "VARCHAR", "licensee": "VARCHAR", "use": "VARCHAR", "jti": "VARCHAR",
    "request": "VARCHAR", "charged": "VARCHAR", "currency": "VARCHAR", "telemetry": "VARCHAR",
    "allowance": "VARCHAR",
    "count": "BIGINT", "of": "BIGINT", "from": "BIGINT", "to": "BIGINT",
}  # fmt: skip

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST_COUNT = 10**12
DECIDES = "host <> '' AND starts_with(path, '/') AND length(path) <= 8192"
"""What at least must be so of a line that is a decision: who looks addresses up asks for no more."""
_DECISION = (
    f"{DECIDES} AND outcome IN ('admitted', 'charged', 'refused') "
    "AND coalesce(status, 200) BETWEEN 100 AND 999 "
    "AND coalesce(size, 0) >= 0 AND (charged IS NULL) = (currency IS NULL) "
    "AND (charged IS NULL OR (regexp_full_match(charged, '[0-9]{1,6}\\.[0-9]{12}') "
    "AND regexp_full_match(currency, '[A-Z]{3}')))"
)
_FITS = (
    "n = number AND moment IS NOT NULL AND length(t) IN (20, 27) AND t[-1] = 'Z' AND moment <= latest "
    "AND moment >= '2020-01-01 00:00:00Z'::TIMESTAMPTZ AND CASE "
    f"WHEN kind IS NULL THEN {_DECISION} "
    f"WHEN kind = 'people' THEN host <> '' AND count BETWEEN 0 AND {_LARGEST_COUNT} "
    "WHEN kind = 'void' THEN \"of\" BETWEEN 1 AND n - 1 "
    'WHEN kind = \'lost\' THEN "from" = n AND "to" >= n ELSE false END'
)


def read(db: duckdb.DuckDBPyConnection, chunk: Chunk, latest: datetime) -> None:
    """Make the view ``told`` of a chunk. ``latest`` is the moment after which no event can have been."""
    try:
        lines = _bulk(db, chunk.text)
    except duckdb.Error:
        lines = -1
    if lines != chunk.lines:  # something in it that DuckDB does not take for a line
        lines = _bulk(db, _mended(chunk))
    number, source = f"{chunk.first} + lines.rowid", "lines"
    until = f"make_timestamptz({(latest - _EPOCH) // timedelta(microseconds=1)})"
    if not chunk.straight:
        lake.put(db, "numbers", {"number": chunk.numbers()})
        number, source = "numbers.number", "lines POSITIONAL JOIN numbers"
    db.execute(
        f"CREATE OR REPLACE TEMP VIEW told AS SELECT *, coalesce({_FITS}, false) AS fits FROM ("  # noqa: S608
        f"SELECT lines.*, lines.rowid AS place, ({number})::BIGINT AS number, {until} AS latest, "
        f"try_cast(t AS TIMESTAMPTZ) AS moment FROM {source})"
    ).fetchall()


def unreadable(db: duckdb.DuckDBPyConnection, chunk: Chunk, most: int) -> Iterator[tuple[int, str, str]]:
    """(number, reason, excerpt) of the first ``most`` lines that do not fit; ``known`` is there."""
    rows = db.execute(
        "SELECT place, number FROM known WHERE NOT fits ORDER BY place LIMIT ?", [most]
    ).fetchall()
    wanted = dict(rows)
    if not wanted:
        return
    for place, line in enumerate(_lines(chunk)):
        if place in wanted:
            excerpt = without_addresses(safe(line))
            yield wanted[place], _reason(line, wanted[place]), excerpt
            if place == rows[-1][0]:
                return


def _reason(line: bytes, number: int) -> str:
    try:
        event = events.decode(line)
    except events.NotAnEvent as problem:
        return problem.sentence
    if event.number != number:
        return f"it has the number {event.number} where {number} follows."
    if event.kind == "void":
        return "it takes back an event that is not before it."
    return "its time, or a number in it, cannot be right."


def _bulk(db: duckdb.DuckDBPyConnection, text: Path) -> int:
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in _FIELDS.items())
    db.execute(
        f"CREATE OR REPLACE TEMP TABLE lines AS SELECT * FROM read_json({lake.literal(str(text))}, "  # noqa: S608
        f"format = 'newline_delimited', columns = {{{columns}}}, ignore_errors = true, "
        f"maximum_object_size = {2 * events.MAX_LINE}, auto_detect = false)"
    ).fetchall()
    ((lines,),) = db.execute("SELECT count(*) FROM lines").fetchall()
    return int(lines)


def _mended(chunk: Chunk) -> Path:
    """A copy with an object without anything in the place of each line that is no event to the core."""
    with chunk.mended.open("wb") as out:
        for line in _lines(chunk):
            try:
                events.decode(line)
                out.write(line)
            except events.NotAnEvent:
                out.write(b"{}\n")
    return chunk.mended


def _lines(chunk: Chunk) -> Iterator[bytes]:
    with chunk.text.open("rb") as file:
        yield from file

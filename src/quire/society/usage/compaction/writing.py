"""What was judged, on the disk: rows of usage, voids of earlier ones, visits, and lines set aside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b

import duckdb

from quire.society.usage import lake
from quire.society.usage.compaction import judging, told
from quire.society.usage.compaction.judging import Sums
from quire.society.usage.compaction.reading import Chunk
from quire.society.usage.listed import paths_of_import
from quire.society.usage.models import Import, Piece, VisitFile

# sql in this file: what is put together are this file's own words and numbers, and the lake's column names.

_STEP = 0x9E3779B97F4A7C15  # odd, so that no two events of a spool have one fingerprint
_ROWS = {
    "line": "number", "starts": "moment", "ends": "moment", "count": "1::BIGINT",
    "agent": "coalesce(agent, '')", "operator": "operator", "use": "meant", "status": "status::SMALLINT",
    "charged": "replace(charged, '.', '')::BIGINT",
}  # fmt: skip
_VISIT = (
    "number AS line, moment, heading, outcome, code, host, path, status, size, agent, evidence, licence, "
    "licensee, use, charged, currency, request, jti, telemetry"
)


def usage(
    db: duckdb.DuckDBPyConnection, record: Import, chunk: Chunk, sums: Mapping[str, Sums]
) -> tuple[lake.Written | None, int]:
    """The file of the rows that count and of voids of rows in earlier files, if any; and how many voids.

    The rows lie as the events came, and voids after them: sorted by path they would take half as much again,
    and be counted no sooner. One thread and the same plan make the same bytes.
    """
    late = _late(db, record, chunk)
    _fresh(db, record)
    if not sums.get("usage") and not late:
        return None, late
    path = f"{lake.folder_of(record.tid)}/{chunk.first}.parquet"
    brief = (
        "SELECT moment AS starts, moment AS ends, 1 AS count FROM judged WHERE heading = 'usage' "
        "UNION ALL SELECT starts, ends, count FROM voids"
    )
    return lake.write_table(db, "fresh", path, order="", brief=brief), late


def visits(db: duckdb.DuckDBPyConnection, piece: Piece, record: Import, sums: Mapping[str, Sums]) -> None:
    """The file of what did not count, listed, if there is any."""
    if (span := judging.span_of(sums, judging.VISITS)) is None:
        return
    headings = ", ".join(map(lake.literal, judging.VISITS))
    path = f"lake/visits/{record.tid}/{piece.first}.parquet"
    chosen = f"SELECT {_VISIT} FROM events WHERE heading IN ({headings}) ORDER BY number"  # noqa: S608
    digest = lake.copy(db, chosen, path)
    rows = sum(sums[heading].rows for heading in judging.VISITS if heading in sums)
    VisitFile.objects.create(piece=piece, path=path, digest=digest, rows=rows, starts=span[0], ends=span[1])


def set_aside(db: duckdb.DuckDBPyConnection, chunk: Chunk, most: int) -> Iterator[tuple[int, str, str, str]]:
    """(number, heading, reason, excerpt) of everything set aside; of what is unreadable at most ``most``."""
    left = max(0, most)
    for number, reason, excerpt in told.unreadable(db, chunk, left):
        left -= 1
        yield number, "unreadable", reason[:300], excerpt
    rows = db.execute(
        "SELECT number, heading, reason, coalesce(agent, licensee, '') || ' ' || host || path || ' ' || t "
        "FROM events WHERE heading IN ('unreadable', 'conflicting') ORDER BY number"
    )
    while batch := rows.fetchmany(10_000):
        for number, heading, reason, excerpt in batch:
            if heading == "unreadable" and left <= 0:
                continue
            left -= heading == "unreadable"
            yield number, heading, reason[:300], excerpt[:300]


def _fresh(db: duckdb.DuckDBPyConnection, record: Import) -> None:
    """Make the view ``fresh``: the rows of the lake that this chunk adds, and the voids."""
    base = int.from_bytes(blake2b(record.id.bytes, digest_size=8).digest(), "big")
    whole = f"((number::HUGEINT * {_STEP} + {base}) & {2**64 - 1}::HUGEINT)"
    columns = {name: name for name, _ in lake.COLUMNS} | _ROWS
    columns["fingerprint"] = f"CASE WHEN {whole} < {2**63} THEN {whole} ELSE {whole} - {2**64} END::BIGINT"
    chosen = ", ".join(f"{columns[name]} AS {name}" for name, _ in lake.COLUMNS)
    db.execute(
        f"CREATE OR REPLACE TEMP VIEW fresh AS SELECT {chosen} FROM events "  # noqa: S608
        "WHERE heading = 'usage' UNION ALL BY NAME SELECT * FROM voids"
    ).fetchall()


def _late(db: duckdb.DuckDBPyConnection, record: Import, chunk: Chunk) -> int:
    """Make the table ``voids``: one for every row of an earlier file that is taken back; how many."""
    nothing = ", ".join(f"NULL::{kind} AS {name}" for name, kind in lake.COLUMNS)
    db.execute(f"CREATE OR REPLACE TEMP TABLE voids AS SELECT {nothing} WHERE false").fetchall()
    db.execute(
        'CREATE OR REPLACE TEMP TABLE late AS SELECT "of" AS line FROM taken WHERE "of" < ?',
        [chunk.first],
    ).fetchall()
    ((some,),) = db.execute("SELECT count(*) FROM late").fetchall()
    if not some:
        return 0
    lake.look(db, paths_of_import(record))
    names = ", ".join(name for name, _ in lake.COLUMNS if name != "count")
    every = ", ".join("-sum(count)::BIGINT AS count" if name == "count" else name for name, _ in lake.COLUMNS)
    with lake.damage_told():
        db.execute(
            f"CREATE OR REPLACE TEMP TABLE voids AS SELECT {every} FROM usage "  # noqa: S608
            f"WHERE line IN (SELECT line FROM late) GROUP BY {names} HAVING sum(count) > 0 "
            "ORDER BY line, site, work"
        ).fetchall()
    ((voids,),) = db.execute("SELECT count(*) FROM voids").fetchall()
    return int(voids)

"""Both sides in DuckDB: what edges and logs counted, what labs reported, and which is which.

Tables that come of it. ``site``: a row for each request that an edge let in under a licence. ``lab``: one for
each event of a retrieval. Both with ``place``, ``licensee`` (code), ``licence`` (code), ``moment``
(microseconds since 1970), ``day``, ``host``, ``path`` and ``telemetry``. ``paired``: their places, one to
one, and ``how``. ``counted``: requests by licensee, host and day that are known by their number alone, from
logs and of agents without a token. ``left_over``: reported events of the period without a partner; ``rest``
is how many requests known by number alone there are of its licensee on its host and day, NULL for none, and
``turn`` its place among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import duckdb
from django.db import connection

from quire.society.kit import config
from quire.society.licensing import queries as licensing
from quire.society.licensing.queries import LicenceRow
from quire.society.usage import lake
from quire.society.usage.listed import paths_of
from quire.society.usage.models import ReportedEvent
from quire.society.usage.reports.pairing import pair

# sql in this file: what is put together are this file's own words and numbers, and the models' names; every
# value that comes from outside is a parameter, or goes through ``lake.literal``.

SAME_ID = timedelta(days=1)
"""How far apart two records of one Content-Telemetry-ID may be."""
SAME_PAGE = timedelta(minutes=10)
"""How far apart a request and a report of the same page under the same licence may be."""
MARGIN = timedelta(days=2)
"""So much before and after the period is looked at as well, for partners across its ends."""

_DAY = 86_400_000_000
_LAB = {
    "id": "VARCHAR", "licence_id": "VARCHAR", "moment": "BIGINT", "host": "VARCHAR", "path": "VARCHAR",
    "content": "VARCHAR", "telemetry": "VARCHAR",
}  # fmt: skip
_DATE = f"(DATE '1970-01-01' + (moment // {_DAY})::INTEGER)"


@contextmanager
def both_sides(
    starts: date, ends: date, licences: Sequence[LicenceRow]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the tables above, of these licences and licensees, for the days [starts, ends)."""
    with lake.reading(paths_of(starts - MARGIN, ends + MARGIN)) as db:
        _scope(db, licences)
        span = [_midnight(starts - MARGIN), _midnight(ends + MARGIN)]
        _site(db, span)
        _lab(db, licences, span)
        db.execute("CREATE TEMP TABLE paired (site BIGINT, lab BIGINT, how VARCHAR)").fetchall()
        _pair(db, "id", ("licence", "telemetry"), "telemetry <> ''", SAME_ID)
        _pair(db, "page", ("licence", "host", "path"), "host <> ''", SAME_PAGE)
        _counted(db, [_midnight(starts), _midnight(ends)])
        _left_over(db, starts, ends)
        yield db


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _scope(db: duckdb.DuckDBPyConnection, licences: Sequence[LicenceRow]) -> None:
    """Tables of the licences, and of the names under which usage is told of their licensees."""
    lake.put(db, "granted", {
        "id": lake.texts([str(row.id) for row in licences]),
        "tid": lake.texts([row.tid for row in licences]),
        "licence": lake.texts([row.code for row in licences]),
        "licensee": lake.texts([row.licensee_code for row in licences]),
    })  # fmt: skip
    names = {name: row.licensee_code for row in licences for name in (*row.operators, row.licensee_tid)}
    lake.put(db, "operators", {
        "operator": lake.texts(list(names)), "licensee": lake.texts(list(names.values()))
    })  # fmt: skip


def _site(db: duckdb.DuckDBPyConnection, span: list[datetime]) -> None:
    """What voids took away is not there; a row that changed owner is there once."""
    db.execute(
        "CREATE TEMP TABLE site AS SELECT row_number() OVER (ORDER BY moment, fingerprint) - 1 AS place, *, "  # noqa: S608
        f"{_DATE} AS day FROM ("
        "SELECT fingerprint, g.licensee, g.licence, epoch_us(starts) AS moment, host, "
        "coalesce(path, '') AS path, lower(coalesce(telemetry, '')) AS telemetry, "
        "coalesce(request, '') AS request "
        "FROM usage u JOIN granted g ON u.licence = g.tid "
        "WHERE starts >= ? AND starts < ? GROUP BY ALL HAVING sum(count) > 0)",
        span,
    ).fetchall()


def _lab(db: duckdb.DuckDBPyConnection, licences: Sequence[LicenceRow], span: list[datetime]) -> None:
    """By COPY through a file that only this process sees: ten million rows are no list in memory."""
    place = config.private("tmp") / f"reported-{uuid4().hex}.csv"
    names = ", ".join(_LAB).replace("moment,", "(extract(epoch FROM at) * 1000000)::bigint,")
    statement = (
        f"COPY (SELECT {names} FROM {ReportedEvent._meta.db_table} WHERE kind = 'retrieved' "  # noqa: S608
        "AND licence_id = ANY(%s) AND at >= %s AND at < %s) TO STDOUT (FORMAT csv)"
    )
    try:
        given = [[row.id for row in licences], *span]
        with place.open("wb") as out, connection.cursor() as run, run.copy(statement, given) as copy:
            for data in copy:
                out.write(data)
        columns = ", ".join(f"'{name}': '{kind}'" for name, kind in _LAB.items())
        db.execute(
            "CREATE TEMP TABLE lab AS SELECT row_number() OVER (ORDER BY moment, id) - 1 AS place, licensee, "  # noqa: S608
            f"licence, moment, {_DATE} AS day, coalesce(host, '') AS host, coalesce(path, '') AS path, "
            "coalesce(content, '') AS content, coalesce(telemetry, '') AS telemetry "
            f"FROM (SELECT t.*, g.licensee, g.licence FROM read_csv({lake.literal(str(place))}, "
            f"header = false, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
            f"columns = {{{columns}}}) t JOIN granted g ON t.licence_id = g.id)"
        ).fetchall()
    finally:
        place.unlink(missing_ok=True)


def _pair(
    db: duckdb.DuckDBPyConnection, how: str, names: Sequence[str], where: str, window: timedelta
) -> None:
    """Find partners for what has none yet, among rows that agree in ``names``."""
    same = ", ".join(names)
    db.execute(
        f"CREATE OR REPLACE TEMP TABLE keys AS SELECT {same}, row_number() OVER () AS key FROM ("  # noqa: S608
        f"SELECT {same} FROM site WHERE {where} INTERSECT SELECT {same} FROM lab)"
    ).fetchall()
    sides = [
        db.execute(
            f"SELECT key, moment, place FROM {side} JOIN keys USING ({same}) "  # noqa: S608
            f"WHERE place NOT IN (SELECT {side} FROM paired) ORDER BY key, moment, place"
        ).fetchnumpy()
        for side in ("site", "lab")
    ]
    site, lab = sides
    ours, theirs = pair(
        site["key"], site["moment"], lab["key"], lab["moment"], window // timedelta(microseconds=1)
    )
    lake.put(db, "found", {"site": site["place"][ours], "lab": lab["place"][theirs]})
    db.execute(f"INSERT INTO paired SELECT site, lab, {lake.literal(how)} FROM found").fetchall()  # noqa: S608


def _counted(db: duckdb.DuckDBPyConnection, span: list[datetime]) -> None:
    db.execute(
        "CREATE TEMP TABLE counted AS SELECT licensee, host, day, sum(count)::BIGINT AS requests FROM ("  # noqa: S608
        f"SELECT o.licensee, u.host, u.count, {_DATE} AS day "
        "FROM (SELECT *, epoch_us(starts) AS moment FROM usage) u JOIN operators o USING (operator) "
        "WHERE coalesce(u.licence, '') = '' AND starts >= ? AND starts < ?"
        ") GROUP BY licensee, host, day HAVING sum(count) > 0",
        span,
    ).fetchall()


def _left_over(db: duckdb.DuckDBPyConnection, starts: date, ends: date) -> None:
    db.execute(
        "CREATE TEMP TABLE left_over AS SELECT lab.*, c.requests AS rest, "
        "row_number() OVER (PARTITION BY lab.licensee, lab.host, lab.day ORDER BY lab.place) AS turn "
        "FROM lab LEFT JOIN counted c USING (licensee, host, day) "
        "WHERE lab.place NOT IN (SELECT lab FROM paired) AND lab.day >= ? AND lab.day < ?",
        [starts, ends],
    ).fetchall()


def licences_in_scope(licence: str = "") -> list[LicenceRow]:
    """All licences; or with ``licence`` (code or TypeID) those of its licensee. Raises ``Unknown``."""
    rows = licensing.licences()
    if not licence:
        return rows
    whose = licensing.licence(licence).licensee
    return [row for row in rows if row.licensee == whose]

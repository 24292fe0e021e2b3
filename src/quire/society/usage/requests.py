"""The requests that a count is made of: of one work or site, day by day and address by address.

A person who asks why an amount is what it is ends here. Nobody who asked for a page is in it: only agents.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from quire.core.terms import USES
from quire.society.kit import ids
from quire.society.usage import counting, engines, kept_out, lake
from quire.society.usage.listed import paths_of

MOST = 500
"""Rows that are listed; the sum is always of all."""

# sql in this file: names of views and columns are its own words; every text and date is a parameter.


@dataclass(frozen=True, slots=True)
class Requested:
    """Requests of one day for one address by one agent; ``path`` is empty where only the host is known."""

    day: date
    host: str
    path: str
    agent: str
    operator: str
    use: str
    requests: int


@dataclass(frozen=True, slots=True)
class Requests:
    """The first MOST rows, by day; ``total`` requests in ``rows_in_all`` rows."""

    rows: tuple[Requested, ...]
    total: int
    rows_in_all: int


def requests_of(
    subject: str, starts: date, ends: date, *, operators: Collection[str] | None = None, use: str = ""
) -> Requests:
    """Requests for a work or site (TypeID) that began in [starts, ends), as runs count them: without what its
    site keeps out. Of these ``operators`` and this ``use`` alone, where they are named. BadId.
    """
    of = ids.read(subject.partition("_")[0], subject)
    where = "coalesce(work, site) = ?::UUID AND starts >= ? AND starts < ?"
    params: list[Any] = [str(of), *(datetime.combine(day, time(), UTC) for day in (starts, ends))]
    if operators is not None:
        named = counting.spelt(operators)
        where += f" AND operator IN ({', '.join('?' * len(named)) or 'NULL'})"
        params += named
    if use in USES:
        where += " AND use = ?"
        params.append(use)
    with engines.reading(paths_of(starts, ends)) as db, lake.damage_told():
        source = kept_out.part(db, starts, ends)
        grouped = (
            "SELECT epoch_us(starts) // 86400000000 AS day, host, path, agent, operator, use, "  # noqa: S608
            f"sum(count)::BIGINT AS requests FROM {source} WHERE {where} "
            "GROUP BY ALL HAVING sum(count) <> 0"
        )
        rows = db.execute(
            f"SELECT * FROM ({grouped}) ORDER BY ALL LIMIT {MOST}",  # noqa: S608
            params,
        ).fetchall()
        ((total, several),) = db.execute(
            f"SELECT coalesce(sum(requests), 0)::BIGINT, count(*) FROM ({grouped})",  # noqa: S608
            params,
        ).fetchall()
    return Requests(tuple(_row(*row) for row in rows), int(total), int(several))


def _row(day: int, host: str, path: str | None, agent: str, operator: str, use: str, count: int) -> Requested:
    return Requested(
        date.fromordinal(date(1970, 1, 1).toordinal() + day), host, path or "", agent, operator, use, count
    )

"""Usage on addresses of nobody: hosts that crawlers visited and no party has registered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from quire.society.kit.periods import Period
from quire.society.mandates import queries as mandates
from quire.society.usage import engines, lake, on_record
from quire.society.usage.listed import paths_of

MOST = 5_000
"""Hosts and operators that are looked at, those with the most requests first."""


@dataclass(frozen=True, slots=True)
class Stray:
    """Requests of one operator on one host of nobody's; ``licensee`` is a party's TypeID, or None."""

    host: str
    operator: str
    licensee: str | None
    requests: int


def strays(starts: date, ends: date) -> list[Stray]:
    """What began in [starts, ends) on hosts that nobody has registered, the most requests first."""
    with engines.reading(paths_of(starts, ends)) as db, lake.damage_told():
        rows = db.execute(
            "SELECT host, operator, sum(count)::BIGINT AS requests FROM usage "
            "WHERE work IS NULL AND site IS NULL AND starts >= ? AND starts < ? "
            "GROUP BY ALL HAVING sum(count) > 0 ORDER BY requests DESC, host, operator LIMIT ?",
            [*(datetime.combine(day, time(), UTC) for day in (starts, ends)), MOST],
        ).fetchall()
    known = on_record.licensees(mandates.direct_licences(period=Period(starts, ends)))
    return [Stray(host or "", by, known.get(by.casefold()), requests) for host, by, requests in rows]

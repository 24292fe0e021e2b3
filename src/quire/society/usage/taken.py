"""What one licensee took, as the society counts it: by day, site and use, as a list that is summed in the
lake.

Counted like runs count: without what a site keeps out of a use. Names no page, only days and hosts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from quire.core.money import Money
from quire.society.kit.paging import COUNTED, SIZES, Asked, BadPage, Filter, Page
from quire.society.usage import counting, engines, kept_out, lake
from quire.society.usage.listed import paths_of

# sql in this file: names of views and columns are its own words; every text and date is a parameter.

BY: Mapping[str, Sequence[str]] = {
    "all": ("day", "host", "use"),
    "day": ("day",),
    "host": ("host",),
    "use": ("use",),
    "day_use": ("day", "use"),
}
"""What the rows may be summed by, and the columns that tell them apart."""
_SORTS = {"day": "day", "host": "host", "use": "use", "requests": "requests", "charged": "charged"}
_DAY = "(epoch_us(starts) // 86400000000)::BIGINT"


@dataclass(frozen=True, slots=True)
class TakenRow:
    """Requests of one day, host and use (None and "" for what it is summed over), and what was ``charged``
    for them one by one; None where they were not."""

    day: date | None
    host: str
    use: str
    requests: int
    charged: Money | None


@dataclass(frozen=True)
class Taken:
    """Requests by these operators' names that began in [starts, ends), on one ``host`` and for one ``use``
    where that is said, summed by one of BY; the last day first, else the most requests. What was charged
    stands apart from what was not."""

    operators: Sequence[str]
    starts: date
    ends: date
    by: str = "all"
    host: str = ""
    use: str = ""
    sorts: Mapping[str, str] = field(default_factory=lambda: _SORTS)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    searched: bool = False

    def page(self, asked: Asked) -> Page[TakenRow]:
        """The rows after ``asked.after``, which is a number. BadPage for what the list does not know."""
        if asked.size not in range(1, max(SIZES) + 1):
            raise BadPage(f"A page has 1 to {max(SIZES)} rows.")
        if asked.after and not (asked.after.isascii() and asked.after.isdigit() and len(asked.after) < 10):
            raise BadPage("This page does not exist; begin at the list's first.")
        begins = int(asked.after or 0)
        rows = self._rows(asked, begins, asked.size)
        counted = rows[0][-1] if rows else 0
        ends = begins + asked.size
        after = str(ends) if ends < counted else ""
        return Page(tuple(map(_row, rows)), after, min(counted, COUNTED), counted > COUNTED)

    def every(self, asked: Asked) -> Iterator[TakenRow]:
        """Every row that is asked for, in order."""
        yield from map(_row, self._rows(asked, 0, 10**9))

    def _rows(self, asked: Asked, begins: int, count: int) -> list[tuple[Any, ...]]:
        if not self.operators:
            return []
        where, params = self._where(asked)
        shown = ", ".join(
            (f"{_DAY} AS day" if name == "day" else name) if name in BY[self.by] else f"NULL AS {name}"
            for name in ("day", "host", "use")
        )
        with engines.reading(paths_of(self.starts, self.ends)) as db, lake.damage_told():
            source = kept_out.part(db, self.starts, self.ends)
            grouped = (
                f"SELECT {shown}, sum(count)::BIGINT AS requests, sum(charged)::BIGINT AS charged, "  # noqa: S608
                f"coalesce(currency, '') AS currency FROM {source} WHERE {where} GROUP BY ALL "
                "HAVING sum(count) <> 0 OR sum(charged) <> 0"
            )
            found: list[tuple[Any, ...]] = db.execute(
                f"SELECT *, count(*) OVER () AS whole FROM ({grouped}) ORDER BY {self._order(asked.sort)} "  # noqa: S608
                f"LIMIT {int(count)} OFFSET {int(begins)}",
                params,
            ).fetchall()
        return found

    def _where(self, asked: Asked) -> tuple[str, list[Any]]:
        names = counting.spelt(self.operators)
        where = f"starts >= ? AND starts < ? AND operator IN ({', '.join('?' * len(names))})"
        params: list[Any] = [datetime.combine(day, time(), UTC) for day in (self.starts, self.ends)]
        params += names
        if unknown := [name for name, value in asked.filters.items() if value]:
            raise BadPage(f"This list has no filter {unknown[0][:40]!r}; it has none.")
        for name, value in (("host", self.host.strip().lower()), ("use", self.use)):
            if value:
                where += f" AND {name} = ?"
                params.append(value)
        return where, params

    def _order(self, sort: str) -> str:
        name = sort.removeprefix("-")
        if name and name not in self.sorts:
            raise BadPage(f"This list is not sorted by {name[:40]!r}; it is by {', '.join(self.sorts)}.")
        first = f"{name} {'DESC' if sort.startswith('-') else 'ASC'} NULLS LAST, " if name else ""
        own = "day DESC, " if "day" in BY[self.by] else ""
        return f"{first}{own}requests DESC, host, use, currency"


def _row(found: tuple[Any, ...]) -> TakenRow:
    day, host, use, requests, charged, currency, _whole = found
    on = None if day is None else date(1970, 1, 1) + timedelta(days=day)
    return TakenRow(on, host or "", use or "", requests, Money(charged or 0, currency) if currency else None)

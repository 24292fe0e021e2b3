"""Both sides held against one another: a line for each licence and day, and each record without a partner.

Each request that a site counted and each retrieval that a lab reported is in exactly one line, so the lines
add up to what is on record. A pair belongs to the day of the site's request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from quire.core.errors import Invalid
from quire.society.licensing.queries import LicenceRow
from quire.society.parties import queries as parties
from quire.society.usage.reports.gathering import both_sides, licences_in_scope

SIDES = ("only-site", "only-lab")
EVENT, COUNT = "event", "count"
"""How a line was compared: record by record, or by the number of requests alone."""

# sql in this file: what is put together are its own words; every value is a parameter.

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FACTS = (
    "SELECT 'event' AS basis, s.licensee, s.licence, s.day, 1 AS site, 1 AS lab, 1 AS matched "
    "FROM paired p JOIN site s ON p.site = s.place "
    "UNION ALL SELECT 'event', licensee, licence, day, 1, 0, 0 FROM site "
    "WHERE place NOT IN (SELECT site FROM paired) "
    "UNION ALL SELECT 'count', licensee, '', day, requests, 0, 0 FROM counted "
    "UNION ALL SELECT CASE WHEN rest IS NULL THEN 'event' ELSE 'count' END, licensee, "
    "CASE WHEN rest IS NULL THEN licence ELSE '' END, day, 0, 1, coalesce(turn <= rest, false)::INTEGER "
    "FROM left_over"
)
_LINES = (
    "SELECT licensee, licence, day, basis, sum(site)::BIGINT, sum(lab)::BIGINT, sum(matched)::BIGINT "  # noqa: S608
    f"FROM ({_FACTS}) WHERE day >= ? AND day < ? GROUP BY ALL ORDER BY licensee, basis DESC, licence, day"
)
_ONLY = {
    "only-site": (
        "SELECT 'event' AS basis, licensee, licence, moment, day, host, path, '' AS content, telemetry, "
        "request, 1 AS requests, place FROM site WHERE place NOT IN (SELECT site FROM paired) "
        "UNION ALL SELECT 'count', c.licensee, '', NULL, c.day, c.host, '', '', '', '', "
        "c.requests - coalesce(l.lab, 0), 0 FROM counted c LEFT JOIN (SELECT licensee, host, day, "
        "count(*) AS lab FROM left_over WHERE rest IS NOT NULL GROUP BY ALL) l USING (licensee, host, day) "
        "WHERE c.requests > coalesce(l.lab, 0)"
    ),
    "only-lab": (
        "SELECT CASE WHEN rest IS NULL THEN 'event' ELSE 'count' END AS basis, licensee, licence, moment, "
        "day, host, path, content, telemetry, '' AS request, 1 AS requests, place FROM left_over "
        "WHERE rest IS NULL OR turn > rest"
    ),
}
_LIST = (
    "SELECT basis, licensee, licence, moment, day, host, path, content, telemetry, request, requests "
    "FROM ({}) WHERE day >= ? AND day < ? ORDER BY licensee, day, basis, moment, host, path, place"
)


class NoSuchList(Invalid):
    """There are two lists: what only the sites have, and what only the labs have."""

    code = "report.no-such-list"


@dataclass(frozen=True, slots=True)
class Line:
    """One licence (its code) on one day in UTC; or with ``basis`` "count" one licensee, ``licence`` empty.

    ``site`` requests were counted, ``lab`` retrievals reported, ``matched`` of each are the other's. By
    count, requests of a host are matched by their number alone.
    """

    licensee: str
    licence: str
    day: date
    basis: str
    site: int
    lab: int
    matched: int

    @property
    def only_site(self) -> int:
        """Counted and not reported."""
        return self.site - self.matched

    @property
    def only_lab(self) -> int:
        """Reported and not counted."""
        return self.lab - self.matched

    @property
    def difference(self) -> int:
        """What the sites counted more than was reported; below nothing where less."""
        return self.site - self.lab


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A record without a partner. ``requests`` is 1, or by count how many of that host and day.

    ``at`` is None by count on the sites' side, where only the ``day`` is known. ``request`` is the id that
    the crawler or the edge gave a request; a lab's record may have a ``content`` id instead of an address.
    """

    basis: str
    licensee: str
    licence: str
    at: datetime | None
    day: date
    host: str
    path: str
    content: str
    telemetry: str
    request: str
    requests: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The lines of the days [starts, ends), by licensee, licence and day; ``names`` of licensees by code."""

    starts: date
    ends: date
    lines: tuple[Line, ...]
    names: dict[str, str]

    def totals(self) -> tuple[Line, ...]:
        """The lines summed over the days: one for each licence, and one by count for each licensee.

        Their ``day`` is the first of the period.
        """
        sums: dict[tuple[str, str, str], list[int]] = {}
        for line in self.lines:
            so_far = sums.setdefault((line.licensee, line.licence, line.basis), [0, 0, 0])
            for place, number in enumerate((line.site, line.lab, line.matched)):
                so_far[place] += number
        return tuple(
            Line(licensee, licence, self.starts, basis, *numbers)
            for (licensee, licence, basis), numbers in sums.items()
        )

    def sentences(self) -> tuple[str, ...]:
        """What a person should know, a sentence for each total."""
        return tuple(_sentence(line, self.names.get(line.licensee, line.licensee)) for line in self.totals())


def reconcile(starts: date, ends: date, licence: str = "") -> Reconciliation:
    """What the sites counted and what labs reported for the days [starts, ends).

    With ``licence`` (code or TypeID) its lines, and its licensee's by count. Raises ``Unknown`` and
    ``LakeDamaged``.
    """
    scope = licences_in_scope(licence)
    wanted = _wanted(scope, licence)
    with both_sides(starts, ends, scope) as db:
        rows = db.execute(_LINES, [starts, ends]).fetchall()
    lines = tuple(Line(*row) for row in rows if not row[1] or row[1] in wanted)
    names = {one.code: one.name for one in parties.names({row.licensee for row in scope}).values()}
    return Reconciliation(starts, ends, lines, names)


def unmatched(starts: date, ends: date, side: str, licence: str = "") -> Iterator[Unmatched]:
    """Every record of one of SIDES without a partner, by licensee, day and time.

    ``licence`` and what is raised are as of ``reconcile``; ``NoSuchList`` for another side.
    """
    if side not in SIDES:
        raise NoSuchList(f"{side[:40]!r} is no list of a reconciliation: {' or '.join(SIDES)}.")
    scope = licences_in_scope(licence)
    return _unmatched(starts, ends, side, scope, _wanted(scope, licence))


def _unmatched(
    starts: date, ends: date, side: str, scope: Sequence[LicenceRow], wanted: Iterable[str]
) -> Iterator[Unmatched]:
    with both_sides(starts, ends, scope) as db:
        found = db.execute(_LIST.format(_ONLY[side]), [starts, ends])
        while rows := found.fetchmany(10_000):
            for basis, licensee, under, since, *rest in rows:
                if basis == COUNT or under in wanted:
                    at = None if since is None else _EPOCH + timedelta(microseconds=since)
                    yield Unmatched(basis, licensee, under, at, *rest)


def _wanted(scope: Sequence[LicenceRow], licence: str) -> set[str]:
    return {row.code for row in scope if not licence or licence in (row.code, row.tid)}


def percent(part: int, whole: int) -> str:
    """``3 %`` or ``0.4 %``: to one decimal, half away from nothing; the smallest is "less than 0.1 %"."""
    tenths = (2 * abs(part) * 1000 + whole) // (2 * whole)
    if part and not tenths:
        return "less than 0.1 %"
    whole_ones, rest = divmod(tenths, 10)
    return f"{whole_ones:,}.{rest} %" if rest else f"{whole_ones:,} %"


def _sentence(line: Line, lab: str) -> str:
    what = f"Licence {line.licence}" if line.licence else f"{lab}, by count only"
    more, whole = abs(line.difference), f"{line.site:,} against {line.lab:,}"
    share = f", {percent(more, line.site)}" if line.site else ""
    if not line.lab:
        said = f"the sites counted {_requests(line.site)} and {lab} reported none"
    elif not more:
        said = f"{_requests(line.site)}, as the sites counted and {lab} reported"
    elif line.difference > 0:
        said = f"the sites counted {_requests(more)} more than {lab} reported{share} ({whole})"
    else:
        said = f"{lab} reported {_requests(more)} more than the sites counted{share} ({whole})"
    if line.lab and line.only_site and line.only_lab:
        said += f"; {line.only_site:,} of the sites' and {line.only_lab:,} of {lab}'s have no counterpart"
    return f"{what}: {said}."


def _requests(number: int) -> str:
    return f"{number:,} request" + ("" if number == 1 else "s")

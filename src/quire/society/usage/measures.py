"""What is counted, as expressions over the view ``usage``: SQL and its parameters, no connection, no state.

An engine filters, joins, counts and adds integers; it never divides, and never sees money. The statements
group first, on the few values there are of an operator and a use and on the raw subject, and join what came
of it: that costs hardly more than DuckDB's bare group-by of the same columns.

A *subject* is the work of a row or, where no work is known, its site. A *segment* is a run of days between
two boundaries. A *cell* is a segment and a use in one number: segment × 4 + the use's place in
``terms.USES``. Days are those of ``starts`` in UTC. ``source`` is the view that is counted: ``usage``, or the
part of it that ``kept_out.part`` names.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from quire.core.plan import EVIDENCE
from quire.core.terms import USES

# sql in this file: what is put together are this file's own words, numbers and question marks; every text
# and date that comes from outside is a parameter.

WORDS_OF_EVIDENCE = "[" + ", ".join(f"'{word}'" for word in EVIDENCE[:-1]) + "]"
LAST_SAID = "string_split(evidence, '+')[-1]"
# Of "token+signature" the last word counts; what is not known, or not said, is the last of EVIDENCE.
_EVIDENCE = f"coalesce(nullif(list_position({WORDS_OF_EVIDENCE}, {LAST_SAID}), 0), {len(EVIDENCE)}) - 1"
_EPOCH = date(1970, 1, 1)
_DAY = 86_400_000_000  # microseconds


class Measure(NamedTuple):
    """A statement and its parameters, for ``connection.execute(*measure)``."""

    sql: str
    params: list[Any]


def subjects(starts: date, ends: date, operators: Collection[str] | None = None) -> Measure:
    """Every subject with usage in [starts, ends): ``is_work`` and ``id`` (text), sorted, sites first."""
    where, params = _rows(starts, ends, operators)
    return Measure(
        "SELECT is_work, id::VARCHAR AS id FROM ("  # noqa: S608
        "SELECT DISTINCT coalesce(work, site) AS id, work IS NOT NULL AS is_work "
        f"FROM usage WHERE {where}) s WHERE s.id IS NOT NULL ORDER BY s.is_work, s.id",
        params,
    )


def counts(
    starts: date,
    ends: date,
    operators: Mapping[str, int],
    boundaries: Sequence[date],
    uses: Collection[str] = USES,
    source: str = "usage",
    *,
    shown: bool = False,
) -> Measure:
    """Requests by licensee, subject and cell, sorted by them; only what is not nought, only these uses.
    With ``shown`` by the evidence of who asks as well: a column ``evidence``, a place in ``plan.EVIDENCE``.

    ``operators`` gives each operator's licensee as a number; other operators are left out. ``boundaries``
    are the dates strictly within [starts, ends) at which a new segment begins. The connection must have a
    table ``subjects`` (id UUID, ordinal BIGINT), each ordinal once; a row whose subject is not in it is left
    out. Columns: ``licensee`` INTEGER, ``subject`` BIGINT, ``cell`` INTEGER, ``requests`` BIGINT.
    """
    licensee, chosen = _case("operator", operators)
    cell, cut = _cell(starts, ends, boundaries, uses)
    where, params = _rows(starts, ends, operators, uses)
    also, its = (", evidence", f", {_EVIDENCE} AS evidence") if shown else ("", "")
    # Two operators of one licensee have one number, so the inner group is final: ordinals are unique.
    return Measure(
        f"SELECT licensee, ordinal AS subject, cell{also}, requests FROM ("  # noqa: S608
        f"SELECT {licensee} AS licensee, {cell} AS cell{its}, coalesce(work, site) AS id, "
        f"sum(count)::BIGINT AS requests FROM {source} WHERE {where} GROUP BY ALL) "
        "JOIN subjects USING (id) WHERE requests <> 0 ORDER BY ALL",
        [*chosen, *cut, *params],
    )


def tallies(
    starts: date,
    ends: date,
    boundaries: Sequence[date],
    operators: Collection[str] | None = None,
    source: str = "usage",
) -> Measure:
    """Lines and requests by operator, member and cell, for the account.

    The table ``subjects`` (id UUID, ordinal BIGINT) gives each subject's member as a number, the same for
    many; ``member`` is NULL where a row has no subject, or one that the table lacks. A void takes the line
    it voids away. Columns: ``operator`` VARCHAR, ``member`` BIGINT, ``cell`` INTEGER, ``lines`` and
    ``requests`` BIGINT.
    """
    cell, cut = _cell(starts, ends, boundaries)
    where, params = _rows(starts, ends, operators)
    return Measure(
        "SELECT operator, ordinal AS member, cell, sum(lines)::BIGINT AS lines, "  # noqa: S608
        "sum(requests)::BIGINT AS requests "
        f"FROM (SELECT operator, {cell} AS cell, coalesce(work, site) AS id, "
        "sum(sign(count))::BIGINT AS lines, sum(count)::BIGINT AS requests "
        f"FROM {source} WHERE {where} GROUP BY ALL) LEFT JOIN subjects USING (id) "
        "GROUP BY ALL HAVING sum(lines) <> 0 OR sum(requests) <> 0 ORDER BY ALL NULLS LAST",
        [*cut, *params],
    )


def fees(
    starts: date,
    ends: date,
    operators: Collection[str],
    boundaries: Sequence[date],
    source: str = "usage",
) -> Measure:
    """Requests and distinct works by tier, of what is billed.

    The connection must have ``subjects`` (id UUID, ordinal BIGINT: the member, tier BIGINT) and ``billed``
    (member BIGINT, cell INTEGER): the members and cells that the licence and its mandates cover. A site is
    no work: its usage has requests, and adds nothing to the works. Rows that were charged one by one are
    left out. Columns: ``tier``, ``requests``, ``works``, all BIGINT.
    """
    cell, cut = _cell(starts, ends, boundaries)
    where, params = _rows(starts, ends, operators)
    return Measure(
        "SELECT tier, sum(u.requests)::BIGINT AS requests, count(DISTINCT work) AS works FROM ("  # noqa: S608
        f"SELECT {cell} AS cell, work, coalesce(work, site) AS id, sum(count)::BIGINT AS requests "
        f"FROM {source} WHERE {where} AND charged IS NULL GROUP BY ALL HAVING sum(count) <> 0) u "
        "JOIN subjects s USING (id) JOIN billed b ON b.member = s.ordinal AND b.cell = u.cell "
        "GROUP BY ALL ORDER BY ALL",
        [*cut, *params],
    )


def _rows(
    starts: date, ends: date, operators: Collection[str] | None, uses: Collection[str] = USES
) -> tuple[str, list[Any]]:
    """The rows of [starts, ends): a plain comparison, which the statistics in Parquet files answer."""
    where = "starts >= ? AND starts < ?"
    params: list[Any] = [_midnight(starts), _midnight(ends)]
    if operators is not None:
        where += f" AND operator IN ({_marks(operators)})"
        params += sorted(operators)
    if set(uses) != set(USES):
        where += f" AND use IN ({_marks(uses)})"
        params += sorted(uses)
    return where, params


def _marks(values: Collection[str]) -> str:
    return ", ".join("?" * len(values)) or "NULL"


def _case(column: str, numbers: Mapping[str, int]) -> tuple[str, list[Any]]:
    """A text column as a number, a plain one where all are the same: a group the less.

    DuckDB works it out once for each entry of a Parquet dictionary. Other texts must be filtered away.
    """
    if len(set(numbers.values())) <= 1:
        return str(int(next(iter(numbers.values()), 0))), []
    whens = " ".join(f"WHEN ? THEN {int(number)}" for number in numbers.values())
    return f"CASE {column} {whens} END", list(numbers)


def _cell(
    starts: date, ends: date, boundaries: Sequence[date], uses: Collection[str] = USES
) -> tuple[str, list[Any]]:
    """The number of a row's segment and use: the day looked up in a list, as cheap for many as for few."""
    use, names = _case("use", {name: place for place, name in enumerate(USES) if name in uses})
    inside = {day for day in boundaries if starts < day < ends}
    if not inside:
        return use, names
    segments, current = [], 0
    for day in (starts + timedelta(n) for n in range((ends - starts).days)):
        current += day in inside
        segments.append(current * len(USES))
    first = (starts - _EPOCH).days - 1  # lists count from one
    segment = f"list_extract(?::INTEGER[], ((epoch_us(starts) // {_DAY}) - {first})::INTEGER)"
    return f"{segment} + {use}", [segments, *names]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)

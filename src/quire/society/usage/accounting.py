"""Usage divided by the terms on record: facts from the lake, headings from ``standing``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import duckdb
import numpy as np

from quire.core.tariff import Count
from quire.core.terms import USES, segments
from quire.society.licensing import queries as licensing
from quire.society.repertoire import queries as repertoire
from quire.society.usage import counting, kept_out, lake, measures, on_record
from quire.society.usage.account import Tally
from quire.society.usage.listed import paths_of
from quire.society.usage.standing import Terms, heading


@dataclass(frozen=True, slots=True)
class Total:
    """Usage of one operator for one use under one heading. ``licensee`` is a party's TypeID, or None."""

    heading: str
    operator: str
    licensee: str | None
    use: str
    lines: int
    requests: int


@dataclass(frozen=True, slots=True)
class _Judged:
    """Usage of one operator, member (a place in the list of members, or None) and cell, under its heading."""

    heading: str
    operator: str
    member: int | None
    cell: int
    tally: Tally

    @property
    def use(self) -> str:
        return USES[self.cell % len(USES)]


@dataclass(frozen=True, slots=True)
class _Subjects:
    """What the lake's table ``subjects`` refers to: party TypeIDs and content tiers by place."""

    members: list[str]
    tiers: list[str]


def divide(paths: Sequence[str], starts: date | None = None, ends: date | None = None) -> tuple[Total, ...]:
    """The usage in these files, that begins in [starts, ends), under its headings as of now.

    Without dates, all of it. Sorted by heading, operator and use.
    """
    found: dict[tuple[str, str, str], Tally] = {}
    with lake.reading(paths) as db:
        span = _days(db)
        if span is None:
            return ()
        starts, ends = starts or span[0], ends or span[1]
        now = on_record.gather(starts, ends)
        subjects = _register(db, starts, ends, None)
        cuts = now.boundaries(starts, ends)
        source = kept_out.part(db, starts, ends)
        judged = list(_judge(db, starts, ends, now, cuts, subjects, source=source))
        if source != "usage":
            judged += _judge(db, starts, ends, now, cuts, subjects, source=kept_out.KEPT_OUT)
        for one in judged:
            key = (one.heading, one.operator, one.use)
            found[key] = found.get(key, Tally()) + one.tally
    return tuple(
        Total(*key[:2], now.licensee_of(key[1]), key[2], tally.lines, tally.requests)
        for key, tally in sorted(found.items())
    )


def fee_counts(licence: licensing.Ref, starts: date, ends: date) -> tuple[Count, ...]:
    """What is due under a licence for its usage in [starts, ends): (tier, requests, distinct works), by tier.

    Only ``counted`` usage: of the licence's own days and uses, mandated, on no path that is kept out of them,
    under no direct licence. Usage of a
    site, where no work is known, has requests in the site's tier and adds no work. What the crawler was
    charged for at the edge is paid already, and is due under no licence.
    """
    terms = licensing.licence(licence)
    starts, ends = max(starts, terms.starts), min(ends, terms.ends)
    if starts >= ends:
        return ()
    with lake.reading(paths_of(starts, ends)) as db:
        now = on_record.gather(starts, ends)
        cuts = now.boundaries(starts, ends)
        operators = counting.spelt((*terms.operators, terms.licensee_tid))
        subjects = _register(db, starts, ends, operators)
        source = kept_out.part(db, starts, ends)
        judged = _judge(db, starts, ends, now, cuts, subjects, operators, source)
        billed = {(j.member, j.cell) for j in judged if j.heading == "counted" and j.use in terms.uses}
        places = np.array(sorted(billed), dtype=np.int64).reshape(-1, 2)
        lake.put(db, "billed", {"member": places[:, 0].copy(), "cell": places[:, 1].copy()})
        rows = db.execute(*measures.fees(starts, ends, operators, cuts, source)).fetchall()
    return tuple(sorted((subjects.tiers[tier], requests, works) for tier, requests, works in rows))


def _days(db: duckdb.DuckDBPyConnection) -> tuple[date, date] | None:
    """The days that the rows begin on, half-open."""
    ((first, last),) = db.execute("SELECT epoch_us(min(starts)), epoch_us(max(starts)) FROM usage").fetchall()
    if first is None:
        return None
    days = [datetime.fromtimestamp(moment // 1_000_000, UTC).date() for moment in (first, last)]
    return days[0], days[1] + timedelta(days=1)


def _register(
    db: duckdb.DuckDBPyConnection, starts: date, ends: date, operators: Collection[str] | None
) -> _Subjects:
    """Make the table ``subjects``: of each work and site used the member who speaks for it, and its tier."""
    used = counting.used(db, starts, ends, operators)
    rows = [(row.id.hex, row.member_tid, row.tier) for row in repertoire.subjects(used.works, used.sites)]
    members, tiers = sorted({row[1] for row in rows}), sorted({row[2] for row in rows})
    by_member = {member: place for place, member in enumerate(members)}
    by_tier = {tier: place for place, tier in enumerate(tiers)}
    counting.register(
        db, [row[0] for row in rows], [by_member[row[1]] for row in rows], [by_tier[row[2]] for row in rows]
    )
    return _Subjects(members, tiers)


def _judge(
    db: duckdb.DuckDBPyConnection,
    starts: date,
    ends: date,
    now: Terms,
    cuts: Sequence[date],
    subjects: _Subjects,
    operators: Collection[str] | None = None,
    source: str = "usage",
) -> Iterator[_Judged]:
    """Every group of usage of a source with its heading.

    Within a segment no term changes: its first day decides.
    """
    first_days = [first for first, _ in segments(starts, ends, cuts)]
    grouped = db.execute(*measures.tallies(starts, ends, cuts, operators, source)).fetchall()
    out = source == kept_out.KEPT_OUT
    for operator, member, cell, lines, requests in grouped:
        segment, use = divmod(cell, len(USES))
        whose = None if member is None else subjects.members[member]
        under = heading(now, operator, USES[use], whose, first_days[segment], kept_out=out)
        yield _Judged(under, operator, member, cell, Tally(lines, requests))

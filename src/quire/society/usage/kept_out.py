"""Usage on paths that the site's owner keeps out of a use: it stands apart, and earns nothing.

Only hosts of which somebody said no to a path pay for this. Of those each address that was used is judged
once for each span of days in which their terms stay as they are (``mandates.hosts``), and the outcome is
joined back; the rows of all other hosts are passed on as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import duckdb
import numpy as np

from quire.core.terms import FREE, USES, segments
from quire.society.kit.periods import Period
from quire.society.mandates import queries as mandates
from quire.society.mandates.hosts import Told
from quire.society.mandates.queries import HostSaid
from quire.society.usage import lake, on_record

# sql in this file: what is put together are this file's own words and, as literals, hosts.

PERMITTED = "permitted"
KEPT_OUT = "kept_out"

Outcome = tuple[tuple[date, date, frozenset[tuple[str | None, str]]], ...]
"""What is refused at an address in each span of days; only spans in which something is."""


def part(db: duckdb.DuckDBPyConnection, starts: date, ends: date) -> str:
    """Part the view ``usage`` into the views ``permitted`` and ``kept_out``; the name of what may count.

    That is ``usage`` itself where no terms of paths bear on [starts, ends). Every row is in one of the two;
    one that voids another is where that is. An operator that is nobody's licensee is kept out of search
    alone, which needs no licence: for all else it has none. Usage known for a whole host alone is kept out
    where the terms of ``/`` refuse it.
    """
    said = mandates.hosts_said(starts, ends)
    hosts = ", ".join(map(lake.literal, said)) or "NULL"
    used = f"FROM usage WHERE host IN ({hosts})"
    addresses = db.execute(f"SELECT DISTINCT host, path {used}").fetchall() if said else []
    places: dict[tuple[str, str], int] = {}
    outcomes: dict[Outcome, int] = {}
    judges = {host: _Judge(one, starts, ends) for host, one in said.items()}
    for host, path in addresses:
        if outcome := judges[host].outcome(path):
            places[host, path or ""] = outcomes.setdefault(outcome, len(outcomes))
    if not places:
        return "usage"
    operators = [name for (name,) in db.execute(f"SELECT DISTINCT operator {used}").fetchall()]
    refusals = list(_refusals(outcomes, _licensees(starts, ends), operators))
    if not refusals:
        return "usage"
    _put(db, places, refusals)
    _views(db, hosts)
    return PERMITTED


class _Judge:
    """The terms of one host over some days; what was found for a rule is kept."""

    def __init__(self, said: HostSaid, starts: date, ends: date) -> None:
        spans = segments(starts, ends, said.boundaries(starts, ends))
        self._terms = [(first, last, said.of(first)) for first, last in spans]
        self._known: dict[tuple[Told, ...], Outcome] = {}

    def outcome(self, path: str | None) -> Outcome:
        """What is refused at a path, and when."""
        told = tuple(terms.at(path) for _, _, terms in self._terms)
        if told not in self._known:
            spans = zip(self._terms, told, strict=True)
            self._known[told] = tuple(
                (first, last, one.refused) for (first, last, _), one in spans if one.refused
            )
        return self._known[told]


def _licensees(starts: date, ends: date) -> Mapping[str, str]:
    """Operators, case-folded, to licensees, as the headings have them."""
    return on_record.licensees(mandates.direct_licences(period=Period(starts, ends)))


def _refusals(
    outcomes: Mapping[Outcome, int], licensees: Mapping[str, str], operators: list[str]
) -> Iterator[tuple[int, str, str, date, date]]:
    """(outcome, operator, use, first day, first day out) of all that is refused; no two of them overlap."""
    for outcome, number in outcomes.items():
        for first, last, refused in outcome:
            for operator in operators:
                whom = licensees.get(operator.casefold())
                for use in USES if whom else (FREE,):
                    if (None, use) in refused or (whom, use) in refused:
                        yield number, operator, use, first, last


def _put(
    db: duckdb.DuckDBPyConnection,
    places: Mapping[tuple[str, str], int],
    refusals: list[tuple[int, str, str, date, date]],
) -> None:
    """The tables ``places`` (host, path, outcome) and ``refusals``."""
    lake.put(db, "places", {
        "host": lake.texts([host for host, _ in places]),
        "path": lake.texts([path for _, path in places]),
        "outcome": np.array(list(places.values()), dtype=np.int64),
    })  # fmt: skip
    lake.put(db, "refusals", {
        "outcome": np.array([one[0] for one in refusals], dtype=np.int64),
        "operator": lake.texts([one[1] for one in refusals]),
        "use": lake.texts([one[2] for one in refusals]),
        "first": lake.texts([f"{one[3]} 00:00:00+00" for one in refusals]),
        "until": lake.texts([f"{one[4]} 00:00:00+00" for one in refusals]),
    }, "* REPLACE (first::TIMESTAMPTZ AS first, until::TIMESTAMPTZ AS until)")  # fmt: skip


def _views(db: duckdb.DuckDBPyConnection, hosts: str) -> None:
    """A row meets at most one refusal, so the join makes none twice."""
    met = (
        f"SELECT usage.*, r.outcome IS NOT NULL AS met FROM usage "  # noqa: S608
        "LEFT JOIN places p ON usage.host = p.host AND coalesce(usage.path, '') = p.path "
        "LEFT JOIN refusals r ON p.outcome = r.outcome AND usage.operator = r.operator "
        "AND usage.use = r.use AND usage.starts >= r.first AND usage.starts < r.until "
        f"WHERE usage.host IN ({hosts})"
    )
    rest = f"SELECT * FROM usage WHERE host IS NULL OR host NOT IN ({hosts}) UNION ALL "  # noqa: S608
    for name, others, which in ((PERMITTED, rest, "NOT met"), (KEPT_OUT, "", "met")):
        db.execute(
            f"CREATE OR REPLACE TEMP VIEW {name} AS "  # noqa: S608
            f"{others}SELECT * EXCLUDE (met) FROM ({met}) WHERE {which}"
        ).fetchall()

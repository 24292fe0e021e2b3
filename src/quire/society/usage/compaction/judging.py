"""Every event under one heading. Facts of the events, what is registered, and what the lake was told already.

``known`` and ``judged`` have a row for each line of ``told``, in the same order, with what was found out;
what a line says stays in ``lines``, and the two are laid side by side. ``known`` has the ``heading``, and the
``reason`` of what is set aside, as far as the lake was not asked; ``judged`` has the last word. The view
``events`` has all that is known of those that fit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb
import numpy as np

from quire.core.terms import USES
from quire.society.licensing import queries as licensing
from quire.society.usage import formats, lake
from quire.society.usage.compaction.register import Register
from quire.society.usage.compaction.told import DECIDES

# sql in this file: what is put together are this file's own words and numbers.

HOUR = 3_600_000_000  # microseconds
VISITS = ("refused", "not_answered", "asset")
"""Headings of what goes to ``lake/visits``."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ANSWERED = "t.kind IS NULL AND t.outcome <> 'refused' AND coalesce(t.status, 200) IN (200, 206)"
_COUNTABLE = f"{_ANSWERED} AND {DECIDES}"
_USES = ", ".join(lake.literal(use) for use in USES)
_WRONG = (
    "CASE WHEN a.own IS NULL THEN NULL "
    "WHEN NOT a.own THEN 'its host is not of the site that the edge stands in front of.' "
    "WHEN NOT a.canonical THEN 'its address is not in the canonical form.' "
    "WHEN coalesce(t.licensee, g.operator) IS NULL THEN 'it names neither a licensee nor a known agent.' "
    f"WHEN coalesce(t.use, g.agent_use) NOT IN ({_USES}) THEN 'its use is none of those there are.' "
    "WHEN NOT coalesce(l.granted, true) THEN 'its licence is not on record as the licensee''s.' END"
)
_HEADING = (
    "CASE WHEN NOT fits THEN 'unreadable' WHEN kind = 'people' THEN 'human' WHEN kind = 'void' THEN 'voided' "
    "WHEN kind = 'lost' THEN 'lost' WHEN taken THEN 'voided' WHEN outcome = 'refused' THEN 'refused' "
    "WHEN NOT answered THEN 'not_answered' WHEN reason IS NOT NULL THEN 'unreadable' "
    "WHEN asset THEN 'asset' ELSE 'usage' END"
)


@dataclass(frozen=True, slots=True)
class Sums:
    """What stands under a heading: numbers and requests accounted for, in so many rows of ``judged``.

    ``lines`` is more than ``rows`` where a ``lost`` event gives numbers up. ``first`` and ``last`` are the
    moments that can be read, microseconds since 1970, None where there are none; ``charged`` are the rows
    that charge.
    """

    lines: int
    requests: int
    rows: int
    first: int | None
    last: int | None
    charged: int


def against_register(db: duckdb.DuckDBPyConnection, register: Register) -> None:
    """Make the table ``known``: the events with owner and agent, and the heading that the lake may change.

    ``taken`` are the numbers that the chunk takes back; ``operator`` and ``agent_use`` are of the agent.
    """
    _addresses(db, register)
    _agents(db)
    _licences(db)
    db.execute(
        "CREATE OR REPLACE TEMP TABLE taken AS SELECT DISTINCT \"of\" FROM told WHERE kind = 'void' AND fits"
    ).fetchall()
    _in_place(
        db,
        "known",
        "SELECT place, number, moment, fits, site, work, operator, agent_use, reason, "  # noqa: S608
        f"{_HEADING} AS heading FROM (SELECT t.place, t.number, t.moment, t.fits, t.kind, t.outcome, "
        "a.site, a.work, a.asset, g.operator, g.agent_use, v.of IS NOT NULL AND t.kind IS NULL AS taken, "
        f"coalesce({_ANSWERED}, false) AS answered, {_WRONG} AS reason "
        "FROM told t LEFT JOIN addresses a ON t.host = a.host AND t.path = a.path "
        "LEFT JOIN agents g ON t.agent = g.agent "
        "LEFT JOIN licences l ON coalesce(t.licence, '') = l.licence "
        "AND coalesce(t.licensee, '') = l.licensee LEFT JOIN taken v ON t.number = v.of)",
    )


def against_lake(db: duckdb.DuckDBPyConnection, sources: Sequence[int], names: Sequence[str]) -> None:
    """Make ``judged``, of ``known``. The view ``sourced`` has the files that others have told.

    ``sources`` gives each file's place in ``names``. What a file told of an agent on a host in an hour was
    first: the edge's events of that hour are set aside.
    """
    db.execute("DROP VIEW IF EXISTS events").fetchall()
    judged = "known"
    if sources:
        judged = "judged"
        _hours(db, sources)
        lake.put(db, "names", {"name": lake.texts(names)})
        _in_place(
            db,
            judged,
            "SELECT k.* REPLACE (if(h.source IS NULL, heading, 'conflicting') AS heading, "
            "if(h.source IS NULL, reason, 'it was told of this agent in this hour: ' || names.name "
            "|| ', imported first.') AS reason) FROM known k LEFT JOIN contested h ON k.place = h.place "
            "LEFT JOIN names ON names.rowid = h.source",
        )
    else:
        db.execute("CREATE OR REPLACE TEMP VIEW judged AS SELECT * FROM known").fetchall()
    db.execute(
        "CREATE OR REPLACE TEMP VIEW events AS "  # noqa: S608
        "SELECT l.*, k.place, k.number, k.moment, k.heading, k.reason, k.site, k.work, "
        "coalesce(l.licensee, k.operator) AS operator, coalesce(l.use, k.agent_use) AS meant "
        f"FROM lines l POSITIONAL JOIN {judged} k WHERE k.fits"
    ).fetchall()


def _in_place(db: duckdb.DuckDBPyConnection, table: str, select: str) -> None:
    """Make ``table`` of what ``select`` gives, each row at its ``place``, so that ``lines`` fits beside it.

    By one thread rows come in the order of the lines, unless DuckDB thinks it better to probe from the other
    side of a join: then they are sorted.
    """
    db.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {select}").fetchall()
    if db.execute(f"SELECT 1 FROM {table} WHERE place <> rowid LIMIT 1").fetchall():  # noqa: S608
        db.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS FROM {table} ORDER BY place").fetchall()


def tallies(db: duckdb.DuckDBPyConnection) -> dict[str, Sums]:
    """What stands under each heading, of the whole chunk: every row of ``judged``, counted."""
    rows = db.execute(
        "SELECT heading, sum(CASE WHEN heading = 'lost' THEN \"to\" - number + 1 ELSE 1 END)::BIGINT, "
        "sum(CASE WHEN heading = 'human' THEN count WHEN kind IS NULL AND heading <> 'unreadable' THEN 1 "
        "ELSE 0 END)::BIGINT, count(*), epoch_us(min(moment) FILTER (fits)), "
        "epoch_us(max(moment) FILTER (fits)), count(charged) FROM lines POSITIONAL JOIN judged "
        "GROUP BY heading"
    ).fetchall()
    return {heading: Sums(*numbers) for heading, *numbers in rows}


def span_of(sums: Mapping[str, Sums], headings: Sequence[str]) -> tuple[datetime, datetime] | None:
    """First and last moment of what stands under these headings; None: nothing with a moment."""
    found = [sums[heading] for heading in headings if heading in sums]
    first = [one.first for one in found if one.first is not None]
    last = [one.last for one in found if one.last is not None]
    return (_moment(min(first)), _moment(max(last))) if first else None


def span(db: duckdb.DuckDBPyConnection) -> tuple[datetime, datetime] | None:
    """First and last moment of what could count; None: nothing."""
    ((first, last),) = db.execute(
        "SELECT epoch_us(min(moment)), epoch_us(max(moment)) FROM known WHERE heading = 'usage'"
    ).fetchall()
    return None if first is None else (_moment(first), _moment(last))


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _addresses(db: duckdb.DuckDBPyConnection, register: Register) -> None:
    """Each address that could count once, looked up."""
    found = db.execute(
        f"SELECT host, path, bool_or(outcome = 'charged') FROM lines t WHERE {_COUNTABLE} "  # noqa: S608
        "GROUP BY host, path"
    ).fetchall()
    rows = []
    for host, path, charged in found:
        one = register.look_up(host, path, bool(charged))
        rows.append((host, path, *map(_yes, (one.own, one.canonical, one.asset)), one.site, one.work))
    names = ("host", "path", "own", "canonical", "asset", "site", "work")
    values = list(zip(*rows, strict=True)) or [()] * len(names)
    columns = {name: lake.texts(list(column)) for name, column in zip(names, values, strict=True)}
    flags = ", ".join(f"{name} = 'yes' AS {name}" for name in names[2:5])
    owners = "nullif(site, '')::UUID AS site, nullif(work, '')::UUID AS work"
    lake.put(db, "addresses", columns, f"host, path, {flags}, {owners}")


def _yes(value: bool) -> str:
    return "yes" if value else ""


def _agents(db: duckdb.DuckDBPyConnection) -> None:
    """Operator and use of every agent named, by the list of AI agents."""
    names = db.execute("SELECT DISTINCT agent FROM lines WHERE agent IS NOT NULL").fetchall()
    book = formats.load()
    known = [(name, found) for (name,) in names if (found := book.by_name(name)) is not None]
    lake.put(db, "agents", {
        "agent": lake.texts([name for name, _ in known]),
        "operator": lake.texts([agent.operator for _, agent in known]),
        "agent_use": lake.texts([agent.use for _, agent in known]),
    })  # fmt: skip


def _licences(db: duckdb.DuckDBPyConnection) -> None:
    """Whether each licence named is on record as that licensee's."""
    pairs = db.execute(
        "SELECT DISTINCT coalesce(licence, ''), coalesce(licensee, '') "  # noqa: S608
        f"FROM lines t WHERE {_COUNTABLE}"
    ).fetchall()
    whose = {row.tid: row.licensee_tid for row in licensing.licences()} if pairs else {}
    granted = [_yes(not one or whose.get(one) == licensee) for one, licensee in pairs]
    lake.put(db, "licences", {
        "licence": lake.texts([one for one, _ in pairs]),
        "licensee": lake.texts([licensee for _, licensee in pairs]),
        "granted": lake.texts(granted),
    }, "licence, licensee, granted = 'yes' AS granted")  # fmt: skip


def _hours(db: duckdb.DuckDBPyConnection, sources: Sequence[int]) -> None:
    """Make the table ``contested``: events of hours that files have told of, with the first of those."""
    lake.put(db, "origin", {"file": np.arange(len(sources)), "source": np.array(sources, dtype=np.int64)})
    db.execute(
        "CREATE OR REPLACE TEMP TABLE asked AS SELECT k.place, l.host, l.agent, "  # noqa: S608
        f"epoch_us(k.moment) // {HOUR} AS hour FROM lines l POSITIONAL JOIN known k "
        "WHERE k.heading = 'usage'"
    ).fetchall()
    db.execute(
        "CREATE OR REPLACE TEMP TABLE hours AS SELECT s.host, s.agent, hour, min(o.source) AS source FROM ("  # noqa: S608
        f"SELECT file, host, agent, unnest(range(epoch_us(starts) // {HOUR}, "
        f"greatest(epoch_us(starts) // {HOUR}, (epoch_us(ends) - 1) // {HOUR}) + 1)) AS hour FROM ("
        "SELECT DISTINCT file, host, agent, starts, ends FROM sourced "
        "WHERE host IN (SELECT host FROM asked))) s JOIN origin o USING (file) GROUP BY ALL"
    ).fetchall()
    db.execute(
        "CREATE OR REPLACE TEMP TABLE contested AS "
        "SELECT place, source FROM asked JOIN hours USING (host, agent, hour)"
    ).fetchall()

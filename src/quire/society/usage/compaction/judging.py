"""Every event under one heading. Facts of the events, what is registered, and what the lake was told already.

The view ``judged`` has the rows of ``told`` that fit, with ``heading`` and ``reason`` of what is set aside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np

from quire.core.terms import USES
from quire.core.urls import canonical_path
from quire.society.licensing import queries as licensing
from quire.society.repertoire.queries import Finder
from quire.society.usage import formats, lake
from quire.society.usage.formats.assets import looks_like_asset

# sql in this file: what is put together are this file's own words and numbers.

HOUR = 3_600_000_000  # microseconds
VISITS = ("refused", "not_answered", "asset")
"""Headings of what goes to ``lake/visits``."""

_ANSWERED = "kind IS NULL AND outcome <> 'refused' AND coalesce(status, 200) IN (200, 206)"
_USES = ", ".join(lake.literal(use) for use in USES)


@dataclass(frozen=True, slots=True)
class Register:
    """What an edge's events are held against: its hosts, and what is registered there."""

    hosts: frozenset[str]
    finder: Finder


def against_register(db: duckdb.DuckDBPyConnection, register: Register) -> None:
    """Make the table ``known``: events that fit, with owner, operator and use, and why one cannot count."""
    _addresses(db, register)
    _agents(db)
    _licences(db)
    db.execute(
        "CREATE OR REPLACE TEMP TABLE known AS SELECT t.place, t.number, t.moment, t.kind, t.outcome, "  # noqa: S608
        't.host, t.agent, t."of", a.site, a.work, '
        "coalesce(a.asset, false) AS asset, coalesce(t.licensee, g.operator) AS operator, "
        "coalesce(t.use, g.agent_use) AS meant, "
        f"coalesce({_ANSWERED}, false) AS answered, CASE "
        "WHEN a.own IS NULL THEN NULL "
        "WHEN NOT a.own THEN 'its host is not of the site that the edge stands in front of.' "
        "WHEN NOT a.canonical THEN 'its address is not in the canonical form.' "
        "WHEN coalesce(t.licensee, g.operator) IS NULL THEN 'it names neither a licensee nor a known agent.' "
        f"WHEN coalesce(t.use, g.agent_use) NOT IN ({_USES}) THEN 'its use is none of those there are.' "
        "WHEN NOT coalesce(l.granted, true) THEN 'its licence is not on record as the licensee''s.' END "
        "AS wrong "
        "FROM told t LEFT JOIN addresses a ON t.host = a.host AND t.path = a.path "
        "LEFT JOIN agents g ON t.agent = g.agent "
        "LEFT JOIN licences l ON coalesce(t.licence, '') = l.licence "
        "AND coalesce(t.licensee, '') = l.licensee "
        "WHERE t.fits"
    ).fetchall()


def against_lake(db: duckdb.DuckDBPyConnection, sources: Sequence[int], names: Sequence[str]) -> None:
    """Make the view ``judged``, of ``known``. The view ``sourced`` has the files that others have told.

    ``sources`` gives each file's place in ``names``. What a file told of an agent on a host in an hour was
    first: the edge's events of that hour are set aside.
    """
    db.execute("CREATE OR REPLACE TEMP TABLE hours (host VARCHAR, agent VARCHAR, hour BIGINT, source BIGINT)")
    if sources:
        _hours(db, sources)
    lake.put(db, "names", {"name": lake.texts(names)})
    db.execute(
        "CREATE OR REPLACE TEMP TABLE headings AS SELECT k.place, k.site, k.work, k.operator, k.meant, "  # noqa: S608
        "CASE WHEN k.kind = 'people' THEN 'human' WHEN k.kind = 'void' THEN 'voided' "
        "WHEN k.kind = 'lost' THEN 'lost' WHEN v.of IS NOT NULL THEN 'voided' "
        "WHEN k.outcome = 'refused' THEN 'refused' WHEN NOT k.answered THEN 'not_answered' "
        "WHEN k.wrong IS NOT NULL THEN 'unreadable' WHEN k.asset THEN 'asset' "
        "WHEN h.source IS NOT NULL THEN 'conflicting' ELSE 'usage' END AS heading, "
        "CASE WHEN k.wrong IS NOT NULL THEN k.wrong WHEN h.source IS NOT NULL THEN "
        "'it was told of this agent in this hour: ' || names.name || ', imported first.' END AS reason "
        "FROM known k "
        "LEFT JOIN (SELECT DISTINCT \"of\" FROM known WHERE kind = 'void') v "
        "ON k.number = v.of AND k.kind IS NULL "
        "LEFT JOIN hours h ON k.host = h.host AND k.agent = h.agent "
        f"AND epoch_us(k.moment) // {HOUR} = h.hour "
        "LEFT JOIN names ON names.rowid = h.source"
    ).fetchall()
    db.execute(
        "CREATE OR REPLACE TEMP VIEW judged AS SELECT * FROM told JOIN headings USING (place)"
    ).fetchall()


def tallies(db: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, int]]:
    """(lines, requests) by heading, of the whole chunk. A ``lost`` event is as many lines as it gives up."""
    rows = db.execute(
        "SELECT heading, sum(CASE WHEN kind = 'lost' THEN \"to\" - number + 1 ELSE 1 END)::BIGINT, "
        "sum(CASE WHEN kind = 'people' THEN count WHEN kind IS NULL AND heading <> 'unreadable' THEN 1 "
        "ELSE 0 END)::BIGINT FROM judged GROUP BY heading"
    ).fetchall()
    found = {heading: (lines, requests) for heading, lines, requests in rows}
    ((strange,),) = db.execute("SELECT count(*) FROM told WHERE NOT fits").fetchall()
    if strange:
        lines, requests = found.get("unreadable", (0, 0))
        found["unreadable"] = (lines + strange, requests)
    return found


def span(db: duckdb.DuckDBPyConnection) -> tuple[int, int, list[str]] | None:
    """First and last moment (microseconds since 1970) and the hosts of what could count; None: nothing."""
    ((first, last),) = db.execute(
        "SELECT epoch_us(min(moment)), epoch_us(max(moment)) FROM known WHERE answered"
    ).fetchall()
    if first is None:
        return None
    hosts = db.execute("SELECT DISTINCT host FROM known WHERE answered ORDER BY host").fetchall()
    return first, last, [host for (host,) in hosts]


def _addresses(db: duckdb.DuckDBPyConnection, register: Register) -> None:
    """Each address that could count once, looked up."""
    found = db.execute(
        f"SELECT host, path, bool_or(outcome = 'charged') FROM told WHERE fits AND {_ANSWERED} "  # noqa: S608
        "GROUP BY host, path"
    ).fetchall()
    rows = [(host, path, *_looked_up(host, path, charged, register)) for host, path, charged in found]
    names = ("host", "path", "own", "canonical", "asset", "site", "work")
    values = list(zip(*rows, strict=True)) or [()] * len(names)
    columns = {name: lake.texts(list(column)) for name, column in zip(names, values, strict=True)}
    flags = ", ".join(f"{name} = 'yes' AS {name}" for name in names[2:5])
    owners = "nullif(site, '')::UUID AS site, nullif(work, '')::UUID AS work"
    lake.put(db, "addresses", columns, f"host, path, {flags}, {owners}")


def _looked_up(host: str, path: str, charged: bool, register: Register) -> tuple[str, str, str, str, str]:
    own, finder = host in register.hosts, register.finder
    site, work = finder.find(host, path) if own else (None, None)
    asset = own and not charged and looks_like_asset(path) and not finder.is_registered(host, path)
    return (_yes(own), _yes(own and canonical_path(path) == path), _yes(asset),
            str(site) if site else "", str(work) if work else "")  # fmt: skip


def _yes(value: bool) -> str:
    return "yes" if value else ""


def _agents(db: duckdb.DuckDBPyConnection) -> None:
    """Operator and use of every agent named, by the list of AI agents."""
    names = db.execute("SELECT DISTINCT agent FROM told WHERE fits AND agent IS NOT NULL").fetchall()
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
        f"SELECT DISTINCT coalesce(licence, ''), coalesce(licensee, '') FROM told WHERE fits AND {_ANSWERED}"  # noqa: S608
    ).fetchall()
    whose = {row.tid: row.licensee_tid for row in licensing.licences()} if pairs else {}
    granted = [_yes(not one or whose.get(one) == licensee) for one, licensee in pairs]
    lake.put(db, "licences", {
        "licence": lake.texts([one for one, _ in pairs]),
        "licensee": lake.texts([licensee for _, licensee in pairs]),
        "granted": lake.texts(granted),
    }, "licence, licensee, granted = 'yes' AS granted")  # fmt: skip


def _hours(db: duckdb.DuckDBPyConnection, sources: Sequence[int]) -> None:
    """Hours of which files have told, with the first of them."""
    lake.put(db, "origin", _numbered(sources))
    db.execute(
        "INSERT INTO hours SELECT s.host, s.agent, hour, min(o.source) FROM ("  # noqa: S608
        f"SELECT file, host, agent, unnest(range(epoch_us(starts) // {HOUR}, "
        f"greatest(epoch_us(starts) // {HOUR}, (epoch_us(ends) - 1) // {HOUR}) + 1)) AS hour FROM ("
        "SELECT DISTINCT file, host, agent, starts, ends FROM sourced "
        "WHERE host IN (SELECT host FROM known WHERE answered))) s JOIN origin o USING (file) GROUP BY ALL"
    ).fetchall()


def _numbered(sources: Sequence[int]) -> dict[str, np.ndarray]:
    return {"file": np.arange(len(sources)), "source": np.array(sources, dtype=np.int64)}

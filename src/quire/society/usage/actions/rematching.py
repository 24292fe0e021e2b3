"""Find owners for usage that had none: works and sites registered after an import.

Nothing is changed. For each row that now belongs elsewhere the lake gets two more: one that voids it, with
the same facts and the count negative, and one with what is known now.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
from django.db import transaction

from quire.society.kit import acts, locks
from quire.society.parties import queries as parties
from quire.society.parties.models import User
from quire.society.repertoire.queries import Finder
from quire.society.usage import lake
from quire.society.usage.actions.chunks import LAKE, list_file
from quire.society.usage.listed import paths_of_import
from quire.society.usage.models import Import

# sql in this file: all that is put together are names of columns in this file.
_FACTS = ", ".join(name for name, _ in lake.COLUMNS if name not in ("count", "site", "work"))


@dataclass(frozen=True, slots=True)
class RematchResult:
    """``imports`` whose usage moved, and how many ``lines`` and ``requests`` of it."""

    imports: int
    lines: int
    requests: int


def rematch(*, by: User | None) -> RematchResult:
    """Look up every address in the lake again and move what now belongs to another work or site.

    One transaction per import; killed in between and called again it goes on. Called twice it moves nothing
    the second time.
    """
    parties.may_write(by)
    finder = Finder()
    moved = imports = 0
    requests = 0
    for record in Import.objects.order_by("id"):
        with transaction.atomic(durable=True):
            locks.wait(LAKE)
            lines, worth = _rematch(record, finder, by)
        imports, moved, requests = imports + bool(lines), moved + lines, requests + worth
    return RematchResult(imports, moved, requests)


def _rematch(record: Import, finder: Finder, by: User | None) -> tuple[int, int]:
    paths = paths_of_import(record)
    with lake.reading(paths, threads=1) as db:
        if not _moves(db, finder):
            return 0, 0
        _append(db)
        ((lines, requests),) = db.execute(
            "SELECT count(*), sum(count)::BIGINT FROM fresh WHERE count > 0"
        ).fetchall()
        number = sum("/rematch-" in path for path in paths) + 1
        written = lake.write_table(db, "fresh", f"{lake.folder_of(record.tid)}/rematch-{number}.parquet")
    list_file(record, written)
    acts.record("usage.rematch", record, by=by, file=written.path, lines=lines, requests=requests)
    return lines, requests


def _moves(db: duckdb.DuckDBPyConnection, finder: Finder) -> bool:
    """Make the table ``moves``: addresses with what they were resolved to and what they resolve to now."""
    still_counted(db)
    known = db.execute("SELECT DISTINCT host, path, site, work FROM live WHERE host <> ''").fetchall()
    moves = []
    for host, path, site, work in known:
        now = finder.find(host, path)
        if (now.site, now.work) != (site, work):
            moves.append((host, path, site, work, now.site, now.work))
    if moves:
        names = ("host", "path", "site", "work", "new_site", "new_work")
        columns = zip(names, zip(*moves, strict=True), strict=True)
        lake.put(db, "moves", {n: lake.texts([str(v) if v else "" for v in values]) for n, values in columns})
    return bool(moves)


def still_counted(db: duckdb.DuckDBPyConnection) -> None:
    """Make the table ``live``: the rows of the view ``usage`` that no void has taken away."""
    db.execute(
        f"CREATE TEMP TABLE live AS SELECT {_FACTS}, site, work, sum(count)::BIGINT AS count "  # noqa: S608
        "FROM usage GROUP BY ALL HAVING sum(count) <> 0"
    ).fetchall()


def _append(db: duckdb.DuckDBPyConnection) -> None:
    """Make the table ``fresh``: for each row that moves a void and a row in the new place."""
    same = " AND ".join(
        f"coalesce(live.{name}::VARCHAR, '') = moves.{name}" for name in ("host", "path", "site", "work")
    )
    db.execute(
        "CREATE TEMP TABLE fresh AS "  # noqa: S608
        f"SELECT live.* REPLACE (-count AS count) FROM live JOIN moves ON {same} UNION ALL "
        "SELECT live.* REPLACE (nullif(new_site, '')::UUID AS site, nullif(new_work, '')::UUID AS work) "
        f"FROM live JOIN moves ON {same}"
    ).fetchall()

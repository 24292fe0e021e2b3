"""Import a usage file: once, resumably, every line under one heading.

The file is read in chunks of a fixed number of lines. What a chunk holds goes to the disk as one Parquet
file; then one transaction lists that file, keeps what was set aside and moves the import on. Killed before
that transaction, the chunk is read again and makes the same bytes under the same name.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from quire.core.urls import canonical_host
from quire.society.kit import acts, config, locks
from quire.society.parties import queries as parties
from quire.society.parties.models import User
from quire.society.repertoire.queries import Finder
from quire.society.usage import formats, lake, queries
from quire.society.usage.account import Account, Facts
from quire.society.usage.actions.chunks import CHUNK, IMPORT, Chunk, Place, commit
from quire.society.usage.errors import AlreadyRunning, FileChanged, HostNeeded, OfAnotherHost
from quire.society.usage.models import Import

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all (uncompressed), often enough to move a bar."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What came of an import. ``fresh`` is False where the file was imported before, and nothing changed.

    ``resumed`` says that an earlier command had begun it. ``account`` is by the licences and mandates on
    record now. Of a dry run ``imported`` is not in the database.
    """

    imported: Import
    account: Account
    fresh: bool
    resumed: bool


@dataclass(frozen=True, slots=True)
class _File:
    """A file as it was when its digest was taken."""

    path: Path
    form: formats.Format
    digest: str
    size: int
    stamp: tuple[int, int]


@dataclass(slots=True)
class _Run:
    """One go at an import: what it reads, and where it writes."""

    file: _File
    record: Import
    by: User | None
    place: Place
    progress: Progress | None
    chunk: int
    facts: Facts
    crew: formats.Crew | None


def import_file(
    path: Path | str,
    *,
    host: str | None = None,
    by: User | None,
    dry_run: bool = False,
    progress: Progress | None = None,
    chunk: int = CHUNK,
) -> ImportResult:
    """Import a log or hourly counts, plain, gzip or zstd; go on where an earlier command was stopped.

    ``host`` is whose log it is, where its lines do not say. ``dry_run`` reads and accounts for everything
    and leaves nothing behind. Checked in this order: ``by`` may write; the file can be read; its format is
    known; the host is one (``Invalid``); it is given where it is needed (``HostNeeded``); nobody else
    imports the file right now (``AlreadyRunning``); it has told no usage of another host before
    (``OfAnotherHost``). While it runs: the file stays the same (``FileChanged``).
    """
    parties.may_write(by)
    path = Path(path)
    form = formats.detect(path)
    # It starts up while the digest is taken, which needs one core.
    with formats.crew_for(path, form) or nullcontext() as crew:
        return _import_once(_look_at(path, form), host, by, dry_run, progress, chunk, crew)


def _import_once(
    file: _File,
    host: str | None,
    by: User | None,
    dry_run: bool,
    progress: Progress | None,
    chunk: int,
    crew: formats.Crew | None,
) -> ImportResult:
    named = canonical_host(host) if host else ""
    if not named:
        _need_hosts(file)
    lock = f"{IMPORT}:{file.digest}"
    if not dry_run and not locks.try_session(lock):
        raise AlreadyRunning(f"Another command is importing {file.path.name}; wait until it has ended.")
    try:
        return _import(file, named, by, dry_run, progress, chunk, crew)
    finally:
        if not dry_run:
            locks.leave_session(lock)


def _import(
    file: _File,
    host: str,
    by: User | None,
    dry: bool,
    progress: Progress | None,
    chunk: int,
    crew: formats.Crew | None,
) -> ImportResult:
    before = Import.objects.filter(digest=file.digest, host=host, withdrawn_at=None).first()
    if before is not None and before.finished:
        return ImportResult(before, queries.account_of(before), fresh=False, resumed=False)
    if before is None:
        _of_no_other_host(file, host)
    book = formats.load()
    record = before or Import(digest=file.digest, host=host, name=formats.safe(file.path.name, 200), by=by,
                              format=file.form, agents=f"sha256:{book.digest}")  # fmt: skip
    if before is None and not dry:
        _begin(record, by)
    writer = lake.Writer()
    place = Place(f"tmp/dry-{record.tid}", writer, []) if dry else Place(lake.folder_of(record.tid), writer)
    run = _Run(file, record, by, place, progress, chunk, Facts.from_json(record.account), crew)
    try:
        with writer:
            _read(run, book)
        account = queries.account_of(record, facts=run.facts, beside=place.rehearsed or ())
    finally:
        if dry:
            shutil.rmtree(config.home() / place.folder, ignore_errors=True)
    return ImportResult(record, account, fresh=True, resumed=before is not None)


def _of_no_other_host(file: _File, host: str) -> None:
    """One log is of one host: what it told of one would count again under another."""
    for other in Import.objects.filter(digest=file.digest, withdrawn_at=None).order_by("id"):
        if not other.finished or "usage" in Facts.from_json(other.account).tallies:
            whose = f"as the log of {other.host}" if other.host else "by the hosts that its lines name"
            raise OfAnotherHost(
                f"{file.path.name} was imported before, {whose} ({other.name}, {other.tid}): the same usage "
                f"cannot count again{f' for {host}' if host else ''}. If that one was wrong: "
                f"quire usage withdraw {other.tid} --reason …",
                earlier=other.tid,
                host=other.host,
            )


def _begin(record: Import, by: User | None) -> None:
    with transaction.atomic(durable=True):
        record.save(force_insert=True)
        acts.record("usage.import", record, by=by, digest=record.digest, host=record.host, name=record.name,
                    format=record.format, agents=record.agents)  # fmt: skip


def _read(run: _Run, book: formats.AgentBook) -> None:
    """Chunk by chunk, until the file ends."""
    finder, size = Finder(), run.file.size
    reader = formats.reader_for(run.file.form, book, run.record.host or None, finder.is_registered)
    start = formats.Position(run.record.line, run.record.offset) if run.record.line else None
    if run.crew is not None:
        run.crew.begin(formats.Task(run.file.form, book, run.record.host or None))
    last = False
    with formats.pieces_for(reader, run.file.path, start, limit=run.chunk, crew=run.crew) as pieces:
        while not last:
            chunk = Chunk(run.record.line, run.record.line, run.record.offset)
            for piece in pieces.take():
                chunk.take(piece, run.facts)
                if run.progress:
                    run.progress(min(chunk.offset, size), size)
            _unchanged(run.file)
            last = chunk.last = chunk.count < run.chunk
            commit(run.record, chunk, run.facts, finder, run.place, by=run.by)
    if run.progress:
        run.progress(size, size)


def _look_at(path: Path, form: formats.Format) -> _File:
    stamp = _stamp(path)  # before the digest: what changes after this is noticed
    return _File(path, form, lake.digest_of(path), formats.length_of(path), stamp)


def _stamp(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_size, state.st_mtime_ns


def _unchanged(file: _File) -> None:
    try:
        same = _stamp(file.path) == file.stamp
    except OSError:
        same = False
    if not same:
        raise FileChanged(f"{file.path} changed while it was read; import a copy that nobody writes to.")


def _need_hosts(file: _File) -> None:
    """Whether the first thousand lines all say whose log it is."""
    line = formats.hostless(file.path, file.form)
    if line is not None:
        raise HostNeeded(
            f"The lines of {file.path.name} do not say which site they are of: "
            "name it with --host, as in --host example.org.",
            line=line,
        )

"""A chunk of a file: gathered line by line, judged against what is there, committed as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection, transaction

from quire.society.kit import acts, ids, locks
from quire.society.parties.models import User
from quire.society.repertoire.queries import NOTHING, Finder
from quire.society.usage import conflicts, lake
from quire.society.usage.account import Facts
from quire.society.usage.blotting import without_addresses
from quire.society.usage.formats import Heading, Piece, Row
from quire.society.usage.models import EDGE, Import, LakeFile, SetAside

CHUNK = 250_000
"""Lines in a chunk. Another number makes other files of the same rows."""

KEPT = 10_000
"""Unreadable lines kept of one import; those after them are counted and no more."""

LAKE = "usage.lake"
"""The lock under which the lake grows, so that two imports cannot both be the first with the same usage."""

IMPORT = "usage.import"
"""The lock, with ``:`` and the file's digest after it, of whoever imports a file or withdraws its import."""

_ASIDE = ("line", "heading", "reason", "excerpt")


@dataclass(slots=True)
class Chunk:
    """Lines of a file after ``before``. Nothing in it is decided yet: rows may still contradict the lake."""

    before: int
    line: int
    offset: int
    count: int = 0
    last: bool = False
    rows: list[Row] = field(default_factory=list)
    again: list[tuple[Row, str]] = field(default_factory=list)
    unreadable: list[tuple[int, str, str]] = field(default_factory=list)

    def take(self, piece: Piece, facts: Facts) -> None:
        """A piece of the file; all but usage goes into the account now."""
        lines: Counter[Heading] = Counter()
        requests: Counter[Heading] = Counter()
        for read, times in piece.counts.items():
            lines[read.heading] += times
            requests[read.heading] += times * read.requests
        for line, read in piece.reads:
            if read.row is not None and read.heading is Heading.USAGE:
                self.rows.append(read.row)
                continue
            lines[read.heading] += 1
            requests[read.heading] += read.requests
            if read.row is not None:
                self.again.append((read.row, read.reason or ""))
            elif read.heading is Heading.UNREADABLE and facts.unreadable_kept < KEPT:
                facts.unreadable_kept += 1
                self.unreadable.append((line, read.reason or "", without_addresses(read.excerpt or "")))
        for heading, count in lines.items():
            if count:
                facts.add(heading.value, requests[heading], lines=count)
        self.count += piece.lines
        self.line, self.offset = piece.last.line, piece.last.offset


@dataclass(frozen=True, slots=True)
class Place:
    """Where a commit writes: a folder under ``QUIRE_HOME``; of a dry run also the files there so far."""

    folder: str
    writer: lake.Writer
    rehearsed: list[str] | None = None


def commit(
    record: Import, chunk: Chunk, facts: Facts, finder: Finder, place: Place, *, by: User | None
) -> None:
    """Judge the rows, put the good ones into the lake, and move the import on. All of it, or nothing.

    The Parquet file is on the disk before the transaction that lists it ends: a kill between leaves a file
    that nobody reads and the next attempt replaces.
    """
    if place.rehearsed is not None:
        _, written = _judged(record, chunk, facts, finder, place)
        place.rehearsed.extend(one.path for one in written)
        record.line, record.offset = chunk.line, chunk.offset
        return
    with transaction.atomic(durable=True):
        locks.wait(LAKE)
        aside, written = _judged(record, chunk, facts, finder, place)
        for one in written:
            list_file(record, one)
        keep(record, _kept(chunk, aside))
        record.line, record.offset, record.finished = chunk.line, chunk.offset, chunk.last
        record.account = facts.as_json()
        record.save(update_fields=["line", "offset", "finished", "account"])
        if chunk.last:
            acts.record("usage.import-finished", record, by=by, **record.account)


def list_file(record: Import, written: lake.Written) -> None:
    """Make a Parquet file count."""
    LakeFile.objects.create(source=record, path=written.path, digest=written.digest, rows=written.rows,
                            requests=written.requests, starts=written.starts, ends=written.ends)  # fmt: skip


def _judged(
    record: Import, chunk: Chunk, facts: Facts, finder: Finder, place: Place
) -> tuple[list[tuple[Row, str]], list[lake.Written]]:
    """The rows that contradict the lake, with why; and the file of the others, if there are any."""
    if not chunk.rows:
        return [], []
    good, aside = _sorted_out(record, chunk.rows, place)
    if aside:
        facts.add("conflicting", sum(row.count for row, _ in aside), lines=len(aside))
    if not good:
        return aside, []
    facts.add("usage", sum(row.count for row in good), lines=len(good))
    texts = _Texts()
    found = (finder.find(row.host, row.path) if row.host else NOTHING for row in good)
    owners = [(texts[site], texts[work]) for site, work in found]
    return aside, [place.writer.write(f"{place.folder}/{chunk.before + 1}.parquet", good, owners)]


def _sorted_out(record: Import, rows: Sequence[Row], place: Place) -> tuple[list[Row], list[tuple[Row, str]]]:
    """First in wins. Rows of a log do not contradict one another; hourly rows of one file may."""
    hourly = record.format == "hourly"
    imports, paths, sources = _relevant(record, rows, place, own=hourly)
    if not paths and not hourly:
        return list(rows), []
    with place.writer.reading(paths) as db:
        edges = [number for number, one in enumerate(imports) if one.format == EDGE]
        known = conflicts.known_to(db, rows, sources, edges)
    ours = next((number for number, one in enumerate(imports) if one.id == record.id), len(imports))
    good, aside = [], []
    for row in rows:
        against = known.against(row)
        if against is None:
            good.append(row)
            if hourly:
                known.take(row, ours)
        else:
            why, source = against
            aside.append((row, f"{why}: {_named(record, imports, source)}, imported first."))
    return good, aside


def _relevant(
    record: Import, rows: Sequence[Row], place: Place, *, own: bool
) -> tuple[list[Import], list[str], list[int]]:
    """Imports in the order they were begun; files that share hours with the rows; the import of each file.

    What was withdrawn contradicts nobody: its files, the voids among them, are left out.
    """
    starts, ends = conflicts.span(rows)
    listed = LakeFile.objects.filter(starts__lt=ends, ends__gte=starts, source__withdrawn_at=None).order_by(
        "id"
    )
    if not own:
        listed = listed.exclude(source=record)
    files = list(listed.values_list("path", "source_id"))
    imports = list(Import.objects.filter(id__in={source for _, source in files} | {record.id}).order_by("id"))
    if all(one.id != record.id for one in imports):  # a dry run's is not in the database
        imports.append(record)
    numbers = {one.id: number for number, one in enumerate(imports)}
    files += [(path, record.id) for path in place.rehearsed or ()] if own else []
    return imports, [path for path, _ in files], [numbers[source] for _, source in files]


def _named(record: Import, imports: Sequence[Import], source: int) -> str:
    one = imports[source] if source < len(imports) else record
    return "this very file" if one.id == record.id else f"{one.name} ({one.tid})"


def _kept(chunk: Chunk, aside: Iterable[tuple[Row, str]]) -> Iterator[tuple[int, str, str, str]]:
    """(line, heading, reason, excerpt) of everything in the chunk that is set aside."""
    for line, reason, excerpt in chunk.unreadable:
        yield line, "unreadable", reason[:300], excerpt
    for row, reason in (*chunk.again, *aside):
        told = f"{row.agent} {row.host or ''}{row.path or ''} {row.starts.isoformat()} × {row.count}"
        yield row.line, "conflicting", reason[:300], told[:300]


def keep(record: Import, kept: Iterable[tuple[int, str, str, str]]) -> None:
    """Into PostgreSQL by COPY: a file that grew may set a million lines aside."""
    fields = [SetAside._meta.get_field(name).column for name in ("id", "source", *_ASIDE)]
    # sql: table and columns are the model's own names
    statement = f"COPY {SetAside._meta.db_table} ({', '.join(fields)}) FROM STDIN"
    with connection.cursor() as run, run.copy(statement) as copy:
        for one in kept:
            copy.write_row((ids.new(), record.id, *one))


class _Texts(dict[UUID | None, str]):
    """UUIDs as text, each made once."""

    def __missing__(self, key: UUID | None) -> str:
        self[key] = "" if key is None else str(key)
        return self[key]

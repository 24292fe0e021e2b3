"""Compact what edges sent: spool by spool, a chunk in a transaction.

What is on the disk counts when PostgreSQL lists it. Killed before that, the chunk is compacted again, to
files of the same names; two processes never compact one spool at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import zip_longest
from pathlib import Path

import duckdb
from django.db import transaction

from quire.society.kit import acts, locks
from quire.society.parties.models import User
from quire.society.usage import lake
from quire.society.usage.acceptance import spools
from quire.society.usage.account import Facts, Tally
from quire.society.usage.actions import chunks
from quire.society.usage.compaction import charging, judging, reading, writing
from quire.society.usage.compaction.ahead import Ahead, Read
from quire.society.usage.compaction.reading import EVENTS, Chunk
from quire.society.usage.compaction.register import Registers
from quire.society.usage.errors import AccountWrong, LakeDamaged
from quire.society.usage.models import EDGE, Import, LakeFile, Piece, Spool


@dataclass(frozen=True, slots=True)
class CompactResult:
    """``events`` compacted, and what became of them: tallies by heading, undivided (``usage``)."""

    events: int = 0
    tallies: dict[str, Tally] = field(default_factory=dict)


def _never() -> bool:
    return False


def compact(
    *, by: User | None = None, most: int = EVENTS, over: Callable[[], bool] = _never
) -> CompactResult:
    """Compact everything accepted. Safe at any time, killed at any time, and several at once.

    It decides nothing that a person would answer for, so ``by`` is asked for no role. One transaction for
    about ``most`` events; after each, ``over`` is asked whether to leave the rest for later. Raises
    ``LakeNotWritten``, and ``LakeDamaged`` where accepted events are missing: once the other spools are done.
    """
    tallies: dict[str, Tally] = {}
    damaged: list[LakeDamaged] = []
    reading.sweep()
    behind = [spool for spool in _in_order() if _has_more(spool)]
    if not behind:
        return CompactResult()
    with lake.connect(threads=1) as db, Ahead(db, most) as ahead:
        run = _Run(ahead, Registers(), by)
        for spool, following in zip_longest(behind, behind[1:]):
            if over():
                break
            try:
                for found in _compact_spool(run, spool, following, over):
                    for heading, (lines, requests) in found.items():
                        tallies[heading] = tallies.get(heading, Tally()) + Tally(lines, requests)
            except LakeDamaged as problem:
                damaged.append(problem)
    if damaged:
        raise damaged[0]
    return CompactResult(sum(tally.lines for tally in tallies.values()), tallies)


@dataclass(frozen=True, slots=True)
class _Run:
    """What is needed for one chunk after another."""

    ahead: Ahead
    registers: Registers
    by: User | None


def _in_order() -> Iterator[Spool]:
    """Spools by site, so that what is registered there is loaded once."""
    rows = Spool.objects.select_related("edge", "record").order_by("edge__site_id", "id")
    yield from rows.iterator(chunk_size=1_000)


def _has_more(spool: Spool) -> bool:
    """Whether the segments are longer than what was compacted of them, or not what they should be.

    It is asked of every spool there ever was, so lengths must do.
    """
    sizes = sum(path.stat().st_size for path in spools.segments(_place(spool)))
    return bool(sizes != spool.record.offset - spool.forgotten)


def _place(spool: Spool) -> Path:
    return spools.folder(spool.edge.tid, spool.spool)


def _compact_spool(
    run: _Run, spool: Spool, following: Spool | None, over: Callable[[], bool]
) -> Iterator[dict[str, tuple[int, int]]]:
    """Compact the spool, chunk by chunk: (lines, requests) by heading of each. ``following`` comes next.

    Nothing where another process compacts it right now. Raises ``LakeDamaged``, ``LakeNotWritten``.
    """
    lock = f"usage.compact:{spool.tid}"
    if not locks.try_session(lock):
        return
    try:
        more = True
        while more:
            record = Import.objects.get(id=spool.record_id)
            read = run.ahead.take(_place(spool), record.line)
            try:
                if read.chunk.full:
                    run.ahead.prepare(_place(spool), read.chunk.last)
                elif following is not None:
                    run.ahead.prepare(_place(following), following.record.line)
                if read.chunk.lines:
                    yield _compact(run, spool, record, read)
                more = read.chunk.full and not over()
            finally:
                read.drop()
    finally:
        locks.leave_session(lock)


def _compact(run: _Run, spool: Spool, record: Import, read: Read) -> dict[str, tuple[int, int]]:
    judging.against_register(read.db, run.registers.of(spool.edge.site_id))
    with transaction.atomic(durable=True):
        locks.wait(chunks.LAKE)
        _against_lake(read.db, record)
        return _commit(read.db, spool, record, read.chunk, run.by)


def _against_lake(db: duckdb.DuckDBPyConnection, record: Import) -> None:
    """Hold the events against what files told of the same hours. The lake is locked meanwhile."""
    span = judging.span(db)
    listed: list[tuple[str, object]] = []
    if span is not None:
        first, last = span
        hour = timedelta(hours=1)
        rows = LakeFile.objects.filter(
            starts__lt=last + hour, ends__gte=first - hour, source__withdrawn_at=None
        ).exclude(source__format=EDGE)
        listed = list(rows.order_by("id").values_list("path", "source_id"))
    imports = list(Import.objects.filter(id__in={source for _, source in listed}).order_by("id"))
    numbers: dict[object, int] = {one.id: number for number, one in enumerate(imports)}
    lake.look(db, [path for path, _ in listed])
    with lake.damage_told():
        judging.against_lake(
            db, [numbers[source] for _, source in listed], [f"{one.name} ({one.tid})" for one in imports]
        )


def _commit(
    db: duckdb.DuckDBPyConnection, spool: Spool, record: Import, chunk: Chunk, by: User | None
) -> dict[str, tuple[int, int]]:
    sums = judging.tallies(db)
    found = {heading: (one.lines, one.requests) for heading, one in sums.items()}
    usage, late = writing.usage(db, record, chunk, sums)
    if late:
        lines, requests = found.get("usage", (0, 0))
        found["usage"] = (lines - late, requests - late)
        lines, requests = found.get("voided", (0, 0))
        found["voided"] = (lines + late, requests + late)
    _adds_up(found, chunk)
    facts = Facts.from_json(record.account)
    aside = list(writing.set_aside(db, chunk, chunks.KEPT - facts.unreadable_kept))
    facts.unreadable_kept += sum(heading == "unreadable" for _, heading, _, _ in aside)
    for heading, (lines, requests) in sorted(found.items()):
        facts.add(heading, requests, lines)
    if usage is not None:
        chunks.list_file(record, usage)
    chunks.keep(record, aside)
    record.line, record.offset, record.account = chunk.last, record.offset + chunk.size, facts.as_json()
    record.save(update_fields=["line", "offset", "account"])
    moments = judging.span_of(sums, list(sums))
    piece = Piece.objects.create(spool=spool, first=chunk.first, last=chunk.last, digest=chunk.digest,
                                 account=found, received=chunk.received,
                                 latest=moments and moments[1])  # fmt: skip
    writing.visits(db, piece, record, sums)
    if late or any(one.charged for one in sums.values()):
        charging.keep(db, piece)
    if abs(chunk.skew) > abs(spool.skew):
        Spool.objects.filter(id=spool.id).update(skew=chunk.skew)
    acts.record("usage.compact", spool, by=by, first=chunk.first, last=chunk.last, **found)
    return found


def _adds_up(found: dict[str, tuple[int, int]], chunk: Chunk) -> None:
    """Every number received is under one heading, or nothing is written."""
    lines = sum(lines for lines, _ in found.values())
    if lines != chunk.last - chunk.first + 1:
        raise AccountWrong(
            f"Of the events {chunk.first} to {chunk.last} the account explains {lines}, "
            f"{chunk.last - chunk.first + 1} were received."
        )

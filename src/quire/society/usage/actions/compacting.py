"""Compact what edges sent: spool by spool, a chunk in a transaction.

What is on the disk counts when PostgreSQL lists it. Killed before that, the chunk is compacted again, to
files of the same names; two processes never compact one spool at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import duckdb
from django.db import transaction

from quire.society.kit import acts, locks
from quire.society.parties.models import User
from quire.society.repertoire.queries import Finder
from quire.society.usage import edges, lake
from quire.society.usage.acceptance import spools
from quire.society.usage.account import Facts, Tally
from quire.society.usage.actions import chunks
from quire.society.usage.compaction import charging, judging, told, writing
from quire.society.usage.compaction.reading import EVENTS, Chunk, gathered
from quire.society.usage.errors import AccountWrong
from quire.society.usage.models import EDGE, Edge, Import, LakeFile, Piece, Spool

_AHEAD = timedelta(days=1)
"""How far an edge's clock may be ahead of ours before its events are set aside."""


@dataclass(frozen=True, slots=True)
class CompactResult:
    """``events`` compacted, and what became of them: tallies by heading, undivided (``usage``)."""

    events: int = 0
    tallies: dict[str, Tally] = field(default_factory=dict)


def compact(*, by: User | None = None, most: int = EVENTS) -> CompactResult:
    """Compact everything accepted. Safe at any time, killed at any time, and several at once.

    It decides nothing that a person would answer for, so ``by`` is asked for no role. One transaction for
    about ``most`` events. Raises ``LakeDamaged`` where accepted events are missing, ``LakeNotWritten``.
    """
    tallies: dict[str, Tally] = {}
    for spool in Spool.objects.order_by("id"):
        while (found := _compact_spool(spool, by=by, most=most)) is not None:
            for heading, (lines, requests) in found.items():
                tallies[heading] = tallies.get(heading, Tally()) + Tally(lines, requests)
    return CompactResult(sum(tally.lines for tally in tallies.values()), tallies)


def _compact_spool(spool: Spool, *, by: User | None, most: int = EVENTS) -> dict[str, tuple[int, int]] | None:
    """Compact the next events of a spool: (lines, requests) by heading, or None where there are no more.

    None as well where another process compacts it right now. Raises ``LakeDamaged``, ``LakeNotWritten``.
    """
    lock = f"usage.compact:{spool.tid}"
    if not locks.try_session(lock):
        return None
    try:
        record = Import.objects.get(id=spool.record_id)
        edge = Edge.objects.get(id=spool.edge_id)
        place = spools.folder(edge.tid, spool.spool)
        with gathered(place, record.line, most) as chunk:
            return None if chunk is None else _compact(spool, edge, record, chunk, by)
    finally:
        locks.leave_session(lock)


def _compact(
    spool: Spool, edge: Edge, record: Import, chunk: Chunk, by: User | None
) -> dict[str, tuple[int, int]]:
    with lake.connect() as db:
        told.read(db, chunk, chunk.received + _AHEAD)
        hosts = edges.hosts_of(edge.site_id)
        judging.against_register(db, judging.Register(hosts, Finder(hosts)))
        with transaction.atomic(durable=True):
            locks.wait(chunks.LAKE)
            _against_lake(db, record)
            return _commit(db, spool, record, chunk, by)


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

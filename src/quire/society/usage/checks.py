"""What must hold of usage, asked by ``quire audit``: a sentence for each thing that does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from uuid import UUID

import numpy as np
from django.db.models import Count, F, Q, QuerySet, Sum

from quire.society.kit import config
from quire.society.usage import lake
from quire.society.usage.acceptance import overlap, spools
from quire.society.usage.account import Facts, Tally
from quire.society.usage.compaction.judging import VISITS
from quire.society.usage.compaction.reading import digest_of
from quire.society.usage.errors import LakeDamaged
from quire.society.usage.models import (
    Import,
    LakeFile,
    Report,
    ReportedEvent,
    SetAside,
    Spool,
    VisitFile,
)


def files_are_what_was_written() -> Iterator[str]:
    """Every Parquet file that counts is there, and its bytes are the ones listed."""
    for path, digest in LakeFile.objects.order_by("id").values_list("path", "digest").iterator():
        place = config.home() / path
        if not place.is_file():
            yield f"The usage lake has lost {path}; put it back from a copy."
        elif lake.digest_of(place) != digest:
            yield f"{path} in the usage lake is not what was written; put it back from a copy."


def accounts_add_up() -> Iterator[str]:
    """Of every import the lines read are explained, by PostgreSQL's own numbers."""
    worth = dict(LakeFile.objects.order_by().values_list("source").annotate(Sum("requests")))
    aside = {
        (source, heading): count
        for source, heading, count in SetAside.objects.order_by()
        .values_list("source", "heading")
        .annotate(Count("id"))
    }
    for record in Import.objects.order_by("id"):
        facts = Facts.from_json(record.account)
        counts = Tally() if record.withdrawn_at else facts.tallies.get("usage", Tally())
        numbers = (
            ("lines explained", sum(one.lines for one in facts.tallies.values()), record.line),
            ("lines in the account", facts.lines, record.line),
            ("requests in the lake", worth.get(record.id, 0), counts.requests),
            ("unreadable lines kept", aside.get((record.id, "unreadable"), 0), facts.unreadable_kept),
            ("conflicting lines kept", aside.get((record.id, "conflicting"), 0),
             facts.tallies.get("conflicting", Tally()).lines),
        )  # fmt: skip
        for what, found, expected in numbers:
            if found != expected:
                yield f"Usage import {record.tid} ({record.name}): {found} {what}, {expected} expected."


def rows_are_the_accounts() -> Iterator[str]:
    """The rows of an import are those accounted for (none once withdrawn); every void voids something."""
    for record, (lines, requests, negative) in _rows_by_import():
        facts = Facts.from_json(record.account)
        expected = Tally() if record.withdrawn_at else facts.tallies.get("usage", Tally())
        if Tally(lines, requests) != expected:
            yield (
                f"Usage import {record.tid} ({record.name}) has {lines} rows ({requests} requests) in the "
                f"lake, {expected.lines} ({expected.requests}) in its account."
            )
        if negative:
            yield f"Usage import {record.tid} ({record.name}) voids {negative} rows that are not there."


_NOTHING = (0, 0, 0)


def _rows_by_import() -> Iterator[tuple[Import, tuple[int, int, int]]]:
    """Every import with its rows, their requests, and how many are voided that are not there; none whose
    files cannot be read, which ``files_are_what_was_written`` says."""
    records = list(Import.objects.order_by("id"))
    try:
        found = _summed(LakeFile.objects.order_by("id"))
        yield from ((record, found.get(record.id, _NOTHING)) for record in records)
    except LakeDamaged:
        for record in records:
            with suppress(LakeDamaged):
                yield record, _summed(LakeFile.objects.filter(source=record)).get(record.id, _NOTHING)


def _summed(files: QuerySet[LakeFile]) -> dict[UUID, tuple[int, int, int]]:
    """The same of these files, by import."""
    listed = list(files.values_list("path", "source"))
    places: dict[UUID, int] = {source: place for place, (_, source) in enumerate(listed)}
    with lake.connect() as db, lake.damage_told():
        lake.look(db, [path for path, _ in listed])
        sources = np.array([places[one] for _, one in listed], dtype=np.int64)
        lake.put(db, "sources", {"file": np.arange(len(listed)), "source": sources})
        rows = db.execute(
            "SELECT source, coalesce(sum(lines), 0)::BIGINT, coalesce(sum(requests), 0)::BIGINT, "
            "count(*) FILTER (requests < 0) FROM (SELECT source, sum(sign(count)) AS lines, "
            "sum(count) AS requests FROM sourced JOIN sources USING (file) "
            "GROUP BY source, line, site, work) GROUP BY source"
        ).fetchall()
    return {listed[place][1]: (lines, requests, negative) for place, lines, requests, negative in rows}


def nothing_is_told_twice() -> Iterator[str]:
    """No usage counts twice, whatever files it came in."""
    try:
        with lake.reading(LakeFile.objects.order_by("id").values_list("path", flat=True)) as db:
            ((double,),) = db.execute(
                "SELECT count(*) FROM (SELECT fingerprint FROM usage GROUP BY fingerprint "
                "HAVING sum(sign(count)) > 1)"
            ).fetchall()
    except LakeDamaged:
        return
    if double:
        yield f"{double} rows of the usage lake count more than once."


def pieces_are_the_accounts() -> Iterator[str]:
    """The events of every spool are explained piece by piece, without a gap, and sum to its account."""
    for spool in Spool.objects.select_related("record").order_by("id"):
        follows, sums = 1, dict[str, Tally]()
        for piece in spool.pieces.order_by("first"):
            if piece.first != follows:
                yield f"Spool {spool.tid}: the events {follows} to {piece.first - 1} are in no piece."
            follows = piece.last + 1
            for heading, (lines, requests) in piece.account.items():
                sums[heading] = sums.get(heading, Tally()) + Tally(lines, requests)
            if sum(lines for lines, _ in piece.account.values()) != piece.last - piece.first + 1:
                yield f"Spool {spool.tid}: the account of {piece.first} to {piece.last} does not add up."
        if follows != spool.record.line + 1:
            yield f"Spool {spool.tid}: its pieces end at {follows - 1}, its account at {spool.record.line}."
        if sums != Facts.from_json(spool.record.account).tallies:
            yield f"Spool {spool.tid}: its pieces do not sum to its account."


def pieces_are_what_was_accepted() -> Iterator[str]:
    """The batches of every piece whose segments were not forgotten are there, and the ones compacted."""
    for spool in Spool.objects.select_related("edge", "record").order_by("id"):
        place = spools.folder(spool.edge.tid, spool.spool)
        kept = spools.segments(place)
        first = spools.first_of(kept[0]) if kept else spool.record.line + 1
        if not kept and spool.record.line and not spool.forgotten:
            yield f"Spool {spool.tid} has lost its segments in {place}; put them back from a copy."
        for piece in spool.pieces.filter(first__gte=first).order_by("first"):
            found = [frame.head.digest for _, frame in overlap.frames(place, piece.first, piece.last)]
            if digest_of(found) != piece.digest:
                yield f"Spool {spool.tid}: the events {piece.first} to {piece.last} are not those accepted."


def visits_are_what_was_written() -> Iterator[str]:
    """Every file of visits that was not forgotten is there, its bytes and rows the ones listed."""
    for file in VisitFile.objects.filter(forgotten_at=None).select_related("piece").order_by("id"):
        place = config.home() / file.path
        if not place.is_file():
            yield f"The usage lake has lost {file.path}; put it back from a copy."
        elif lake.digest_of(place) != file.digest:
            yield f"{file.path} in the usage lake is not what was written; put it back from a copy."
        if file.rows != sum(file.piece.account.get(name, (0, 0))[0] for name in VISITS):
            yield f"{file.path} has {file.rows} rows; its account has another number."


def reports_have_their_events() -> Iterator[str]:
    """Of every report as many events are kept as were taken, under licences of its own licensee."""
    kept = {
        report: (events, licences)
        for report, events, licences in ReportedEvent.objects.order_by()
        .values_list("report")
        .annotate(Count("id"), own=Count("id", filter=Q(licence__licensee=F("report__licensee"))))
    }
    for report in Report.objects.order_by("id").iterator(chunk_size=5000):
        events, own = kept.get(report.id, (0, 0))
        if events != report.taken:
            yield f"Report {report.tid}: {events} of its events are kept, {report.taken} were taken."
        if own != events:
            yield f"Report {report.tid}: {events - own} of its events are under another licensee's licence."


CHECKS: list[Callable[[], Iterator[str]]] = [
    files_are_what_was_written,
    accounts_add_up,
    rows_are_the_accounts,
    nothing_is_told_twice,
    pieces_are_the_accounts,
    pieces_are_what_was_accepted,
    visits_are_what_was_written,
    reports_have_their_events,
]

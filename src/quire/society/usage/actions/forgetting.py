"""Forget what agents asked for: visits are kept for a time, and then deleted.

So are the accepted batches that were compacted, because the same visits are in them. What counts stays: the
rows of usage, and the numbers of everything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from django.db import transaction
from django.db.models import F

from quire.core.errors import Invalid
from quire.society.kit import acts, clock, config, locks
from quire.society.parties import queries as parties
from quire.society.parties.models import User
from quire.society.usage.acceptance import overlap, spools
from quire.society.usage.models import Spool, VisitFile

YOUNGEST = timedelta(days=30)
"""Nothing younger is forgotten: until then somebody may ask about a refusal or a conflict."""


@dataclass(frozen=True, slots=True)
class ForgetResult:
    """``files`` of visits with so many ``rows``, and ``segments`` of accepted batches, that are no more."""

    files: int
    rows: int
    segments: int


def forget(*, before: date, by: User | None, dry_run: bool = False) -> ForgetResult:
    """Delete visits that ended before this day, and accepted batches that came before it and are compacted.

    Checked in this order: ``by`` may write; the day is at least thirty days ago (``Invalid``). The last
    segment of a spool always stays: it says where the spool ends.
    """
    parties.may_write(by)
    if before > clock.today() - YOUNGEST:
        raise Invalid(f"Visits are kept for at least {YOUNGEST.days} days.")
    moment = datetime.combine(before, time(), UTC)
    files = list(VisitFile.objects.filter(ends__lt=moment, forgotten_at=None).order_by("id"))
    segments = 0
    with locks.alone("files", using="default"):  # a backup copies what the database listed when it began
        for spool in Spool.objects.select_related("edge", "record").order_by("id"):
            segments += _forget_segments(spool, moment, dry_run)
        if not dry_run:
            for file in files:
                _forget_file(file, by)
            told = {"files": len(files), "segments": segments}
            acts.record("usage.forget", "usage", by=by, before=str(before), **told)
    return ForgetResult(len(files), sum(file.rows for file in files), segments)


def _forget_file(file: VisitFile, by: User | None) -> None:
    """First the row, then the bytes: a kill between leaves a file that nobody reads, and no lost one."""
    with transaction.atomic(durable=True):
        VisitFile.objects.filter(id=file.id, forgotten_at=None).update(forgotten_at=clock.now())
    (config.home() / file.path).unlink(missing_ok=True)


def _forget_segments(spool: Spool, before: datetime, dry: bool) -> int:
    place = spools.folder(spool.edge.tid, spool.spool)
    files = spools.segments(place)
    gone = 0
    lock = f"usage.compact:{spool.tid}"
    if not locks.try_session(lock):
        return 0
    try:
        for path, following in pairwise(files):
            last = spools.first_of(following) - 1
            heads = [frame.head for _, frame in overlap.frames(place, spools.first_of(path), last)]
            young = any(head.received >= before.timestamp() * 1_000_000 for head in heads)
            if young or last > spool.record.line:
                break
            gone += 1
            if not dry:
                size = path.stat().st_size
                path.unlink()
                Spool.objects.filter(id=spool.id).update(forgotten=F("forgotten") + size)
    finally:
        locks.leave_session(lock)
    return gone

"""Who has read what. That somebody read a notice is no act, and is not in the register."""

from __future__ import annotations

from django.db import transaction

from quire.society.kit import ids
from quire.society.notices import queries
from quire.society.notices.models import ReadMark
from quire.society.notices.queries import Box
from quire.society.parties.models import User


def read(box: Box, tid: str, *, by: User) -> queries.NoticeRow:
    """The user has read this notice of the box; again is fine. Unknown where the box has no such notice."""
    row = queries.find(box, tid, by)
    ReadMark.objects.bulk_create([ReadMark(notice_id=row.id, user=by)], ignore_conflicts=True)
    return row


def read_all(box: Box, *, by: User) -> int:
    """The user has read everything in the box. Returns how many notices that were."""
    with transaction.atomic():
        unread = queries.unread(box, by).values_list("id", flat=True)
        marks = [ReadMark(id=ids.new(), notice_id=notice, user=by) for notice in unread]
        ReadMark.objects.bulk_create(marks, batch_size=5_000, ignore_conflicts=True)
    return len(marks)

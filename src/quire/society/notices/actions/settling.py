"""What a notice asked for is done: by an act on the same thing, or since a look finds it no more."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q, QuerySet

from quire.society.kit import clock, ids
from quire.society.kit.acts import ActRow
from quire.society.notices import catalogue
from quire.society.notices.models import Notice, Settled
from quire.society.notices.whom.rights import still_silent


def settle(act: ActRow) -> None:
    """Nobody need do any more what this act has done."""
    ended = catalogue.ended_by(act.verb)
    if not ended:
        return
    same = Q(subject=act.subject)
    if "offer" in act.detail:  # several parts of one work may be offered
        same &= Q(parts__contains={"offer": act.detail["offer"]})
    _done(Notice.objects.filter(same, event__in=ended))
    if act.verb == "mandates.answer":
        _answered(act)


def _answered(act: ActRow) -> None:
    """A member's answer is about no one licence: what was asked for one is done when nothing is left open."""
    member = ids.read("pty", act.subject)
    asked = Notice.objects.filter(party=member, event="licence.decide", settled=None)
    over = [one.id for one in asked if not still_silent(member, one.subject)]
    _done(Notice.objects.filter(id__in=over))


def settle_looked_for(events: Collection[str], found: Collection[str]) -> None:
    """Of these events, which a look finds, all those are over whose cause it found no more."""
    _done(Notice.objects.filter(event__in=events).exclude(cause__in=found))


def _done(rows: QuerySet[Notice]) -> None:
    now = clock.now()
    open_ = rows.filter(needs=True, settled=None).values_list("id", flat=True)
    Settled.objects.bulk_create(
        [Settled(id=ids.new(), notice_id=one, at=now) for one in open_], ignore_conflicts=True
    )

"""Acts that wait become notices: taken from the queue in the transaction that writes what they mean.

A worker that is killed leaves the acts waiting; two workers take different ones. An act that cannot be told
(what it names is gone) waits with its problem, and the others go on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from quire.society.kit import ids
from quire.society.kit.acts import ActRow
from quire.society.notices import catalogue, whom
from quire.society.notices.actions import delivering, mailing, settling
from quire.society.notices.models import Notice, Waiting

log = logging.getLogger("quire.notices")
BATCH = 100
"""Acts told in one transaction."""
TRIES = 5
"""After so many an act is left, with its problem, for somebody to look at."""
_ROWS = 5_000


def tell() -> int:
    """Tell every act that waits. Returns how many notices were written."""
    written = 0
    while True:
        acts, notices = _some()
        written += notices
        if acts < BATCH:
            return written


def _some() -> tuple[int, int]:
    """Tell the next acts, the oldest first: how many there were, and how many notices came of them."""
    with transaction.atomic():
        rows = Waiting.objects.select_for_update(skip_locked=True, of=("self",)).select_related("act")
        waiting = list(rows.filter(tries__lt=TRIES).order_by("tries", "act_id")[:BATCH])
        written = sum(map(_tell, waiting))
        return len(waiting), written


def _tell(row: Waiting) -> int:
    try:
        with transaction.atomic():
            act = ActRow(row.act.at, "", row.act.verb, row.act.subject, row.act.detail)
            settling.settle(act)
            written = write(act.at, row.act.tid, act.subject, whom.meant(act))
            row.delete()
            return written
    except Exception as problem:
        # Whatever it was: this act waits with its problem, and those behind it are told.
        log.exception("the act %s could not be told", row.act_id)
        told = {"tries": row.tries + 1, "problem": f"{type(problem).__name__}: {problem}"[:300]}
        Waiting.objects.filter(act=row.act_id).update(**told)
        return 0


def write(at: datetime, cause: str, subject: str, told: Iterable[whom.Told]) -> int:
    """Write notices of what was told, and hand them to who sends letters and webhooks; what is on record
    already stays as it is. Call it inside a transaction. Returns how many are new."""
    made = [_notice(at, cause, subject, one) for one in told]
    fresh: list[Notice] = []
    for some in (made[first : first + _ROWS] for first in range(0, len(made), _ROWS)):
        Notice.objects.bulk_create(some, ignore_conflicts=True)
        fresh += Notice.objects.filter(id__in=[one.id for one in some])
    _hand_on(fresh)
    return len(fresh)


def _notice(at: datetime, cause: str, subject: str, one: whom.Told) -> Notice:
    event = catalogue.EVENTS[one.event]
    return Notice(
        id=ids.new(),
        at=at,
        event=one.event,
        audience=one.audience,
        party_id=one.party,
        subject=subject,
        parts=dict(one.parts),
        facts=dict(one.facts),
        due=one.due,
        needs=event.needs,
        cause=one.cause or cause,
    )


def _hand_on(fresh: Sequence[Notice]) -> None:
    """Letters and deliveries of these notices wait from now on, in the same transaction."""
    for first in range(0, len(fresh), _ROWS):
        some = fresh[first : first + _ROWS]
        delivering.queue(some)
        mailing.queue(some)

"""What must always hold of disputes; ``quire audit`` says each sentence that does not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from django.db.models import Count

from quire.core import disputes as rules
from quire.core.canonical import digest as digest_of
from quire.society.disputes import queries
from quire.society.disputes.models import OPEN, Dispute, Document
from quire.society.kit import config


def open_disputes_hold_what_is_disputed() -> Iterator[str]:
    """While a documented dispute is open, exactly the disputed part of each respondent is held."""
    for one in Dispute.objects.filter(kind__in=rules.OF_MONEY).select_related("work"):
        standing = dict(
            one.holds.filter(hold__released_on=None, hold__work=one.work_id).values_list(
                "respondent__code", "hold__part"
            )
        )
        wanted = {}
        if one.state in OPEN and one.state != "filed":
            wanted = rules.held(queries.stated(one, "present"), queries.stated(one, "claimed"))
        if standing != wanted:
            yield f"The dispute {one.tid} is {one.state}, and does not hold what that says."


def ended_disputes_hold_nothing() -> Iterator[str]:
    """A dispute that has ended holds nothing any more, of no copy either."""
    for one in Dispute.objects.exclude(state__in=OPEN):
        if one.holds.filter(hold__released_on=None).exists():
            yield f"The dispute {one.tid} has ended, and still holds money."


def a_share_is_in_one_dispute_at_a_time() -> Iterator[str]:
    """No two open disputes would take from the same owner of a work."""
    about = Dispute.objects.filter(state__in=OPEN, kind__in=rules.OF_MONEY).order_by().values("work")
    for (work,) in about.annotate(n=Count("id")).filter(n__gt=1).values_list("work"):
        for one, other in combinations(queries.open_about(work), 2):
            for party in sorted(one.takes_from.keys() & other.takes_from.keys()):
                yield f"The disputes {one.tid} and {other.tid} are both about what {party} has of a work."


def documents_are_those_handed_in() -> Iterator[str]:
    """Every document is there, and is the one that was handed in."""
    place = config.home() / "disputes"
    for one in Document.objects.select_related("dispute").order_by("id"):
        path = place / one.dispute.tid / one.digest.replace(":", "-")
        if not path.is_file() or digest_of(path.read_bytes()) != one.digest:
            yield f"The document “{one.title}” of {one.dispute.tid} is not the file that was handed in."


CHECKS = [
    open_disputes_hold_what_is_disputed,
    ended_disputes_hold_nothing,
    a_share_is_in_one_dispute_at_a_time,
    documents_are_those_handed_in,
]

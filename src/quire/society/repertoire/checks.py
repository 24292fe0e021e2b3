"""What must always be true of the repertoire."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from itertools import groupby, pairwise

from quire.core.chains import check
from quire.core.errors import QuireError
from quire.core.shares import share_text
from quire.society.parties import queries as parties
from quire.society.repertoire.models import Ownership, OwnershipShare, Work
from quire.society.repertoire.queries.agreements import agreements


def shares_are_whole() -> Iterator[str]:
    """The shares of every version add up to exactly one."""
    rows = OwnershipShare.objects.order_by("ownership_id").values_list(
        "ownership_id", "ownership__work__key", "share"
    )
    for (_, key), group in groupby(rows.iterator(chunk_size=10_000), key=lambda row: row[:2]):
        total = sum((share for _, _, share in group), Fraction())
        if total != 1:
            yield f"The shares of a version of {key} add up to {share_text(total)}, not to 1."
    for key in Ownership.objects.filter(shares__isnull=True).values_list("work__key", flat=True):
        yield f"A version of {key} has no owners."


def versions_follow_one_another() -> Iterator[str]:
    """No two versions of a work share a day."""
    rows = Ownership.objects.values_list("work_id", "work__key", "starts", "ends").order_by("work_id")
    for (_, key), group in groupby(rows.iterator(chunk_size=10_000), key=lambda row: row[:2]):
        spans = sorted((starts or date.min, ends or date.max) for _, _, starts, ends in group)
        for (_, ends), (starts, _) in pairwise(spans):
            if starts < ends:
                yield f"Two versions of the owners of {key} share the day {starts}."


def copies_lead_to_originals() -> Iterator[str]:
    """The original of a copy is no copy itself, and a copy has no owners of its own."""
    chained = Work.objects.filter(original__original__isnull=False)
    for key, original in chained.values_list("key", "original__key"):
        yield f"{key} is a copy of {original}, which is a copy itself."
    for key in Work.objects.filter(original__isnull=False, ownerships__isnull=False).values_list(
        "key", flat=True
    ):
        yield f"{key} is a copy and has owners of its own."


def agreements_go_one_way() -> Iterator[str]:
    """Takers' shares add up to one; agreements and successions together go one way and come to an end."""
    try:
        check([one.told for one in (*agreements(), *parties.successions())])
    except QuireError as problem:
        yield f"Agreements: {problem.sentence}"


CHECKS = [shares_are_whole, versions_follow_one_another, copies_lead_to_originals, agreements_go_one_way]

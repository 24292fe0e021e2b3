"""Edges that have gone silent, from the database alone: for who watches all of them at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from quire.society.kit import clock
from quire.society.kit.paging import Filter, Listing, Sort
from quire.society.usage.health import SILENT
from quire.society.usage.models import Edge, Spool


@dataclass(frozen=True, slots=True)
class Heard:
    """An edge: when what it sent was last compacted (None: never), and its gaps."""

    tid: str
    name: str
    site: str
    host: str
    registered: datetime
    heard: datetime | None
    silent: bool
    gaps: int
    revoked: bool


def heard_list() -> Listing[Heard]:
    """Every edge, the one not heard for longest first; ``silent`` narrows the list to those."""
    return Listing(
        _edges(),
        lambda some: [_heard(one) for one in some],
        {"since": Sort("since"), "registered": Sort("registered_at", descending=True)},
        {
            "silent": Filter("Silent", {"yes": "silent", "no": "heard"}, _silent),
            "gaps": Filter("Gaps", {"yes": "with gaps"}, lambda _: Q(gaps__gt=0)),
        },
        lambda words: Q(site__host__icontains=words) | Q(name__icontains=words),
    )


def _edges() -> QuerySet[Edge]:
    """Each with figures of its own, so that joining one does not count another twice."""
    mine = Spool.objects.filter(edge=OuterRef("id")).order_by().values("edge")
    heard = Subquery(mine.annotate(last=Max("pieces__received")).values("last"))
    gaps = Subquery(mine.annotate(sum=Sum("gaps")).values("sum"))
    return Edge.objects.select_related("site").annotate(
        heard=heard, since=Coalesce(heard, "registered_at"), gaps=Coalesce(gaps, 0)
    )


def _silent(said: str) -> Q:
    quiet = Q(since__lt=clock.now() - SILENT, revoked_at=None)
    return quiet if said == "yes" else ~quiet


def _heard(one: Edge) -> Heard:
    quiet = one.revoked_at is None and one.since < clock.now() - SILENT
    return Heard(
        one.tid,
        one.name,
        one.site.code,
        one.site.host,
        one.registered_at,
        one.heard,
        quiet,
        one.gaps,
        one.revoked_at is not None,
    )

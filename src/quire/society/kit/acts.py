"""Write the record of an act. Call it inside the action's own atomic block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from quire.society.kit import clock
from quire.society.kit.models import Act
from quire.society.kit.paging import Filter, Listing, Sort


def record(verb: str, subject: Any, *, by: Any, **detail: Any) -> Act:
    """One row: ``verb`` ("membership.admit"), ``subject`` (a Noun or a text), who, and JSON detail."""
    return Act.objects.create(
        at=clock.now(), by=by, verb=verb, subject=getattr(subject, "tid", None) or str(subject), detail=detail
    )


def newest(verb: str, subject: str, **detail: Any) -> datetime | None:
    """When this was last done to the subject (a TypeID) with these entries in its detail; None: never."""
    found = Act.objects.filter(verb=verb, subject=subject, detail__contains=detail)
    moment: datetime | None = found.order_by("-at").values_list("at", flat=True).first()
    return moment


@dataclass(frozen=True, slots=True)
class ActRow:
    """An act as others read it: ``by`` is a user's name, "" where a command acted for nobody."""

    at: datetime
    by: str
    verb: str
    subject: str
    detail: Mapping[str, Any]


def register() -> Listing[ActRow]:
    """The register of all acts, the newest first; ``room`` narrows it to one room's verbs."""
    rooms = sorted({verb.partition(".")[0] for verb in Act.objects.values_list("verb", flat=True).distinct()})
    return Listing(
        Act.objects.select_related("by"),
        lambda rows: (ActRow(r.at, r.by.username if r.by else "", r.verb, r.subject, r.detail) for r in rows),
        {"at": Sort("at", descending=True)},
        {"room": Filter("Room", {room: room for room in rooms}, lambda room: Q(verb__startswith=f"{room}."))},
        lambda words: Q(subject__icontains=words) | Q(verb__icontains=words) | Q(by__username=words),
    )


def history(subject: str, most: int = 200) -> list[ActRow]:
    """The last acts on one thing (its TypeID), the newest first."""
    rows = Act.objects.filter(subject=subject).select_related("by").order_by("-at", "-id")[:most]
    return [ActRow(r.at, r.by.username if r.by else "", r.verb, r.subject, r.detail) for r in rows]


@dataclass(frozen=True, slots=True)
class Decided:
    """Something that two people do: who did the second half and when, and who had done the first."""

    at: datetime
    by: str
    verb: str
    subject: str
    prepared: datetime | None
    prepared_by: str


def decided(halves: Mapping[str, str]) -> Listing[Decided]:
    """Every second half on record, the newest first. ``halves`` is its verb to the verb of the first half,
    which is on the same subject. Three queries a page."""

    def make(rows: Sequence[Act]) -> Iterator[Decided]:
        before = Act.objects.filter(subject__in={r.subject for r in rows}, verb__in=set(halves.values()))
        firsts = {(one.subject, one.verb): one for one in before.select_related("by").order_by("at", "id")}
        for row in rows:
            first = firsts.get((row.subject, halves[row.verb]))
            yield Decided(
                row.at, row.by.username if row.by else "", row.verb, row.subject, first.at if first else None,
                first.by.username if first and first.by else "",
            )  # fmt: skip

    return Listing(
        Act.objects.filter(verb__in=list(halves)).select_related("by"),
        make,
        {"at": Sort("at", descending=True)},
        {"verb": Filter("What", {verb: verb for verb in halves}, lambda verb: Q(verb=verb))},
        lambda words: Q(subject__icontains=words) | Q(by__username=words),
    )

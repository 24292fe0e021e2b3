"""Write the record of an act. Call it inside the action's own atomic block."""

from __future__ import annotations

from collections.abc import Mapping
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

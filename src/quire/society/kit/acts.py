"""Write the record of an act. Call it inside the action's own atomic block."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quire.society.kit import clock
from quire.society.kit.models import Act


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

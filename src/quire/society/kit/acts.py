"""Write the record of an act. Call it inside the action's own atomic block."""

from __future__ import annotations

from typing import Any

from quire.society.kit import clock
from quire.society.kit.models import Act


def record(verb: str, subject: Any, *, by: Any, **detail: Any) -> Act:
    """One row: ``verb`` ("membership.admit"), ``subject`` (a Noun or a text), who, and JSON detail."""
    return Act.objects.create(
        at=clock.now(), by=by, verb=verb, subject=getattr(subject, "tid", None) or str(subject), detail=detail
    )

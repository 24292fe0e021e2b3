"""What a plan leaves no room for once it is known how many members there are."""

from __future__ import annotations

from collections.abc import Iterator

from quire.core.plan.model import Plan
from quire.core.plan.sentences import percent


def notes(plan: Plan, members: int) -> Iterator[str]:
    """A sentence for each floor that so many members cannot all be given, and each cap that leaves a rest."""
    for part in plan.leaves:
        if part.floor is not None and part.floor * members > 1:
            yield (
                f"“{part.label}”: a floor of {percent(part.floor)} is possible for "
                f"{int(1 / part.floor):,} members; of {members:,} each gets the same, and less than that."
            )
        if part.cap is not None and part.cap * members < 1:
            left = percent(1 - part.cap * members)
            where = "is held" if part.if_over in ("", "hold") else f"goes to {part.if_over}"
            yield (
                f"“{part.label}”: {members:,} members at a cap of {percent(part.cap)} leave {left} over, "
                f"which {where}."
            )

"""What a plan says in vain, and what it leaves no room for once it is known how many members there are."""

from __future__ import annotations

from collections.abc import Iterator

from quire.core.plan.model import Plan
from quire.core.plan.sentences import percent


def idle(plan: Plan) -> Iterator[str]:
    """A sentence for everything that a plan says and that moves nothing."""
    tables = {"content tier": ("content", plan.content), "use": ("uses", plan.uses)}
    tables["evidence"] = ("evidence", plan.evidence)
    for word, (name, table) in tables.items():
        if table and not any(word in part.weights for part in plan.leaves):
            yield f'The weights in [{name}] are not used: no share says weight = "{word}".'
    if plan.tiers and not any(part.tier or part.caps for part in plan.leaves):
        yield "The tiers in [tiers] are not used: no share is for one of them, or caps one."
    if sum(plan.kept) == 1 and not any(one.ceiling for one in plan.deductions):
        yield "The deductions keep all that comes in: nothing is left to be shared."


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

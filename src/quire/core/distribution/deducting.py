"""What is kept before anything is shared."""

from __future__ import annotations

from quire.core.allocation import allocate
from quire.core.distribution.lines import Line
from quire.core.facts import Evidence


def deductions(evidence: Evidence) -> dict[str, list[Line]]:
    """The deductions of each pot, by its id, in the plan's order.

    Each takes its rate of the gross, or of what is then left, to the nearest quantum (half a quantum is
    taken), and never more than is left.
    """
    found: dict[str, list[Line]] = {pot.id: [] for pot in evidence.pots}
    left = {pot.id: pot.amount for pot in evidence.pots}
    for one in evidence.plan.deductions:
        for pot in evidence.pots:
            base = pot.amount if one.of == "gross" else left[pot.id]
            kept = min(allocate(base, {0: one.rate, 1: 1 - one.rate})[0], left[pot.id])
            left[pot.id] -= kept
            found[pot.id].append(Line(pot.id, one.label, "deducted", kept, to=one.to, part=one.rate))
    return found

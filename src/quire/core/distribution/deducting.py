"""What is kept before anything is shared."""

from __future__ import annotations

from quire.core import classes
from quire.core.allocation import allocate
from quire.core.distribution.lines import Line
from quire.core.facts import Evidence, Pot


def deductions(evidence: Evidence) -> dict[str, list[Line]]:
    """The deductions of each pot, by its id, in the plan's order.

    Each takes its rate of the gross, or of what is then left, to the nearest quantum (half a quantum is
    taken), and never more than is left. Before them all, a class keeps its reserve, which is no part of the
    gross.
    """
    found = {pot.id: reserved(evidence, pot) for pot in evidence.pots}
    gross = {pot.id: pot.amount - sum(line.amount for line in found[pot.id]) for pot in evidence.pots}
    left = dict(gross)
    for one in evidence.plan.deductions:
        for pot in evidence.pots:
            base = gross[pot.id] if one.of == "gross" else left[pot.id]
            kept = min(allocate(base, {0: one.rate, 1: 1 - one.rate})[0], left[pot.id])
            left[pot.id] -= kept
            found[pot.id].append(Line(pot.id, one.label, "deducted", kept, to=one.to, part=one.rate))
    return found


def reserved(evidence: Evidence, pot: Pot) -> list[Line]:
    """What the class of a pot keeps for late claims: one line into its fund, or none."""
    one = classes.of_pot(evidence.classes, pot.id)
    if one is None or not one.reserve:
        return []
    kept = classes.kept(one, pot.amount)
    return [Line(pot.id, classes.LABEL, "fund", kept, to=one.fund, part=one.reserve)]

"""What is kept before anything is shared."""

from __future__ import annotations

from fractions import Fraction

from quire.core import classes
from quire.core.allocation import allocate
from quire.core.classes import Class
from quire.core.distribution.lines import Line
from quire.core.facts import Evidence, Pot
from quire.core.plan import Deduction


def deductions(evidence: Evidence) -> dict[str, list[Line]]:
    """The deductions of each pot, by its id, in the plan's order.

    Each takes its rate of the gross, or of what is then left, to the nearest quantum (half a quantum is
    taken), and never more than is left. Before them all, a class keeps its reserve, which is no part of the
    gross. Where the pots of a currency would together give more than a deduction's ceiling, the ceiling is
    divided among them in proportion to what each would have given.
    """
    entitled = {one.pot: one for one in evidence.classes}
    found = {pot.id: reserved(entitled.get(pot.id), pot) for pot in evidence.pots}
    gross = {pot.id: pot.amount - sum(line.amount for line in found[pot.id]) for pot in evidence.pots}
    left = dict(gross)
    for one in evidence.plan.deductions:
        bases = gross if one.of == "gross" else left
        kept = {pot: min(_of(base, one.rate), left[pot]) for pot, base in bases.items()}
        for pot, amount in _capped(evidence, one, kept).items():
            left[pot] -= amount
            found[pot].append(Line(pot, one.label, "deducted", amount, to=one.to, part=one.rate))
    return found


def _of(base: int, rate: Fraction) -> int:
    return allocate(base, {0: rate, 1: 1 - rate})[0]


def _capped(evidence: Evidence, one: Deduction, kept: dict[str, int]) -> dict[str, int]:
    """What is kept of each pot once the ceilings of the run are applied."""
    for currency, most in one.ceiling:
        ours = [pot.id for pot in evidence.pots if pot.currency == currency]
        if sum(kept[pot] for pot in ours) > most:
            parts = allocate(most, {place: kept[pot] for place, pot in enumerate(ours)})
            kept |= {pot: parts[place] for place, pot in enumerate(ours)}
    return kept


def reserved(one: Class | None, pot: Pot) -> list[Line]:
    """What the class of a pot, if it has one, keeps for late claims: one line into its fund, or none."""
    if one is None or not one.reserve:
        return []
    kept = classes.kept(one, pot.amount)
    return [Line(pot.id, classes.LABEL, "fund", kept, to=one.fund, part=one.reserve)]

"""How amounts are spread over people: Gini coefficient, what the largest have, median, mean, tenths.

Owns the measures, exact to the last fraction. Does not own whose amounts they are (``replay``), nor how a
fraction is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from quire.core.errors import Invalid

TOP = Fraction(1, 100)
"""The part of the people whose share of the whole is told."""


class BelowNothing(Invalid):
    """An amount below nothing: these measures say nothing of debts."""

    code = "inequality.below-nothing"


@dataclass(frozen=True, slots=True)
class Spread:
    """The measures of one set of amounts, in quanta where they are amounts.

    ``gini`` and ``top`` are None where there is nothing to spread, ``mean``, ``median`` and ``nothing`` (the
    part of the people who have nothing) where there is nobody.
    """

    people: int
    total: int
    mean: Fraction | None
    median: Fraction | None
    gini: Fraction | None
    top: Fraction | None
    nothing: Fraction | None


def spread(amounts: Sequence[int]) -> Spread:
    """Every measure of these amounts (quanta, in any order). Raises BelowNothing."""
    people, total = len(amounts), sum(amounts)
    return Spread(
        people,
        total,
        Fraction(total, people) if people else None,
        median(amounts),
        gini(amounts),
        top_share(amounts),
        Fraction(sum(not one for one in amounts), people) if people else None,
    )


def gini(amounts: Sequence[int]) -> Fraction | None:
    """Gini coefficient: the mean difference of all pairs over twice the mean. 0 where all have the same, and
    (n - 1) / n where one of n has it all; None where there is nothing. Raises BelowNothing.
    """
    ordered = _ordered(amounts)
    people, total = len(ordered), sum(ordered)
    if not total:
        return None
    # By rank r of n, from 1: the sum over all pairs of |x - y| is 2 * sum((2r - n - 1) * x).
    ranked = sum((2 * rank - people - 1) * one for rank, one in enumerate(ordered, 1))
    return Fraction(ranked, people * total)


def top_share(amounts: Sequence[int], part: Fraction = TOP) -> Fraction | None:
    """What the largest ``part`` of the people have of the whole, counted up to the next person (of 150, two
    are the largest 1 %); None where there is nothing. Raises BelowNothing.
    """
    ordered = _ordered(amounts)
    total = sum(ordered)
    if not total:
        return None
    largest = -(-len(ordered) * part.numerator // part.denominator)
    return Fraction(sum(ordered[len(ordered) - largest :]), total)


def median(amounts: Sequence[int]) -> Fraction | None:
    """The amount in the middle, or half way between the two there; None where there is nobody."""
    ordered = sorted(amounts)
    middle = len(ordered) // 2
    if not ordered:
        return None
    return Fraction(ordered[middle] + ordered[~middle], 2)


def groups(amounts: Sequence[int], count: int = 10) -> list[int]:
    """For each person the group, from 1, of ``count`` groups of as many people each as can be, the smallest
    amounts in the first; of two with the same amount, whoever comes first is in the lower group.
    """
    people = len(amounts)
    found = [0] * people
    for rank, place in enumerate(sorted(range(people), key=lambda one: (amounts[one], one))):
        found[place] = rank * count // people + 1
    return found


def _ordered(amounts: Sequence[int]) -> list[int]:
    ordered = sorted(amounts)
    if ordered and ordered[0] < 0:
        raise BelowNothing("Somebody has less than nothing; take what is owed out before you compare.")
    return ordered

"""What no single value shows: sums, labels used twice, tiers nobody pays, weights that leave nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import accumulate

from quire.core import terms
from quire.core.plan.model import NOBODY, Plan, Portion
from quire.core.plan.reading.values import Values
from quire.core.plan.sentences import percent

_TABLES = {"content tier": "content", "use": "uses", "evidence": "evidence"}
_EACH = {"content tier": "tier", "use": "use", "evidence": "evidence"}


def check(values: Values, plan: Plan) -> None:
    """Everything about a plan as a whole."""
    _deducted(values, plan)
    _sums(values, plan.portions, "The portions")
    _labels(values, plan)
    _tiers(values, plan)
    _weights(values, plan)
    _over(values, plan)


def _deducted(values: Values, plan: Plan) -> None:
    for one, kept in zip(plan.deductions, accumulate(plan.kept), strict=True):
        if kept > 1:
            values.say(f"With the deduction “{one.label}” more is kept than came in.")
            return


def _sums(values: Values, parts: Sequence[Portion], what: str) -> None:
    whole = sum((part.portion for part in parts), Fraction(0))
    if whole != 1:
        told = percent(whole)
        values.say(f"{what} sum to {told}, not to {'exactly ' if told.startswith('about') else ''}100 %.")
    for part in parts:
        if not part.key and part.parts:
            _sums(values, part.parts, f"The portions in “{part.label}”")


def _labels(values: Values, plan: Plan) -> None:
    labels = [one.label for one in plan.deductions] + [part.label for part in plan.nodes]
    labels = [label for label in labels if label]
    if len(set(labels)) != len(labels):
        values.say("Two parts of the plan have the same label.")
    if NOBODY in labels:
        values.say(f"“{NOBODY}” is the label of what finds nobody at all; give the part another.")


def _tiers(values: Values, plan: Plan) -> None:
    if plan.below and plan.below not in {name for name, _ in plan.tiers}:
        values.say(f"below names the tier {plan.below[:40]!r}, which is not in [tiers].")
    if plan.below and plan.tiers and plan.tiers[-1][1] == 0:
        values.say(f"below means nothing: every member reaches the tier {plan.tiers[-1][0]}.")
    paid = {part.tier for part in plan.leaves if part.key == "tier"}
    for name, _ in plan.tiers:
        if paid and name not in paid:
            values.say(f"No share is for the tier {name}, so its members would get nothing.")


def _weights(values: Values, plan: Plan) -> None:
    for word, table in _TABLES.items():
        weighted = [part for part in plan.leaves if word in part.weights]
        found: Mapping[str, Fraction] = getattr(plan, table)
        if weighted and not found:
            is_tier = "the content tier" if word == "content tier" else f"the {word}"
            values.say(
                f"A share is weighted by {is_tier}; give the weight of each {_EACH[word]} in [{table}]."
            )
        elif weighted and not any(found.values()) and _complete(word, found):
            values.say(
                f"Every weight in [{table}] is nothing, so nobody could stand in “{weighted[0].label}”."
            )


def _complete(word: str, found: Mapping[str, Fraction]) -> bool:
    """Whether no name is left that would weigh 1 because the table does not have it."""
    return "*" in found or (word == "use" and {*terms.USES} <= {*found})


def _over(values: Values, plan: Plan) -> None:
    """Caps of all tiers that leave a rest, of which the plan does not say where it goes."""
    everybody = bool(plan.below) or (bool(plan.tiers) and plan.tiers[-1][1] == 0)
    for part in plan.leaves:
        whole = sum((cap for _, cap in part.caps), Fraction(0))
        capped = everybody and part.caps and len(part.caps) == len(plan.tiers)
        if capped and whole < 1 and not part.if_over:
            values.say(
                f"The share “{part.label}”: its caps sum to {percent(whole)}, so a rest is always left; "
                "say in if_over where it goes."
            )

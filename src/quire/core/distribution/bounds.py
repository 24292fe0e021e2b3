"""Caps and floors: an amount divided in proportion to weights, and yet within bounds.

Round by round, the exact shares of what is left are looked at, among the members who are not bound yet.
Whoever would have more than their cap, or less than their floor, is bound to it: in a round either those
above, where together they have more too much than the others lack, or those below; where both are alike,
all. When nobody is beyond a bound, the rest is divided (``allocate``). That is the only division in which
everybody unbound is paid at one rate. (The same rounds lay out flexible boxes on a page: CSS Flexible Box
Layout §9.7.)

A cap in parts of the amount is cut to the quantum above, a floor to the quantum below. A fixed floor that is
over the cap gives way to it. Floors that sum to more than there is are scaled down in proportion. What is
over when all are at their caps goes where the plan says.

A tier's cap is one for its members together: tiers that would have more are bound to it, divided within by
the same rounds, and the rest goes to the members of the others, until no tier is above its cap.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from quire.core import arrays
from quire.core.allocation import allocate, list_parts
from quire.core.arrays import Ints
from quire.core.distribution.claims import Claims
from quire.core.plan import Portion


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds each of some keys, in the unit of the amount; a cap of None is none."""

    floors: Mapping[int, int]
    cap: int | None

    def of(self, keys: Sequence[int]) -> int | None:
        """What these keys can take together; None where there is no end."""
        return None if self.cap is None else self.cap * len(keys)


def divided(
    amount: int, claims: Claims, part: Portion, currency: str, tier_of: Callable[[int], str]
) -> tuple[Ints, int]:
    """The amount of each claim in quanta, and what is over because all are at their caps.

    A member's claims are bound together, and share what the member gets by their weights. ``tier_of`` says a
    member's tier by ordinal.
    """
    rows: dict[int, list[int]] = {}
    for row, member in enumerate(arrays.to_list(claims.members)):
        rows.setdefault(member, []).append(row)
    weights = arrays.to_list(claims.weights)
    sums = {member: sum(weights[row] for row in rows[member]) for member in sorted(rows)}
    parts, over = by_member(amount, sums, part, currency, tier_of)
    found = [0] * len(weights)
    for member, places in rows.items():
        shares = list_parts(parts[member], [weights[row] for row in places])
        for row, share in zip(places, shares, strict=True):
            found[row] = share
    return arrays.ints(found), over


def by_member(
    amount: int, weights: Mapping[int, int], part: Portion, currency: str, tier_of: Callable[[int], str]
) -> tuple[dict[int, int], int]:
    """What each member gets, and what is over."""
    limits = _limits(amount, weights, part, currency)
    caps = {tier: _up(amount * cap) for tier, cap in part.caps}
    tiers: dict[str, list[int]] = {}
    for member in weights if caps else ():
        tiers.setdefault(tier_of(member), []).append(member)
    free, rest = dict(weights), amount
    found: dict[int, int] = {}
    while True:
        parts, over = within(rest, free, limits)
        above = [tier for tier in caps if sum(parts.get(one, 0) for one in tiers.get(tier, ())) > caps[tier]]
        if not above:
            return found | parts, over
        for tier in above:
            members = {one: free.pop(one) for one in tiers.pop(tier)}
            bound, _ = within(caps[tier], members, limits)
            found |= bound
            rest -= sum(bound.values())


def _limits(amount: int, weights: Mapping[int, int], part: Portion, currency: str) -> Limits:
    cap = None if part.cap is None else _up(amount * part.cap)
    least = dict(part.floor_sums).get(currency, 0)
    if part.floor is not None:
        exact = amount * part.floor
        least = exact.numerator // exact.denominator
    if cap is not None:
        least = min(least, cap)
    return Limits(dict.fromkeys(weights, least), cap)


def _up(exact: Fraction | int) -> int:
    return -(-exact.numerator // exact.denominator)


def within(amount: int, weights: Mapping[int, int], limits: Limits) -> tuple[dict[int, int], int]:
    """The amount divided within the limits, and what is over when all are at their caps."""
    if not weights:
        return {}, amount
    floors = {key: limits.floors[key] for key in weights}
    if sum(floors.values()) >= amount and any(floors.values()):
        return allocate(amount, floors), 0
    most = limits.of(list(weights))
    if most is not None and limits.cap is not None and most <= amount:
        return dict.fromkeys(weights, limits.cap), amount - most
    free, rest = dict(weights), amount
    found: dict[int, int] = {}
    while True:
        # Exact shares are compared, times the whole weight: what is in bounds is so once it is cut, too.
        whole = sum(free.values())
        above, excess = _beyond(free, rest, whole, limits.cap)
        below, lack = _short(free, rest, whole, floors)
        bound = (above if excess >= lack else {}) | (below if lack >= excess else {})
        found |= bound
        rest -= sum(bound.values())
        free = {key: weight for key, weight in free.items() if key not in bound}
        if excess == lack:
            return found | (allocate(rest, free) if free else {}), 0


def _beyond(weights: Mapping[int, int], rest: int, whole: int, cap: int | None) -> tuple[dict[int, int], int]:
    """Those whose share would be above their cap, at it, and what they would have too much."""
    if cap is None:
        return {}, 0
    much = {key: rest * one - cap * whole for key, one in weights.items() if rest * one > cap * whole}
    return dict.fromkeys(much, cap), sum(much.values())


def _short(
    weights: Mapping[int, int], rest: int, whole: int, floors: Mapping[int, int]
) -> tuple[dict[int, int], int]:
    """Those whose share would be below their floor, at it, and what they would lack."""
    lack = {k: floors[k] * whole - rest * one for k, one in weights.items() if rest * one < floors[k] * whole}
    return {key: floors[key] for key in lack}, sum(lack.values())

"""Caps and floors: exact sums, nobody beyond a bound, one rate for all who are not bound."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core.distribution import bounds
from quire.core.plan import Portion
from tests.core import oracle_algebra

PART = Portion("use", Fraction(1), "usage")
weights = st.dictionaries(
    st.integers(0, 9), st.one_of(st.integers(1, 5), st.integers(1, 10**6)), min_size=1, max_size=8
)
fractions = st.sampled_from([Fraction(n, d) for d in (2, 3, 7, 20, 100) for n in range(1, d) if n * 2 <= d])


def tier_of(member: int) -> str:
    return "gold" if member % 2 else "silver"


@st.composite
def bounded(draw: st.DrawFn) -> Portion:
    floor = draw(st.none() | fractions)
    cap = draw(st.none() | fractions)
    if floor and cap and cap < floor:
        cap, floor = floor, cap
    caps = tuple((tier, draw(fractions)) for tier in ("gold", "silver") if draw(st.booleans()))
    sums = (("EUR", draw(st.integers(1, 200))),) if floor is None and draw(st.booleans()) else ()
    return replace(PART, cap=cap, floor=floor, caps=caps, floor_sums=sums)


def divided(amount: int, told: dict[int, int], part: Portion) -> tuple[dict[int, int], int]:
    return bounds.by_member(amount, told, part, "EUR", tier_of)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2000), weights, bounded())
def test_sums_are_exact_and_nobody_is_beyond_a_bound(
    amount: int, told: dict[int, int], part: Portion
) -> None:
    found, over = divided(amount, told, part)
    assert sum(found.values()) + over == amount
    assert found.keys() == told.keys()
    assert over >= 0
    cap = amount if part.cap is None else bounds._up(amount * part.cap)
    least = min(dict(part.floor_sums).get("EUR", 0) or int(amount * (part.floor or 0)), cap)
    assert all(0 <= one <= cap for one in found.values())
    for tier, most in part.caps:
        assert sum(one for key, one in found.items() if tier_of(key) == tier) <= bounds._up(amount * most)
    if least * len(told) <= amount and not part.caps:
        assert all(one >= least for one in found.values())
    if over:
        groups = [{tier_of(key) for key in told} <= {tier for tier, _ in part.caps}]
        assert all(one == cap for one in found.values()) or any(groups) or part.caps


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**14), weights, bounded())
def test_those_whom_nothing_binds_are_paid_at_one_rate(
    amount: int, told: dict[int, int], part: Portion
) -> None:
    part = replace(part, caps=())
    found, over = divided(amount, told, part)
    cap = None if part.cap is None else bounds._up(amount * part.cap)
    least = min(dict(part.floor_sums).get("EUR", 0) or int(amount * (part.floor or 0)), cap or amount)
    if over or least * len(told) >= amount:
        return
    free = [key for key, one in found.items() if one != least and one != cap]
    for one in free:
        for other in free:
            assert abs(Fraction(found[one], told[one]) - Fraction(found[other], told[other])) <= (
                Fraction(1, told[one]) + Fraction(1, told[other])
            )
    for low in (key for key, one in found.items() if one == least):
        for one in free:  # who is lifted has no more for each count than the rate would give, but a quantum
            assert Fraction(found[one] - 1, told[one]) <= Fraction(least + 1, told[low])


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**13), weights, bounded())
def test_it_agrees_with_the_oracle_that_looks_for_the_rate(
    amount: int, told: dict[int, int], part: Portion
) -> None:
    plan: dict[str, Any] = {}
    if part.cap is not None:
        plan["cap"] = oracle_algebra.fraction(part.cap)
    if part.floor is not None:
        plan["floor"] = oracle_algebra.fraction(part.floor)
    if part.floor_sums:
        plan["floor"] = f"EUR 0.{part.floor_sums[0][1]:012d}"
    if part.caps:
        plan["caps"] = {tier: oracle_algebra.fraction(cap) for tier, cap in part.caps}
    names = {str(key): Fraction(told[key]) for key in sorted(told)}
    tiers = {str(key): tier_of(key) for key in told}
    slow, over = oracle_algebra.by_member(names, amount, plan, "EUR", tiers)
    assert divided(amount, told, part) == ({int(key): one for key, one in slow.items()}, over)


@pytest.mark.parametrize(
    ("part", "found", "over"),
    [
        ({"cap": Fraction(2, 5)}, {0: 40, 1: 34, 2: 26}, 0),
        ({"cap": Fraction(1, 5)}, {0: 20, 1: 20, 2: 20}, 40),
        ({"floor": Fraction(3, 10)}, {0: 40, 1: 30, 2: 30}, 0),
        ({"floor": Fraction(1, 2)}, {0: 34, 1: 33, 2: 33}, 0),
        ({"floor_sums": (("EUR", 25),)}, {0: 48, 1: 27, 2: 25}, 0),
        ({"floor_sums": (("USD", 25),)}, {0: 50, 1: 29, 2: 21}, 0),
        ({"cap": Fraction(1, 5), "floor_sums": (("EUR", 25),)}, {0: 20, 1: 20, 2: 20}, 40),
        ({"caps": (("gold", Fraction(1, 10)),)}, {0: 63, 1: 10, 2: 27}, 0),
        ({"caps": (("gold", Fraction(1, 10)), ("silver", Fraction(1, 2)))}, {0: 35, 1: 10, 2: 15}, 40),
    ],
)
def test_by_hand(part: dict[str, Any], found: dict[int, int], over: int) -> None:
    assert divided(100, {0: 7, 1: 4, 2: 3}, replace(PART, **part)) == (found, over)

"""Measures of inequality against their definitions, and against values worked out by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import inequality
from quire.core.inequality import BelowNothing

amounts = st.lists(st.integers(0, 10**15), max_size=40)


def by_definition(told: list[int]) -> Fraction | None:
    """Half the relative mean difference of all ordered pairs."""
    if not sum(told):
        return None
    apart = sum(abs(one - other) for one in told for other in told)
    return Fraction(apart, 2 * len(told) * sum(told))


@pytest.mark.parametrize(
    ("told", "gini"),
    [
        ([5, 5, 5, 5], Fraction(0)),
        ([0, 0, 0, 8], Fraction(3, 4)),
        ([1, 2, 3, 4], Fraction(1, 4)),
        ([1, 1, 2, 4], Fraction(5, 16)),
        ([7], Fraction(0)),
        ([0, 0], None),
        ([], None),
    ],
)
def test_gini_of_a_few(told: list[int], gini: Fraction | None) -> None:
    assert inequality.gini(told) == gini


@given(amounts)
@settings(max_examples=200)
def test_gini_is_its_definition(told: list[int]) -> None:
    assert inequality.gini(told) == by_definition(told)


@given(amounts.filter(any), st.integers(2, 9), st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_neither_scale_nor_order_nor_copies_matter(told: list[int], times: int, random: object) -> None:
    other = [one * times for one in told] * 2
    random.shuffle(other)  # type: ignore[attr-defined]
    assert inequality.gini(other) == inequality.gini(told)
    found = inequality.gini(told)
    assert found is not None
    assert 0 <= found <= Fraction(len(told) - 1, len(told))


@given(amounts.filter(lambda told: len(set(told)) > 1))
@settings(max_examples=100)
def test_what_the_richest_gives_the_poorest_makes_it_smaller(told: list[int]) -> None:
    told = sorted(told)
    gift = (told[-1] - told[0]) // 2
    before, after = inequality.gini(told), inequality.gini([told[0] + gift, *told[1:-1], told[-1] - gift])
    assert before is not None
    assert after is not None
    assert after < before if gift else after == before


def test_the_top_hundredth_is_counted_up_to_the_next_person() -> None:
    assert inequality.top_share([10] * 99 + [110]) == Fraction(110, 1100)
    assert inequality.top_share([10] * 149 + [110]) == Fraction(120, 1600)
    assert inequality.top_share([3]) == 1
    assert inequality.top_share([0, 0]) is None
    assert inequality.top_share([1, 2, 3, 4], Fraction(1, 2)) == Fraction(7, 10)


def test_median_mean_and_nothing() -> None:
    told = inequality.spread([0, 10, 3, 4])
    assert (told.people, told.total) == (4, 17)
    assert (told.median, told.mean, told.nothing) == (Fraction(7, 2), Fraction(17, 4), Fraction(1, 4))
    assert inequality.median([9, 1, 5]) == 5
    empty = inequality.spread([])
    assert (empty.people, empty.mean, empty.median, empty.nothing) == (0, None, None, None)


def test_debts_are_refused() -> None:
    for measure in (inequality.gini, inequality.top_share, inequality.spread):
        with pytest.raises(BelowNothing):
            measure([5, -1])


@given(amounts, st.integers(1, 12))
@settings(max_examples=100)
def test_groups_are_as_large_as_each_other_and_in_order(told: list[int], count: int) -> None:
    found = inequality.groups(told, count)
    sizes = [found.count(one) for one in range(1, count + 1)]
    assert sum(sizes) == len(told)
    assert max(sizes) - min(sizes) <= 1
    assert set(found) <= set(range(1, count + 1))
    assert all(
        told[one] <= told[other]
        for one in range(len(told))
        for other in range(len(told))
        if found[one] < found[other]
    )

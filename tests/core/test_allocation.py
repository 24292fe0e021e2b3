"""Division by largest remainders, held against the rule written out in fractions."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quire.core import allocation
from quire.core.allocation import (
    NegativeWeight,
    NothingToAllocate,
    allocate,
    allocate_arrays,
    list_parts,
    vector_parts,
)

Weights = Sequence[int | Fraction]


def oracle(total: int, weights: dict[Any, int | Fraction]) -> dict[Any, int]:
    """Largest remainder as a textbook has it: exact shares, rounded down, the rest by remainder and key."""
    whole = sum((Fraction(weight) for weight in weights.values()), Fraction())
    exact = {key: abs(total) * Fraction(weight) / whole for key, weight in weights.items()}
    parts = {key: floor(share) for key, share in exact.items()}
    by_remainder = sorted(exact, key=lambda key: (parts[key] - exact[key], key))
    for key in by_remainder[: abs(total) - sum(parts.values())]:
        parts[key] += 1
    return {key: part if total >= 0 else -part for key, part in parts.items()}


def some_positive(weights: Any) -> bool:
    return any(weight > 0 for weight in weights)


totals = st.one_of(
    st.integers(-20, 20), st.integers(-(10**24), 10**24), st.sampled_from([2**63 - 1, 2**63, -(2**63), 2**80])
)
small = st.integers(0, 4)
machine = st.integers(0, 2**63 - 1)
huge = st.integers(0, 10**30)
fractions = st.fractions(0, 100, max_denominator=60)
# Few distinct values give many ties; a column of one kind reaches each of the ways through the code.
columns = st.one_of(
    *(
        st.lists(kind, min_size=1, max_size=12)
        for kind in (small, machine, huge, fractions, small | fractions)
    ),
    st.lists(st.integers(0, 2**50), min_size=1, max_size=12),
).filter(some_positive)


@pytest.mark.parametrize(
    ("total", "parts"), [(10, [4, 4, 2]), (11, [5, 5, 1]), (-11, [-5, -5, -1]), (0, [0] * 3)]
)
def test_worked_by_hand(total: int, parts: list[int]) -> None:
    assert allocate(total, {"a": 6, "b": 6, "c": 2}) == dict(zip("abc", parts, strict=True))
    assert allocate_arrays(total, [6, 6, 2]).tolist() == parts


def test_a_tie_goes_to_the_smaller_key() -> None:
    assert allocate(2, {"c": 1, "a": 1, "b": 1}) == {"a": 1, "b": 1, "c": 0}
    assert allocate(-2, {(2, "a"): 1, (1, "b"): 1, (1, "a"): 1}) == {(1, "a"): -1, (1, "b"): -1, (2, "a"): 0}


@settings(max_examples=200)
@given(
    totals,
    st.dictionaries(st.text(max_size=3), small | huge | fractions, min_size=1).filter(
        lambda weights: some_positive(weights.values())
    ),
)
def test_allocate_is_the_oracle(total: int, weights: dict[str, int | Fraction]) -> None:
    parts = allocate(total, weights)
    assert parts == oracle(total, weights)
    assert list(parts) == sorted(weights)
    assert set(map(type, parts.values())) == {int}


@given(totals, columns, st.data())
def test_the_order_of_input_does_not_matter(total: int, weights: Weights, data: st.DataObject) -> None:
    given_order = dict(enumerate(weights))
    shuffled = dict(data.draw(st.permutations(list(given_order.items()))))
    assert list(allocate(total, given_order).items()) == list(allocate(total, shuffled).items())


@given(totals, columns)
def test_every_part_is_the_exact_share_rounded_down_or_up(total: int, weights: Weights) -> None:
    parts = allocate(total, dict(enumerate(weights)))
    whole = sum(Fraction(weight) for weight in weights)
    assert sum(parts.values()) == total
    for key, part in parts.items():
        assert abs(part - total * weights[key] / whole) < 1
        assert part == 0 or (weights[key] > 0 and (part > 0) == (total > 0))


@given(totals, columns)
def test_a_negative_total_is_the_mirror_image(total: int, weights: Weights) -> None:
    keyed = dict(enumerate(weights))
    assert allocate(-total, keyed) == {key: -part for key, part in allocate(total, keyed).items()}


@settings(max_examples=200)
@given(totals, columns)
@example(2**63 - 1, [1])
@example(-(2**63), [1])
@example(2**63, [1])
@example(10**24, [1, 2**58 - 2])
@example(10**24, [1, 2**59 - 2])
@example(10**24, [1, 2**59 - 1])
@example(10**24, [2**61, 2**61 - 1])
@example(10**24, [2**62, 2**62])
@example(10**24 + 1, [7 * 10**10, 9 * 10**18, 3 * 10**10])
@example(10**24 + 1, [2**64 - 1, 1, 2**64 - 1])
@example(10**40 + 3, [3, 2**40, 5, 0])
@example(2**63 + 2**13, [2**50 - 1, 1])  # the left over lifts the largest part out of 64 bits
@example((4 * (2**30 + 1) + 1) << 64 | 2**64 - 1, [2**30, 1])  # two digits of 32 bits that are one bit longer
@example(-7, [Fraction(1, 3), 1, Fraction(5, 7), 0])
def test_arrays_are_the_dictionary_bit_for_bit(total: int, weights: Weights) -> None:
    parts = allocate_arrays(total, weights)
    expected = list(oracle(total, dict(enumerate(weights))).values())
    assert parts.tolist() == expected
    assert set(map(type, parts.tolist())) == {int}
    fits = all(-(2**63) <= part < 2**63 for part in expected)
    assert parts.dtype == (np.int64 if fits else object)
    if all(isinstance(weight, int) for weight in weights):
        assert list_parts(total, weights) == expected  # type: ignore[arg-type]


@given(totals, st.integers(1, 2**63), st.lists(st.integers(1, 200), min_size=2, max_size=8))
def test_sums_near_the_limits_of_64_bits(total: int, whole: int, cuts: list[int]) -> None:
    weights = [whole // cut for cut in cuts] + [whole - 1, 1]
    expected = list(allocate(total, dict(enumerate(weights))).values())
    assert vector_parts(total, allocation.arrays.ints(weights)).tolist() == expected


@pytest.mark.parametrize("top", [2, 10, 10**6, 2**44])
@pytest.mark.parametrize("total", [7, 10**9 + 7, 2**63 + 5, 2**80 - 1, -(10**24)])
def test_many_keys_across_blocks(top: int, total: int) -> None:
    drawn = np.random.default_rng(top).integers(0, top, 2 * allocation.BLOCK + 77)
    given_weights = drawn.copy()
    parts = allocate_arrays(total, drawn)
    assert parts.tolist() == list_parts(total, drawn.tolist())
    assert (drawn == given_weights).all()


def test_many_keys_whose_parts_are_too_long_for_64_bits() -> None:
    drawn = np.random.default_rng(5).integers(0, 1000, allocation.BLOCK + 3)
    parts = allocate_arrays(10**30, drawn)
    assert parts.dtype == object
    assert parts.tolist() == list_parts(10**30, drawn.tolist())


@pytest.mark.parametrize("kind", ["u1", "i1", "u4", "i4", ">i8", "u8", "i8", "O"])
def test_any_integer_array(kind: str) -> None:
    weights = np.array([6, 6, 2, 0, 100], dtype=kind)
    for column in (weights, weights[::-1], weights[::2]):
        assert allocate_arrays(10**20, column).tolist() == list_parts(10**20, column.tolist())


def test_unsigned_weights_above_the_signed_range() -> None:
    weights = np.array([2**64 - 1, 1, 2**63], dtype=np.uint64)
    assert allocate_arrays(10**20, weights).tolist() == list_parts(10**20, weights.tolist())


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [Fraction(0)]])
@pytest.mark.parametrize("total", [0, 5, -5])
def test_nobody_to_give_it_to(total: int, weights: Weights) -> None:
    for attempt in (
        lambda: allocate(total, dict(enumerate(weights))),
        lambda: allocate_arrays(total, weights),
        lambda: allocate_arrays(total, np.zeros(len(weights), dtype=np.int64)),
    ):
        with pytest.raises(NothingToAllocate) as refused:
            attempt()
        assert refused.value.code == "allocation.nothing-to-allocate"


@pytest.mark.parametrize("weights", [[1, -1], [-1], [10**30, -1], [Fraction(-1, 2), 1]])
def test_a_weight_below_zero_is_refused(weights: Weights) -> None:
    with pytest.raises(NegativeWeight):
        allocate(5, dict(enumerate(weights)))
    with pytest.raises(NegativeWeight):
        allocate_arrays(5, weights)


@pytest.mark.parametrize("wrong", [1.0, True, Decimal(1), "1", None, np.float64(1), np.bool_(True)])
def test_only_ints_and_fractions(wrong: Any) -> None:
    with pytest.raises(TypeError):
        allocate(wrong, {"a": 1})
    with pytest.raises(TypeError):
        allocate_arrays(wrong, [1])
    for weights in ([wrong], [1, wrong], [Fraction(1, 2), wrong]):
        with pytest.raises(TypeError):
            allocate(1, dict(enumerate(weights)))
        with pytest.raises(TypeError):
            allocate_arrays(1, weights)


@pytest.mark.parametrize("wrong", [np.array([1.0]), np.array([True]), np.array([1.5, 2], dtype=object)])
def test_only_arrays_of_integers(wrong: Any) -> None:
    with pytest.raises(TypeError):
        allocate_arrays(1, wrong)


@pytest.mark.parametrize("kind", ["i8", "O"])
def test_a_table_is_no_column(kind: str) -> None:
    with pytest.raises(ValueError, match="one dimension"):
        allocate_arrays(1, np.ones((2, 2), dtype=kind))

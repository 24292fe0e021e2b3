"""The list side and the numpy side give the same integers, and no integer wraps around."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quire.core import arrays
from quire.core.arrays import LISTS, VECTORS, Arrays

assert VECTORS is not None
SIDES = [pytest.param(LISTS, id="lists"), pytest.param(VECTORS, id="numpy")]

EDGES = [0, 1, -1, 2**31, 2**32 - 1, 2**32, 2**62, 2**63 - 1, -(2**63), 2**63, 2**64 - 1, -(2**80), 10**30]
numbers = st.one_of(
    st.integers(-5, 5), st.integers(-(2**63), 2**63 - 1), st.integers(), st.sampled_from(EDGES)
)
columns = st.lists(numbers, max_size=12) | st.lists(st.integers(-(2**63), 2**63 - 1), max_size=12)
pairs = st.lists(st.tuples(numbers, numbers), max_size=12)


def plain(column: Any) -> list[int]:
    """A column as a list, having made sure that it holds nothing but Python or 64-bit ints."""
    if isinstance(column, np.ndarray):
        assert column.dtype in (np.dtype(np.int64), np.dtype(object))
        column = column.tolist()
    assert set(map(type, column)) <= {int}
    return column


@given(columns)
def test_ints_total_and_nonzero(values: list[int]) -> None:
    for side in (LISTS, VECTORS):
        assert plain(side.ints(values)) == values
        assert side.to_list(side.ints(values)) == values
        assert side.total(values) == sum(values)
        assert type(side.total(values)) is int
        assert plain(side.nonzero(values)) == [i for i, value in enumerate(values) if value != 0]
        assert plain(side.distinct(values)) == sorted(set(values))
        assert plain(side.distinct(sorted(values))) == sorted(set(values))


@given(pairs)
def test_times_plus_and_masked(both: list[tuple[int, int]]) -> None:
    left, right = [a for a, _ in both], [b for _, b in both]
    for side in (LISTS, VECTORS):
        assert plain(side.times(left, right)) == [a * b for a, b in both]
        assert plain(side.plus(left, right)) == [a + b for a, b in both]
        assert plain(side.masked(left, right)) == [a if b else 0 for a, b in both]


@given(columns, st.data())
def test_take_and_sum_by(values: list[int], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 5))
    keys = data.draw(st.lists(st.integers(0, size - 1), min_size=len(values), max_size=len(values)))
    sums = [sum(v for k, v in zip(keys, values, strict=True) if k == key) for key in range(size)]
    for side in (LISTS, VECTORS):
        assert plain(side.sum_by(keys, values, size)) == sums
        assert plain(side.take(sums, keys)) == [sums[key] for key in keys]


def test_a_column_is_int64_where_it_fits_and_objects_beyond() -> None:
    assert VECTORS.ints([-(2**63), 2**63 - 1]).dtype == np.int64
    assert VECTORS.ints([2**63, -1]).dtype == object
    assert VECTORS.ints(np.array([2**64 - 1, 0], dtype=np.uint64)).tolist() == [2**64 - 1, 0]
    assert VECTORS.ints(np.array([3, 0], dtype=np.uint64)).dtype == np.int64
    assert VECTORS.ints(np.array([1, -2], dtype=">i4")).tolist() == [1, -2]
    assert VECTORS.ints([np.int64(3), 4]).tolist() == [3, 4]
    column = np.arange(3)
    assert VECTORS.ints(column) is column


def test_products_at_the_limit_of_64_bits() -> None:
    assert VECTORS.times([2**32, 3], [2**31, 3]).tolist() == [2**63, 9]
    assert VECTORS.times([2**32], [-(2**31)]).tolist() == [-(2**63)]
    assert VECTORS.times([2**32], [2**31 - 1]).dtype == np.int64


def test_sums_too_long_for_64_bits() -> None:
    column = np.full(1000, 2**63 - 1)
    assert VECTORS.total(column) == 1000 * (2**63 - 1)
    assert VECTORS.total(-column) == -1000 * (2**63 - 1)
    assert VECTORS.sum_by(np.arange(1000) % 2, column, 2).tolist() == [500 * (2**63 - 1)] * 2
    assert VECTORS.sum_by(np.arange(1000), column, 1000).dtype == np.int64


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("wrong", [[1.0], [1, 2.5], [True], [1, False], [Decimal(1)], ["1"], [None]])
def test_only_whole_numbers(side: Arrays, wrong: list[Any]) -> None:
    with pytest.raises(TypeError):
        side.ints(wrong)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("wrong", [np.array([1.0]), np.array([True]), np.array([1.5, 1], dtype=object)])
def test_only_arrays_of_whole_numbers(side: Arrays, wrong: Any) -> None:
    with pytest.raises(TypeError):
        side.ints(wrong)


@pytest.mark.parametrize("side", SIDES)
def test_an_index_out_of_range_is_refused_a_negative_one_too(side: Arrays) -> None:
    for index in (-1, 2):
        with pytest.raises(IndexError):
            side.take([7, 8], [0, index])
        with pytest.raises(IndexError):
            side.sum_by([0, index], [1, 1], 2)
    assert plain(side.take([], [])) == []
    assert plain(side.sum_by([], [], 0)) == []


@pytest.mark.parametrize("side", SIDES)
def test_columns_of_unlike_length_are_refused(side: Arrays) -> None:
    for meeting in (
        lambda: side.times([1, 2], [3]),
        lambda: side.masked([1, 2], [1]),
        lambda: side.sum_by([0, 0], [1], 1),
    ):
        with pytest.raises(ValueError, match=r"unlike length|shorter|longer"):
            meeting()


def test_flags_may_be_truths() -> None:
    assert arrays.masked([5, 6], [True, False]).tolist() == [5, 0]
    assert arrays.masked([5, 6], np.array([False, True])).tolist() == [0, 6]
    assert LISTS.masked([5, 6], [True, False]) == [5, 0]


def test_the_environment_hides_numpy() -> None:
    program = """
import sys
from quire.core import arrays
from quire.core.allocation import allocate_arrays
assert not arrays.HAVE_NUMPY and "numpy" not in sys.modules
assert arrays.sum_by([1, 0, 1], [5, 6, 2**70], 2) == [6, 5 + 2**70]
assert allocate_arrays(11, [6, 6, 2]) == [5, 5, 1]
"""
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, "QUIRE_NO_NUMPY": "1"})

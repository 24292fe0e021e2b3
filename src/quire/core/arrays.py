"""Columns of whole numbers: with numpy where it is installed, with plain lists where it is not.

The society's server has numpy; an auditor who runs ``quire verify`` from the small install need not. Both
run the same algorithm, written once in these few operations, and get the same integers bit for bit: no
operation rounds, and none wraps around. Where a 64-bit integer could overflow, the numpy side goes over to
arrays of Python ints, so that a column is one of three things (``Ints``): an int64 array, an object array
of Python ints, or a list of ints.

``QUIRE_NO_NUMPY=1``, read at import, hides numpy. ``LISTS`` and ``VECTORS`` are the two sides, for tests that
hold one against the other; the functions at the end of the file are the side in use.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Sequence
from operator import index as whole
from typing import Any, Protocol

np: Any = None
if os.environ.get("QUIRE_NO_NUMPY", "") in ("", "0"):
    try:
        import numpy
    except ImportError:
        pass
    else:
        np = numpy

HAVE_NUMPY: bool = np is not None

Ints = Any
"""A column of whole numbers: int64 array, object array of Python ints, or list of ints."""

INT64_MAX = 2**63 - 1

BLOCK = 1 << 14
"""Numbers worked on at a time where a step needs columns of its own: few enough for the processor's cache."""


class Arrays(Protocol):
    """What both sides can do. The docstrings of the functions at the end of the file say what each does."""

    def ints(self, values: Any) -> Ints: ...
    def alike(self, value: int, size: int) -> Ints: ...
    def take(self, table: Any, index: Any) -> Ints: ...
    def plus(self, left: Any, right: Any) -> Ints: ...
    def times(self, left: Any, right: Any) -> Ints: ...
    def masked(self, values: Any, flags: Any) -> Ints: ...
    def nonzero(self, values: Any) -> Ints: ...
    def total(self, values: Any) -> int: ...
    def sum_by(self, keys: Any, values: Any, size: int) -> Ints: ...
    def distinct(self, values: Any) -> Ints: ...
    def to_list(self, values: Any) -> list[int]: ...


def plain_ints(values: Any) -> list[int]:
    """Any sequence of whole numbers as a list of Python ints. A bool or a float among them: TypeError."""
    found = list(values.tolist() if hasattr(values, "tolist") else values)
    kinds = set(map(type, found))
    if kinds <= {int}:
        return found
    for kind in kinds:
        # numpy's own integers answer to __index__; bool does too, but a truth is not an amount.
        if kind is bool or not hasattr(kind, "__index__"):
            raise TypeError(f"whole numbers only, not {kind.__name__}")
    return [whole(value) for value in found]


class _Lists:
    """The side that needs nothing but Python."""

    def ints(self, values: Any) -> Ints:
        return plain_ints(values)

    def alike(self, value: int, size: int) -> Ints:
        return [value] * size

    def take(self, table: Any, index: Any) -> Ints:
        table, index = plain_ints(table), plain_ints(index)
        _check_range(min(index, default=0), max(index, default=-1), len(table))
        return [table[place] for place in index]

    def plus(self, left: Any, right: Any) -> Ints:
        return [a + b for a, b in zip(plain_ints(left), plain_ints(right), strict=True)]

    def times(self, left: Any, right: Any) -> Ints:
        return [a * b for a, b in zip(plain_ints(left), plain_ints(right), strict=True)]

    def masked(self, values: Any, flags: Any) -> Ints:
        return [value if flag else 0 for value, flag in zip(plain_ints(values), flags, strict=True)]

    def nonzero(self, values: Any) -> Ints:
        return [place for place, value in enumerate(plain_ints(values)) if value]

    def total(self, values: Any) -> int:
        return sum(plain_ints(values))

    def sum_by(self, keys: Any, values: Any, size: int) -> Ints:
        keys, values = plain_ints(keys), plain_ints(values)
        _check_range(min(keys, default=0), max(keys, default=-1), size)
        sums = [0] * size
        for key, value in zip(keys, values, strict=True):
            sums[key] += value
        return sums

    def distinct(self, values: Any) -> Ints:
        return sorted(set(plain_ints(values)))

    def to_list(self, values: Any) -> list[int]:
        return plain_ints(values)


class _Vectors:
    """The numpy side. int64 while it is certain to suffice, Python ints in an object array beyond."""

    def ints(self, values: Any) -> Ints:
        if isinstance(values, array) and values.typecode == "q":
            return np.array(values, dtype=np.int64)
        if isinstance(values, np.ndarray) and values.ndim != 1:
            raise ValueError(f"a column has one dimension, not {values.ndim}")
        if isinstance(values, np.ndarray) and values.dtype.kind in "iu":
            if values.dtype != np.uint64 or not values.size or int(values.max()) <= INT64_MAX:
                return values.astype(np.int64, copy=False)
            return values.astype(object)
        found = plain_ints(values)
        fits = not found or (min(found) >= -INT64_MAX - 1 and max(found) <= INT64_MAX)
        return np.array(found, dtype=np.int64 if fits else object)

    def alike(self, value: int, size: int) -> Ints:
        return np.full(size, value, dtype=np.int64 if -INT64_MAX <= value <= INT64_MAX else object)

    def take(self, table: Any, index: Any) -> Ints:
        table, index = self.ints(table), self.ints(index)
        if index.size:
            _check_range(int(index.min()), int(index.max()), table.size)
        return table[index]

    def plus(self, left: Any, right: Any) -> Ints:
        left, right = self.ints(left), self.ints(right)
        _check_lengths(left, right)
        if reach(left) + reach(right) <= INT64_MAX and left.dtype != object and right.dtype != object:
            return left + right
        return left.astype(object) + right.astype(object)

    def times(self, left: Any, right: Any) -> Ints:
        left, right = self.ints(left), self.ints(right)
        _check_lengths(left, right)
        if reach(left) * reach(right) <= INT64_MAX and left.dtype != object and right.dtype != object:
            return left * right
        return left.astype(object) * right.astype(object)

    def masked(self, values: Any, flags: Any) -> Ints:
        values, flags = self.ints(values), np.asarray(flags)
        _check_lengths(values, flags)
        return np.where(flags != 0, values, 0)

    def nonzero(self, values: Any) -> Ints:
        return np.flatnonzero(self.ints(values))

    def total(self, values: Any) -> int:
        values = self.ints(values)
        if values.dtype == object:
            return sum(values.tolist())
        if reach(values) * values.size <= INT64_MAX:
            return int(values.sum())
        # Two limbs of 32 bits, a block at a time: each sums without overflow, and stays in the cache.
        blocks = [values[start : start + BLOCK] for start in range(0, values.size, BLOCK)]
        high = sum(int((block >> 32).sum()) for block in blocks)
        return (high << 32) + sum(int((block & 0xFFFFFFFF).sum()) for block in blocks)

    def sum_by(self, keys: Any, values: Any, size: int) -> Ints:
        keys, values = self.ints(keys), self.ints(values)
        _check_lengths(keys, values)
        if keys.size:
            _check_range(int(keys.min()), int(keys.max()), size)
        if values.dtype == object:
            return self.ints(_added(keys, values, np.full(size, 0, dtype=object)))
        if reach(values) * values.size <= INT64_MAX:
            return _added(keys, values, np.zeros(size, dtype=np.int64))
        high = _added(keys, values >> 32, np.zeros(size, dtype=np.int64))
        low = _added(keys, values & 0xFFFFFFFF, np.zeros(size, dtype=np.int64))
        return self.ints((high.astype(object) << 32) + low.astype(object))

    def distinct(self, values: Any) -> Ints:
        values = self.ints(values)
        if values.dtype != object and bool((values[1:] >= values[:-1]).all()):
            return values[np.concatenate(([True], values[1:] != values[:-1]))] if values.size else values
        return np.unique(values)

    def to_list(self, values: Any) -> list[int]:
        return plain_ints(values)


def reach(values: Ints) -> int:
    """The largest absolute value of a numpy column, as a Python int; 0 when there is none."""
    return max(abs(int(values.max())), abs(int(values.min()))) if values.size else 0


def _added(keys: Any, values: Any, sums: Any) -> Any:
    # bincount would be as quick, but it weighs in floats.
    np.add.at(sums, keys, values)
    return sums


def _check_range(least: int, most: int, size: int) -> None:
    """Refuse a negative index as well: counted from the end it would find someone else's row."""
    if least < 0 or most >= size:
        raise IndexError(f"index {least if least < 0 else most} is outside 0 to {size - 1}")


def _check_lengths(left: Any, right: Any) -> None:
    if left.shape != right.shape:
        raise ValueError(f"columns of unlike length: {left.shape} and {right.shape}")


LISTS: Arrays = _Lists()
VECTORS: Arrays | None = _Vectors() if HAVE_NUMPY else None
_SIDE: Arrays = VECTORS or LISTS


def ints(values: Sequence[int] | Ints) -> Ints:
    """A column of the given whole numbers: int64 where all of them fit, Python ints where not.

    An int64 array comes back as it is, not copied. Raises TypeError for floats, Decimals and bools.
    """
    return _SIDE.ints(values)


def alike(value: int, size: int) -> Ints:
    """A column of the same number, ``size`` long."""
    return _SIDE.alike(value, size)


def take(table: Sequence[int] | Ints, index: Sequence[int] | Ints) -> Ints:
    """``table[i]`` for each i of ``index`` (0 to len(table) - 1, else IndexError)."""
    return _SIDE.take(table, index)


def plus(left: Sequence[int] | Ints, right: Sequence[int] | Ints) -> Ints:
    """The exact sum, element by element. Columns of unlike length: ValueError."""
    return _SIDE.plus(left, right)


def times(left: Sequence[int] | Ints, right: Sequence[int] | Ints) -> Ints:
    """The exact product, element by element. Columns of unlike length: ValueError."""
    return _SIDE.times(left, right)


def masked(values: Sequence[int] | Ints, flags: Sequence[int] | Ints) -> Ints:
    """The values where the flag (a bool or an int) is not zero, 0 elsewhere."""
    return _SIDE.masked(values, flags)


def nonzero(values: Sequence[int] | Ints) -> Ints:
    """The indices, ascending, at which the value is not zero."""
    return _SIDE.nonzero(values)


def total(values: Sequence[int] | Ints) -> int:
    """The exact sum, a Python int of any size."""
    return _SIDE.total(values)


def sum_by(keys: Sequence[int] | Ints, values: Sequence[int] | Ints, size: int) -> Ints:
    """For each key from 0 to size - 1 the exact sum of its values; 0 where there is none.

    ``keys`` and ``values`` are of one length. A key outside the range: IndexError.
    """
    return _SIDE.sum_by(keys, values, size)


def distinct(values: Sequence[int] | Ints) -> Ints:
    """The values that there are, each once, ascending."""
    return _SIDE.distinct(values)


def to_list(values: Sequence[int] | Ints) -> list[int]:
    """The column as Python ints."""
    return _SIDE.to_list(values)

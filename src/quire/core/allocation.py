"""Dividing a whole number among weights without losing or inventing a part of it.

The rule is that of the largest remainder (Hamilton). The exact share of a key is total × weight ÷ Σ weights.
Everybody gets it rounded down; what is then left over goes, one quantum each, to those whose cut-off
remainder is largest, and among equal remainders to the smaller key.

=====  ======  =======  =========  ========  =======
total  weight  exactly  remainder  left over  part
=====  ======  =======  =========  ========  =======
10     6       4 2/7    4          no         4
10     6       4 2/7    4          no         4
10     2       1 3/7    6          one        2
11     6       4 5/7    10         one        5
11     6       4 5/7    10         one        5
11     2       1 4/7    8          no         1
=====  ======  =======  =========  ========  =======

(The remainder is counted in fourteenths, 14 being Σ weights.) Every part is its exact share rounded down or
up, and the parts add up to the total. All division of money in Quire happens in this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import Any, Protocol, TypeVar

from quire.core.arrays import HAVE_NUMPY, INT64_MAX, LISTS, VECTORS, Ints, np
from quire.core.errors import Invalid

LEAST_LIMB = 4
"""Bits a limb must have for the way through 64-bit integers to be worth it. Below, Python ints are used."""

BLOCK = 1 << 15
"""Weights worked on at a time: few enough that all their intermediate columns stay in the processor's cache."""


class _Ordered(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...


K = TypeVar("K", bound=_Ordered)


class NothingToAllocate(Invalid):
    """No weight is above zero, so there is nobody to give the total to, be it zero."""

    code = "allocation.nothing-to-allocate"


class NegativeWeight(Invalid):
    """A weight is below zero."""

    code = "allocation.negative-weight"


def allocate(total: int, weights: Mapping[K, int | Fraction]) -> dict[K, int]:
    """Divide ``total`` in proportion to ``weights``: the largest remainder, ties to the smaller key.

    ``total`` is in any unit (quanta of one currency, say) and may be negative: the parts are then those of
    the positive total with the sign turned. Weights are ints or Fractions, at least 0; a weight of zero gets
    zero. The keys, which must be in one total order, all come back, sorted; in what order they came in makes
    no difference. The parts add up to the total, exactly.

    Raises TypeError for a total or weight of any other type (float, Decimal and bool are), NegativeWeight,
    and NothingToAllocate when no weight is above zero.
    """
    keys = sorted(weights)
    parts = _plain(_checked_total(total), _scaled([weights[key] for key in keys]))
    return dict(zip(keys, parts, strict=True))


def allocate_arrays(total: int, weights: Sequence[int | Fraction] | Ints) -> Ints:
    """``allocate`` for millions of keys: the same answer bit for bit, where the key is the index.

    ``weights`` has one dimension: a numpy array of integers, signed or not, or any sequence (an object array
    too) of ints of any size and Fractions. Comes back, in the order of the weights, as an int64 array when
    every part fits, else an object array of Python ints; without numpy, a list. Five million int64 weights
    and a total of 80 bits take about half a second and a few times the memory of the weights.

    Raises what ``allocate`` raises; a tie goes to the smaller index.
    """
    _checked_total(total)
    if VECTORS is None:
        return _plain(total, _scaled(weights))
    return _vector(total, VECTORS.ints(weights if _machine_ints(weights) else _scaled(weights)))


def _checked_total(total: int) -> int:
    if not isinstance(total, int) or isinstance(total, bool):
        raise TypeError(f"the total must be an int, not {type(total).__name__}")
    return total


def _machine_ints(weights: Any) -> bool:
    return HAVE_NUMPY and isinstance(weights, np.ndarray) and weights.dtype.kind in "iu"


def _scaled(weights: Any) -> list[int]:
    """Weights as Python ints in the same proportion: Fractions are brought to their common denominator."""
    found = list(weights.tolist() if hasattr(weights, "tolist") else weights)
    if Fraction not in set(map(type, found)):
        return LISTS.ints(found)  # type: ignore[no-any-return]
    common = lcm(*(weight.denominator for weight in found if type(weight) is Fraction))
    whole = (
        weight.numerator * (common // weight.denominator) if type(weight) is Fraction else weight * common
        for weight in LISTS_OR_FRACTIONS(found)
    )
    return list(whole)


def _plain(total: int, weights: Sequence[int]) -> list[int]:
    """The rule as it is written, on Python ints. Keys are the indices."""
    if min(weights, default=0) < 0:
        raise _negative(min(weights))
    whole = sum(weights)
    if whole == 0:
        raise _nobody()
    amount = abs(total)
    parts, remainders = [], []
    for weight in weights:
        part, remainder = divmod(amount * weight, whole)
        parts.append(part)
        remainders.append(remainder)
    # The sort is stable, reversed too, so of equal remainders the smaller index stays ahead. A weight of
    # zero leaves no remainder, and there are always more remainders above zero than quanta left over.
    ranked = sorted(range(len(parts)), key=remainders.__getitem__, reverse=True)
    for place in ranked[: amount - sum(parts)]:
        parts[place] += 1
    assert sum(parts) == amount, "the parts do not add up to the total"
    return parts if total >= 0 else [-part for part in parts]

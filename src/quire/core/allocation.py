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

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import Any, Protocol, TypeVar

from quire.core import arrays
from quire.core.arrays import HAVE_NUMPY, INT64_MAX, Ints, np, plain_ints
from quire.core.errors import Invalid

LEAST_LIMB = 4
"""Bits a limb must have for the way through 64-bit integers to be worth it. Below, Python ints are used."""

WORD = 62
"""Bits of a quotient in one column: there is room for one more of the highest digit, and for a quantum."""

BLOCK = arrays.BLOCK
"""Weights worked on at a time: few enough that their intermediate columns stay in the processor's cache."""


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
    parts = list_parts(_checked_total(total), _scaled([weights[key] for key in keys]))
    return dict(zip(keys, parts, strict=True))


def allocate_arrays(total: int, weights: Sequence[int | Fraction] | Ints) -> Ints:
    """``allocate`` for millions of keys: the same answer bit for bit, where the key is the index.

    ``weights`` has one dimension: a numpy array of integers, signed or not, or any sequence (an object array
    too) of ints of any size and Fractions. Comes back, in the order of the weights, as an int64 array when
    every part fits, else an object array of Python ints; without numpy, a list. A tie goes to the smaller
    index. Raises what ``allocate`` raises, and ValueError for an array of two dimensions.
    """
    _checked_total(total)
    if not HAVE_NUMPY:
        return list_parts(total, _scaled(weights))
    if isinstance(weights, np.ndarray) and weights.dtype.kind in "iu":
        return vector_parts(total, arrays.ints(weights))
    return vector_parts(total, arrays.ints(_scaled(weights)))


def list_parts(total: int, weights: Sequence[int]) -> list[int]:
    """The rule as it is written, on Python ints; keys are the indices."""
    if min(weights, default=0) < 0:
        raise _negative(weights)
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
    # zero leaves no remainder, and more remainders are above zero than there are quanta left over.
    ranked = sorted(range(len(parts)), key=remainders.__getitem__, reverse=True)
    for place in ranked[: amount - sum(parts)]:
        parts[place] += 1
    assert sum(parts) == amount, "the parts do not add up to the total"
    return parts if total >= 0 else [-part for part in parts]


def vector_parts(total: int, weights: Ints) -> Ints:
    """The same on a numpy column (int64, or object of Python ints), in 64-bit integers where they suffice.

    total × weight may need 150 bits. The total is therefore cut into limbs of b bits, and divided as on
    paper, from the highest limb down: t = remainder × 2^b + limb × weight gives the next digit t // W of
    the part and the next remainder t % W, W being Σ weights. As t < 2 × W × 2^b, it fits 64 bits, unsigned,
    when b is 63 less the length of W. Too large a W leaves no room for a limb: then Python ints it is.
    """
    if weights.size and int(weights.min()) < 0:
        raise _negative(weights)
    whole = arrays.total(weights)
    if whole == 0:
        raise _nobody()
    if _limb_bits(whole) < LEAST_LIMB:
        weights, whole = _reduced(weights, whole)
    bits = _limb_bits(whole)
    if bits < LEAST_LIMB:
        return arrays.ints(list_parts(total, weights.tolist()))
    words, shift, remainders = _divided(abs(total), weights, whole, bits)
    left_over, odd = divmod(arrays.total(remainders), whole)
    assert odd == 0, "the remainders do not add up to whole quanta"
    if left_over:
        _hand_out(words[-1], remainders, left_over)
    sums = sum(arrays.total(word) << place * shift for place, word in enumerate(reversed(words)))
    assert sums == abs(total), "the parts do not add up to the total"
    return _whole_parts(words, shift, negative=total < 0)


def _divided(amount: int, weights: Ints, whole: int, bits: int) -> tuple[list[Ints], int, Ints]:
    """Quotients and remainders of amount × weight ÷ whole. A quotient is cut into words of 64 bits, the
    highest first, each of which counts 2^shift of the next; one word where every quotient fits."""
    # One less than the limit: a quantum of the left over may still come on top.
    fits = amount * int(weights.max()) // whole < INT64_MAX
    bits = bits if fits else min(bits, WORD // 2)
    mask = (1 << bits) - 1
    limbs = [amount >> shift & mask for shift in range(0, amount.bit_length(), bits)][::-1]
    several = len(limbs) if fits else WORD // bits
    ends = range(len(limbs), 0, -several) if limbs else [0]
    groups = [limbs[max(end - several, 0) : end] for end in ends][::-1]
    words = [np.empty(weights.size, dtype=np.int64) for _ in groups]
    remainders = np.empty(weights.size, dtype=np.int64)
    # Made once: a column that is taken from the system anew for each block costs more than its division.
    t, digit = (np.empty(min(BLOCK, weights.size), dtype=np.uint64) for _ in range(2))
    for piece in _pieces(weights.size):
        block, *into, remainder = (one[piece].view(np.uint64) for one in (weights, *words, remainders))
        remainder[:] = 0
        for word, some in zip(into, groups, strict=True):
            _long_division(block, some, whole, bits, word, remainder, t[: block.size], digit[: block.size])
    return words, several * bits, remainders


def _pieces(size: int) -> Iterator[slice]:
    """Slices of at most ``BLOCK``, one after the other."""
    return (slice(start, start + BLOCK) for start in range(0, size, BLOCK))


def _long_division(
    weights: Ints, limbs: list[int], whole: int, bits: int, word: Ints, remainder: Ints, t: Ints, digit: Ints
) -> None:
    """Some limbs, from the highest down, into one word of the quotients of a block; all columns are uint64.

    ``remainder`` is what the limbs before have left, and then what these leave; ``t`` and ``digit`` are room.
    A digit is one bit longer than a limb, and so is a word.
    """
    word[:] = 0
    for limb in limbs:
        np.multiply(weights, limb, out=t)
        remainder <<= bits
        t += remainder
        np.floor_divide(t, whole, out=digit)
        word <<= bits
        word += digit
        # t % whole would divide a second time.
        digit *= whole
        np.subtract(t, digit, out=remainder)


def _whole_parts(words: list[Ints], shift: int, *, negative: bool) -> Ints:
    """The words put together, with the sign: as Python ints if one is too long for 64 bits. Most have nothing
    in the upper words, and are made all at once."""
    *upper, parts = words
    rows = np.flatnonzero(sum(word != 0 for word in upper)) if upper else np.empty(0, dtype=np.int64)
    long = parts[rows].astype(object)
    for place, word in enumerate(reversed(upper), 1):
        long += word[rows].astype(object) << (place * shift)
    if negative:
        long, parts = -long, np.negative(parts, out=parts)
    long = arrays.ints(long)
    if long.dtype == object:
        parts = parts.astype(object)
    if len(rows):
        parts[rows] = long
    return parts


def _hand_out(parts: Ints, remainders: Ints, left_over: int) -> None:
    """One more, in place, to the ``left_over`` largest remainders, of equal ones to the smaller index."""
    place = remainders.size - left_over
    threshold = np.partition(remainders, place)[place]
    above = sum(int(np.count_nonzero(remainders[piece] > threshold)) for piece in _pieces(remainders.size))
    level = left_over - above
    for piece in _pieces(remainders.size):
        block = remainders[piece]
        parts[piece] += block > threshold
        if level:
            there = np.flatnonzero(block == threshold)[:level]
            parts[piece][there] += 1
            level -= there.size


def _reduced(weights: Ints, whole: int) -> tuple[Ints, int]:
    """Weights and sum without their greatest common divisor: amounts in quanta often are whole cents."""
    divisor = int(np.gcd.reduce(weights))
    return arrays.ints(weights // divisor), whole // divisor


def _limb_bits(whole: int) -> int:
    return 63 - whole.bit_length()


def _scaled(weights: Any) -> list[int]:
    """Weights as Python ints in the same proportion: Fractions are brought to their common denominator."""
    if getattr(weights, "ndim", 1) != 1:
        raise ValueError(f"weights have one dimension, not {weights.ndim}")
    found = list(weights.tolist() if hasattr(weights, "tolist") else weights)
    fractions = [weight for weight in found if isinstance(weight, Fraction)]
    if not fractions:
        return plain_ints(found)
    plain_ints([weight for weight in found if not isinstance(weight, Fraction)])  # refuses what is neither
    common = lcm(*{weight.denominator for weight in fractions})
    return [int(weight.numerator) * (common // int(weight.denominator)) for weight in found]


def _checked_total(total: int) -> int:
    if not isinstance(total, int) or isinstance(total, bool):
        raise TypeError(f"the total must be an int, not {type(total).__name__}")
    return total


def _negative(weights: Any) -> NegativeWeight:
    place = next(place for place, weight in enumerate(weights) if weight < 0)
    return NegativeWeight(
        f"Weight number {place + 1}, in the order of the keys, is below zero; weights must be 0 or more.",
        place=place,
    )


def _nobody() -> NothingToAllocate:
    return NothingToAllocate(
        "No weight is above zero, so there is nobody to divide the amount among; say who shall have it."
    )

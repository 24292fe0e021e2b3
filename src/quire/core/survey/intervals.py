"""From a variance to a standard error and an interval, in exact decimals rounded outward: no float is used.

An interval of 95 % is the estimate ± t × standard error, t being Student's for the degrees of freedom.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from fractions import Fraction
from math import isqrt, lcm

PLACES = 10**12
"""Standard errors and ends of intervals are whole multiples of 10⁻¹², as money is."""

STUDENT = {
    1: 127063, 2: 43027, 3: 31825, 4: 27765, 5: 25706, 6: 24470, 7: 23647, 8: 23061, 9: 22622, 10: 22282,
    11: 22010, 12: 21789, 13: 21604, 14: 21448, 15: 21315, 16: 21200, 17: 21099, 18: 21010, 19: 20931,
    20: 20860, 21: 20797, 22: 20739, 23: 20687, 24: 20639, 25: 20596, 26: 20556, 27: 20519, 28: 20485,
    29: 20453, 30: 20423, 40: 20211, 50: 20086, 60: 20003, 80: 19901, 100: 19840, 200: 19719, 500: 19648,
    1000: 19624,
}  # fmt: skip
"""Ten thousand times the 97.5 % point of Student's t, rounded up, by degrees of freedom: NIST/SEMATECH
e-Handbook §1.3.6.7.2 has it to three decimals; the fourth is from the closed form of its distribution
(Abramowitz and Stegun 26.7.3, 26.7.4), by which a test reckons the table again."""

_DEGREES = sorted(STUDENT)


def student(degrees: int) -> Fraction:
    """t for these degrees of freedom, 1 or more; between two of the table, that of the fewer, the wider."""
    return Fraction(STUDENT[_DEGREES[bisect_right(_DEGREES, max(1, degrees)) - 1]], 10000)


def root_up(value: Fraction) -> Fraction:
    """The square root, rounded up to ``PLACES``; exact where it is a whole multiple."""
    scaled = -(-value.numerator * PLACES**2 // value.denominator)
    root = isqrt(scaled)
    return Fraction(root + (root * root < scaled), PLACES)


def down(value: Fraction) -> Fraction:
    """Rounded down to ``PLACES``."""
    return Fraction(value.numerator * PLACES // value.denominator, PLACES)


def up(value: Fraction) -> Fraction:
    """Rounded up to ``PLACES``."""
    return -down(-value)


def degrees(parts: Iterable[tuple[int | Fraction, int]]) -> int:
    """Satterthwaite's degrees of freedom of a sum of variances, each with its own (Cochran 1977, eq. 5.16).

    The variances may be in any unit. Rounded down; never fewer than the fewest that go in. Zero where every
    variance is zero.
    """
    seen = [(variance, own) for variance, own in parts if variance]
    shared = lcm(*(own for _, own in seen))
    under = sum(variance * variance * (shared // own) for variance, own in seen)
    return int(sum(variance for variance, _ in seen) ** 2 * shared // under) if under else 0

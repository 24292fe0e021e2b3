"""One currency into another, once, by a rate that is stated with its source and its day.

Owns what a rate is, and the one place where it is applied. Does not own which rate is taken (the society's
ledger room keeps them), nor what becomes of the difference to what a bank gives later.

A pot is converted as a whole before it is divided, never line by line: of each line a part of a quantum
would be lost. What comes of it is the exact product, cut to the quantum; the rest, less than one quantum, is
stated beside it. 100.00 USD at 0.9123 are 91.23 EUR, and nothing is left; 0.10 USD at 1/3 are
0.033333333333 EUR, and a third of a quantum.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from quire.core.currencies import minor_digits
from quire.core.errors import Invalid

OLDEST = 10
"""Days that a rate may be older than the last day of a pot. A central bank states one on every working day,
and no holidays are that long."""

MOST = 10**12
"""No rate is higher, nor lower than one part of it: a number beyond is a slip of the hand."""

_NUMBER = re.compile(r"[0-9]{1,13}(\.[0-9]{1,15})?")
_FRACTION = re.compile(r"([0-9]{1,30})/([0-9]{1,30})")


class RateWrong(Invalid):
    """A rate that cannot be one, or not for this amount."""

    code = "fx.rate"


@dataclass(frozen=True, slots=True)
class Rate:
    """One unit of ``have`` is ``rate`` units of ``want``, as ``source`` stated it on ``day``.

    Raises RateWrong, in this order: one currency twice, a rate that is not above nothing or beyond MOST, no
    source. UnknownCurrency; TypeError for a rate that is no Fraction.
    """

    have: str
    want: str
    rate: Fraction
    source: str
    day: date

    def __post_init__(self) -> None:
        minor_digits(self.have)
        minor_digits(self.want)
        if self.have == self.want:
            raise RateWrong(f"{self.have} into {self.want} needs no rate.")
        if type(self.rate) is not Fraction:
            raise TypeError(f"a rate is a Fraction, not {type(self.rate).__name__}")
        if not Fraction(1, MOST) <= self.rate <= MOST:
            raise RateWrong(f"A rate of {str(self.rate)[:40]} {self.want} for one {self.have} cannot be.")
        if not self.source.strip() or len(self.source) > 100 or not self.source.isprintable():
            raise RateWrong("A rate names its source in at most 100 characters: ECB reference rates.")

    def inverse(self) -> Rate:
        """The same rate seen from the other side, exactly."""
        return Rate(self.want, self.have, 1 / self.rate, self.source, self.day)

    def serves(self, last_day: date) -> bool:
        """Whether it may convert a pot that ends with this day: not stated after it, nor OLDEST before."""
        return 0 <= (last_day - self.day).days <= OLDEST


@dataclass(frozen=True, slots=True)
class Conversion:
    """An amount of ``rate.have`` in quanta, and what the rate makes of it."""

    received: int
    rate: Rate

    @property
    def amount(self) -> int:
        """Quanta of ``rate.want``."""
        return convert(self.received, self.rate)[0]

    @property
    def residue(self) -> Fraction:
        """The part of a quantum that ``amount`` leaves."""
        return convert(self.received, self.rate)[1]


def convert(amount: int, rate: Rate) -> tuple[int, Fraction]:
    """``amount`` quanta of ``rate.have`` as whole quanta of ``rate.want``, and the rest, below one quantum.

    The two sum to the exact product. Raises RateWrong for an amount below nothing, TypeError for one that is
    no int.
    """
    if type(amount) is not int:
        raise TypeError(f"an amount is an int of quanta, not {type(amount).__name__}")
    if amount < 0:
        raise RateWrong("Less than nothing is not converted.")
    exact = amount * rate.rate
    whole = exact.numerator // exact.denominator
    return whole, exact - whole


def parse_rate(text: str) -> Fraction:
    """The exact fraction that "0.9123", "160" or "10000/10877" stands for.

    Raises RateWrong for signs, exponents, more than 15 decimals and anything else; TypeError for no str.
    """
    if not isinstance(text, str):
        raise TypeError(f"a rate is read from text, not from {type(text).__name__}")
    if _NUMBER.fullmatch(text):
        return Fraction(text)
    found = _FRACTION.fullmatch(text)
    if found and int(found[2]):
        return Fraction(int(found[1]), int(found[2]))
    raise RateWrong(f"{text[:60]!r} is no rate; write it like 0.9123 or 10000/10877.")

"""An amount of one currency, exact to a billionth of a cent.

Money is a whole number of *quanta*: ``QUANTA`` of them make one major unit, whatever the currency. That
is what NUMERIC(38,12) in PostgreSQL and DECIMAL(38,12) in Parquet hold. A float never comes in: what it
stands for is not what was typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from quire.core.currencies import minor_digits
from quire.core.errors import Invalid

DECIMALS = 12
QUANTA = 10**DECIMALS
"""Quanta in one major unit of any currency."""

WHOLE_DIGITS = 38 - DECIMALS
"""Digits before the point that fit the NUMERIC(38,12) in which amounts are kept."""

_AMOUNT = re.compile(r"(?P<sign>[+-]?)(?P<whole>[0-9]+)(?:\.(?P<part>[0-9]+))?")


class CurrencyMismatch(Invalid):
    """Two currencies were added or compared. Nothing here converts one into another."""

    code = "money.currency-mismatch"


class AmountUnreadable(Invalid):
    """The text or number is not an amount that can be kept exactly."""

    code = "money.unreadable"


def quanta_of(text: str) -> int:
    """The quanta that ``text`` stands for: "12.34" -> 12_340_000_000_000.

    A sign is allowed; an exponent, a thousands separator, spaces and words are not. At most 26 digits
    before the point and 12 after it, else AmountUnreadable. Anything but a str is a TypeError.
    """
    if not isinstance(text, str):
        raise TypeError(f"an amount is read from text, not from {type(text).__name__}")
    shown = _short(text)
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise AmountUnreadable(f'{shown!r} is not an amount; write it like "1234.56".', text=shown)
    whole, part = found["whole"], found["part"] or ""
    if len(part) > DECIMALS:
        raise AmountUnreadable(
            f"{shown!r} has {len(part)} decimals; at most {DECIMALS} can be kept.", text=shown
        )
    if len(whole) > WHOLE_DIGITS:
        raise AmountUnreadable(
            f"{shown!r} has {len(whole)} digits before the point; at most {WHOLE_DIGITS} can be kept.",
            text=shown,
        )
    quanta = int(whole + part.ljust(DECIMALS, "0"))
    return -quanta if found["sign"] == "-" else quanta


def decimal_of(quanta: int) -> str:
    """Quanta as text in major units with exactly twelve decimals: 12_340_000_000_000 -> "12.340000000000"."""
    whole, part = divmod(abs(quanta), QUANTA)
    return f"{'-' if quanta < 0 else ''}{whole}.{part:0{DECIMALS}d}"


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """``quanta`` quanta of ``currency`` (ISO 4217, upper case).

    Raises TypeError when quanta is not an int (a bool, a float and a Decimal are not), UnknownCurrency
    when nobody can be paid in the currency. Two amounts are equal when both fields are; they are ordered,
    added and subtracted only in one currency, else CurrencyMismatch.
    """

    quanta: int
    currency: str

    def __post_init__(self) -> None:
        _check_int(self.quanta, "quanta")
        minor_digits(self.currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """Read "12.34" or "-0.5"; the rules and errors are those of ``quanta_of``."""
        return cls(quanta_of(text), currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(0, currency)

    @classmethod
    def from_minor(cls, minor: int, currency: str) -> Money:
        """Whole minor units: 1234 of EUR is 12.34 EUR, 1234 of JPY is 1234 JPY."""
        _check_int(minor, "minor units")
        return cls(minor * _minor_quanta(currency), currency)

    @classmethod
    def from_decimal(cls, amount: Decimal, currency: str) -> Money:
        """A Decimal of major units, as PostgreSQL and DuckDB hand it out; exact, else AmountUnreadable."""
        if not isinstance(amount, Decimal):
            raise TypeError(f"expected a Decimal, not {type(amount).__name__}")
        if not amount.is_finite() or (amount and not -DECIMALS <= amount.adjusted() < WHOLE_DIGITS):
            # Refused by its magnitude alone: an exponent of a million must not be written out first.
            raise AmountUnreadable(f"{_short(str(amount))} cannot be kept as an amount of money.")
        if not amount:
            return cls.zero(currency)
        over, under = amount.as_integer_ratio()
        quanta, lost = divmod(over * QUANTA, under)
        if lost:
            raise AmountUnreadable(
                f"{_short(str(amount))} has more than {DECIMALS} decimals, which cannot be kept."
            )
        return cls(quanta, currency)

    def to_minor(self) -> tuple[int, Money]:
        """Whole minor units, cut towards zero, and the rest: what can be paid, and what is carried.

        ``Money.from_minor(units, currency) + rest == self``; the rest has the sign of the amount.
        """
        one = _minor_quanta(self.currency)
        units = abs(self.quanta) // one
        units = -units if self.quanta < 0 else units
        return units, Money(self.quanta - units * one, self.currency)

    def decimal(self) -> str:
        """Major units with exactly twelve decimals, "12.340000000000": the form JSON carries."""
        return decimal_of(self.quanta)

    def as_decimal(self) -> Decimal:
        """The same as a Decimal with twelve decimals, for a NUMERIC(38,12) column. Exact at any size."""
        # The constructor never rounds; arithmetic on Decimals would, to 28 digits of the caller's context.
        return Decimal(self.decimal())

    def __str__(self) -> str:
        """ "12.34 EUR": the minor digits always, more of them only where they are not zero."""
        whole, part = self.decimal().split(".")
        least = minor_digits(self.currency)
        part = part[:least] + part[least:].rstrip("0")
        return f"{whole}.{part} {self.currency}" if part else f"{whole} {self.currency}"

    def grouped(self) -> str:
        """ "1,012.34 EUR": as ``str``, with the thousands apart, for people to read."""
        text = str(abs(self))
        end = min(place for mark in ". " if (place := text.find(mark)) >= 0)
        return f"{'-' if self.quanta < 0 else ''}{int(text[:end]):,}{text[end:]}"

    def __bool__(self) -> bool:
        return self.quanta != 0

    def __neg__(self) -> Money:
        return Money(-self.quanta, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.quanta), self.currency)

    def __add__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.quanta + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.quanta - self._same(other), self.currency)

    def __mul__(self, times: int) -> Money:
        if not isinstance(times, int) or isinstance(times, bool):
            return NotImplemented
        return Money(self.quanta * times, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.quanta < self._same(other)

    def __le__(self, other: Money) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.quanta <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.quanta > self._same(other)

    def __ge__(self, other: Money) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.quanta >= self._same(other)

    def _same(self, other: Money) -> int:
        """The other's quanta, once it is sure that they are of the same currency."""
        if self.currency != other.currency:
            raise CurrencyMismatch(
                f"{self} and {other} are of two currencies; they can be neither added nor compared.",
                left=self.currency,
                right=other.currency,
            )
        return other.quanta


def _check_int(value: int, name: str) -> None:
    if type(value) is not int:
        raise TypeError(f"{name} must be an int, not {type(value).__name__}")


def _minor_quanta(currency: str) -> int:
    """Quanta in one minor unit."""
    return int(10 ** (DECIMALS - minor_digits(currency)))


def _short(text: str) -> str:
    """Text from outside, cut so that an error stays one readable line."""
    return text if len(text) <= 60 else text[:60] + "…"

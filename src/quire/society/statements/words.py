"""Amounts, days, shares and counts as people read them, in British English."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache

from babel.dates import format_date
from babel.numbers import get_currency_symbol

from quire.core.currencies import minor_digits
from quire.core.money import DECIMALS, QUANTA, decimal_of
from quire.society.kit.periods import Period

LOCALE = "en_GB"
_PLAIN = 60
"""The largest denominator that is shown as a fraction."""
USES = {
    "ai-train": "training",
    "ai-input": "answers",
    "ai-index": "an AI's index",
    "search": "search",
}
"""The uses, in a word or two."""


def money(quanta: int, currency: str) -> str:
    """The amount cut to the minor unit, as it is paid: "€1,234.56"; what is smaller still: "under €0.01"."""
    digits = minor_digits(currency)
    one = 10 ** (DECIMALS - digits)
    units = abs(quanta) // one
    sign = "−" if quanta < 0 else ""
    if quanta and not units:
        return f"{sign}under {_written(1, digits, currency)}"
    return f"{sign}{_written(units, digits, currency)}"


def exact(quanta: int) -> str:
    """All twelve decimals, thousands apart: "1,234.560000000000"."""
    whole, part = decimal_of(quanta).split(".")
    return f"{int(whole):,}.{part}" if abs(quanta) >= QUANTA else f"{whole}.{part}"


def _written(units: int, digits: int, currency: str) -> str:
    whole, part = divmod(units, 10**digits)
    return f"{_symbol(currency)}{whole:,}" + (f".{part:0{digits}d}" if digits else "")


@lru_cache
def _symbol(currency: str) -> str:
    """Babel's symbol; a no-break space after one that ends in a letter, as in "CHF 5.00"."""
    symbol = str(get_currency_symbol(currency, LOCALE))
    return f"{symbol}\u00a0" if symbol[-1].isalpha() else symbol


def rate(value: Fraction) -> str:
    """ "0.9123", or "10000/10877" where no decimal of twelve places is the same."""
    quanta = value * QUANTA
    if quanta.denominator != 1:
        return str(value)
    whole, part = decimal_of(quanta.numerator).split(".")
    return f"{whole}.{part.rstrip('0')}".rstrip(".")


def number(value: Fraction | int) -> str:
    """ "12,345"; "2/3"; "829 1/3"; of what no person would write as a fraction two decimals: "365.81…"."""
    whole, rest = divmod(Fraction(value), 1)
    if not rest:
        return f"{whole:,}"
    if rest.denominator > _PLAIN:
        return f"{whole:,}.{rest.numerator * 100 // rest.denominator:02d}…"
    return f"{whole:,} {rest}" if whole else str(rest)


def day(value: date) -> str:
    """ "14 March 2026"."""
    return str(format_date(value, "d MMMM y", locale=LOCALE))


def days(starts: date, ends: date) -> str:
    """The first and the last day: "1 January to 14 March 2026"."""
    last = ends - timedelta(days=1)
    if starts == last:
        return day(last)
    pattern = "d MMMM" if starts.year == last.year else "d MMMM y"
    return f"{format_date(starts, pattern, locale=LOCALE)} to {day(last)}"


def period(span: Period) -> str:
    """ "2026", "January 2026", "January to March 2026", or its first and last day."""
    first, last = span.starts, span.ends - timedelta(days=1)
    if first.day != 1 or span.ends.day != 1 or first.year != last.year:
        return days(span.starts, span.ends)
    if (first.month, last.month) == (1, 12):
        return f"{first.year}"
    ended = str(format_date(last, "MMMM y", locale=LOCALE))
    return ended if first.month == last.month else f"{format_date(first, 'MMMM', locale=LOCALE)} to {ended}"


def count(many: int, one: str, several: str = "") -> str:
    """ "1 work", "12 works"."""
    return f"{many:,} {one if many == 1 else several or one + 's'}"


def listed(names: Sequence[str]) -> str:
    """ "A", "A and B", "A, B and C"."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)

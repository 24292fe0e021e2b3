"""How values are written for people, in the language that is spoken to whoever reads: amounts, counts,
shares, days.

English is as ``Money.grouped`` has it ("1,012.34 EUR"); other languages follow the CLDR as Babel has it
("1.012,34 €"). No amount passes through a float, and no digit is lost: what shortens a figure says so where
it is called. What programs read (CSV, JSON, signed files) is never written here.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Context, Decimal
from fractions import Fraction
from functools import cache

from babel import Locale
from babel.dates import format_date
from babel.numbers import get_currency_symbol, get_decimal_symbol, get_group_symbol
from django.utils import formats, timezone, translation

from quire.core.money import Money

LANGUAGES = {"en-gb": "English", "de": "Deutsch", "fr": "Français", "es": "Español"}
"""Every language that pages speak, each by its own name; the first is that of the source."""
_APART_FROM = {"es": 10_000}
"""From where thousands stand apart, where the CLDR has a least of digits (minimumGroupingDigits)."""


def language() -> str:
    """The language that is spoken now: one of LANGUAGES, English where it is none of them."""
    code = (translation.get_language() or "").lower()
    return code if code in LANGUAGES else "en-gb"


def english() -> bool:
    """Whether English is spoken now."""
    return language() == "en-gb"


def money(amount: Money) -> str:
    """ "1,012.34 EUR", "1.012,34 €": all that can be paid; further digits where they are not zero."""
    if english():
        return Money.grouped(amount)
    digits = str(Money(abs(amount.quanta), amount.currency)).split(" ")[0]
    told = f"{_digits(digits)}\N{NO-BREAK SPACE}{_symbol(amount.currency, language())}"
    return f"-{told}" if amount.quanta < 0 else told


def number(count: int) -> str:
    """12345 as "12,345", "12.345"."""
    if english():
        return f"{count:,}"
    return f"{'-' if count < 0 else ''}{_digits(str(abs(count)))}"


def percent(share: Fraction, digits: int = 4) -> str:
    """A share as "33.33 %", "33,33 %": to so many significant digits, rounded half to even."""
    context = Context(prec=digits)
    told = context.divide(Decimal(share.numerator * 100), Decimal(share.denominator))
    text = f"{told:f}"
    return written(text.rstrip("0").rstrip(".") if "." in text else text) + " %"


def written(text: str) -> str:
    """Digits with a point and no thousands apart, as the language writes them: "0.1" as "0,1"."""
    return text if english() else text.replace(".", get_decimal_symbol(language()))


def day(value: date) -> str:
    """A day, or a moment's day in the society's time: "5 Nov 2026", "05.11.2026"."""
    if isinstance(value, datetime):
        value = timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return str(formats.date_format(value, "j M Y")) if english() else format_date(value, locale=language())


def moment(value: datetime) -> str:
    """A day with its hour and minute: "5 Nov 2026 14:05"."""
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return f"{day(local.date())} {local:%H:%M}"


def month(first: date) -> str:
    """ "Nov 2026", "Nov. 2026"."""
    return str(formats.date_format(first, "M Y")) if english() else format_date(first, "MMM y", language())


def day_of_month(value: date) -> str:
    """ "5 Nov", "5. Nov."."""
    if english():
        return str(formats.date_format(value, "j M"))
    pattern = Locale.parse(language()).datetime_skeletons["MMMd"]
    return str(pattern.apply(value, Locale.parse(language())))


def _digits(plain: str) -> str:
    """Digits with a point, as the language writes them, thousands apart."""
    whole, _, part = plain.partition(".")
    apart = int(whole) >= _APART_FROM.get(language(), 1_000)
    told = f"{int(whole):,}".replace(",", get_group_symbol(language())) if apart else whole
    return f"{told}{get_decimal_symbol(language())}{part}" if part else told


@cache
def _symbol(currency: str, spoken: str) -> str:
    return str(get_currency_symbol(currency, spoken))

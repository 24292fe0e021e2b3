"""What a licensee owes for a period: a yearly fee by the day, prices by use, or a part of its revenue.

A yearly fee is counted up from the first day of the licence, F(day), and a period owes F(its end) − F(its
start). So whatever way a licence's term is cut into periods, they add up to the whole term to the minor
unit; a fee rounded period by period would not. An example, 1000.00 a year from 1 July 2025:

==========  =================  =========  ===================
until       days into year     F          due since the last
==========  =================  =========  ===================
1 Aug 2025  31 of 365          84.93      84.93
1 Sep 2025  62 of 365          169.86     84.93
1 Oct 2025  92 of 365          252.05     82.19
1 Jul 2026  365 of 365         1000.00    747.95
==========  =================  =========  ===================

A share of revenue is the rate times what the licensee reported for the period, cut to the minor unit, or the
minimum of the period if that is more: a yearly minimum is counted up by the day as a yearly fee is. Of 3 %,
and at least 1000.00 a year from 1 July 2025: 5,000.00 reported for July are 150.00; 1,000.00 are 30.00, and
84.93 are due.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TypeAlias

from quire.core.currencies import minor_digits
from quire.core.errors import Invalid
from quire.core.money import DECIMALS

KINDS = ("blanket", "per-request", "per-work", "crawl", "revenue", "lump")
USAGE_KINDS = ("per-request", "per-work")
"""Those that are due by the usage counted."""
FREE_OF_COUNTS = ("blanket", "revenue", "lump")
"""Those whose due amount no count changes."""
ANY_TIER = "*"

Count: TypeAlias = tuple[str, int, int]
"""Usage of one content tier in a period: the tier, the requests, and the distinct works they were for."""


class TariffRefused(Invalid):
    """The terms contradict themselves, or a number in them cannot be right."""

    code = "tariff.refused"


class NoPrice(Invalid):
    """A content tier was used for which the tariff has no price, nor one for any tier."""

    code = "tariff.no-price"


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a licence costs from ``starts`` until, not including, ``ends``.

    ``fee`` is in quanta of ``currency`` for a year and belongs to kind "blanket". ``prices`` are in quanta
    by content tier, "*" for any other, and are due for each request ("per-request") or each distinct work
    used in the period ("per-work"). A "crawl" licence has neither: each request is paid at once, at the
    price that the site asks, out of a balance, so nothing is due for a period. ``rate`` of the licensee's
    revenue, and at least ``minimum`` (quanta) a year, belong to kind "revenue". A "lump" is a sum agreed for
    a class of works, paid when it was agreed: nothing is due for a period. Prices beside a fee, a rate or a
    lump are allowed and never due: they weigh the usage.

    Raises TariffRefused, in this order: an unknown kind, a term that ends before it begins or after the year
    9998, an amount that is negative, a yearly fee beside prices that are due, prices beside kind "crawl",
    prices that are needed and missing, a rate or minimum beside another kind than "revenue", a rate that is
    not above 0 and at most 1. UnknownCurrency for the currency; TypeError for an amount that is no int, or a
    rate that is no Fraction.
    """

    kind: str
    starts: date
    ends: date
    currency: str
    fee: int
    prices: Mapping[str, int]
    rate: Fraction = Fraction(0)
    minimum: int = 0

    def __post_init__(self) -> None:
        minor_digits(self.currency)
        if self.kind not in KINDS:
            raise TariffRefused(f"{self.kind!r} is no kind of licence; it must be one of {', '.join(KINDS)}.")
        if self.ends <= self.starts:
            raise TariffRefused(
                f"The licence ends on {self.ends}, which is not after it begins, {self.starts}."
            )
        if self.ends.year > 9998:
            raise TariffRefused(f"The licence ends in {self.ends.year}; give a year before 9999.")
        prices = ((f"price of {t}", p) for t, p in self.prices.items())
        for name, quanta in (("fee", self.fee), ("minimum", self.minimum), *prices):
            if _int(quanta, name) < 0:
                raise TariffRefused(f"The {name} is negative; a licence costs nothing or more.")
        if self.kind != "blanket" and self.fee:
            raise TariffRefused(f"A {self.kind} licence has no yearly fee; set the fee to 0.")
        if self.kind == "crawl" and self.prices:
            raise TariffRefused("A crawl licence has no prices of its own: each site asks its own.")
        if self.kind in USAGE_KINDS and not self.prices:
            raise TariffRefused(
                f'A {self.kind} licence needs a price for each tier, or one for "{ANY_TIER}".'
            )
        self._check_rate()

    def _check_rate(self) -> None:
        if type(self.rate) is not Fraction:
            raise TypeError(f"the rate must be a Fraction, not {type(self.rate).__name__}")
        if self.kind != "revenue" and (self.rate or self.minimum):
            raise TariffRefused(f"A {self.kind} licence has no share of revenue; leave rate and minimum out.")
        if self.kind == "revenue" and not 0 < self.rate <= 1:
            raise TariffRefused(
                "A share of revenue is more than nothing and at most all: write 3.5% or 7/200."
            )

    def price(self, tier: str) -> int:
        """The price of ``tier`` in quanta: its own, else that of any tier, else NoPrice."""
        found = self.prices.get(tier, self.prices.get(ANY_TIER))
        if found is None:
            raise NoPrice(
                f'The licence has no price for tier {tier!r}; give it one, or a price for "{ANY_TIER}".',
                tier=tier,
            )
        return found


def due(tariff: Tariff, starts: date, ends: date, counts: Iterable[Count], revenue: int = 0) -> int:
    """What is due for [starts, ends), in quanta, in whole minor units. A fee or a share needs no counts.

    ``revenue`` is what the licensee reported for the period, in quanta; only a share of it asks.
    Raises TariffRefused for a period that ends before it begins, and what ``usage_due`` raises.
    """
    if tariff.kind == "blanket":
        return blanket_due(tariff, starts, ends)
    if tariff.kind == "revenue":
        return revenue_due(tariff, starts, ends, revenue)
    return usage_due(tariff, counts)


def revenue_due(tariff: Tariff, starts: date, ends: date, revenue: int) -> int:
    """The rate times the revenue reported for [starts, ends), or the minimum of these days if it is more.

    Quanta, a whole number of minor units. Raises TariffRefused for revenue below nothing or a period that
    ends before it begins, TypeError for revenue that is no int.
    """
    if _int(revenue, "revenue") < 0:
        raise TariffRefused("Revenue is nothing or more.")
    share = revenue * tariff.rate
    return max(
        _whole_minor(share.numerator // share.denominator, tariff.currency),
        _between(tariff, tariff.minimum, starts, ends),
    )


def blanket_due(tariff: Tariff, starts: date, ends: date) -> int:
    """The part of the yearly fee due for [starts, ends), in quanta, a whole number of minor units.

    The period is cut to the licence's term; outside of it nothing is due. Periods that partition the term add
    up to what is due for the whole of it. A licence year begins on the day of the year on which the licence
    began; after a 29 February, on 1 March in common years.
    """
    return _between(tariff, tariff.fee, starts, ends)


def _between(tariff: Tariff, yearly: int, starts: date, ends: date) -> int:
    """The part of a yearly sum that belongs to the days of [starts, ends) within the term."""
    if ends <= starts:
        raise TariffRefused(f"The period ends on {ends}, which is not after it begins, {starts}.")
    first, last = max(starts, tariff.starts), min(ends, tariff.ends)
    return 0 if last <= first else _run_up(tariff, yearly, last) - _run_up(tariff, yearly, first)


def usage_due(tariff: Tariff, counts: Iterable[Count]) -> int:
    """Σ price × requests, or × distinct works: exact in quanta, then cut once to the minor unit. Of a crawl
    licence 0, whatever was counted: its requests were paid as they were made.

    Raises NoPrice for a tier without a price, TariffRefused for a negative count, TypeError for a blanket
    tariff and for a count that is no int.
    """
    if tariff.kind == "blanket":
        raise TypeError("a blanket licence is not due by usage")
    total = 0
    for tier, requests, works in counts:
        number = _int(works if tariff.kind == "per-work" else requests, "count")
        if number < 0:
            raise TariffRefused(f"The count of tier {tier!r} is negative.", tier=tier)
        if tariff.kind in USAGE_KINDS:
            total += tariff.price(tier) * number
    return _whole_minor(total, tariff.currency)


def _run_up(tariff: Tariff, yearly: int, day: date) -> int:
    """The yearly sum from the licence's first day until ``day``, in quanta, cut to the minor unit."""
    years = day.year - tariff.starts.year
    if _anniversary(tariff.starts, years) > day:
        years -= 1
    begun, next_one = _anniversary(tariff.starts, years), _anniversary(tariff.starts, years + 1)
    into, length = (day - begun).days, (next_one - begun).days
    return _whole_minor(yearly * (years * length + into) // length, tariff.currency)


def _anniversary(starts: date, years: int) -> date:
    year = starts.year + years
    if (starts.month, starts.day) == (2, 29) and not _is_leap(year):
        return date(year, 3, 1)
    return starts.replace(year=year)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _whole_minor(quanta: int, currency: str) -> int:
    one = 10 ** (DECIMALS - minor_digits(currency))
    return int(quanta // one * one)


def _int(value: int, name: str) -> int:
    if type(value) is not int:
        raise TypeError(f"the {name} must be an int, not {type(value).__name__}")
    return value

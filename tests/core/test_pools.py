"""Pools by value: prices of several licences beside one another are of one currency."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from quire.core.distribution import Evidence, EvidenceWrong, Licence, Pot, divide_all
from quire.core.fx import Conversion, Rate
from tests.core.by_hand import EUR, JANUARY, society

POOLED = """name = "pooled"
[[share]]
label = "use"
portion = "100%"
key = "usage"
measure = "value"
income = "pooled"
"""
RATE = Rate("USD", "EUR", Fraction(1, 3), "ECB reference rates", date(2026, 1, 30))


def licence(name: str, currency: str, price: int, kind: str = "per-request") -> Licence:
    prices = {"standard": price} if price else {}
    return Licence(name, "lab", kind, ("ai-train",), date(2026, 1, 1), date(2027, 1, 1), currency, 0, prices)


def two_pots(other: Pot) -> Evidence:
    """A request of the newspaper in a pot of EUR 30, at ten cents; one of the blog in ``other``."""
    found = society(POOLED, 30 * EUR, {"wrk_paper": 1}, licence=licence("lic_1", "EUR", EUR // 10))
    used = society(POOLED, 0, {"wrk_blog": 1}).counts["pot_1"]
    return replace(found, pots=(*found.pots, other), counts={**found.counts, other.id: used})


def test_a_price_in_another_currency_is_worth_what_its_pots_rate_says() -> None:
    dollars = licence("lic_2", "USD", EUR // 10)
    made = Conversion(30 * EUR, RATE)
    found = two_pots(Pot("pot_2", dollars, *JANUARY, made.amount, "EUR", conversion=made))
    pool = divide_all(found)[-1]
    assert [(line.source, line.party, line.amount, line.weight) for line in pool.lines] == [
        ("pot_1", 2, 30 * EUR, Fraction(EUR // 10)),
        ("pot_2", 0, 10 * EUR, Fraction(EUR // 10, 3)),
    ]


def test_prices_of_which_nothing_says_what_they_are_in_the_pools_currency_are_refused() -> None:
    francs = licence("lic_2", "CHF", EUR // 10)
    bare = Pot("pot_2", francs, *JANUARY, 10 * EUR, "EUR")
    for other in (bare, replace(bare, amount=10 * EUR, conversion=Conversion(30 * EUR, RATE))):
        with pytest.raises(EvidenceWrong, match="no rate says what the prices of the licence lic_2 are"):
            divide_all(two_pots(other))
    crawl = Pot("pot_2", licence("lic_2", "EUR", 0, "crawl"), *JANUARY, 10 * EUR)
    with pytest.raises(EvidenceWrong, match="lic_2 has no prices of its own"):
        divide_all(two_pots(crawl))


def test_rates_that_nobody_could_bring_to_one_denominator_are_refused() -> None:
    found, used = society(POOLED, 0, {}), society(POOLED, 0, {"wrk_blog": 1}).counts["pot_1"]
    dollars, pots = licence("lic_2", "USD", EUR // 10), []
    for number in range(40):
        made = Conversion(EUR, replace(RATE, rate=Fraction(10**29, 10**29 + 6 * number + 1)))
        pots.append(Pot(f"pot_{number:02}", dollars, *JANUARY, made.amount, "EUR", conversion=made))
    with pytest.raises(EvidenceWrong, match="pots pot_00 to pot_39 have no common denominator"):
        divide_all(replace(found, pots=tuple(pots), counts={pot.id: used for pot in pots}))

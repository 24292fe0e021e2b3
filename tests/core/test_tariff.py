"""Fees by the day and prices by use, against a day-by-day count in fractions."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core.currencies import UnknownCurrency
from quire.core.money import quanta_of
from quire.core.tariff import NoPrice, Tariff, TariffRefused, blanket_due, due, usage_due

MINOR = {"EUR": 10**10, "JPY": 10**12, "KWD": 10**9}
DAY = timedelta(days=1)


def blanket(fee: str, starts: date, ends: date, currency: str = "EUR") -> Tariff:
    return Tariff("blanket", starts, ends, currency, quanta_of(fee), {})


def metered(kind: str, prices: dict[str, str], currency: str = "EUR") -> Tariff:
    in_quanta = {tier: quanta_of(price) for tier, price in prices.items()}
    return Tariff(kind, date(2026, 1, 1), date(2027, 1, 1), currency, 0, in_quanta)


def oracle(tariff: Tariff, until: date) -> int:
    """One day at a time: each is a part of the licence year it falls in; the sum is cut to the minor unit."""
    owed, begun = Fraction(0), tariff.starts
    while begun < until:
        following = next_year(tariff.starts, begun.year - tariff.starts.year + 1)
        day = begun
        while day < min(following, until):
            owed += Fraction(tariff.fee, (following - begun).days)
            day += DAY
        begun = following
    return int(owed // MINOR[tariff.currency]) * MINOR[tariff.currency]


def next_year(starts: date, years: int) -> date:
    try:
        return date(starts.year + years, starts.month, starts.day)
    except ValueError:
        return date(starts.year + years, 3, 1)


days = st.dates(date(1999, 1, 1), date(2030, 12, 31)) | st.sampled_from(
    [date(2024, 2, 29), date(2000, 2, 29)]
)


@st.composite
def blankets(draw: st.DrawFn) -> Tariff:
    starts = draw(days)
    length = draw(st.integers(1, 1500))
    fee = draw(st.integers(0, 10**20) | st.sampled_from([0, 1, 10**12, 12_000 * 10**12]))
    return Tariff("blanket", starts, starts + length * DAY, draw(st.sampled_from(sorted(MINOR))), fee, {})


@settings(max_examples=150, deadline=None)
@given(blankets(), st.lists(st.integers(0, 1500), max_size=8))
def test_any_partition_of_the_term_adds_up_to_the_whole(tariff: Tariff, cuts: list[int]) -> None:
    inside = {tariff.starts + cut * DAY for cut in cuts if tariff.starts + cut * DAY < tariff.ends}
    edges = sorted({tariff.starts, tariff.ends} | inside)
    parts = [blanket_due(tariff, a, b) for a, b in pairwise(edges)]
    assert sum(parts) == blanket_due(tariff, tariff.starts, tariff.ends) == oracle(tariff, tariff.ends)
    assert all(part >= 0 and part % MINOR[tariff.currency] == 0 for part in parts)


@settings(max_examples=100, deadline=None)
@given(blankets(), st.integers(-400, 1900), st.integers(1, 800))
def test_a_period_is_cut_to_the_term_and_equals_the_slow_count(
    tariff: Tariff, offset: int, length: int
) -> None:
    starts = tariff.starts + offset * DAY
    ends = starts + length * DAY
    first, last = max(starts, tariff.starts), min(ends, tariff.ends)
    expected = oracle(tariff, last) - oracle(tariff, first) if last > first else 0
    assert blanket_due(tariff, starts, ends) == expected


def test_whole_years_cost_the_fee_leap_or_not() -> None:
    tariff = blanket("12000.00", date(2023, 7, 1), date(2026, 7, 1))
    for year in (2023, 2024, 2025):
        assert blanket_due(tariff, date(year, 7, 1), date(year + 1, 7, 1)) == quanta_of("12000.00")


def test_a_licence_of_29_february_has_whole_years_until_1_march() -> None:
    tariff = blanket("366.00", date(2024, 2, 29), date(2028, 2, 29))
    assert blanket_due(tariff, date(2024, 2, 29), date(2024, 3, 1)) == quanta_of("1.00")
    assert blanket_due(tariff, date(2024, 2, 29), date(2025, 3, 1)) == quanta_of("366.00")
    assert blanket_due(tariff, date(2024, 2, 29), date(2028, 2, 29)) == quanta_of("1464.00")


def test_the_worked_table_of_the_module() -> None:
    tariff = blanket("1000.00", date(2025, 7, 1), date(2026, 7, 1))
    edges = [date(2025, 7, 1), date(2025, 8, 1), date(2025, 9, 1), date(2025, 10, 1), date(2026, 7, 1)]
    parts = [blanket_due(tariff, a, b) for a, b in pairwise(edges)]
    assert parts == [quanta_of(text) for text in ("84.93", "84.93", "82.19", "747.95")]


def test_yen_are_due_in_whole_yen() -> None:
    tariff = blanket("1000", date(2026, 1, 1), date(2027, 1, 1), "JPY")
    assert blanket_due(tariff, date(2026, 1, 1), date(2026, 2, 1)) == quanta_of("84")


def test_outside_the_term_nothing_is_due() -> None:
    tariff = blanket("1000.00", date(2026, 1, 1), date(2027, 1, 1))
    assert blanket_due(tariff, date(2025, 1, 1), date(2026, 1, 1)) == 0
    assert blanket_due(tariff, date(2027, 1, 1), date(2028, 1, 1)) == 0


def test_requests_are_priced_by_tier_and_cut_once() -> None:
    tariff = metered("per-request", {"research": "0.0099", "*": "0.0055"})
    counts = [("research", 1, 1), ("news", 1, 1), ("blog", 1, 1)]
    # 0.0099 + 0.0055 + 0.0055 = 0.0209; cut line by line it would be nothing at all
    assert usage_due(tariff, counts) == quanta_of("0.02")
    assert due(tariff, date(2026, 1, 1), date(2026, 2, 1), counts) == quanta_of("0.02")


def test_works_are_priced_once_however_often_they_are_asked_for() -> None:
    tariff = metered("per-work", {"standard": "0.50"})
    assert usage_due(tariff, [("standard", 1000, 3)]) == quanta_of("1.50")


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(0, 10**9), st.integers(0, 10**6)), max_size=9
    ),
    st.dictionaries(st.sampled_from(["a", "b", "*"]), st.integers(0, 10**14)),
    st.sampled_from(["per-request", "per-work"]),
    st.sampled_from(sorted(MINOR)),
)
def test_usage_due_equals_the_sum_in_fractions(
    counts: list[tuple[str, int, int]], prices: dict[str, int], kind: str, currency: str
) -> None:
    tariff = Tariff(kind, date(2026, 1, 1), date(2027, 1, 1), currency, 0, {"*": 7, **prices})
    owed = Fraction(0)
    for tier, requests, works in counts:
        price = {"*": 7, **prices}.get(tier, {"*": 7, **prices}["*"])
        owed += Fraction(price, 10**12) * (requests if kind == "per-request" else works)
    assert usage_due(tariff, counts) == int(owed * 10**12 // MINOR[currency]) * MINOR[currency]


def test_a_tier_without_a_price_is_an_error_and_a_zero_price_is_not() -> None:
    with pytest.raises(NoPrice, match="tier 'news'"):
        usage_due(metered("per-request", {"research": "0.01"}), [("news", 1, 1)])
    assert usage_due(metered("per-request", {"news": "0"}), [("news", 9, 9)]) == 0


def test_a_fee_of_zero_is_due_as_zero() -> None:
    assert (
        blanket_due(blanket("0", date(2026, 1, 1), date(2027, 1, 1)), date(2026, 1, 1), date(2027, 1, 1)) == 0
    )


@pytest.mark.parametrize(
    ("terms", "sentence"),
    [
        (("rent", date(2026, 1, 1), date(2027, 1, 1), 0, {}), "no kind of licence"),
        (("blanket", date(2026, 1, 1), date(2026, 1, 1), 0, {}), "not after it begins"),
        (("blanket", date(2026, 1, 1), date(9999, 1, 1), 0, {}), "before 9999"),
        (("blanket", date(2026, 1, 1), date(2027, 1, 1), -1, {}), "fee is negative"),
        (("per-work", date(2026, 1, 1), date(2027, 1, 1), 0, {"a": -1}), "price of a is negative"),
        (("per-work", date(2026, 1, 1), date(2027, 1, 1), 0, {}), "needs a price"),
        (("per-request", date(2026, 1, 1), date(2027, 1, 1), 5, {"a": 1}), "no yearly fee"),
        (("crawl", date(2026, 1, 1), date(2027, 1, 1), 5, {}), "no yearly fee"),
        (("crawl", date(2026, 1, 1), date(2027, 1, 1), 0, {"*": 1}), "no prices of its own"),
    ],
)
def test_terms_that_cannot_be_right_are_refused(
    terms: tuple[str, date, date, int, dict[str, int]], sentence: str
) -> None:
    kind, starts, ends, fee, prices = terms
    with pytest.raises(TariffRefused, match=sentence):
        Tariff(kind, starts, ends, "EUR", fee, prices)


def test_floats_negatives_and_metals_do_not_come_in() -> None:
    with pytest.raises(TypeError):
        Tariff("blanket", date(2026, 1, 1), date(2027, 1, 1), "EUR", 1.0, {})  # type: ignore[arg-type]
    with pytest.raises(UnknownCurrency):
        Tariff("blanket", date(2026, 1, 1), date(2027, 1, 1), "XAU", 1, {})
    tariff = metered("per-request", {"*": "1"})
    with pytest.raises(TypeError):
        usage_due(tariff, [("a", 1.5, 1)])  # type: ignore[list-item]
    with pytest.raises(TariffRefused, match="negative"):
        usage_due(tariff, [("a", -1, 1)])
    with pytest.raises(TypeError):
        usage_due(blanket("1", date(2026, 1, 1), date(2027, 1, 1)), [])
    with pytest.raises(TariffRefused, match="not after"):
        blanket_due(blanket("1", date(2026, 1, 1), date(2027, 1, 1)), date(2026, 2, 1), date(2026, 2, 1))


def test_a_crawl_licence_is_due_for_nothing_because_each_request_was_paid_at_once() -> None:
    tariff = Tariff("crawl", date(2026, 1, 1), date(2027, 1, 1), "EUR", 0, {})
    assert due(tariff, date(2026, 1, 1), date(2026, 2, 1), [("news", 9_000, 12), ("research", 1, 1)]) == 0
    assert usage_due(tariff, []) == 0
    with pytest.raises(TariffRefused, match="negative"):
        usage_due(tariff, [("news", -1, 0)])


# A share of revenue


def share(rate: str, minimum: str, starts: date, ends: date, currency: str = "EUR") -> Tariff:
    return Tariff("revenue", starts, ends, currency, 0, {}, Fraction(rate), quanta_of(minimum))


def test_a_share_of_revenue_is_at_least_the_minimum() -> None:
    tariff = share("3/100", "1000.00", date(2025, 7, 1), date(2027, 7, 1))
    july = date(2025, 7, 1), date(2025, 8, 1)
    assert due(tariff, *july, (), quanta_of("5000.00")) == quanta_of("150.00")
    assert due(tariff, *july, (), quanta_of("1000.00")) == quanta_of("84.93")
    assert due(tariff, *july, ()) == quanta_of("84.93"), "without revenue the minimum is due"
    assert due(tariff, *july, (), quanta_of("3000.33")) == quanta_of("90.00"), "cut to the minor unit"
    assert due(share("1/3", "0", *july, "JPY"), *july, (), quanta_of("100")) == quanta_of("33")


@given(blankets(), st.integers(0, 10**18), st.integers(1, 10**6), st.integers(0, 10**6))
@settings(max_examples=100)
def test_a_share_is_the_larger_of_two_sums_that_are_due_by_themselves(
    fee: Tariff, revenue: int, over: int, more: int
) -> None:
    rate = Fraction(over, over + more)
    tariff = Tariff("revenue", fee.starts, fee.ends, fee.currency, 0, {}, rate, fee.fee)
    found = due(tariff, fee.starts, fee.ends, [("any", 5, 5)], revenue)
    minor = MINOR[fee.currency]
    exact = revenue * rate
    part = exact.numerator // exact.denominator // minor * minor
    assert found == max(part, oracle(fee, fee.ends))


@pytest.mark.parametrize(
    "other",
    [
        {"rate": Fraction(0)},
        {"rate": Fraction(11, 10)},
        {"rate": Fraction(-1, 10)},
        {"minimum": -1},
        {"fee": 1},
        {"kind": "blanket"},
        {"kind": "lump"},
    ],
)
def test_shares_of_revenue_that_cannot_be(other: dict[str, Any]) -> None:
    given = {"kind": "revenue", "fee": 0, "rate": Fraction(1, 20), "minimum": 5, **other}
    with pytest.raises(TariffRefused):
        Tariff(
            given["kind"], date(2026, 1, 1), date(2027, 1, 1), "EUR", given["fee"], {}, given["rate"],
            given["minimum"],
        )  # fmt: skip


def test_revenue_below_nothing_and_rates_that_are_floats() -> None:
    tariff = share("1/10", "0", date(2026, 1, 1), date(2027, 1, 1))
    with pytest.raises(TariffRefused):
        due(tariff, date(2026, 1, 1), date(2026, 2, 1), (), -1)
    with pytest.raises(TypeError):
        due(tariff, date(2026, 1, 1), date(2026, 2, 1), (), 1.0)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Tariff("revenue", date(2026, 1, 1), date(2027, 1, 1), "EUR", 0, {}, 0.1)  # type: ignore[arg-type]


def test_a_lump_owes_nothing_for_a_period() -> None:
    tariff = Tariff("lump", date(2026, 1, 1), date(2027, 1, 1), "EUR", 0, {})
    assert due(tariff, date(2026, 1, 1), date(2026, 2, 1), [("any", 5, 5)]) == 0

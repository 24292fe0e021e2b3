"""Rates of exchange, and the one place where they are applied."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core.currencies import UnknownCurrency
from quire.core.fx import MOST, OLDEST, Conversion, Rate, RateWrong, convert, parse_rate
from quire.core.money import quanta_of

DAY = date(2026, 1, 30)
rates = st.builds(
    lambda over, under: min(max(Fraction(over, under), Fraction(1, MOST)), Fraction(MOST)),
    st.integers(1, 10**15),
    st.integers(1, 10**15),
)


def rate(number: str | Fraction, have: str = "USD", want: str = "EUR") -> Rate:
    found = parse_rate(number) if isinstance(number, str) else number
    return Rate(have, want, found, "ECB reference rates", DAY)


@pytest.mark.parametrize(
    ("amount", "at", "made", "rest"),
    [
        ("100.00", "0.9123", "91.23", 0),
        ("0.10", "1/3", "0.033333333333", Fraction(1, 3)),
        ("0", "160", "0", 0),
        ("0.000000000001", "0.5", "0", Fraction(1, 2)),
        ("1234.56", "10000/10877", "1135.018847108577", None),
    ],
)
def test_worked_conversions(amount: str, at: str, made: str, rest: Fraction | None) -> None:
    got, left = convert(quanta_of(amount), rate(at))
    assert got == quanta_of(made)
    assert rest is None or left == rest


@given(amount=st.integers(0, 10**26), at=rates)
@settings(max_examples=200)
def test_nothing_is_lost_and_nothing_made(amount: int, at: Fraction) -> None:
    whole, rest = convert(amount, rate(at))
    assert whole + rest == amount * at
    assert 0 <= rest < 1
    with localcontext() as exact:
        exact.prec = 120
        slow = Decimal(amount) * at.numerator / at.denominator
        assert whole == int(slow.to_integral_value(ROUND_FLOOR))


@given(amount=st.integers(0, 10**20), at=rates)
@settings(max_examples=100)
def test_there_and_back_gives_no_more_than_there_was(amount: int, at: Fraction) -> None:
    one = rate(at)
    assert one.inverse().inverse() == one
    assert convert(convert(amount, one)[0], one.inverse())[0] <= amount


def test_a_conversion_is_computed_not_told() -> None:
    made = Conversion(quanta_of("0.10"), rate("1/3"))
    assert (made.amount, made.residue) == (33333333333, Fraction(1, 3))


@pytest.mark.parametrize(
    "text", ["", "-1", "1e3", "0,91", "1/0", " 1", "nan", "1.", ".5", "٣", "1" * 14, "1/-3"]
)
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(RateWrong):
        parse_rate(text)


def test_rates_that_cannot_be() -> None:
    with pytest.raises(RateWrong, match="needs no rate"):
        rate("1", "EUR", "EUR")
    for number in (Fraction(0), Fraction(-1), Fraction(MOST + 1), Fraction(1, MOST + 1)):
        with pytest.raises(RateWrong, match="cannot be"):
            rate(number)
    for source in ("", " ", "x" * 101, "a\nb"):
        with pytest.raises(RateWrong, match="source"):
            Rate("USD", "EUR", Fraction(1), source, DAY)
    with pytest.raises(UnknownCurrency):
        rate("1", "XQQ")
    with pytest.raises(TypeError):
        Rate("USD", "EUR", 0.9, "ECB", DAY)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        convert(1.5, rate("1"))  # type: ignore[arg-type]
    with pytest.raises(RateWrong):
        convert(-1, rate("1"))


def test_a_rate_serves_the_days_after_it_for_a_while() -> None:
    one = rate("1.1")
    assert one.serves(DAY)
    assert one.serves(DAY + timedelta(days=OLDEST))
    assert not one.serves(DAY + timedelta(days=OLDEST + 1))
    assert not one.serves(DAY - timedelta(days=1)), "a rate of the future serves nobody"

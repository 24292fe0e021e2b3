"""The tables of docs/algorithms/money.md are what the core does."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from quire.core.classes import Class, kept
from quire.core.distribution import divide
from quire.core.fx import Rate, convert, parse_rate
from quire.core.money import quanta_of
from quire.core.shares import parse_share, share_text
from quire.core.tariff import Tariff, due
from tests.core.test_chains_page import tables
from tests.core.test_pot_money import of_class

PAGE = Path(__file__).parents[2] / "docs/algorithms/money.md"
SHARES, CONVERSIONS, CLASSES = tables(PAGE.read_text("utf-8"))
WORKS = ("wrk_blog", "wrk_estate", "wrk_paper")


@pytest.mark.parametrize("row", SHARES)
def test_what_is_due_of_revenue(row: list[str]) -> None:
    rate, minimum, currency, starts, until, revenue, owed = row
    tariff = Tariff(
        "revenue", date(2025, 7, 1), date(2027, 7, 1), currency, 0, {}, parse_share(rate), quanta_of(minimum)
    )
    found = due(tariff, date.fromisoformat(starts), date.fromisoformat(until), (), quanta_of(revenue))
    assert found == quanta_of(owed)


@pytest.mark.parametrize("row", CONVERSIONS)
def test_what_a_rate_makes(row: list[str]) -> None:
    received, rate, pot, residue = row
    stated = Rate("USD", "EUR", parse_rate(rate), "a central bank", date(2026, 1, 30))
    whole, rest = convert(quanta_of(received), stated)
    assert (whole, share_text(Fraction(rest))) == (quanta_of(pot), residue)


@pytest.mark.parametrize("row", CLASSES)
def test_what_a_class_shares(row: list[str]) -> None:
    reserve, works, held, deducted, each = row
    part = parse_share(reserve)
    found = of_class(*WORKS[: int(works)], reserve=str(part))
    lines = divide(found, found.pots[0]).lines
    assert {line.amount for line in lines if line.subject is not None} == {quanta_of(each)}
    assert [line.amount for line in lines if line.outcome == "deducted"] == [quanta_of(deducted)]
    assert sum(line.amount for line in lines if line.outcome == "fund") == quanta_of(held)
    if part:
        assert kept(Class("pot_1", WORKS[:1], part, "fund:x"), quanta_of("2000")) == quanta_of(held)


def test_the_minimums_of_a_year_sum_to_it() -> None:
    tariff = Tariff(
        "revenue", date(2025, 7, 1), date(2027, 7, 1), "EUR", 0, {}, Fraction(3, 100), quanta_of("1000")
    )
    months = [date(2025 + (6 + n) // 12, (6 + n) % 12 + 1, 1) for n in range(13)]
    parts = [due(tariff, one, other, ()) for one, other in pairwise(months)]
    assert sum(parts) == quanta_of("1000")

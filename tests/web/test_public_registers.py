"""Everybody searches works and unclaimed money, reads who is credited, and the figures of the years."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest

from tests import small
from tests.conftest import Furnished
from tests.web import desk


@pytest.fixture
def before(january: Furnished) -> Furnished:
    return january


@pytest.fixture
def browser(house: Any) -> Any:
    return desk.visitor()


def words(page: str) -> str:
    """What stands on the page, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def rows(browser: Any, address: str) -> list[dict[str, str]]:
    """A list taken away as CSV."""
    sign = "&" if "?" in address else "?"
    told = b"".join(browser.get(f"{address}{sign}format=csv")).decode()
    return list(csv.DictReader(io.StringIO(told)))


def hide(code: str) -> str:
    """Have a member go by a pseudonym; returns it."""
    from quire.society.parties import queries

    small.quire("members", "pseudonym", code, "--by", "preparer")
    return queries.pseudonyms()[queries.party(code).tid]


def test_works_are_found_by_title_host_and_address(browser: Any) -> None:
    assert len(rows(browser, "/works/")) == 4
    assert [one["title"] for one in rows(browser, "/works/?q=lock")] == ["The lock keeper"]
    assert [one["key"] for one in rows(browser, "/works/?q=marsh.example")] == ["marsh.example/one"]
    page = desk.text(browser.get("/works/?q=lock"))
    assert "Harbour Gazette" in page
    assert "2/3" not in page
    assert "Nothing here is like that" in desk.text(browser.get("/works/?q=nowhere"))


def test_who_goes_by_a_pseudonym_is_called_by_it_everywhere(browser: Any) -> None:
    name = hide("lantern")
    for address in ("/", "/works/", "/credits/", "/credits/lab-north/ai-train/", "/unclaimed/", "/figures/"):
        assert "Lantern Photo" not in desk.text(browser.get(address)), address
    assert name in desk.text(browser.get("/works/?q=Tide"))
    [told] = [one for one in rows(browser, "/credits/lab-north/ai-train/") if one["name"] == name]
    assert told["kind"] == ""
    assert rows(browser, "/credits/lab-north/ai-train/?q=Lantern") == []


def test_credits_name_whose_works_were_used_and_for_what(browser: Any) -> None:
    page = desk.text(browser.get("/credits/"))
    assert 'href="/credits/lab-north/ai-train/"' in page
    told = rows(browser, "/credits/lab-north/ai-train/")
    assert [(one["name"], one["works"]) for one in told] == [
        ("Harbour Gazette", "2"), ("Lantern Photo", "2"), ("Marsh and Tide", "1"),
    ]  # fmt: skip
    assert "whose works it used for training" in desk.text(browser.get("/credits/lab-north/ai-train/"))
    assert browser.get("/credits/lab-north/search/").status_code == 404
    assert browser.get("/credits/gazette/ai-train/").status_code == 404


def test_the_figures_of_a_year_are_the_sums_of_its_runs(browser: Any) -> None:
    told = rows(browser, "/figures/")
    euro = next(one for one in told if one["received"].endswith("EUR"))
    assert (euro["year"], euro["runs"]) == ("2026", "1")
    assert euro["received"] == "1000.000000000000 EUR"
    assert euro["deducted"] == "150.000000000000 EUR"
    page = words(desk.text(browser.get("/figures/")))
    assert "2026: How 1,000.00 EUR was divided" in page
    assert "Nothing has been paid yet." in page
    assert json.loads(b"".join(browser.get("/figures/?pformat=json"))) == []


def test_days_from_receipt_to_payment_are_weighed_by_amount(monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import date
    from uuid import uuid4

    from quire.society.payouts.queries import BatchRow
    from quire.society.web.public import figures

    days = [date(2026, 1, day) for day in range(1, 31)]
    batch = BatchRow(uuid4(), "bat_1", "EUR", days[20], 0, 2, 0, days[20])
    shared = [
        (2025, "EUR", days[10], days[0], 3),
        (2025, "EUR", days[10], days[10], 1),
        (2026, "EUR", days[25], days[0], 9),
        (2025, "USD", days[10], days[0], 9),
    ]
    monkeypatch.setattr("quire.society.distribution.public.shared_of", lambda: shared)
    assert figures.waits([batch]) == {(2025, "EUR"): 18}  # (20 × 3 + 10 × 1) ÷ 4 = 17.5


def test_unclaimed_money_says_how_to_claim_it(browser: Any) -> None:
    page = words(desk.text(browser.get("/unclaimed/")))
    assert "Nothing is unclaimed: every cent divided so far has an owner." in page
    assert "If you are none, write to us" in page
    assert "1010 Vienna" in page


def test_small_unclaimed_amounts_are_not_named() -> None:
    from types import SimpleNamespace

    from quire.core.money import quanta_of
    from quire.society.web.public import works

    ten, less = (SimpleNamespace(amount=quanta_of(one), currency="EUR") for one in ("10.009", "9.99"))
    shown = works.told(ten)  # type: ignore[arg-type]
    assert shown is not None
    assert shown.grouped() == "10.00 EUR"
    assert works.told(less) is None  # type: ignore[arg-type]


def test_a_page_asks_a_bounded_number_of_questions(browser: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for address in ("/works/", "/unclaimed/", "/credits/", "/credits/lab-north/ai-train/", "/figures/"):
        with CaptureQueriesContext(connection) as asked:
            desk.text(browser.get(address))
        assert len(asked) < 20, (address, len(asked))

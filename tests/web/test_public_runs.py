"""Everybody reads what the society is, how a euro is split, its plans, and its distributions."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from typing import Any

import pytest

from tests.conftest import Furnished
from tests.web import desk


@pytest.fixture
def before(january: Furnished) -> Furnished:
    return january


@pytest.fixture
def browser(house: Any) -> Any:
    return desk.visitor()


def run() -> Any:
    from quire.society.distribution import public

    return public.last_published()


def words(page: str) -> str:
    """What stands on the page, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_front_says_what_the_society_is_and_how_a_euro_is_split(browser: Any) -> None:
    page = desk.text(browser.get("/"))
    assert "<h1>Small Society</h1>" in page
    told = words(page)
    assert "How 100 EUR are split" in told
    assert "administration 15.00, 15.0 %" in told
    assert "How 1,000.00 EUR was divided" in told
    assert "150.00 EUR, 15.0 %" in told
    assert f'href="/distributions/{run().tid}/"' in page
    assert 'href="/licences"' in page


def test_a_plan_is_read_in_sentences_and_in_its_text(browser: Any) -> None:
    page = desk.text(browser.get("/plans/"))
    assert "every run, today" in page
    [address] = set(re.findall(r'href="(/plans/pln_[^"]+)"', page))
    told = desk.text(browser.get(address))
    assert "15 % of what came in is kept by the society for administration." in words(told)
    assert "rate = " in told
    assert browser.get("/plans/pln_00000000000000000000000000/").status_code == 404
    assert browser.get("/plans/nonsense/").status_code in {404, 422}


def test_a_distribution_leads_to_its_bundle_and_says_how_to_check_it(browser: Any) -> None:
    found = run()
    page = desk.text(browser.get(f"/distributions/{found.tid}/"))
    assert found.root in page
    assert "none: it is the first" in page
    assert f"quire verify {found.tid}.zip --key keys.json" in page
    told = browser.get(f"/bundles/{found.tid}.zip")
    assert "lines.jsonl" in " ".join(zipfile.ZipFile(io.BytesIO(b"".join(told))).namelist())
    listed = desk.text(browser.get("/distributions/"))
    assert found.root in listed
    assert "quire verify --chain bundles" in listed
    rows = list(csv.DictReader(io.StringIO(b"".join(browser.get("/distributions/?format=csv")).decode())))
    assert [row["root"] for row in rows] == [found.root]


def test_what_is_no_closed_run_is_no_distribution(browser: Any) -> None:
    for address in ("/distributions/dst_00000000000000000000000000/", "/distributions/latest/"):
        assert browser.get(address).status_code in {404, 422}


def test_a_page_asks_a_bounded_number_of_questions(browser: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for address in ("/", "/plans/", "/distributions/", f"/distributions/{run().tid}/"):
        with CaptureQueriesContext(connection) as asked:
            browser.get(address)
        assert len(asked) < 25, (address, len(asked))

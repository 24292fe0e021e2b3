"""A plan at the desk: written, checked beside its text, replayed over closed runs, adopted by a decision."""

from __future__ import annotations

from typing import Any

import pytest

from tests import small
from tests.conftest import Furnished
from tests.web import desk

HYBRID = "/desk/plans/write/?from=hybrid"


@pytest.fixture(scope="module")
def before(january: Furnished) -> Furnished:
    """A small society whose January is closed."""
    return january


def text_of(page: str) -> str:
    from html import unescape

    return unescape(page.partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0]).lstrip("\n")


def test_a_text_is_explained_beside_it_in_words_and_a_picture(house: Any) -> None:
    browser = desk.signed_in("preparer")
    page = desk.text(browser.get(HYBRID))
    assert "15 % of what came in is kept by the society for administration." in page
    assert "How 100 EUR are split" in page
    assert "34.00, 34.0 %" in page
    assert browser.get("/desk/plans/write/?from=/etc/passwd").status_code == 404


def test_problems_stand_with_their_line_and_nothing_typed_is_lost(house: Any) -> None:
    browser = desk.signed_in("preparer")
    text = text_of(desk.text(browser.get(HYBRID))).replace('key = "usage"', 'key = "usagee"')
    page = desk.text(browser.post("/desk/plans/write/", {"text": text, "act": "check"}))
    line = text.splitlines().index('label = "use"') + 1
    assert f"Line {line}" in page
    assert "key must be" in page
    assert "usagee" in text_of(page)
    broken = desk.text(browser.post("/desk/plans/write/", {"text": 'name = "x\n', "act": "check"}))
    assert "Line 1" in broken
    assert "Adopt it" not in broken


def test_a_plan_is_adopted_by_a_decision(house: Any) -> None:
    from quire.society.distribution import queries

    browser = desk.signed_in("preparer")
    text = text_of(desk.text(browser.get(HYBRID))).replace("40%", "30%").replace("60%", "70%")
    said = {"text": text, "act": "adopt", "starts": "2026-06-01", "decision": ""}
    assert "This field is required" in desk.text(browser.post("/desk/plans/write/", said))
    page = browser.post("/desk/plans/write/", {**said, "decision": "Assembly of May 2026"})["Location"]
    assert "Assembly of May 2026" in desk.text(browser.get(page))
    assert [one.decision for one in queries.plans()][-1] == "Assembly of May 2026"
    assert desk.signed_in("approver").post("/desk/plans/write/", said).status_code == 403


def test_a_plan_is_replayed_by_a_job_and_shown_with_its_figures(house: Any) -> None:
    from quire.society.distribution import queries

    browser = desk.signed_in("preparer")
    text = text_of(desk.text(browser.get("/desk/plans/write/?from=per-usage")))
    job = browser.post("/desk/plans/write/", {"text": text, "act": "replay", "runs": "12"})["Location"]
    small.quire("worker", "--once")
    page = desk.text(browser.get(job))
    shown = page.partition('class="button" href="')[2].partition('"')[0]
    page = desk.text(browser.get(shown))
    assert "Over 1 closed run." in page
    assert "Who would gain and lose most" in page
    assert "Gazette" in page or "gazette" in page
    assert len(queries.plans()) == 1
    assert browser.get("/desk/plans/replays/nothing/").status_code == 404

"""A member's page asks as many questions for a thousand works as for one."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import small
from tests.conftest import Furnished
from tests.web import desk

MOST = 70
"""Questions of a page, with those of whoever looks and the wall."""


@pytest.fixture
def before(january: Furnished) -> Furnished:
    """The small society's January."""
    return january


PATHS = (
    "", "statements/", "statements/{run}/", "statements/{run}/?by=licence", "statements/{run}/lines/",
    "statements/{run}/lines/{line}/", "earnings/", "payments/", "payments/details/", "terms/",
    "terms/change/?use=search", "works/", "works/{work}/", "works/new/?q=https://gazette.example/new",
    "sites/", "sites/gazette-site/", "claims/", "unclaimed/", "agreements/", "membership/",
    "membership/leave/",
)  # fmt: skip


def asked(browser: Any) -> dict[str, int]:
    """Page to the number of its questions."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from quire.society.distribution import queries
    from quire.society.distribution.models import Line
    from quire.society.repertoire import queries as repertoire

    named = {
        "run": queries.find("latest").tid,
        "line": Line.objects.filter(party__code="gazette", detail__has_key="use").first().number,
        "work": repertoire.work("https://gazette.example/b").tid,
    }
    found = {}
    for path in PATHS:
        with CaptureQueriesContext(connection) as told:
            desk.text(browser.get(f"/member/gazette/{path.format(**named)}"))
        found[path] = len(told)
    return found


def test_the_number_of_questions_does_not_grow(house: Any, tmp_path: Path) -> None:
    browser = desk.seated("gazette-admin", "gazette")
    grow(tmp_path, 0, 2)
    few = asked(browser)
    assert max(few.values()) < MOST
    grow(tmp_path, 2, 32)
    many = asked(browser)
    assert {path: (few[path], count) for path, count in many.items() if count > few[path]} == {}


def grow(folder: Path, first: int, last: int) -> None:
    """Works, sites, edges, answers, claims and agreements by the dozen."""
    from quire.society.disputes import actions as disputes
    from quire.society.mandates import actions as mandates
    from quire.society.parties import queries as parties
    from quire.society.repertoire import actions as repertoire
    from quire.society.usage import actions as usage

    by = parties.acting("preparer")
    rows = [f"https://gazette.example/n{at},No {at},gazette" for at in range(first * 10, last * 10)]
    place = folder / "works.csv"
    place.write_text("url,title,member\n" + "\n".join(rows) + "\n")
    small.quire("works", "import", place, "--by", "preparer")
    for number in range(first, last):
        repertoire.register_site(code=f"s{number}", host=f"s{number}.example", owner="gazette", by=by)
        usage.register_edge(site=f"s{number}", name="front", by=by)
        usage.register_edge(site="gazette-site", name=f"front-{number}", by=by)
        place.write_text(f"url,title,member\nhttps://lantern.example/n{number},Picture {number},lantern\n")
        repertoire.import_works(place, by=by)
        disputes.file_dispute(
            kind="share", work=f"https://lantern.example/n{number}", claimant="gazette", reason="Ours too",
            shares="gazette:publisher:1/2; lantern:photographer:1/2", by=by,
        )  # fmt: skip
        repertoire.record_agreement(
            code=f"a{number}", giver="gazette", takers="lantern:photographer:1", retention="70%",
            works=f"https://gazette.example/n{number}", by=by,
        )  # fmt: skip
        mandates.answer(member="gazette", use="search", licensee="lab-north", answer=True, starts=day(number),
                        ends=day(number + 1), by=by)  # fmt: skip


def day(number: int) -> date:
    """A day of early 2026."""
    return date(2026, 2, 1) + timedelta(days=number)

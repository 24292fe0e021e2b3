"""A licensee hands its reports in by a page, and sees them held against what the sites counted."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest

from tests.conftest import Furnished
from tests.web import desk, lab_named

PAGE = "/lab/lab-north/reports/"
MONTH = f"{PAGE}compared/?licence=north-2026&period=2026-01"


@pytest.fixture
def before(january: Furnished) -> Furnished:
    """The small society's January."""
    return january


@pytest.fixture
def browser(house: Any) -> Any:
    """An admin's of Lab North."""
    return desk.seated("north-admin", "lab-north")


def said(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", desk.text(answer)))


def event(number: int, url: str = "https://gazette.example/a", **more: Any) -> dict[str, Any]:
    return {
        "id": f"00000000-0000-4000-8000-{number:012d}", "type": "content_retrieved",
        "timestamp": f"2026-01-{number:02}T09:00:{number:02}Z", "content_url": url,
        "license_ref": "north-2026", "data": {}, **more,
    }  # fmt: skip


def hand_in(browser: Any, data: bytes, client: str = "", page: str = PAGE) -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    file = SimpleUploadedFile("report.json", data)
    return browser.post(page, {"client": client or lab_named.crawler(), "file": file})


def batch(*events: Any) -> bytes:
    told = {"document_type": "event_batch", "schema_version": "1.0", "session_id": "s", "events": events}
    return json.dumps(told).encode()


def test_a_report_is_handed_in_and_compared(browser: Any) -> None:
    assert "A report is of one of your clients. Make one first." in said(browser.get(PAGE))
    lab_named.crawler()
    assert (
        hand_in(browser, batch(*map(event, (1, 2, 3)), event(9, "https://other.example/"))).status_code == 302
    )
    page = said(browser.get(PAGE))
    assert "The report is read." in page
    assert "4 0 0" in page
    told = said(browser.get(MONTH))
    assert "Lab North, by count only" in told
    days = json.loads(b"".join(browser.get(f"{MONTH}&format=json").streaming_content))
    assert sum(row["only_lab"] for row in days) == 1
    rows = told_away(browser, "only-lab")
    assert [row["host"] for row in rows] == ["other.example"]
    assert sum(int(row["requests"]) for row in told_away(browser, "only-site")) > 0
    assert browser.get(f"{MONTH}&side=both").status_code == 404


def told_away(browser: Any, side: str) -> list[dict[str, str]]:
    answer = browser.get(f"{MONTH}&side={side}&format=csv")
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_lines_are_taken_and_what_is_refused_is_named(browser: Any) -> None:
    lines = b"\n".join(json.dumps(one).encode() for one in (event(1), event(2, license_ref="south-2026")))
    page = said(hand_in(browser, lines))
    assert "Not all of it was taken" in page
    assert "Taken: 1. Known before: 0. Refused: 1." in page
    assert "names no licence of lab-north" in page
    assert "Event" in page
    wrong = said(hand_in(browser, b"{"))
    assert "Hand in a report" in wrong


def test_nobody_reports_by_anothers_client_or_compares_anothers_licence(browser: Any) -> None:
    from quire.society.usage.models import Report

    client = lab_named.crawler()
    other = desk.seated("south-admin", "lab-south")
    where = PAGE.replace("north", "south")
    lab_named.crawler("lab-south")
    assert "Select a valid choice" in said(hand_in(other, batch(event(1)), client, where))
    assert Report.objects.count() == 0
    told = said(other.get(MONTH.replace("lab-north", "lab-south")))
    assert "Select a valid choice" in told
    assert "Lab North" not in told


def test_an_empty_month_and_a_long_one(browser: Any) -> None:
    assert "Neither side has anything" in said(browser.get(MONTH.replace("2026-01", "2025-01")))
    assert "Compare a month at a time." in said(browser.get(MONTH.replace("2026-01", "2026-Q1")))
    assert "Choose a licence and a month." in said(browser.get(f"{PAGE}compared/"))

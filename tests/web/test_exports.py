"""A long list is taken away by a job, inside the wall of whoever asked."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests import small
from tests.conftest import Furnished
from tests.web import desk

WORKS = "/member/gazette/works/"


@pytest.fixture
def before(january: Furnished) -> Furnished:
    """The small society's January."""
    return january


@pytest.fixture
def short(house: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than three rows are many; the gazette has twelve works."""
    from quire.society.kit import paging
    from quire.society.web import lists

    for module in (paging, lists):
        monkeypatch.setattr(module, "COUNTED", 3)
    rows = "".join(f"https://gazette.example/n{at},No {at},gazette\n" for at in range(10))
    (tmp_path / "works.csv").write_text(f"url,title,member\n{rows}")
    small.quire("works", "import", tmp_path / "works.csv", "--by", "preparer")


def taken(browser: Any, address: str) -> tuple[str, Any]:
    """The job's page and what its file is answered with."""
    answer = browser.get(address)
    assert answer.status_code == 302, answer.content[:300]
    small.quire("worker", "--once")
    page = answer.headers["Location"]
    assert f"{page}file" in desk.text(browser.get(page))
    return page, browser.get(f"{page}file")


def test_a_long_list_is_written_by_a_job(short: None) -> None:
    browser = desk.seated("gazette-reader", "gazette", "reader")
    _page, answer = taken(browser, f"{WORKS}?format=json&sort=key")
    rows = json.loads(b"".join(answer.streaming_content))
    assert len(rows) == 12
    assert {row["key"].partition("/")[0] for row in rows} == {"gazette.example"}
    assert [row["key"] for row in rows] == sorted(row["key"] for row in rows)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="works.json"'


def test_what_is_searched_is_what_is_taken(short: None) -> None:
    browser = desk.seated("gazette-reader", "gazette", "reader")
    _page, answer = taken(browser, f"{WORKS}?format=csv&q=No")
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert len(lines) == 11
    assert lines[0].startswith("title,key,")


def test_a_short_list_is_sent_at_once(short: None) -> None:
    browser = desk.seated("gazette-reader", "gazette", "reader")
    answer = browser.get(f"{WORKS}?format=csv&q=dredged")
    assert len(b"".join(answer.streaming_content).splitlines()) == 2


def test_who_asks_twice_is_led_to_the_same_job(short: None) -> None:
    browser = desk.seated("gazette-reader", "gazette", "reader")
    one, other = (browser.get(f"{WORKS}?format=csv").headers["Location"] for _ in range(2))
    assert one == other
    assert browser.get(f"{WORKS}?format=json").headers["Location"] != one


def test_the_file_is_for_who_asked_on_the_pages_where_they_did(short: None) -> None:
    from quire.society.parties import actions

    page, answer = taken(desk.seated("gazette-reader", "gazette", "reader"), f"{WORKS}?format=csv")
    answer.close()
    other = desk.seated("marsh-admin", "marsh")
    assert other.get(f"{page}file").status_code == 404
    assert desk.seated("gazette-other", "gazette").get(f"{page}file").status_code == 404
    assert other.get(page.replace("gazette", "marsh") + "file").status_code == 404
    answer = desk.signed_in("preparer").get(f"{page}file")
    assert answer.status_code == 200
    answer.close()
    page, answer = taken(desk.signed_in("preparer"), "/desk/parties/?format=json")
    answer.close()
    job = page.split("/")[-2]
    actions.add_user(name="examiner", roles=["auditor"])
    for name, where in (("approver", "desk"), ("examiner", "audit")):
        assert desk.signed_in(name).get(f"/{where}/jobs/{job}/file").status_code == 404


def test_who_lost_the_seat_gets_nothing(short: None) -> None:
    from quire.society.kit import jobs
    from quire.society.parties import actions
    from quire.society.parties.models import User

    browser = desk.seated("gazette-reader", "gazette", "reader")
    assert browser.get(f"{WORKS}?format=csv").status_code == 302
    actions.unseat(user=User.objects.get(username="gazette-reader"), party="gazette")
    small.quire("worker", "--once")
    row = jobs.last(["list.export"])
    assert row is not None
    assert row.state == "failed"
    assert row.sentence.startswith("You may not see this list any more")


def test_the_public_is_asked_to_narrow_it(short: None) -> None:
    answer = desk.visitor().get("/works/?format=csv")
    assert answer.status_code == 422
    assert "search or filter" in answer.content.decode()
    assert desk.signed_in("preparer").get("/works/?format=csv").status_code == 422


def test_a_file_is_kept_for_a_week(short: None) -> None:
    from quire.society.kit import config
    from quire.society.web import exports

    browser = desk.seated("gazette-reader", "gazette", "reader")
    page, answer = taken(browser, f"{WORKS}?format=csv")
    answer.close()
    exports.sweep()
    (folder,) = config.private("exports").iterdir()
    (file,) = folder.iterdir()
    assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
    old = folder.stat().st_mtime - 8 * 86_400
    os.utime(folder, (old, old))
    exports.sweep()
    assert not folder.exists()
    answer = browser.get(f"{page}file")
    assert answer.status_code == 404
    assert "is gone" in answer.content.decode()

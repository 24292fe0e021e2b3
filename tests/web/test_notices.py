"""The bell, the notices behind it, and who sees whose."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Furnished
from tests.web import desk


@pytest.fixture(scope="module")
def before(january: Furnished) -> Furnished:
    return january


@pytest.fixture
def told(house: Any) -> None:
    from quire.society.notices import actions

    actions.tell()


def test_the_bell_counts_and_the_list_says_what_happened(told: None) -> None:
    browser = desk.seated("editor", "gazette")
    page = desk.text(browser.get("/member/gazette/"))
    assert 'class="bell"' in page
    assert "Notices: 4 new" in page or "new</span>" in page
    page = desk.text(browser.get("/member/gazette/notices/"))
    assert "Your statement of 2026-01 is ready." in page


def test_a_notice_leads_on_and_is_read_then(told: None) -> None:
    from quire.society.notices.models import Notice

    browser = desk.seated("editor", "gazette")
    ready = Notice.objects.get(event="statement.ready", party__code="gazette")
    before = unread(browser)
    went = browser.get(f"/member/gazette/notices/{ready.tid}/")
    assert went.status_code == 302
    assert went["Location"] == f"/member/gazette/statements/{ready.subject}/"
    assert desk.text(browser.get(went["Location"]))
    assert unread(browser) == before - 1


def unread(browser: Any) -> int:
    answer = browser.get("/member/gazette/notices/?unread=yes&format=json")
    return b"".join(answer.streaming_content).count(b'"words"')


def test_all_are_marked_as_read_for_who_reads_alone(told: None) -> None:
    browser, other = desk.seated("editor", "gazette"), desk.seated("second", "gazette")
    assert "Mark all as read" in desk.text(browser.get("/member/gazette/notices/"))
    said = browser.post("/member/gazette/notices/", follow=True)
    assert "are read." in desk.text(said)
    assert "Notices: nothing new" in desk.text(browser.get("/member/gazette/"))
    assert "Mark all as read" not in desk.text(browser.get("/member/gazette/notices/"))
    assert "Notices: nothing new" not in desk.text(other.get("/member/gazette/"))


def test_anothers_notice_is_not_there(told: None) -> None:
    from quire.society.notices.models import Notice, ReadMark

    browser = desk.seated("editor", "gazette")
    foreign = Notice.objects.filter(party__code="lantern").first()
    assert foreign is not None
    for tid in (foreign.tid, Notice.objects.filter(party=None)[0].tid, "ntc_none", "wrk_1"):
        assert browser.get(f"/member/gazette/notices/{tid}/").status_code in {404, 422}
    assert not ReadMark.objects.exists()


def test_the_desk_the_auditor_and_a_licensee_have_their_own(told: None) -> None:
    assert "waits for a second person to approve it" in desk.text(
        desk.signed_in("preparer").get("/desk/notices/")
    )
    page = desk.text(desk.seated("labbie", "lab-north").get("/lab/lab-north/notices/"))
    assert "Your payment of 1,000.00 EUR for 2026-01 has come in." in page
    assert "Licence north-2026 is yours" in page
    assert "Lantern" not in page


def test_nobody_signed_in_has_a_bell(told: None) -> None:
    assert 'class="bell"' not in desk.text(desk.visitor().get("/"))


def test_a_society_in_which_nothing_happened_says_what_will_stand_there(house: Any) -> None:
    from quire.society.notices.models import Notice

    assert not Notice.objects.exists()
    page = desk.text(desk.signed_in("preparer").get("/desk/notices/"))
    assert "Nothing has happened yet." in page


def test_the_bell_asks_one_question_however_much_happened(told: None) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from quire.society.kit import clock
    from quire.society.notices.actions.telling import write
    from quire.society.notices.whom import Told
    from quire.society.parties import queries as parties

    browser = desk.seated("editor", "gazette")
    desk.text(browser.get("/member/gazette/notices/"))
    with CaptureQueriesContext(connection) as few:
        desk.text(browser.get("/member/gazette/notices/"))
    me = parties.party("gazette").id
    for number in range(150):
        write(clock.now(), f"again|{number}", "-", [Told("hold.released", "member", me)])
    with CaptureQueriesContext(connection) as many:
        page = desk.text(browser.get("/member/gazette/notices/"))
    assert len(many) == len(few)
    assert "Notices: 99+ new" in page

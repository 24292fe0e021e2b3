"""A member claims and answers, finds what is unclaimed, and stands by a name or leaves."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.conftest import Furnished
from tests.web import desk
from tests.web.test_member_money import plain


@pytest.fixture
def before(january: Furnished) -> Furnished:
    """The small society's January."""
    return january


@pytest.fixture
def browser(house: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An admin's of the Gazette, in March."""
    monkeypatch.setenv("QUIRE_TODAY", "2026-03-01")
    return desk.seated("gazette-admin", "gazette")


CLAIM = {
    "work": "https://lantern.example/p/1", "kind": "ownership", "reason": "It was made for us.",
    "share": "1/4", "role": "publisher",
}  # fmt: skip


def paper() -> SimpleUploadedFile:
    return SimpleUploadedFile("contract.pdf", b"%PDF a contract")


def test_a_claim_is_filed_by_ones_own_share_documented_and_answered(browser: Any) -> None:
    from quire.society.disputes import queries

    made = browser.post("/member/gazette/claims/new/", CLAIM)
    assert made.status_code == 302, made.content.decode()
    [row] = queries.rows()
    claimed = {(one.party, one.role): one.share for one in queries.stated(queries.find(row.tid), "claimed")}
    assert claimed == {("gazette", "publisher"): Fraction(1, 4), ("lantern", "owner"): Fraction(3, 4)}
    assert "Document your claim" in desk.text(browser.get("/member/gazette/"))
    lantern = desk.seated("lens", "lantern")
    theirs = f"/member/lantern/claims/{row.tid}/"
    assert "Hand it in" not in desk.text(lantern.get(theirs))
    sent = {"act": "paper", "paper-title": "The contract", "paper-file": paper()}
    assert browser.post(made.url, sent).status_code == 302
    assert queries.row(row.tid).state == "documented"
    assert "Answer a claim to" in desk.text(lantern.get("/member/lantern/"))
    assert "without one the claim is granted" in desk.text(lantern.get(theirs))
    answer = {"act": "paper", "paper-title": "The negative", "paper-file": paper()}
    assert lantern.post(theirs, answer).status_code == 302
    assert queries.row(row.tid).state == "disputed"
    page = plain(desk.text(browser.get(made.url)))
    assert "Answered by lantern: The negative." in page
    assert browser.post(made.url, {"act": "withdraw", "end-text": "We were wrong."}).status_code == 302
    assert queries.row(row.tid).state == "withdrawn"


def test_who_is_no_side_does_not_see_it_and_a_respondent_cannot_withdraw(browser: Any) -> None:
    from quire.society.disputes import queries

    browser.post("/member/gazette/claims/new/", CLAIM | {"kind": "share"})
    [row] = queries.rows()
    marsh = desk.seated("reed", "marsh")
    assert marsh.get(f"/member/marsh/claims/{row.tid}/").status_code == 404
    lantern = desk.seated("lens", "lantern")
    lantern.post(f"/member/lantern/claims/{row.tid}/", {"act": "withdraw", "end-text": "Gone"})
    assert queries.row(row.tid).state == "disputed"


def test_what_cannot_be_claimed_is_said_beside_the_form(browser: Any) -> None:
    page = desk.text(
        browser.post("/member/gazette/claims/new/", CLAIM | {"work": "https://nowhere.example/"})
    )
    assert "It was made for us." in page
    assert "https://nowhere.example/" in page
    less = desk.text(browser.post("/member/gazette/claims/new/", CLAIM | {"share": "three"}))
    assert "three" in less


def test_empty_lists_say_what_to_do(browser: Any) -> None:
    assert "Nobody disputes anything with you" in desk.text(browser.get("/member/gazette/claims/"))
    assert "Nothing is unclaimed" in desk.text(browser.get("/member/gazette/unclaimed/"))
    assert "You have no agreement" in desk.text(browser.get("/member/gazette/agreements/"))


def test_agreements_are_seen_from_both_sides(browser: Any) -> None:
    from quire.society.repertoire import actions

    actions.record_agreement(
        code="gl-1", giver="gazette", takers="lantern:photographer:1", retention="70%", by=None
    )
    for member, client in (("gazette", browser), ("lantern", desk.seated("lens", "lantern"))):
        page = plain(desk.text(client.get(f"/member/{member}/agreements/")))
        assert "gl-1" in page
        assert "70 %" in page
    marsh = desk.text(desk.seated("reed", "marsh").get("/member/marsh/agreements/"))
    assert "gl-1" not in marsh


def test_a_pseudonym_is_taken_and_given_up(browser: Any) -> None:
    from quire.society.parties import queries

    address = "/member/gazette/membership/"
    assert browser.post(address, {"pseudonym": "on"}).status_code == 302
    name = queries.pseudonyms()[queries.party("gazette").tid]
    assert name in desk.text(browser.get(address))
    assert browser.post(address, {"pseudonym": "off"}).status_code == 302
    assert not queries.pseudonyms()
    manager = desk.seated("gazette-manager", "gazette", "manager")
    assert manager.post(address, {"pseudonym": "on"}).status_code == 403


def test_leaving_is_shown_before_it_is_done(browser: Any) -> None:
    from quire.society.mandates import queries as mandates
    from quire.society.membership import queries

    address = "/member/gazette/membership/leave/"
    page = plain(desk.text(browser.get(address)))
    assert "All 4 answers of yours end" in page
    assert "1 Sep 2026 at the latest" in page
    unsure = browser.post(address, {"ends": "2026-04-01"})
    assert "This field is required" in desk.text(unsure)
    late = browser.post(address, {"ends": "2027-04-01", "sure": "on"})
    assert "six months" in desk.text(late)
    assert browser.post(address, {"ends": "2026-04-01", "sure": "on"}).status_code == 302
    [member] = queries.memberships_of("gazette")
    assert str(member.ends) == "2026-04-01"
    assert all(one.ends for one in mandates.mandates_of("gazette"))
    assert "You are leaving" in desk.text(browser.get("/member/gazette/membership/"))


@pytest.fixture
def empty(house: Any) -> Any:
    """A browser of somebody of whom nothing is on record yet."""
    from quire.society.parties import actions

    actions.register_party(code="newcomer", name="New Comer", kind="author")
    return desk.seated("newcomer-admin", "newcomer")


def test_a_newcomer_finds_every_page_and_what_to_do_first(empty: Any) -> None:
    page = plain(desk.text(empty.get("/member/newcomer/")))
    assert "How to begin" in page
    assert "Register your works" in page
    for path in ("statements/", "earnings/", "payments/", "payments/details/", "terms/", "works/", "sites/",
                 "claims/", "unclaimed/", "agreements/", "membership/", "membership/leave/"):  # fmt: skip
        desk.text(empty.get(f"/member/newcomer/{path}"))

"""A member says what AI may do, registers works and sites, and nothing that is another's."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
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


def allowed(member: str, use: str, licensee: str, day: str) -> bool:
    from quire.society.mandates import queries

    return queries.standing(member, use, licensee, date.fromisoformat(day)) == "allowed"


def test_terms_say_what_holds_and_what_it_earned(browser: Any) -> None:
    from quire.core.money import Money
    from quire.society.distribution.models import Line

    page = plain(desk.text(browser.get("/member/gazette/terms/")))
    mine = Line.objects.filter(party__code="gazette", detail__use="ai-train", pot__currency="EUR")
    earned = Money(sum(mine.values_list("amount", flat=True)), "EUR")
    assert Money.from_minor(earned.to_minor()[0], "EUR").grouped() in page
    assert "yes to everybody who has a licence, from 1 Jan 2025" in page
    lantern = plain(desk.text(desk.seated("lens", "lantern").get("/member/lantern/terms/")))
    assert "You have said nothing, and that counts as no." in lantern
    marsh = plain(desk.text(desk.seated("reed", "marsh").get("/member/marsh/terms/")))
    assert "Lab North no you said so to them" in marsh


def test_an_answer_is_changed_from_a_day_on(browser: Any) -> None:
    page = plain(desk.text(browser.get("/member/gazette/terms/change/?use=ai-train&licensee=lab-south")))
    assert "Training by Lab South" in page
    assert "None of that would have come." in page
    said = {"answer": "no", "starts": "2026-03-10"}
    address = "/member/gazette/terms/change/?use=ai-train&licensee=lab-south"
    assert browser.post(address, said).status_code == 302
    assert allowed("gazette", "ai-train", "lab-south", "2026-03-09")
    assert not allowed("gazette", "ai-train", "lab-south", "2026-03-10")
    assert allowed("gazette", "ai-train", "lab-north", "2026-03-10")
    assert browser.post(address, {"answer": "same", "starts": "2026-03-20"}).status_code == 302
    assert allowed("gazette", "ai-train", "lab-south", "2026-03-20")


def test_a_no_to_everybody_is_taken_back(browser: Any) -> None:
    address = "/member/gazette/terms/change/?use=search"
    assert browser.post(address, {"answer": "no", "starts": "2026-03-05"}).status_code == 302
    assert not allowed("gazette", "search", "lab-north", "2026-03-05")
    assert browser.post(address, {"answer": "yes", "starts": "2026-04-01"}).status_code == 302
    assert not allowed("gazette", "search", "lab-north", "2026-03-31")
    assert allowed("gazette", "search", "lab-north", "2026-04-01")


def test_what_is_refused_stands_beside_the_form(browser: Any) -> None:
    address = "/member/gazette/terms/change/?use=search"
    page = desk.text(browser.post(address, {"answer": "no", "starts": "2019-01-01"}))
    assert "is not a member" in page
    assert 'value="2019-01-01"' in page
    assert "This field is required" in desk.text(browser.post(address, {"starts": "2026-03-05"}))


def test_a_reader_changes_nothing(house: Any) -> None:
    reader = desk.seated("gazette-reader", "gazette", "reader")
    assert reader.get("/member/gazette/terms/change/?use=search").status_code == 403
    assert reader.post("/member/gazette/works/new/", {"title": "x"}).status_code == 403
    assert "Change for everybody" not in desk.text(reader.get("/member/gazette/terms/"))
    assert reader.post("/member/gazette/sites/gazette-site/", {"act": "look"}).status_code == 403


def test_works_are_searched_and_one_is_seen_from_every_side(browser: Any) -> None:
    page = plain(desk.text(browser.get("/member/gazette/works/?q=lock")))
    assert "The lock keeper" in page
    assert "Harbour dredged" not in page
    lantern = desk.seated("lens", "lantern")
    assert "The lock keeper" in desk.text(lantern.get("/member/lantern/works/?whose=share"))
    from quire.society.repertoire import queries

    lock = queries.work("https://gazette.example/b")
    page = plain(desk.text(lantern.get(f"/member/lantern/works/{lock.tid}/")))
    assert "Lantern Photo (you) photographer 1/3" in page
    assert "2026-01" in page
    reed = queries.work("https://marsh.example/one")
    assert lantern.get(f"/member/lantern/works/{reed.tid}/").status_code == 404


def test_before_one_registers_one_looks(browser: Any) -> None:
    look = "/member/gazette/works/new/?q="
    assert "registered by you already" in desk.text(browser.get(f"{look}https://gazette.example/a"))
    assert "registered by another member" in desk.text(browser.get(f"{look}https://marsh.example/one"))
    assert "lies on another member’s site" in desk.text(browser.get(f"{look}https://marsh.example/new"))
    assert "It is not registered." in desk.text(browser.get(f"{look}https://gazette.example/new"))


def test_a_work_is_registered_once_and_not_on_anothers_site(browser: Any) -> None:
    from quire.society.repertoire import queries

    said = {
        "title": "Fog over the quay",
        "url": "https://gazette.example/fog",
        "type": "article",
        "words": 300,
    }
    assert browser.post("/member/gazette/works/new/", said).status_code == 302
    assert queries.work("https://gazette.example/fog").title == "Fog over the quay"
    other = browser.post("/member/gazette/works/new/", said | {"url": "https://marsh.example/fog"})
    assert "lies on another member’s site" in desk.text(other)
    taken = browser.post("/member/gazette/works/new/", said | {"url": "https://marsh.example/one"})
    assert "registered by another member" in desk.text(taken)


FILE = """url,title,shares
https://gazette.example/n1,One,
https://gazette.example/n2,Two,gazette:publisher:1/2; lantern:photographer:1/2
https://marsh.example/n3,Not theirs,
https://gazette.example/b,The lock keeper,gazette:publisher:1
not an address,Broken,
"""


def test_a_file_is_looked_at_before_it_is_taken(browser: Any) -> None:
    from quire.society.repertoire import queries

    sent = browser.post("/member/gazette/works/import/", {"file": SimpleUploadedFile("w.csv", FILE.encode())})
    assert sent.status_code == 302
    page = plain(desk.text(browser.get(sent.url)))
    assert "New works 2" in page
    assert "Refused rows 3" in page
    assert [answer.found for answer in queries.lookup(["https://gazette.example/n1"])] == ["site"]
    refused = b"".join(browser.get(f"{sent.url}?format=csv").streaming_content).decode()
    rows = {int(row["line"]): row["reason"] for row in csv.DictReader(io.StringIO(refused))}
    assert sorted(rows) == [4, 5, 6]
    assert "another member’s site" in rows[4]
    assert "changed by a claim" in rows[5]
    assert browser.post(sent.url).status_code == 302
    assert queries.work("https://gazette.example/n1").title == "One"
    lock = queries.work("https://gazette.example/b")
    assert len(list(queries.owners(lock.id, date(2026, 3, 1)))) == 2


def test_a_file_of_another_member_or_of_nothing_is_not_found(browser: Any) -> None:
    sent = browser.post("/member/gazette/works/import/", {"file": SimpleUploadedFile("w.csv", FILE.encode())})
    name = sent.url.rstrip("/").rpartition("/")[2]
    assert desk.seated("reed", "marsh").get(f"/member/marsh/works/import/{name}/").status_code == 404
    assert browser.get("/member/gazette/works/import/..%2f..%2fkeys/").status_code == 404
    bad = SimpleUploadedFile("w.csv", b"url,nonsense\nhttps://gazette.example/q,x\n")
    assert "nonsense" in desk.text(browser.post("/member/gazette/works/import/", {"file": bad}))
    tier = SimpleUploadedFile("w.csv", b"url,title,tier\nhttps://gazette.example/q,x,research\n")
    assert "not known: tier" in desk.text(browser.post("/member/gazette/works/import/", {"file": tier}))


def test_a_site_is_registered_and_begun_to_be_shown(browser: Any) -> None:
    from quire.society.repertoire import queries

    made = browser.post("/member/gazette/sites/new/", {"host": "evening.example", "patterns": "/"})
    assert made.status_code == 302
    site = queries.site(made.url.rstrip("/").rpartition("/")[2])
    assert (site.host, site.owner_code) == ("evening.example", "gazette")
    page = desk.text(browser.post(made.url, {"act": "begin", "begin-method": "dns"}, follow=True))
    assert "TXT record" in page
    assert "quire-site=" in page
    again = browser.post("/member/gazette/sites/new/", {"host": "marsh.example", "patterns": "/"})
    assert "belongs to site marsh-site already" in desk.text(again)


def test_terms_and_prices_of_a_path_begin_and_end(browser: Any) -> None:
    from quire.society.mandates import queries
    from quire.society.repertoire import queries as repertoire

    address = "/member/gazette/sites/gazette-site/"
    term = {"act": "term", "term-pattern": "/b", "term-use": "ai-train", "term-answer": "no"}
    assert browser.post(address, term | {"term-starts": "2026-03-02"}).status_code == 302
    price = {"act": "price", "price-pattern": "/", "price-price": "0.002", "price-starts": "2026-03-02"}
    assert browser.post(address, price).status_code == 302
    facts = queries.path_facts(repertoire.site("gazette-site").id)
    assert [(one.pattern, one.yes, one.price and one.price.decimal()) for one in facts] == [
        ("/", None, "0.002000000000"), ("/b", False, None),
    ]  # fmt: skip
    assert "a request costs" in desk.text(browser.get(address))
    for one in facts:
        assert browser.post(address, {"act": "end", "of": one.tid}).status_code == 302
    assert all(one.ends for one in queries.path_facts(repertoire.site("gazette-site").id))
    assert "more than nothing" in desk.text(browser.post(address, price | {"price-price": "-1"}))


def test_an_edges_key_is_shown_once_and_the_edge_revoked(browser: Any) -> None:
    from quire.society.usage import queries

    address = "/member/gazette/sites/gazette-site/"
    answer = browser.post(address, {"act": "edge", "edge-name": "front"})
    page = desk.text(answer)
    assert "quire-edge.key" in page
    assert answer.headers["Cache-Control"] == "no-store"
    [edge] = queries.edges()
    key = json.loads(
        plain(page).split("quire-edge.key", 1)[1].split("quire-edge.toml")[0].replace("&quot;", '"').strip()
        .removeprefix("quire-edge.key").strip()
    )  # fmt: skip
    assert key["kty"] == "OKP"
    marsh = desk.seated("reed", "marsh")
    taken = {"act": "revoke", "of": edge.tid, "reason": "no"}
    assert marsh.post("/member/marsh/sites/marsh-site/", taken).status_code == 404
    assert marsh.post(address.replace("gazette/", "marsh/", 1), taken).status_code == 404
    assert browser.post(address, taken | {"reason": "taken down"}).status_code == 302
    assert queries.edges()[0].revoked_reason == "taken down"


def test_a_part_is_offered_and_is_theirs_once_they_accept(browser: Any) -> None:
    from fractions import Fraction

    from quire.society.repertoire import queries

    lock = queries.work("https://gazette.example/b")
    address = f"/member/gazette/works/{lock.tid}/"
    said = {"taker": "marsh", "role": "author", "share": "1/6", "starts": "2026-03-10", "text": "As agreed"}
    assert "more of it than you have" in desk.text(browser.post(address, said | {"share": "3/4"}))
    assert "Choose today or a later day" in desk.text(browser.post(address, said | {"starts": "2026-02-01"}))
    assert "No party has the code" in desk.text(browser.post(address, said | {"taker": "nobody-here"}))
    assert browser.post(address, said).status_code == 302
    assert "waits for their answer" in desk.text(browser.post(address, said))
    before = {one.party: one.share for one in queries.owners(lock.id, date(2026, 3, 10))}
    assert before == {"gazette": Fraction(2, 3), "lantern": Fraction(1, 3)}
    marsh = desk.seated("reed", "marsh")
    assert "offers you a share" in desk.text(marsh.get("/member/marsh/"))
    [offer] = queries.offers_of(lock.id)
    theirs = f"/member/marsh/shares/{offer.tid}/"
    assert "As agreed" in desk.text(marsh.get(theirs))
    assert browser.post(f"/member/gazette/shares/{offer.tid}/", {"act": "accept"}).status_code == 302
    assert queries.offers_of(lock.id), "who gives does not accept for who takes"
    assert marsh.post(theirs, {"act": "accept"}).status_code == 302
    then = {one.party: one.share for one in queries.owners(lock.id, date(2026, 3, 9))}
    now = {one.party: one.share for one in queries.owners(lock.id, date(2026, 3, 10))}
    assert then == before
    assert now == {"gazette": Fraction(1, 2), "lantern": Fraction(1, 3), "marsh": Fraction(1, 6)}
    marsh.post(theirs, {"act": "decline"})
    assert "accepted" in desk.text(marsh.get(theirs))
    more = marsh.post(address.replace("/gazette/", "/marsh/"), said | {"taker": "lantern", "share": "1/2"})
    assert "more of it than you have" in desk.text(more)


def test_an_offer_is_declined_or_taken_back_and_is_nobody_elses(browser: Any) -> None:
    from quire.society.repertoire import queries

    lock = queries.work("https://gazette.example/b")
    address = f"/member/gazette/works/{lock.tid}/"
    said = {"taker": "marsh", "role": "author", "share": "1/6", "starts": "2026-03-10"}
    marsh, lens = desk.seated("reed", "marsh"), desk.seated("lens", "lantern")
    for who, act, state in ((marsh, "decline", "declined"), (browser, "withdraw", "withdrawn")):
        assert browser.post(address, said).status_code == 302
        [offer] = queries.offers_of(lock.id)
        assert lens.get(f"/member/lantern/shares/{offer.tid}/").status_code == 404
        lens.post(f"/member/lantern/shares/{offer.tid}/", {"act": "accept"})
        assert [one.tid for one in queries.offers_of(lock.id)] == [offer.tid]
        party = "marsh" if who is marsh else "gazette"
        assert who.post(f"/member/{party}/shares/{offer.tid}/", {"act": act}).status_code == 302
        assert state in desk.text(browser.get("/member/gazette/shares/?state=" + state))
    assert queries.offers_of(lock.id) == []
    assert len(queries.owners(lock.id, date(2026, 3, 10))) == 2

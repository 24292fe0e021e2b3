"""What nobody is known to own is found by its owner, claimed with evidence, and paid once it is accepted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests import small
from tests.conftest import Furnished, furnished
from tests.web import desk
from tests.web.test_member_money import plain


@pytest.fixture(scope="module")
def before(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """The small society's January, in which half of a work is nobody's."""
    folder = tmp_path_factory.mktemp("unclaimed")

    def furnish(people: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
        small.found(folder)
        place = folder / "half.csv"
        shares = "gazette:publisher:1/2; unknown:author:1/2"
        place.write_text(
            f"url,title,member,shares\nhttps://gazette.example/a,Harbour dredged again,gazette,{shares}\n"
        )
        small.quire("works", "import", place, "--by", "preparer")
        small.use(folder)
        small.receive(folder)
        small.distribute()

    with furnished(postgres, folder, furnish, staffed=False) as made:
        yield made


@pytest.fixture
def browser(house: Any) -> Any:
    """An admin's of Marsh and Tide."""
    return desk.seated("reed", "marsh")


def address() -> str:
    from quire.society.repertoire import queries

    return f"/member/marsh/unclaimed/claim/?work={queries.work('https://gazette.example/a').tid}&role=author"


def credited() -> int:
    from quire.society.parties import queries as parties
    from quire.society.payouts import queries

    return sum(one.credited for one in queries.account_of(parties.party("marsh")))


def test_it_is_found_by_the_words_of_its_work(browser: Any) -> None:
    page = desk.text(browser.get("/member/marsh/unclaimed/?q=dredged"))
    assert address().replace("&", "&amp;") in page
    assert "Nothing here is like that" in desk.text(browser.get("/member/marsh/unclaimed/?q=lighthouse"))
    reader = desk.seated("reed-reader", "marsh", "reader")
    assert "unclaimed/claim" not in desk.text(reader.get("/member/marsh/unclaimed/"))


def test_a_claim_that_is_accepted_is_paid(browser: Any) -> None:
    from quire.core.money import quanta_of
    from quire.society.distribution.models import Line
    from quire.society.repertoire import queries

    nobodys = Line.objects.filter(outcome="unclaimed", pot__currency="EUR")
    whole = sum(quanta_of(one.detail["amount"]) for one in nobodys)
    before = credited()
    page = plain(desk.text(browser.get(address())))
    assert "Class of right author" in page
    assert "This field is required" in desk.text(browser.post(address(), {"evidence": ""}))
    assert browser.post(address(), {"evidence": "The author’s contract of 2019"}).status_code == 302
    assert "already" in desk.text(browser.post(address(), {"evidence": "Again"}))
    assert "open" in plain(desk.text(browser.get("/member/marsh/unclaimed/")))
    [told] = claims()
    small.quire("unclaimed", "accept", told.tid, "--by", "preparer")
    assert credited() - before == whole > 0
    assert "accepted" in desk.text(browser.get("/member/marsh/unclaimed/"))
    assert "Found to be yours" in desk.text(browser.get("/member/marsh/payments/"))
    owners = {one.party for one in queries.owners(queries.work("https://gazette.example/a").id, small_day())}
    assert owners == {"gazette", "marsh"}
    assert browser.get(address()).status_code == 404


def test_a_claim_that_is_refused_says_why_and_one_may_be_given_up(browser: Any) -> None:
    from quire.cli import main

    browser.post(address(), {"evidence": "I think so"})
    [told] = claims()
    small.quire(
        "unclaimed", "refuse", told.tid, "--note", "The contract names somebody else", "--by", "preparer"
    )
    assert "The contract names somebody else" in desk.text(browser.get("/member/marsh/unclaimed/"))
    assert main(["unclaimed", "accept", told.tid, "--by", "preparer"]) == 5
    browser.post(address(), {"evidence": "Another contract"})
    other = desk.seated("lens", "lantern")
    mine = next(one for one in claims() if one.state == "open")
    assert other.post("/member/lantern/unclaimed/", {"claim": mine.tid}).status_code == 404
    assert browser.post("/member/marsh/unclaimed/", {"claim": mine.tid}).status_code == 302
    assert sorted(one.state for one in claims()) == ["refused", "withdrawn"]
    assert credited() >= 0


def test_nobody_accepts_a_claim_that_they_filed(house: Any) -> None:
    from quire.society.parties import queries as parties
    from quire.society.parties.errors import SecondPerson
    from quire.society.unclaimed import actions

    by = parties.acting("preparer")
    made = actions.claim(party="marsh", work="https://gazette.example/a", role="author", evidence="x", by=by)
    with pytest.raises(SecondPerson):
        actions.accept_claim(claim=made.tid, by=by)


def claims() -> list[Any]:
    from quire.society.kit.paging import Asked
    from quire.society.unclaimed import queries

    return list(queries.claims_list().every(Asked()))


def small_day() -> Any:
    from datetime import date

    return date(2026, 1, 15)

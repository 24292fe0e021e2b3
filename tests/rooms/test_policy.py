"""The policy of a host: what its owner's mandate, path terms and prices come to, and who may see it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from quire.core.site import SiteTerms
from tests.rooms.boundary_desk import HOST, Desk

TODAY = date(2026, 6, 1)


@pytest.fixture
def desk(house: Any) -> Desk:
    made = Desk()
    made.site()
    made.verified()
    return made


def terms(on: date = TODAY) -> SiteTerms:
    from quire.society.licensing import policy

    return policy.terms_of_host(HOST, on)


def uses(path: str, licensee: str | None = None, on: date = TODAY) -> tuple[str, ...]:
    return terms(on).rule_for(path).permits_for(licensee)


def test_silence_permits_nothing(desk: Desk) -> None:
    assert uses("/") == ()
    assert terms().rule_for("/").closed


def test_a_yes_to_all_permits_and_one_to_a_lab_is_its_own(desk: Desk) -> None:
    desk.yes("ai-index")
    desk.yes("ai-train", "lab-a")
    desk.no("ai-index", "lab-b")
    assert uses("/a") == ("ai-index",)
    assert uses("/a", desk.lab("lab-a")) == ("ai-train", "ai-index")
    assert uses("/a", desk.lab("lab-b")) == ()
    rule = terms().rule_for("/")
    assert rule.only == {desk.lab("lab-a"): ("ai-train",)}
    assert rule.never == {desk.lab("lab-b"): ("ai-index",)}


def test_a_no_to_all_is_a_no_to_each(desk: Desk) -> None:
    desk.yes("ai-train", "lab-a")
    desk.no("ai-train")
    assert uses("/", desk.lab("lab-a")) == ()


def test_who_has_left_permits_nothing(desk: Desk) -> None:
    from quire.society.mandates import actions

    desk.yes()
    assert len(uses("/")) == 4
    actions.leave(member="harbour", notice_on=date(2026, 3, 1), ends=date(2026, 6, 1))
    assert uses("/") == ()
    assert len(uses("/", on=date(2026, 5, 31))) == 4


def test_a_host_that_nobody_verified_has_no_policy(house: Any) -> None:
    from quire.society.licensing import policy

    made = Desk()
    made.site()
    made.yes()
    for asked in (lambda: policy.terms_of("harbour"), lambda: policy.terms_of_host(HOST)):
        with pytest.raises(policy.NoPolicy):
            asked()


def test_of_two_parties_at_one_host_only_the_verified_one_is_heard(desk: Desk) -> None:
    """The blog registers a part of the paper's host; until it shows that it is its own, it counts for
    nothing.
    """
    desk.yes("search")
    desk.site("blog", owner="blog", patterns=("/blog/",))
    desk.yes("ai-train", member="blog")
    assert uses("/blog/one") == ("search",)
    desk.verified("blog")
    assert uses("/blog/one") == ("ai-train",)
    assert uses("/news") == ("search",)
    assert terms().rightsholder == "The harbour"


def test_a_new_owner_verifies_anew(desk: Desk) -> None:
    from quire.society.licensing import policy
    from quire.society.parties import queries as parties
    from quire.society.repertoire.models import Site

    desk.yes()
    Site.objects.filter(code="harbour").update(owner=parties.party("blog"))
    with pytest.raises(policy.NoPolicy):
        terms()


def test_a_check_that_found_nothing_ends_it_and_silence_does_not(desk: Desk) -> None:
    from quire.society.licensing import policy

    desk.verified(outcome="unreachable")
    assert terms().hosts == (HOST,)
    desk.verified(outcome="missing")
    with pytest.raises(policy.NoPolicy):
        terms()


def test_the_price_of_the_longest_pattern(desk: Desk) -> None:
    desk.yes()
    desk.price("/", "0.002")
    desk.price("/archive/", "0.01")
    priced = {path: terms().rule_for(path).price for path in ("/", "/archive/1")}
    assert {path: price.decimal() for path, price in priced.items() if price} == {
        "/": "0.002000000000",
        "/archive/1": "0.010000000000",
    }


def test_the_policy_is_signed_and_its_tag_is_of_what_it_says(desk: Desk) -> None:
    from quire.core import envelope
    from quire.core.tokens import KeySet
    from quire.society.licensing import keys, policy

    desk.yes("search")
    first = terms()
    document = envelope.open(policy.sealed(first), KeySet.of(*keys.public_keys()), policy.TYPE)
    assert SiteTerms.of(document) == first
    assert policy.etag(first) == policy.etag(SiteTerms.of({**document, "issued": "2020-01-01T00:00:00Z"}))
    desk.price("/", "0.002")
    assert policy.etag(terms()) != policy.etag(first)


def test_the_agents_and_the_issuer_are_in_it(desk: Desk) -> None:
    found = terms().document()
    assert {agent["name"]: agent["use"] for agent in found["agents"]}["GPTBot"] == "ai-train"
    [issuer] = found["issuers"]
    assert issuer["iss"] == found["server"]
    assert issuer["keys"]

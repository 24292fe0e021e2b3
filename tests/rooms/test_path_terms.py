"""A site's own terms by path: they narrow the mandate, follow one another by date, never rewritten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core.patterns import covers, matches
from quire.society.mandates import paths
from quire.society.mandates.errors import AnswerEnded, AnswerWrong, PathWrong
from quire.society.mandates.hosts import HostTerms
from tests.conftest import Furnished, furnished
from tests.rooms.boundary_desk import HOST, JAN, Desk

MAR, JUN, SEP = (date(2026, month, 1) for month in (3, 6, 9))


def paper(people: dict[str, Any], patch: pytest.MonkeyPatch) -> Desk:
    made = Desk(people["preparer"])
    made.site()
    made.verified()
    return made


@pytest.fixture(scope="module")
def before(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    with furnished(postgres, tmp_path_factory.mktemp("before"), paper) as made:
        yield made


@pytest.fixture
def desk(house: Any, before: Furnished) -> Any:
    return before.made


def uses(path: str, licensee: str | None = None, on: date = JUN) -> tuple[str, ...]:
    from quire.society.licensing import policy

    return policy.terms_of_host(HOST, on).rule_for(path).permits_for(licensee)


def test_a_yes_widens_nothing(desk: Desk) -> None:
    desk.yes("search")
    desk.no("ai-input", "lab-a")
    desk.terms("/", "all", True)
    desk.terms("/open/", "ai-input", True, "lab-a")
    assert uses("/open/x") == ("search",)
    assert uses("/open/x", desk.lab("lab-a")) == ("search",)


def test_a_no_holds_for_its_path_and_a_yes_below_takes_it_back(desk: Desk) -> None:
    desk.yes("search")
    desk.terms("/", "search", False)
    desk.terms("/news/", "search", True)
    assert (uses("/"), uses("/newspaper"), uses("/news/a")) == ((), (), ("search",))


def test_a_no_to_one_lab_alone(desk: Desk) -> None:
    desk.yes("search")
    desk.terms("/paid/", "search", False, "lab-a")
    assert uses("/paid/x") == ("search",)
    assert uses("/paid/x", desk.lab("lab-a")) == ()
    assert uses("/x", desk.lab("lab-a")) == ("search",)


def test_where_a_prefix_and_an_asterisk_meet_both_hold(desk: Desk) -> None:
    desk.yes("search")
    desk.yes("ai-index")
    desk.terms("/archive/", "ai-index", False)
    desk.terms("/*.pdf$", "search", False)
    assert uses("/archive/x.pdf") == ()
    assert uses("/archive/x.html") == ("search",)
    assert uses("/x.pdf") == ("ai-index",)


def test_a_new_term_ends_the_old_one(desk: Desk) -> None:
    from quire.society.mandates import queries

    desk.yes("search")
    desk.terms("/", "search", False, starts=MAR)
    desk.terms("/", "search", True, starts=JUN)
    desk.terms("/", "search", False, starts=SEP)
    days = [date(2026, 2, 1), MAR, date(2026, 5, 31), JUN, date(2026, 8, 31), SEP]
    assert [uses("/", on=day) for day in days] == [("search",), (), (), ("search",), ("search",), ()]
    site = desk.site()
    spans = [(one.starts, one.ends) for one in queries.path_facts(site.id)]
    assert spans == [(MAR, JUN), (JUN, SEP), (SEP, None)]


def test_a_term_between_two_ends_where_the_next_begins(desk: Desk) -> None:
    [later] = desk.terms("/", "search", False, starts=SEP)
    [earlier] = desk.terms("/", "search", True, starts=MAR)
    assert (earlier.ends, later.ends) == (SEP, None)


def test_the_same_again_is_the_same_and_a_change_of_mind_was_never_in_force(desk: Desk) -> None:
    [first] = desk.terms("/", "search", False, starts=MAR)
    [again] = desk.terms("/", "search", False, starts=MAR)
    assert again == first
    desk.yes("search")
    desk.terms("/", "search", True, starts=MAR)
    first.refresh_from_db()
    assert (first.ends, uses("/")) == (MAR, ("search",))


def test_ending_a_term_and_a_price(desk: Desk) -> None:
    from quire.society.mandates import actions

    desk.yes("search")
    [term] = desk.terms("/", "search", False)
    price = desk.price("/", "0.002")
    actions.end_terms(term=term.tid, ends=JUN, by=desk.user)
    actions.end_terms(term=term.tid, ends=JUN, by=desk.user)
    actions.end_price(price=price.tid, ends=JUN, by=desk.user)
    assert uses("/", on=MAR) == ()
    assert uses("/") == ("search",)
    with pytest.raises(AnswerEnded):
        actions.end_terms(term=term.tid, ends=SEP, by=desk.user)


@pytest.mark.parametrize("pattern", ["", "x", "/a b", "/a?b", "/" + "x" * 501])
def test_a_pattern_that_cannot_be_read_is_refused(desk: Desk, pattern: str) -> None:
    with pytest.raises(PathWrong):
        desk.terms(pattern, "search", False)


def test_a_pattern_outside_the_site_is_refused(desk: Desk) -> None:
    desk.site("blog", host="blog.example", owner="blog", patterns=("/blog/", "/about$"))
    for outside in ("/", "/blogs", "/*/blog/", "/about"):
        with pytest.raises(PathWrong, match="does not lie within"):
            desk.terms(outside, "search", False, site="blog")
    for inside in ("/blog/", "/blog/2026/*.html", "/about$"):
        desk.terms(inside, "search", False, site="blog")


def test_other_refusals(desk: Desk) -> None:
    from quire.core.money import Money
    from quire.society.mandates import actions

    with pytest.raises(AnswerWrong):
        desk.terms("/", "search", False, "harbour")
    with pytest.raises(AnswerWrong):
        desk.terms("/", "search", False, starts=JUN, ends=JUN)
    for amount in (0, -1, 10**22):
        with pytest.raises(PathWrong):
            actions.set_price(
                site="harbour", pattern="/", price=Money(amount, "EUR"), starts=JAN, by=desk.user
            )


def test_a_site_handed_over_is_not_bound_by_its_old_owner(desk: Desk) -> None:
    from quire.society.mandates import queries
    from quire.society.parties import queries as parties
    from quire.society.repertoire.models import Site

    desk.terms("/", "search", False)
    desk.price("/", "0.002")
    Site.objects.filter(code="harbour").update(owner=parties.party("blog"))
    site = Site.objects.get(code="harbour")
    assert (queries.path_terms([site.id], JUN), queries.path_prices([site.id], JUN)) == ({}, {})


@pytest.mark.parametrize("role", ["default", "owner"])
@pytest.mark.parametrize(
    "statement",
    ["UPDATE mandates_pathterm SET answer = true", "DELETE FROM mandates_pathterm",
     "UPDATE mandates_pathprice SET amount = 1", "UPDATE mandates_pathterm SET starts = starts - 1"],
)  # fmt: skip
def test_the_database_keeps_what_was_said(desk: Desk, role: str, statement: str) -> None:
    from django.db import DatabaseError, connections

    desk.terms("/", "search", False)
    desk.price("/", "0.002")
    with pytest.raises(DatabaseError, match="never changes"), connections[role].cursor() as run:
        run.execute(statement)


_TEXT = st.text("ab/*", max_size=6).map(lambda text: "/" + text)
_PATTERN = st.builds(lambda text, end: text + end, _TEXT, st.sampled_from(["", "$"])).map(paths.spelled)
_PATH = st.text("ab/", max_size=8).map(lambda text: "/" + text)


@settings(max_examples=200)
@given(_PATH, _PATTERN, _PATH)
def test_a_meeting_is_under_both_and_longer_than_either(plain: str, wild: str, path: str) -> None:
    both = paths.meeting(plain, wild)
    if both is not None:
        assert len(both) > len(plain)
        assert len(both) >= len(wild)
        assert covers(plain, both)
        if matches(both, path):
            assert matches(wild, path)


_SITE = UUID(int=1)
_SAID = st.builds(
    paths.PathSaid, _PATTERN, st.sampled_from([None, "pty_1"]), st.sampled_from(["search", "ai-index"]),
    st.booleans(), st.just(JAN), st.none(),
)  # fmt: skip
_COSTS = st.builds(paths.PathCosts, _PATTERN, st.integers(1, 3), st.just("EUR"), st.just(JAN), st.none())


@settings(max_examples=200)
@given(st.lists(_SAID, max_size=8), st.lists(_COSTS, max_size=3), st.lists(_PATH, min_size=1, max_size=6))
def test_what_holds_at_a_path_is_what_the_longest_rules_say(
    said: list[paths.PathSaid], costs: list[paths.PathCosts], asked: list[str]
) -> None:
    """``at`` makes only the rules that it meets; the slow way makes them all and tries each."""
    terms = HostTerms({_SITE: ("/", "/a")}, {_SITE: said}, {_SITE: costs})
    every = HostTerms({_SITE: ("/", "/a")}, {_SITE: said}, {_SITE: costs}).rules()
    for path in asked:
        found = [one for one in every if matches(one.pattern, path)]
        longest = [one for one in found if len(one.pattern) == max(len(one.pattern) for one in found)]
        told = terms.at(path)
        assert told.refused == frozenset().union(*(one.refused for one in longest))
        prices = [one.price for one in longest]
        assert told.price == (max(price for price in prices if price) if all(prices) else None)

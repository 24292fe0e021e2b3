"""One set of terms, five voices: the registry says of an address what the policy of its site's edge says, and
what RSL, robots.txt, headers and tdmrep.json say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quire.core import rsl
from quire.core.preferences import usage_of
from quire.core.renderings import headers, reserved, robots_lines, rsl_document, tdmrep
from quire.core.robots import Robots, add_lines
from quire.core.site import SiteTerms
from quire.core.terms import USES
from tests.rooms.boundary_desk import HOST, Desk

JUN = date(2026, 6, 1)
ALLOWED = {"licensed", "free", "licence-needed", "price"}

ENDS = st.sampled_from(["", "$"])
PATTERNS = st.tuples(st.text("ab/*", max_size=5), ENDS).map(lambda parts: "/" + "".join(parts))
LABS = st.sampled_from([None, None, "lab-a", "lab-b"])
ANSWERS = st.lists(st.tuples(st.sampled_from(USES), LABS, st.booleans()), max_size=6)
TERMS = st.lists(st.tuples(PATTERNS, st.sampled_from(["all", *USES]), LABS, st.booleans()), max_size=6)
SUMS = st.sampled_from([("0.002", "EUR"), ("0.01", "EUR"), ("1", "USD")])
PRICES = st.dictionaries(PATTERNS, SUMS, max_size=3)
PATHS = st.lists(st.text("ab/", max_size=5), min_size=1, max_size=6, unique=True)
BLOG = st.none() | PATTERNS.filter(lambda text: text.strip("/*"))
MANY = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def desk(house: Any, people: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("QUIRE_TODAY", str(JUN))
    made = Desk(people["preparer"])
    made.site()
    made.verified()
    return made


def said(desk: Desk, answers: Any, terms: Any, prices: Any, blog: str | None) -> None:
    """Everything that members say; the blog owns the paths under ``blog`` and permits search alone."""
    for use, lab, yes in answers:
        desk.answer(use, lab, "harbour", yes)
    for pattern, use, lab, yes in terms:
        desk.terms(pattern, use, yes, lab)
    for pattern, (amount, currency) in prices.items():
        desk.price(pattern, amount, currency)
    if blog is not None:
        desk.site("blog", owner="blog", patterns=(blog,))
        desk.verified("blog")
        desk.yes("search", member="blog")


def registry(paths: list[str], licensee: str | None) -> Iterator[Any]:
    from quire.society.licensing.registry import Asker, answers

    yield from map(json.loads, answers([f"https://{HOST}{path}" for path in paths], Asker(licensee), day=JUN))


def policy() -> SiteTerms:
    from quire.society.licensing import policy

    return policy.terms_of_host(HOST, JUN)


@MANY
@given(ANSWERS, TERMS, PRICES, BLOG, PATHS)
def test_the_registry_says_what_the_edge_does(
    desk: Desk, answers: Any, terms: Any, prices: Any, blog: str | None, paths: list[str]
) -> None:
    from quire.core.urls import canonical_path

    with transaction.atomic():
        said(desk, answers, terms, prices, blog)
        rules, asked = policy(), ["/" + text for text in paths]
        for lab in (None, "lab-a", "lab-b"):
            licensee = lab and desk.lab(lab)
            for path, answer in zip(asked, registry(asked, licensee), strict=True):
                rule = rules.rule_for(canonical_path(path))
                given = {use for use, one in answer["uses"].items() if one["allowed"]}
                assert given == set(rule.permits_for(licensee)), (path, lab)
                price = answer["crawl_price"]
                assert (price and price["amount"]) == (rule.price and rule.price.decimal()), path
        transaction.set_rollback(True)


@MANY
@given(ANSWERS, TERMS, PRICES, BLOG, PATHS)
def test_five_voices_say_the_same(
    desk: Desk, answers: Any, terms: Any, prices: Any, blog: str | None, paths: list[str]
) -> None:
    with transaction.atomic():
        said(desk, answers, terms, prices, blog)
        rules, asked = policy(), ["/" + text for text in paths if "//" not in "/" + text]
        document = rsl.read(rsl_document(rules)).document
        robots = Robots.parse(add_lines("", robots_lines(rules)))
        reservations = json.loads(json.dumps(tdmrep(rules)))
        for path, answer in zip(asked, registry(asked, None), strict=True):
            response, entry = headers(rules, path), reserved(reservations, path)
            for use, told in answer["uses"].items():
                verdict = rsl.evaluate(document, f"https://{HOST}{path}", use)
                assert verdict.licensed is told["allowed"] is (told["code"] in ALLOWED)
                free = verdict.payment is not None and verdict.payment.type == "free"
                assert free is (told["code"] == "free")
                if free:
                    assert (told["licence"], told["price"], told["tariffs"]) == (None, None, [])
            open_to_all = answer["uses"]["search"]["code"] == "free"
            assert usage_of(response["Content-Usage"]).get("search", False) is open_to_all
            assert bool(robots.usage("bot", path).get("search")) is open_to_all
            something = any(told["allowed"] for told in answer["uses"].values())
            assert entry is not None
            assert ("tdm-policy" in response) is ("tdm-policy" in entry) is something
        transaction.set_rollback(True)


def test_a_licence_for_search_is_named_to_its_licensee(desk: Desk) -> None:
    from quire.society.licensing import actions
    from quire.society.licensing.registry import Asker
    from quire.society.licensing.registry import answers as told
    from quire.society.parties import queries as parties

    desk.yes("search")
    actions.grant_licence(
        code="a-2026", licensee="lab-a", kind="blanket", uses=["search"], starts=date(2026, 1, 1),
        ends=date(2027, 1, 1), currency="EUR", fee="10", operators=["OpenAI"], by=desk.user,
    )  # fmt: skip
    lab = parties.party("lab-a")
    [answer] = map(json.loads, told([f"https://{HOST}/x"], Asker.of(lab.id, lab.tid), day=JUN))
    assert answer["uses"]["search"]["code"] == "licensed"
    [other] = registry(["/x"], desk.lab("lab-b"))
    assert other["uses"]["search"]["code"] == "free"

"""A site's policy as values: what is read of it, and that nothing that is wrong gets in."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import canonical
from quire.core.errors import Invalid
from quire.core.money import Money
from quire.core.patterns import matches
from quire.core.site import BadPolicy, Rule, SiteTerms, Society
from quire.core.terms import USES
from tests.core.policies import POLICIES, policy


def test_a_policy_is_read_and_written_without_a_change() -> None:
    given = policy()
    terms = SiteTerms.of(given)
    assert terms.document() == given
    assert SiteTerms.of(terms.document()) == terms
    assert terms.society == Society("Society", "https://society.example", "https://society.example/licences")
    assert terms.issued == datetime(2026, 11, 21, tzinfo=UTC)
    assert terms.rules[0].price == Money.parse("0.002", "EUR")
    assert terms.agents[0]["tokens"] == ["gptbot"]


@given(POLICIES)
@settings(max_examples=50)
def test_any_policy_comes_back_as_it_was(terms: SiteTerms) -> None:
    document = terms.document()
    assert SiteTerms.of(canonical.loads(canonical.dumps(document))) == terms
    assert SiteTerms.of(document).document() == document


def test_what_is_handed_out_is_not_the_policy_itself() -> None:
    terms = SiteTerms.of(policy())
    document = terms.document()
    document["agents"][0]["tokens"].append("x")
    document["rules"][0]["only"].clear()
    assert terms.document() == policy()


@pytest.mark.parametrize(
    ("licensee", "uses"),
    [
        (None, ("ai-input", "ai-index")),
        ("", ("ai-input", "ai-index")),
        ("pty_other", ("ai-input", "ai-index")),
        ("pty_1", ("ai-train", "ai-index")),
        ("pty_2", ()),
        ("pty_3", ("ai-input", "ai-index")),
    ],
)
def test_exceptions_of_a_licensee(licensee: str | None, uses: tuple[str, ...]) -> None:
    rule = Rule(
        "/",
        ("ai-index", "ai-input"),
        only={"pty_1": ("ai-train",), "pty_2": ("search",)},
        never={"pty_1": ("ai-input",), "pty_2": USES, "pty_3": ("search",)},
    )
    assert rule.permits_for(licensee) == uses
    assert rule.anybody == ("ai-input", "ai-index")
    assert not rule.closed


def test_a_rule_without_any_use_for_anybody_is_closed() -> None:
    assert Rule("/").closed
    assert Rule("/", never={"pty_1": ("search",)}).closed
    assert Rule("/", only={"pty_1": ("search",)}, never={"pty_1": ("search",)}).closed
    assert not Rule("/", only={"pty_1": ("search",)}).closed


def test_a_rule_brings_its_pattern_into_one_spelling() -> None:
    assert Rule("/é$x").pattern == "/%C3%A9%24x"


def test_the_longest_rule_holds() -> None:
    given = policy()
    given["rules"] += [
        {"pattern": "/news/", "permits": ["search"]},
        {"pattern": "/*.pdf$", "permits": []},
        {"pattern": "/news", "permits": ["ai-train"]},
    ]
    terms = SiteTerms.of(given)
    found = {path: terms.rule_for(path).pattern for path in ("/", "/x", "/news", "/news/a.pdf", "/n.pdf")}
    assert found == {"/": "/", "/x": "/", "/news": "/news", "/news/a.pdf": "/*.pdf$", "/n.pdf": "/*.pdf$"}
    with pytest.raises(BadPolicy):
        terms.rule_for("news")


SECONDS = "2026-11-21T00:00:00Z"

WRONG: list[tuple[tuple[str | int, ...], Any]] = [
    (("version",), 2),
    (("version",), True),
    (("version",), "1"),
    (("society",), None),
    (("society", "name"), ""),
    (("society", "name"), "two\nlines"),
    (("society", "page"), "javascript:alert(1)"),
    (("society", "page"), "https://x.example/>; rel=evil"),
    (("society", "more"), "x"),
    (("server",), "https://"),
    (("server",), "https://x.example/\r\nSet-Cookie: a=b"),
    (("server",), 7),
    (("site",), "sit 1"),
    (("hosts",), []),
    (("hosts",), "example.org"),
    (("hosts",), ["Example.org"]),
    (("hosts",), ["a/b"]),
    (("hosts",), ["example.org", "example.org"]),
    (("rightsholder",), " x"),
    (("rightsholder",), "\ud800"),
    (("issued",), "2026-11-21"),
    (("issued",), "2026-02-30T00:00:00Z"),
    (("issued",), "0001-02-03T00:00:00Z"),
    (("issued",), "2026-11-21T00:00:00.5Z"),
    (("expires",), SECONDS),
    (("rules",), []),
    (("rules",), {}),
    (("rules", 0), "x"),
    (("rules", 0, "pattern"), "/news"),
    (("rules", 0, "pattern"), "news"),
    (("rules", 0, "pattern"), "/a?b"),
    (("rules", 1, "pattern"), "/"),
    (("rules", 1, "pattern"), "/é"),
    (("rules", 1, "pattern"), "/" + "a" * 3000),
    (("rules", 0, "permits"), ["all"]),
    (("rules", 0, "permits"), ["search", "search"]),
    (("rules", 0, "permits"), [["search"]]),
    (("rules", 0, "permits"), "search"),
    (("rules", 0, "price"), None),
    (("rules", 0, "price", "amount"), "0.002"),
    (("rules", 0, "price", "amount"), "0.000000000000"),
    (("rules", 0, "price", "amount"), "-1.000000000000"),
    (("rules", 0, "price", "amount"), 1),
    (("rules", 0, "price", "currency"), "XBT"),
    (("rules", 0, "only"), {}),
    (("rules", 0, "only"), None),
    (("rules", 0, "only"), {"pty 1": ["search"]}),
    (("rules", 0, "never"), {"pty_1": "search"}),
    (("rules", 0, "never"), {"pty_1": ["train"]}),
    (("issuers",), {}),
    (("issuers", 0), "x"),
    (("issuers", 0, "iss"), "x"),
    (("issuers", 0, "keys"), [{"kty": "OKP", "d": "secret"}]),
    (("issuers", 0, "keys"), [{}]),
    (("issuers", 0, "keys"), {}),
    (("agents", 0, "name"), ""),
    (("agents", 0, "name"), "a\r\nb"),
    (("agents", 0, "tokens"), "gptbot"),
    (("agents", 0, "use"), 3),
    (("agents", 0, "more"), 3),
    (("more",), 1),
    (("hosts",), 0.5),
]


@pytest.mark.parametrize(("where", "what"), WRONG, ids=lambda value: repr(value)[:40])
def test_what_is_wrong_is_refused_with_a_sentence(where: tuple[Any, ...], what: Any) -> None:
    given = policy()
    place: Any = given
    for step in where[:-1]:
        place = place[step]
    place[where[-1]] = what
    with pytest.raises(Invalid) as refused:
        SiteTerms.of(given)
    assert refused.value.sentence.endswith(".")
    assert len(refused.value.sentence) < 400
    assert "\n" not in refused.value.sentence


@pytest.mark.parametrize("name", sorted(policy()))
def test_every_field_is_needed(name: str) -> None:
    given = policy()
    del given[name]
    with pytest.raises(BadPolicy, match=f"lacks {name}"):
        SiteTerms.of(given)


def test_a_document_too_deep_or_too_large_is_refused() -> None:
    deep: Any = []
    for _ in range(5_000):
        deep = [deep]
    for what in (deep, "x" * 9_000_000):
        with pytest.raises(Invalid):
            SiteTerms.of({**policy(), "agents": what})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(USES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
@settings(max_examples=100)
def test_whatever_stands_there_is_read_or_refused(data: st.DataObject) -> None:
    given: Any = copy.deepcopy(policy())
    place: Any = given
    while True:
        step = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[step], dict | list) or not place[step] or data.draw(st.booleans()):
            place[step] = data.draw(JSON)
            break
        place = place[step]
    try:
        terms = SiteTerms.of(given)
    except Invalid:
        return
    assert terms.document() == given


def test_values_made_in_the_program_are_checked_too() -> None:
    terms = SiteTerms.of(policy())
    parts = {name: getattr(terms, name) for name in SiteTerms.__slots__ if name[0] != "_"}
    for wrong in (
        {"issued": terms.issued.replace(tzinfo=None)},
        {"issued": terms.issued + timedelta(microseconds=1)},
        {"expires": terms.issued},
        {"rules": ()},
    ):
        with pytest.raises(BadPolicy):
            SiteTerms(**{**parts, **wrong})


@given(POLICIES, st.text(st.sampled_from("/ab$é."), max_size=7), st.sampled_from([None, "pty_1", "pty_2"]))
@settings(max_examples=100)
def test_of_rules_as_long_each_must_permit(terms: SiteTerms, rest: str, licensee: str | None) -> None:
    path = "/" + rest
    under = [rule for rule in terms.rules if matches(rule.pattern, path)]
    longest = [rule for rule in under if len(rule.pattern) == max(len(one.pattern) for one in under)]
    held = terms.rule_for(path)
    assert set(held.permits_for(licensee)) == set.intersection(
        *(set(rule.permits_for(licensee)) for rule in longest)
    )
    prices = {rule.price for rule in longest}
    if len(prices) == 1:
        assert held.price == prices.pop()
    elif None in prices or len({price.currency for price in prices if price}) > 1:
        assert held.price is None
    else:
        assert held.price == max(price for price in prices if price)

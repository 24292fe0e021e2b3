"""What an RSL document licenses: the rules one by one, and beside a slow reading of them."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import rsl
from quire.core.patterns import matches
from quire.core.rsl import Content, Document, Licence, Limits, Payment, Reporting, Verdict, evaluate, model
from quire.core.terms import USES, UnknownUse
from quire.core.urls import BadAddress
from tests.core.test_rsl import DOCUMENTS, licensed

URL = "https://example.org/a/b"


def uses(document: Document, url: str = URL, **who: str) -> list[str]:
    return [use for use in USES if evaluate(document, url, use, **who).licensed]


def read(inside: str) -> Document:
    return rsl.read(licensed(inside)).document


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("", [*USES]),
        ('<permits type="usage">search</permits>', ["search"]),
        ('<permits type="usage">ai-all</permits>', ["ai-train", "ai-input", "ai-index"]),
        ('<permits type="usage">all</permits>', [*USES]),
        ('<permits type="usage">all</permits><prohibits type="usage">ai-all</prohibits>', ["search"]),
        # As the Guardian publishes it.
        ('<permits type="usage">ai-train ai-input</permits><prohibits type="usage">all</prohibits>', []),
        ('<prohibits type="usage">ai-train</prohibits>', ["ai-input", "ai-index", "search"]),
        # What cannot be read never gives a right.
        ('<permits type="usage"/>', []),
        ('<permits type="usage">train-ai</permits>', []),
        ('<prohibits type="usage">train-ai</prohibits>', []),
        ("<permits>all</permits>", []),
        ('<permits type="when">2026</permits>', []),
        ('<permits type="usage">all</permits><permits type="usage">search</permits>', []),
        ('<permits type="usage">all</permits><until>2027</until>', []),
        ('<permits type="usage" until="2027">all</permits>', []),
        ('<x:until xmlns:x="https://example.org/x">2027</x:until>', [*USES]),
        ('<reporting type="telemetry"/>', []),
        ('<reporting type="telemetry" profile="https://p.example"/>', []),
        ('<permits type="user">personal</permits>', []),
        ('<prohibits type="geo">US</prohibits>', []),
    ],
)
def test_one_licence(inside: str, expected: list[str]) -> None:
    assert uses(read(inside)) == expected


def test_a_content_without_a_licence_licenses_nothing() -> None:
    verdict = evaluate(Document((Content("/", ()),)), URL, "search")
    assert (verdict.licensed, verdict.why) == (False, "The content that matches has no licence.")
    assert uses(Document(())) == []
    assert evaluate(Document((Content("/x", (Licence(),)),)), URL, "search").content is None


def test_the_narrower_scope_holds() -> None:
    everything, nothing = Licence(), Licence(prohibits=Limits(usage=("all",)))
    document = Document(
        (Content("/a/", (everything,)), Content("/", (nothing,)), Content("/a/b/c", (nothing,)))
    )
    assert uses(document) == [*USES]
    assert uses(document, "https://example.org/x") == []
    assert uses(document, "https://example.org/a/b/cd") == []
    tied = Document((Content("/a/*", (everything,)), Content("/*/b", (nothing,))))
    assert uses(tied) == []


def test_absolute_patterns_are_for_their_host() -> None:
    document = Document((Content("https://Example.org/a", (Licence(),)), Content("", (Licence(),))))
    assert uses(document) == [*USES]
    assert uses(document, "https://www.example.org/a/b") == []
    assert uses(document, "https://example.org/") == []


def test_users_places_and_reports() -> None:
    document = read(
        '<permits type="user">education</permits><permits type="geo">EU</permits>'
        '<prohibits type="geo">FR</prohibits>'
    )
    assert uses(document, user="education", geo="DE") == [*USES]
    assert uses(document, user="commercial", geo="DE") == []
    assert uses(document, user="education", geo="US") == []
    assert uses(document, user="education", geo="FR") == []
    assert uses(document, user="education", geo="EU") == []
    assert uses(document, user="education") == []
    duty = Document((Content("/", (Licence(reporting=(Reporting("audit", "https://p.example"),)),)),))
    assert not evaluate(duty, URL, "search").licensed
    assert evaluate(duty, URL, "search", reporting_profiles=["https://p.example"]).licensed


def test_of_several_licences_the_cheapest_that_serves() -> None:
    paid = Licence(permits=Limits(usage=("ai-train", "search")), payment=Payment("subscription"))
    free = Licence(permits=Limits(usage=("search",)))
    document = Document((Content("/", (paid, free), server="https://s.example"),))
    train, search = (evaluate(document, URL, use) for use in ("ai-train", "search"))
    assert (train.licence, train.payment, train.needs_token) == (paid, paid.payment, True)
    assert (search.licence, search.payment, search.needs_token) == (free, None, True)
    assert not evaluate(document, URL, "ai-input").licensed


def test_of_several_contents_as_narrow_the_strictest() -> None:
    open_, shut = Content("/", (Licence(),)), Content("/", (Licence(),), server="https://s.example")
    for contents in ((open_, shut), (shut, open_)):
        assert evaluate(Document(contents), URL, "search").needs_token


def test_what_is_asked_must_make_sense() -> None:
    with pytest.raises(UnknownUse):
        evaluate(Document(()), URL, "all")
    with pytest.raises(BadAddress):
        evaluate(Document(()), "mailto://example.org", "search")


def covered(token: str, use: str) -> bool:
    return use in {"all": USES, "ai-all": USES[:3]}.get(token, (token,))


def slow(
    document: Document, path: str, use: str, user: str | None, geo: str | None, profiles: list[str]
) -> bool:
    """RSL 1.0 §3.1.1, sentence by sentence, over every content and licence."""
    scopes = []
    for content in document.contents:
        pattern = content.url.removeprefix("https://example.org")
        if pattern.startswith("/") and matches(pattern, path):
            scopes.append((len(pattern), content))
    narrowest = [content for length, content in scopes if length == max(one for one, _ in scopes)]
    places = [geo, *(["EU"] if geo in model.EUROPEAN_UNION else [])]
    answers = []
    for content in narrowest:
        prohibited = any(covered(t, use) for one in content.licences for t in one.prohibits.usage or ())
        serving = [
            licence
            for licence in content.licences
            if (licence.permits.usage is None or any(covered(t, use) for t in licence.permits.usage))
            and (licence.permits.user is None or user in licence.permits.user)
            and (licence.permits.geo is None or any(place in licence.permits.geo for place in places))
            and (licence.prohibits.user is None or (user and user not in licence.prohibits.user))
            and (licence.prohibits.geo is None or (geo and not set(places) & set(licence.prohibits.geo)))
            and {duty.profile for duty in licence.reporting} <= set(profiles)
        ]
        answers.append(bool(serving) and not prohibited)
    return bool(answers) and all(answers)


PATHS = st.sampled_from(["/", "/a", "/a/b", "/a/c", "/b", "/xb", "/a/x/b"])


@given(
    DOCUMENTS,
    PATHS,
    st.sampled_from(USES),
    st.sampled_from([None, *model.USER]),
    st.sampled_from([None, "DE", "FR", "US", "BR"]),
    st.sampled_from([[], ["https://b.example"], ["https://b.example", "https://a.example/x?y=1&z=2"]]),
)
@settings(max_examples=100)
def test_the_answer_is_that_of_a_slow_reading(
    document: Document, path: str, use: str, user: str | None, geo: str | None, profiles: list[str]
) -> None:
    verdict = evaluate(document, f"https://example.org{path}", use, user, geo, profiles)
    assert verdict.licensed is slow(document, path, use, user, geo, profiles)
    assert verdict.why.endswith(".")
    if verdict.licensed:
        assert verdict.licence is not None
        assert verdict.payment == verdict.licence.payment


def shuffled(document: Document, seed: int) -> Document:
    chance = random.Random(seed)
    contents = [
        Content(one.url, tuple(chance.sample(one.licences, len(one.licences))), one.server)
        for one in document.contents
    ]
    return Document(tuple(chance.sample(contents, len(contents))))


@given(DOCUMENTS, PATHS, st.integers())
@settings(max_examples=50)
def test_the_order_of_elements_never_matters(document: Document, path: str, seed: int) -> None:
    plain = shuffled(document, 0)
    for use in USES:
        one = evaluate(plain, f"https://example.org{path}", use, "personal", "DE")
        other = evaluate(shuffled(document, seed), f"https://example.org{path}", use, "personal", "DE")
        assert (one.licensed, one.licence, one.needs_token) == (
            other.licensed,
            other.licence,
            other.needs_token,
        )


@given(DOCUMENTS, DOCUMENTS, PATHS, st.sampled_from(USES))
@settings(max_examples=50)
def test_a_prohibition_more_never_gives_a_right(one: Document, other: Document, path: str, use: str) -> None:
    url = f"https://example.org{path}"
    no = Licence(prohibits=Limits(usage=("all",)))
    narrowed = Document(tuple(Content(c.url, (*c.licences, no), c.server) for c in one.contents))
    assert not evaluate(narrowed, url, use, "personal", "DE").licensed


def test_a_verdict_is_a_plain_value() -> None:
    assert Verdict(False, "No.") == Verdict(False, "No.")
    assert len(list(itertools.islice(rsl.faults(Document(())), 5))) == 1

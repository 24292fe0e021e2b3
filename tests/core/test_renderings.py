"""One set of terms, four renderings: read back with their readers, they say the same as the rules."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import rsl
from quire.core.discovery import in_headers
from quire.core.money import Money
from quire.core.preferences import usage_of
from quire.core.renderings import headers, reserved, robots_lines, rsl_document, tdmrep
from quire.core.robots import Robots, add_lines
from quire.core.site import SiteTerms
from quire.core.terms import USES
from quire.core.urls import canonical_path
from tests.core.policies import POLICIES, policy

PATHS = st.text(st.sampled_from("/ab*$é. %"), max_size=7).map(canonical_path)
LABELS = {"train-ai": {"ai-train"}, "ai-use": {"ai-input", "ai-index"}, "search": {"search"}}
"""The preferences of AIPREF, and the uses that each is about."""


@given(POLICIES, PATHS)
@settings(max_examples=100)
def test_all_four_say_what_the_rule_says(terms: SiteTerms, path: str) -> None:
    rule = terms.rule_for(path)
    host = terms.hosts[-1]
    document = rsl.read(rsl_document(terms))
    assert document.conformant
    robots = Robots.parse(add_lines("User-agent: bot\nDisallow: /x\n", robots_lines(terms, host)))
    response = headers(terms, path, host)
    entry = reserved(json.loads(json.dumps(tdmrep(terms))), path)
    assert entry is not None

    for use in USES:
        verdict = rsl.evaluate(document.document, f"https://{host}{path}", use)
        assert verdict.licensed is (use in rule.permits_for(None))
        if verdict.licensed:
            assert verdict.payment is not None
            assert (verdict.payment.type == "free") is (use == "search")
            alone = all(one.anybody == ("search",) for one in terms.rules_for(path))
            # But for search, never without a token of the society; beside search RSL names its server too.
            assert verdict.needs_token is not alone
            assert verdict.content is not None
            assert verdict.content.server == (None if alone else terms.server)
    for label, uses in LABELS.items():
        stated = {robots.usage(agent, path).get(label) for agent in ("bot", "other")}
        assert set(map(bool, stated)) == {bool(usage_of(response["Content-Usage"]).get(label))}
        free = label == "search" and uses <= set(rule.permits_for(None))
        assert stated <= ({True} if free else {None, False} if label == "search" else {False})
    signals = robots.signals("bot")
    assert (signals["ai-train"], signals["ai-input"]) == (False, False)
    assert signals.get("search") in ((True, None) if free else (None,))
    assert response["tdm-reservation"] == str(entry["tdm-reservation"]) == "1"
    some = terms.society.page if rule.permits_for(None) else None
    assert response.get("tdm-policy") == entry.get("tdm-policy") == some


@given(POLICIES, PATHS)
@settings(max_examples=100)
def test_the_price_is_that_of_the_rule(terms: SiteTerms, path: str) -> None:
    document = rsl.read(rsl_document(terms)).document
    rule = terms.rule_for(path)
    if not set(rule.anybody) - {"search"} or rule not in terms.rules:
        return
    payments = [
        payment
        for use in rule.anybody
        if use != "search"
        if (payment := rsl.evaluate(document, f"https://{terms.hosts[0]}{path}", use).payment)
    ]
    assert payments
    for payment in payments:
        if rule.price is None:
            assert (payment.type, payment.amount) == ("use", None)
        else:
            assert payment.type == "crawl"
            assert payment.amount is not None
            assert Money.parse(payment.amount.value, payment.amount.currency) == rule.price
        assert payment.custom == terms.society.page


@given(POLICIES, PATHS)
@settings(max_examples=50)
def test_nobody_learns_of_an_exception(terms: SiteTerms, path: str) -> None:
    host = terms.hosts[0]
    public = [rsl_document(terms), *robots_lines(terms), *headers(terms, path).values(), str(tdmrep(terms))]
    document = terms.document()
    for rule in document["rules"]:
        rule.pop("only", None)
        rule.pop("never", None)
    without = SiteTerms.of(document)
    assert public == [
        rsl_document(without),
        *robots_lines(without, host),
        *headers(without, path, host).values(),
        str(tdmrep(without)),
    ]
    assert "pty_" not in "".join(public)


@given(POLICIES, PATHS)
@settings(max_examples=50)
def test_headers_are_one_line_each(terms: SiteTerms, path: str) -> None:
    said = headers(terms, path)
    assert all(value.isascii() and value.isprintable() for value in said.values())
    assert in_headers(said["Link"], "https://elsewhere.example/").urls == (
        f"https://{terms.hosts[0]}/license.xml",
    )


def test_an_example() -> None:
    given = policy()
    given["rules"][0]["permits"] = ["search", "ai-train"]
    terms = SiteTerms.of(given)
    assert robots_lines(terms, "www.example.org", origin="http://127.0.0.1:8001/") == (
        "License: http://127.0.0.1:8001/license.xml",
        "Content-Usage: /archive/*.pdf$ train-ai=n, ai-use=n",
        "Content-Usage: / train-ai=n, ai-use=n, search=y",
        "Content-Signal: ai-input=no, ai-train=no",
    )
    assert headers(terms, "/x", "www.example.org") == {
        "Link": '<https://www.example.org/license.xml>; rel="license"; type="application/rsl+xml"',
        "Content-Usage": "train-ai=n, ai-use=n, search=y",
        "tdm-reservation": "1",
        "tdm-policy": "https://society.example/licences",
    }
    assert tdmrep(terms) == [
        {"location": "/archive/*.pdf$", "tdm-reservation": 1},
        {"location": "/*", "tdm-reservation": 1, "tdm-policy": "https://society.example/licences"},
    ]
    assert rsl_document(terms) == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rsl xmlns="https://rslstandard.org/rsl">\n'
        '  <content url="/archive/*.pdf$" server="https://society.example/olp">\n'
        "    <license>\n"
        '      <prohibits type="usage">all</prohibits>\n'
        "    </license>\n"
        "    <copyright>Daily &amp; &lt;Paper&gt;</copyright>\n"
        "    <terms>https://society.example/licences</terms>\n"
        "  </content>\n"
        '  <content url="/" server="https://society.example/olp">\n'
        "    <license>\n"
        '      <permits type="usage">ai-train</permits>\n'
        '      <payment type="crawl">\n'
        "        <custom>https://society.example/licences</custom>\n"
        '        <amount currency="EUR">0.002</amount>\n'
        "      </payment>\n"
        '      <legal type="contact">https://society.example/licences</legal>\n'
        "    </license>\n"
        "    <license>\n"
        '      <permits type="usage">search</permits>\n'
        '      <payment type="free">\n'
        "      </payment>\n"
        '      <legal type="contact">https://society.example/licences</legal>\n'
        "    </license>\n"
        "    <copyright>Daily &amp; &lt;Paper&gt;</copyright>\n"
        "    <terms>https://society.example/licences</terms>\n"
        "  </content>\n"
        "</rsl>\n"
    )


def test_of_patterns_as_long_the_stricter_is_said_everywhere() -> None:
    given = policy()
    given["rules"] = [
        {"pattern": "/", "permits": [*USES]},
        {"pattern": "/a*c", "permits": ["search"]},
        {"pattern": "/*bc", "permits": []},
    ]
    for rules in (given["rules"], given["rules"][::-1]):
        terms = SiteTerms.of({**given, "rules": rules})
        assert terms.rule_for("/abc").closed
        entry = reserved(tdmrep(terms), "/abc")
        assert entry is not None
        assert "tdm-policy" not in entry
        assert "tdm-policy" not in headers(terms, "/abc")
        robots = Robots.parse(add_lines("", robots_lines(terms)))
        assert not robots.usage("bot", "/abc").get("search")
        assert robots.usage("bot", "/ac")["search"] is True
        document = rsl.read(rsl_document(terms)).document
        assert not rsl.evaluate(document, "https://example.org/abc", "search").licensed

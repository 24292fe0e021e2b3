"""A licence token says what was put into it, to whom it is for, for as long as it says."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core.errors import Invalid
from quire.core.licence_token import (
    DUTIES,
    MAX_LIFE,
    MAX_TOKEN,
    TYP,
    Claims,
    TokenRefused,
    issue,
    peek_issuer,
    read,
    read_from,
)
from quire.core.terms import USES
from quire.core.tokens import KeySet, SigningKey, verify
from tests.core.signing import EC, KEY, KEYS, honest, unb64

CLAIMS = Claims(
    iss="https://society.example/olp",
    sub="cli_1",
    aud=("https://example.org", "https://www.example.org:8443"),
    iat=1_000_000,
    exp=1_000_900,
    jti="01h455vb4pex5vsknk084sn02q",
    licence="lic_1",
    licensee="pty_1",
    uses=("ai-train", "ai-input"),
)
SAID: dict[str, Any] = {
    "iss": "https://society.example/olp",
    "sub": "cli_1",
    "aud": ["https://example.org", "https://www.example.org:8443"],
    "iat": 1_000_000,
    "exp": 1_000_900,
    "jti": "01h455vb4pex5vsknk084sn02q",
    "license_id": "lic_1",
    "licensee": "pty_1",
    "scope": "ai-train ai-input",
    "charge": "licence",
}

plain = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
origins = st.from_regex(r"https://[a-z0-9]{1,12}\.(example|org)(:[0-9]{1,5})?", fullmatch=True)
subsets = st.sets(st.sampled_from(USES), min_size=1).map(lambda some: tuple(u for u in USES if u in some))


@st.composite
def any_claims(draw: st.DrawFn) -> Claims:
    iat = draw(st.integers(0, 2**40 - MAX_LIFE))
    return Claims(
        iss=draw(plain),
        sub=draw(plain),
        aud=tuple(draw(st.lists(origins, min_size=1, max_size=5, unique=True))),
        iat=iat,
        exp=iat + draw(st.integers(1, MAX_LIFE)),
        jti=draw(plain),
        licence=draw(plain),
        licensee=draw(plain),
        uses=draw(subsets),
        charge=draw(st.sampled_from(("licence", "crawl"))),
        key=draw(st.none() | st.just(KEY.public_jwk())),
        duties=tuple(draw(st.lists(st.sampled_from(DUTIES), unique=True))),
    )


@settings(max_examples=150, deadline=None)
@given(any_claims(), st.sampled_from([(KEY, None), (KEY, "EdDSA"), (EC, None)]))
def test_what_was_said_is_read(claims: Claims, how: tuple[SigningKey, str | None]) -> None:
    token = issue(claims, *how)
    assert read(token, KEYS) == claims
    assert hash(read(token, KEYS)) == hash(claims)
    assert peek_issuer(token) == claims.iss
    assert read_from(token, {claims.iss: KEYS, "https://other.example/olp": KeySet()}) == claims


def test_a_token_is_what_the_page_of_forms_says() -> None:
    header, payload, _ = issue(CLAIMS, KEY).split(".")
    assert json.loads(unb64(header)) == {"alg": "Ed25519", "kid": KEY.kid, "typ": "olp-license+jws"}
    assert json.loads(unb64(payload)) == SAID
    bound = replace(CLAIMS, key=KEY.public_jwk(), duties=("attribution",), charge="crawl")
    public = {name: KEY.public_jwk()[name] for name in ("kty", "crv", "x")}
    said = {**SAID, "charge": "crawl", "cnf": {"jwk": public}, "duties": ["attribution"]}
    assert json.loads(verify(issue(bound, KEY), KEYS, TYP)) == said
    assert bound.key_id == KEY.kid
    assert CLAIMS.key_id is None


def test_claims_nobody_reads_are_passed_over() -> None:
    more = {**SAID, "nbf": 1.5, "resource": {"a": [None, {"é": "ü"}]}, "license_urn": "urn:x", "n": 10**30}
    assert read(honest(json.dumps(more).encode(), TYP), KEYS) == CLAIMS
    assert read(honest(json.dumps({**SAID, "duties": ["of-tomorrow"]}).encode(), TYP), KEYS).duties == (
        "of-tomorrow",
    )


def test_the_uses_stand_in_one_order_whatever_the_scope_does() -> None:
    said = {**SAID, "scope": "search ai-input ai-train"}
    uses = read(honest(json.dumps(said).encode(), TYP), KEYS).uses
    assert uses == ("ai-train", "ai-input", "search")


@settings(max_examples=200)
@given(st.integers(-5, 5), st.integers(0, 120), st.sampled_from(["iat", "exp"]))
def test_the_borders_of_time_are_where_they_are_said_to_be(off: int, leeway: int, which: str) -> None:
    now = getattr(CLAIMS, which) + off + (leeway if which == "exp" else -leeway)
    good = CLAIMS.iat - leeway <= now < CLAIMS.exp + leeway
    if good:
        CLAIMS.check(now, CLAIMS.aud[0], leeway)
        return
    with pytest.raises(TokenRefused) as caught:
        CLAIMS.check(now, CLAIMS.aud[0], leeway)
    assert caught.value.code == ("expired" if which == "exp" else "not-yet")


def test_a_token_is_good_a_minute_around_its_life_unless_told_otherwise() -> None:
    for now in (CLAIMS.iat - 60, CLAIMS.iat, CLAIMS.exp, CLAIMS.exp + 59):
        CLAIMS.check(now, "https://example.org")
    for now, reason in ((CLAIMS.iat - 61, "not-yet"), (CLAIMS.exp + 60, "expired"), (0, "not-yet")):
        with pytest.raises(TokenRefused) as caught:
            CLAIMS.check(now, "https://example.org")
        assert caught.value.data["reason"] == caught.value.code == reason


@pytest.mark.parametrize(
    "origin",
    [
        "https://example.com",
        "http://example.org",
        "https://example.org:443",
        "https://example.org/",
        "https://example.org.evil.example",
        "https://EXAMPLE.org",
        "https://www.example.org",
        "example.org",
        "*",
        "",
    ],
)
def test_a_token_is_good_at_the_sites_it_names_and_nowhere_else(origin: str) -> None:
    with pytest.raises(TokenRefused) as caught:
        CLAIMS.check(CLAIMS.iat, origin)
    assert caught.value.code == "wrong-audience"
    assert caught.value.status == 401


def test_of_two_reasons_the_clock_comes_first() -> None:
    with pytest.raises(TokenRefused) as caught:
        CLAIMS.check(CLAIMS.exp + 60, "https://example.com")
    assert caught.value.code == "expired"


@pytest.mark.parametrize(
    "change",
    [
        {"iss": ""},
        {"iss": None},
        {"iss": "https://society.example/olp\r\nSet-Cookie: a"},
        {"sub": "cli 1"},
        {"sub": "cli_é"},
        {"jti": "j" * 301},
        {"licence": "\x00"},
        {"licensee": 5},
        {"aud": ()},
        {"aud": ["https://example.org"]},
        {"aud": "https://example.org"},
        {"aud": ("https://example.org", "https://example.org")},
        {"aud": ("https://example.org/path",)},
        {"aud": ("https://Example.org",)},
        {"aud": ("https://*",)},
        {"aud": ("javascript:alert(1)",)},
        {"aud": (["https://example.org"],)},
        {"iat": 1_000_900},
        {"iat": -1},
        {"iat": 1_000_000.0},
        {"iat": True},
        {"exp": 1_000_000 + MAX_LIFE + 1},
        {"exp": 2**63},
        {"uses": ()},
        {"uses": ("ai-input", "ai-train")},
        {"uses": ("ai-train", "ai-train")},
        {"uses": ("all",)},
        {"uses": ["ai-train"]},
        {"uses": "ai-train"},
        {"charge": "free"},
        {"charge": None},
        {"charge": ["licence"]},
        {"key": {}},
        {"key": "key"},
        {"key": KEY.private_jwk()},
        {"key": EC.public_jwk()},
        {"key": {"kty": "oct", "k": "AAAA"}},
        {"duties": ("Attribution",)},
        {"duties": ("attribution", "attribution")},
        {"duties": ("a" * 41,)},
        {"duties": None},
    ],
)
def test_claims_that_no_token_makes_cannot_be_made(change: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        replace(CLAIMS, **change)


def test_what_cannot_be_sent_is_not_issued() -> None:
    many = tuple(f"https://site-{number}.example" for number in range(400))
    with pytest.raises(Invalid, match=str(MAX_TOKEN)):
        issue(replace(CLAIMS, aud=many), KEY)
    with pytest.raises(Invalid, match="no duty"):
        issue(replace(CLAIMS, duties=("of-tomorrow",)), KEY)
    with pytest.raises(Invalid):
        issue(CLAIMS, KEY, "ES256")

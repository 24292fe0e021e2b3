"""Whoever should not get in, does not; and nobody makes the edge fall over."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core.revocations import Revocations, make
from quire.core.site import Rule
from quire.core.tokens import KeySet, SigningKey
from quire.edge.door import Edge
from quire.edge.published import headers
from quire.edge.request import Request, given_id, readings
from quire.edge.spool import Spool
from tests.edge.gates import (
    BROWSER,
    ES256,
    GPTBOT,
    HOST,
    KEY,
    NOW,
    SERVER,
    SISTER,
    SISTER_KEY,
    STRANGER,
    ask,
    gate,
    state,
    terms,
    token,
)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def parts(text: str) -> list[Any]:
    return [json.loads(base64.urlsafe_b64decode(part + "==")) for part in text.split(".")[:2]]


def signed(header: dict[str, Any], claims: dict[str, Any], key: SigningKey = KEY) -> str:
    body = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{body}.{b64(key.signature(body.encode()))}"


def altered(**changes: Any) -> str:
    good = token()
    _, claims = parts(good)
    head, _, signature = good.split(".")
    return f"{head}.{b64(json.dumps({**claims, **changes}).encode())}.{signature}"


def none_alg(name: str) -> str:
    _, claims = parts(token())
    head = {"alg": name, "kid": KEY.kid, "typ": "olp-license+jws"}
    return f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}."


def confused() -> str:
    """HS256, with the public key as the secret: every spelling of it that a careless verifier might use."""
    _, claims = parts(token())
    head = {"alg": "HS256", "kid": KEY.kid, "typ": "olp-license+jws"}
    body = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}"
    secret = base64.urlsafe_b64decode(KEY.public_jwk()["x"] + "==")
    return f"{body}.{b64(hmac.new(secret, body.encode(), hashlib.sha256).digest())}"


def with_own_key() -> str:
    header, claims = parts(token())
    return signed({**header, "jwk": STRANGER.public_jwk()}, claims, STRANGER)


def relabelled(key: SigningKey, kid: str, **changes: Any) -> str:
    header, claims = parts(token())
    return signed({**header, "kid": kid}, {**claims, **changes}, key)


ENEMIES = {
    "forged": (relabelled(STRANGER, KEY.kid), "bad-signature"),
    "of a stranger": (token(STRANGER), "unknown-key"),
    "expired": (token(iat=NOW - 4000, exp=NOW - 400), "expired"),
    "altered, to live longer": (altered(exp=NOW + 3000), "bad-signature"),
    "altered, for more uses": (altered(scope="ai-train ai-input ai-index search"), "bad-signature"),
    "altered, for another licensee": (altered(licensee="pty_else"), "bad-signature"),
    "alg none": (none_alg("none"), "bad-signature"),
    "alg None": (none_alg("None"), "bad-signature"),
    "HS256 keyed with the public key": (confused(), "bad-signature"),
    "ES256 by the name of an Ed25519 key": (relabelled(ES256, KEY.kid), "bad-signature"),
    "Ed25519 by the name of an ES256 key": (relabelled(KEY, ES256.kid), "bad-signature"),
    "its own key in the header": (with_own_key(), "bad-signature"),
    "for another site": (token(aud=("https://other.example",)), "wrong-audience"),
    "for the same name over http": (token(aud=(f"http://{HOST}",)), "wrong-audience"),
    "for a name that begins alike": (token(aud=(f"https://{HOST}.evil.example",)), "wrong-audience"),
    "for another use": (token(uses=("search",)), "wrong-use"),
    "by an issuer nobody knows": (token(iss="https://evil.example/olp"), "unknown-issuer"),
    "by an issuer that begins alike": (token(iss=SERVER + "/x"), "unknown-issuer"),
    "of the sister, with our key": (token(KEY, iss=SISTER), "unknown-key"),
    "ours, with the sister's key": (token(SISTER_KEY), "unknown-key"),
    "ours, with the sister's key by our key's name": (relabelled(SISTER_KEY, KEY.kid), "bad-signature"),
    "bound, without proof": (token(key=STRANGER.public.members()), "key-proof"),
    "another kind of signed thing": (KEY.sign(b"{}", "quire-policy+jws"), None),
    "a text": ("nonsense", "malformed"),
    "nothing": ("", "malformed"),
    "dots": ("..", "malformed"),
    "many dots": ("." * 5000, "malformed"),
    "huge": ("a" * 100_000, "malformed"),
    "deep": (f"a.{b64(b'[' * 3000)}.a", "malformed"),
    "a number that is long": ("a." + b64(b'{"iss":' + b"9" * 5000 + b"}") + ".a", "malformed"),
    "two tokens": (f"{token()}, License {token()}", None),
    "two, the first empty": (f", {token()}", None),
    "not ASCII": ("é.é.é", "malformed"),
    "with a line break": (token()[:40] + "\r\n" + token()[40:], None),
    "with blanks in it": (token().replace(".", " . "), None),
    "padded": (token() + "==", None),
}


@pytest.mark.parametrize("name", ENEMIES)
def test_it_is_not_let_in(name: str) -> None:
    text, code = ENEMIES[name]
    here = gate()
    for agent in (GPTBOT, BROWSER, GPTBOT):
        decision = here.decide(ask("/a", text, agent))
        assert decision.outcome == "refused"
        assert decision.status in (401, 403)
        assert decision.code == code if code else decision.code in ("malformed", "bad-signature")
        assert decision.use is None


def test_those_who_should_get_in_do() -> None:
    for text in (token(), token(KEY, "EdDSA"), token(ES256, "ES256"), token(SISTER_KEY, iss=SISTER)):
        assert gate().decide(ask("/a", text)).outcome == "admitted"


@pytest.mark.parametrize("revoked", [{"jtis": ["tok_1"]}, {"subs": ["cli_1"]}, {"licences": ["lic_1"]}])
def test_revoked(revoked: dict[str, list[str]]) -> None:
    issued = datetime.fromtimestamp(NOW, UTC)
    lists = {"jtis": [], "subs": [], "licences": [], **revoked}
    data = make(SERVER, 1, issued, issued + timedelta(hours=1), **lists, key=KEY)
    here = gate()
    assert here.decide(ask(licence=token())).passes
    here.install(state(revocations={SERVER: Revocations.parse(data, KeySet.of(KEY.public_jwk()))}))
    for _ in range(2):
        assert here.decide(ask(licence=token())).code == "revoked"
    other = token(jti="tok_2", sub="cli_2", licence="lic_2")
    assert here.decide(ask(licence=other)).passes
    assert here.decide(ask(licence=token(SISTER_KEY, iss=SISTER))).passes  # whose list this is not


class Prover:
    """Knows a signature by its text, and each nonce once: what the gate asks of who verifies signatures."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def prove(self, request: Request, jwk: Any) -> Any:
        nonce = request.headers["signature-input"]
        if request.headers.get("signature") != f"{jwk['x']}@{request.host}":
            return SimpleNamespace(kind="", code="key-proof")
        if nonce in self.seen:
            return SimpleNamespace(kind="", code="replay")
        self.seen.add(nonce)
        return SimpleNamespace(kind="key", code="")

    def evidence(self, request: Request, agent: str | None) -> Any:
        once = request.headers["signature-input"] in self.seen
        self.seen.add(request.headers["signature-input"])
        return SimpleNamespace(kind="" if once else "signature", code="replay" if once else "")


def test_a_bound_token_is_good_with_its_key_once() -> None:
    here = gate(verifier=Prover())
    text = token(key=STRANGER.public.members())
    good = f"{STRANGER.public.members()['x']}@{HOST}"
    first = here.decide(ask("/a", text, signature=good, signature_input="n1"))
    assert (first.outcome, first.proof) == ("admitted", "key")
    for signature, nonce, code in (
        (good, "n1", "replay"),
        ("another", "n2", "key-proof"),
        (good.replace(HOST, "evil.example"), "n3", "key-proof"),
    ):
        decision = here.decide(ask("/a", text, signature=signature, signature_input=nonce))
        assert (decision.status, decision.code) == (401, code)
    assert here.decide(ask("/a", text, signature=good)).code == "key-proof"
    elsewhere = ask("/a", text, host="evil.example", signature=good.replace(HOST, "evil.example"))
    elsewhere.headers = {**elsewhere.headers, "signature-input": "n4"}
    assert here.decide(elsewhere).code == "key-proof"


def test_a_signature_that_came_before_lets_nobody_in_with_any_token() -> None:
    here = gate(verifier=Prover())
    assert here.decide(ask(licence=token(), signature="s", signature_input="n1")).proof == "signature"
    assert here.decide(ask(licence=token(), signature="s", signature_input="n1")).code == "replay"


@pytest.mark.parametrize(
    "path",
    [
        "//closed/a", "/closed//a", "/%63losed/a", "/x/../closed/a", "/x/%2e%2e/closed/a", "/closed%2Fa",
        "/x%2F..%2Fclosed/a", "/%2Fclosed/a", "/./closed/a", "\\closed\\a", "/x\\..\\closed\\a",
        "http://news.example/closed/a", "https://news.example//closed/a", "/closed/a?x=1", "/closed/;x/a",
        "/closed;x/a", "/closed/%00", "/closed/%0d%0aX:%20y", "/closed/" + "a" * 9000, "/%5cclosed/a",
        "/x/..//closed/a", "/x;y/../closed/a", "/x#/..%2fclosed/a", "/x#/..%5cclosed/a",
        "/x/a://..%2f..%2f..%2fclosed/a", "/.well-known/a://b%2f..%2f..%2f..%2fclosed/a",
    ],
)  # fmt: skip
def test_no_spelling_of_a_closed_path_is_open(path: str) -> None:
    for licence in (None, token()):
        assert gate().decide(ask(path, licence)).code == "forbidden"


@pytest.mark.parametrize("closed", ["/*b", "/a*"])
def test_of_two_rules_as_long_the_closed_one_holds(closed: str) -> None:
    (other,) = {"/*b", "/a*"} - {closed}
    rules = (Rule("/", ("ai-train",)), Rule(closed, ()), Rule(other, ("ai-train",)))
    here = gate(site=terms(rules))
    # Asked before and after, for what one path came to is remembered by its rule.
    for path, code in (("/xb", "/*b"), ("/ab", closed), ("/ac", "/a*"), ("/ab", closed)):
        assert here.decide(ask(path, token())).code == ("forbidden" if code == closed else None)


@pytest.mark.parametrize(
    "path",
    ["/.well-known/../a", "/.well-known/%2e%2e/a", "/.well-known%2f..%2fa", "//robots.txt", "/robots.txt/"],
)
def test_no_spelling_of_another_path_is_free(path: str) -> None:
    decision = gate().decide(ask(path))
    assert decision.outcome == "refused" or set(readings(path)) <= {"/robots.txt", "//robots.txt"}
    assert decision.outcome == "refused"


@pytest.mark.parametrize(
    "path", ["", "?", "?a=b", "*", "/", "//", "///", "%", "/%", "/%zz", "/\ud800", "/é", "#x"]
)
def test_odd_paths_are_judged(path: str) -> None:
    assert gate().decide(ask(path)).code == "no-token"
    assert headers(gate().view, gate().decide(ask(path, agent=BROWSER)).path, HOST)
    assert gate().decide(ask(path, token())).outcome == "admitted"


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=200), st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_nothing_that_is_sent_makes_the_gate_raise(path: str, host: str, licence: str, agent: str) -> None:
    here = gate(verifier=None)
    for request in (
        ask(path, licence, agent + " GPTBot", host),
        ask(path, None, agent, host),
        ask(path, licence),
    ):
        assert here.decide(request).outcome in ("refused", "people", "free")


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=80))
@settings(max_examples=200, deadline=None)
def test_a_path_that_reads_one_way_reads_the_same_again(path: str) -> None:
    for way in readings(path):
        assert way.startswith("/")
        assert way.isascii()
        assert way in readings(way)


def test_nothing_a_stranger_sends_gets_into_headers_or_onto_a_line_of_its_own(tmp_path: Any) -> None:
    spool = Spool(tmp_path / "spool")
    edge = Edge(gate(), spool)
    nasty = 'x\r\nSet-Cookie: a=b\n{"n":9}\u2028\ud800"'
    headers = {
        "host": nasty,
        "user-agent": f"GPTBot {nasty}",
        "authorization": f"License {nasty}",
        "idempotency-key": nasty,
        "x-request-id": nasty,
        "content-telemetry-id": nasty,
    }
    visit = edge.judge(Request("GET", nasty, f"/{nasty}", headers, NOW, nasty))
    visit.refuse()
    for name, value in visit.decision.headers:
        assert "Set-Cookie" not in name + value
        assert value.isascii()
        assert value.isprintable()
    assert b"Set-Cookie" not in visit.decision.body
    spool.sync()
    batch = spool.batch()
    assert batch is not None
    lines = batch.body.splitlines()
    assert len(lines) == 1
    event = json.loads(lines[0])
    assert event["n"] == 1
    assert event["host"] == HOST
    assert "\n" not in event["path"]
    edge.close()


def test_ids_of_requests() -> None:
    assert given_id({"idempotency-key": '"abc"', "x-request-id": "def"}) == "abc"
    assert given_id({"idempotency-key": "a b", "x-request-id": " def "}) == "def"
    for text in ("", '"', '""', "a\nb", "é", "a" * 129, "a b", 'a"b'):
        assert given_id({"x-request-id": text}) is None

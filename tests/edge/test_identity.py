"""Who a crawler is: signatures made by an independent library, directories over real sockets, addresses."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver
from http_message_signatures.algorithms import ED25519
from hypothesis import given
from hypothesis import strategies as st

from quire.core.tokens import SigningKey
from quire.edge.identity import Addresses, Directories, Identity, Nonces, NotProved, shown
from quire.edge.identity.addresses import BadRanges, Ranges
from quire.edge.identity.directories import PATH
from quire.edge.identity.signatures import stands
from quire.edge.request import Request

AGENT = "https://agent.example"


class _Signer(HTTPSignatureKeyResolver):
    def __init__(self, key: SigningKey) -> None:
        import base64

        raw = base64.urlsafe_b64decode(key.private_jwk()["d"] + "=")
        self.key = Ed25519PrivateKey.from_private_bytes(raw)

    def resolve_private_key(self, key_id: str) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def resolve_public_key(self, key_id: str) -> bytes:
        raise KeyError(key_id)


class _Out:
    """A request as the signing library wants it."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self.method, self.url, self.headers = "GET", url, headers


def signed(
    key: SigningKey,
    path: str = "/a",
    *,
    nonce: str | None = "n1",
    agent: str = AGENT,
    made: datetime | None = None,
    life: int = 60,
    tag: str = "web-bot-auth",
    cover: tuple[str, ...] | None = None,
    token: str = "",
) -> Request:
    """A request to example.org signed by ``key``."""
    made = made or datetime.now(UTC)
    headers = {"signature-agent": f'sig1="{agent}"'} if agent else {}
    headers |= {"authorization": f"License {token}"} if token else {}
    out = _Out(f"https://example.org{path}", headers)
    parts = ("@authority", '"signature-agent";key="sig1"') if agent else ("@authority",)
    HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=_Signer(key)).sign(
        out,
        key_id=key.kid,
        created=made,
        expires=made + timedelta(seconds=life),
        nonce=nonce,
        label="sig1",
        tag=tag,
        include_alg=True,
        covered_component_ids=cover or parts,
    )
    low = {name.lower(): value for name, value in out.headers.items()}
    return Request("GET", "example.org", path, low, time.time(), "192.0.2.7")


@pytest.fixture
def key() -> SigningKey:
    return SigningKey.generate()


def test_a_bound_token_is_proved_by_its_key_once(key: SigningKey) -> None:
    identity, request = Identity(), signed(key)
    first, second = identity.prove(request, key.public_jwk()), identity.prove(request, key.public_jwk())
    assert (first.ok, first.kind, first.keyid) == (True, "key", key.kid)
    assert (second.ok, second.code) == (False, "replay")


def test_a_bound_token_is_what_the_signature_is_over(key: SigningKey) -> None:
    parts = ("@authority", '"signature-agent";key="sig1"', "authorization")
    good = signed(key, cover=parts, token="mine")
    assert Identity().prove(good, key.public_jwk()).kind == "key"
    stolen = {"authorization": "License stolen"}
    for request in (signed(key), signed(key, cover=parts[:2], token="mine"), good):
        other = Request("GET", "example.org", "/a", {**request.headers, **stolen}, time.time())
        assert Identity().prove(other, key.public_jwk()).code == "key-proof"


def test_no_signature_or_another_key_proves_nothing(key: SigningKey) -> None:
    identity, other = Identity(), SigningKey.generate()
    plain = Request("GET", "example.org", "/a", {}, time.time())
    assert identity.prove(plain, key.public_jwk()).code == "key-proof"
    assert identity.prove(signed(other), key.public_jwk()).code == "key-proof"
    assert identity.prove(signed(key, nonce=None), key.public_jwk()).code == "key-proof"


def test_a_signature_for_another_host_or_altered_proves_nothing(key: SigningKey) -> None:
    request = signed(key)
    elsewhere = Request("GET", "other.example", "/a", request.headers, time.time())
    assert Identity().prove(elsewhere, key.public_jwk()).code == "key-proof"
    for name in ("signature", "signature-input", "signature-agent"):
        text = request.headers[name]
        for at in range(0, len(text), 7):
            broken = {**request.headers, name: text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]}
            altered = Request("GET", "example.org", "/a", broken, time.time())
            proof = Identity().prove(altered, key.public_jwk())
            assert not proof.ok, (name, at, broken[name])


@pytest.mark.parametrize(
    ("made", "life"),
    [(timedelta(hours=-2), 3600), (timedelta(minutes=10), 60), (timedelta(), 2 * 86_400)],
    ids=["over", "not yet", "for too long"],
)
def test_a_signature_has_its_time(key: SigningKey, made: timedelta, life: int) -> None:
    request = signed(key, made=datetime.now(UTC) + made, life=life)
    assert Identity().prove(request, key.public_jwk()).code == "key-proof"


def test_what_is_signed_must_bind_it_to_the_host_and_the_directory(key: SigningKey) -> None:
    with pytest.raises(NotProved, match="good anywhere"):
        shown(signed(key, cover=("@method", '"signature-agent";key="sig1"')))
    with pytest.raises(NotProved, match="does not cover Signature-Agent"):
        shown(signed(key, cover=("@authority",)))
    with pytest.raises(NotProved, match="tag"):
        shown(signed(key, tag="something-else"))


@pytest.mark.parametrize(
    "agent",
    ["http://u:p@agent.example", "https://agent.example/path", "ftp://agent.example", "https://[::", "x"],
)
def test_a_directory_is_a_bare_origin(key: SigningKey, agent: str) -> None:
    with pytest.raises(NotProved):
        shown(signed(key, agent=agent))


def test_the_standards_own_example_stands_and_its_key_is_nobodys() -> None:
    """The second Ed25519 vector of the Web Bot Auth drafts (dictionary form, good until 2124)."""
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs"}
    headers = {
        "signature-agent": 'agent2="https://signature-agent.test"',
        "signature-input": 'sig2=("@authority" "signature-agent";key="agent2");created=1735689600;'
        'keyid="poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U";alg="ed25519";expires=4889289600;'
        'nonce="n9p433xm+NJ3ph3upfBIGmsuwHw387YV7Q/F+6BSpGCVjYCqQw6rznNA8PVVLySrAWsv0hQtFioQb6E1YsauiA==";'
        'tag="web-bot-auth"',
        "signature": "sig2=:RdNFx5Bj6au3YgAMQL/RzmUlZE8QZLIaXGRpw985hWnwPfMxT228NMk6ehRS1PSl4e8PhbNZACSanGdh"
        "EwYCCg==:",
    }
    request = Request("GET", "example.com", "/path/to/resource", headers, 1735689700.0)
    with pytest.raises(NotProved, match="more than a day"):  # theirs is good for a century
        shown(request, printed=True)
    from quire.edge.identity.signatures import Shown

    found = Shown("sig2", "poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U", "n", 0.0, "")
    stands(request, found, jwk)
    request = Request("GET", "example.org", "/path/to/resource", headers, 1735689700.0)
    with pytest.raises(NotProved, match="does not match"):
        stands(request, found, jwk)
    with pytest.raises(NotProved, match="printed in RFC 9421"):
        shown(Request("GET", "example.com", "/", {**headers}, 1735689700.0))


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=80))
def test_whatever_is_sent_nothing_is_raised(one: str, two: str, three: str) -> None:
    headers = {"signature-input": one, "signature": two, "signature-agent": three}
    request = Request("GET", "example.org", "/a", headers, time.time())
    identity = Identity(Directories(lambda _: b""))
    assert not identity.prove(request, SigningKey.generate().public_jwk()).ok
    assert identity.evidence(request, None).kind == ""


class _Site(BaseHTTPRequestHandler):
    body, status, hits = b"", 200, 0

    def do_GET(self) -> None:
        type(self).hits += 1
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body if self.path == PATH else b"")

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def site() -> Iterator[tuple[type[_Site], str]]:
    class Site(_Site):
        pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield Site, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def fetch(url: str) -> bytes:
    """The test's own client: the guard is tested where the guarded client is."""
    with urlopen(url, timeout=5) as answer:
        body: bytes = answer.read()
        return body


def listing(*keys: SigningKey) -> bytes:
    return json.dumps({"keys": [key.public_jwk() for key in keys]}).encode()


def test_a_directory_is_fetched_behind_and_then_proves(
    key: SigningKey, site: tuple[type[_Site], str]
) -> None:
    served, origin = site
    served.body = listing(key)
    identity = Identity(Directories(fetch))
    first = identity.evidence(signed(key, agent=origin, nonce="a"), "GPTBot")
    assert (first.kind, first.waiting) == ("name", True)
    until = time.monotonic() + 5
    while identity.directories.awaits(origin) and time.monotonic() < until:  # type: ignore[union-attr]
        time.sleep(0.01)
    again = identity.evidence(signed(key, agent=origin, nonce="b"), "GPTBot")
    assert (again.kind, again.directory, again.keyid) == ("signature", origin, key.kid)
    assert identity.evidence(signed(key, agent=origin, nonce="b"), "GPTBot").code == "replay"
    stranger = SigningKey.generate()
    assert identity.evidence(signed(stranger, agent=origin), "GPTBot").kind == "name"


def test_a_failed_fetch_forgets_nothing_and_a_directory_without_the_key_does(
    key: SigningKey, site: tuple[type[_Site], str]
) -> None:
    served, origin = site
    now = 0.0
    directories = Directories(fetch, clock=lambda: now)
    served.body = listing(key)
    directories.refresh(origin)
    served.status = 500
    directories.refresh(origin)
    assert directories.key(origin, key.kid) is not None
    served.status, served.body = 200, listing(SigningKey.generate())
    directories.refresh(origin)
    assert directories.key(origin, key.kid) is None


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"keys": 3}', b'{"keys":' + b"[" * 9000, b"x" * 70_000, b'{"keys":[{}]}',
     json.dumps({"keys": [{}] * 40}).encode()],
)  # fmt: skip
def test_what_is_no_directory_gives_no_key(body: bytes, site: tuple[type[_Site], str]) -> None:
    served, origin = site
    served.body = body
    directories = Directories(fetch)
    directories.refresh(origin)
    assert directories.key(origin, "k") is None


def test_who_waits_for_a_thread_that_has_ended_gets_another(key: SigningKey) -> None:
    come = threading.Event()

    def fetch(url: str) -> bytes:
        come.set()
        return b"{}"

    directories = Directories(fetch)
    directories._asked.put(AGENT)  # what is there when the thread ends just as it is put there
    directories._waiting.add(AGENT)
    assert directories.key(AGENT, key.kid) is None
    assert come.wait(30)


def test_a_key_belongs_to_its_origin(key: SigningKey, site: tuple[type[_Site], str]) -> None:
    served, origin = site
    served.body = listing(key)
    directories = Directories(fetch)
    directories.refresh(origin)
    assert directories.key(origin, key.kid) is not None
    assert directories.key("https://elsewhere.example", key.kid) is None


def test_ranges_as_operators_publish_them(tmp_path: Path) -> None:
    file = tmp_path / "gptbot.json"
    rows = [{"ipv4Prefix": "192.0.2.0/28"}, {"ipv6Prefix": "2001:db8::/64"}]
    file.write_text(json.dumps({"creationTime": "2026-01-01", "prefixes": rows}))
    addresses = Addresses({"GPTBot": Ranges.read(file)})
    assert addresses.confirm("GPTBot", "192.0.2.15")
    assert not addresses.confirm("GPTBot", "192.0.2.16")
    assert addresses.confirm("GPTBot", "2001:db8::ffff")
    assert not addresses.confirm("ClaudeBot", "192.0.2.15")
    assert not addresses.confirm("GPTBot", "not an address")
    for bad in ("{}", "[", '{"prefixes": [{"ipv4Prefix": "300.1.1.1/8"}]}', '{"prefixes": [1]}'):
        file.write_text(bad)
        with pytest.raises(BadRanges):
            Ranges.read(file)


def test_a_name_counts_only_if_it_leads_back() -> None:
    forward = {"crawl-1.crawl.commoncrawl.org": ["192.0.2.1"], "crawl-9.crawl.commoncrawl.org": ["192.0.2.9"]}
    back = {
        "192.0.2.1": "crawl-1.crawl.commoncrawl.org",
        "192.0.2.2": "crawl-9.crawl.commoncrawl.org",
        "192.0.2.3": "crawl.commoncrawl.org.evil.example",
    }

    def name_of(address: str) -> str:
        if address not in back:
            raise OSError("no name")
        return back[address]

    addresses = Addresses(names=True, name_of=name_of, addresses_of=lambda name: forward.get(name, []))
    assert addresses.look_up("CCBot", "192.0.2.1")
    assert not any(addresses.look_up("CCBot", f"192.0.2.{last}") for last in (2, 3, 4))
    assert not addresses.look_up("GPTBot", "192.0.2.1")
    assert addresses.confirm("CCBot", "192.0.2.1")


def test_nonces_are_forgotten_when_they_have_ended_and_never_crowded_out() -> None:
    nonces = Nonces(most=3)
    assert nonces.first("k", "a", until=10, now=0)
    assert not nonces.first("k", "a", until=10, now=5)
    assert nonces.first("j", "a", until=100, now=5)
    assert nonces.first("k", "b", until=100, now=5)
    assert not nonces.first("k", "c", until=100, now=6), (
        "full: rather refuse than forget one that still counts"
    )
    assert nonces.first("k", "c", until=100, now=11)
    assert len(nonces) == 3

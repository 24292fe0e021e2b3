"""A very small society on a real socket that keeps the contract of docs/boundary.md, for an edge's tests."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from quire.core import allowances, canonical, edge_auth, envelope, events, revocations
from quire.core.allowances import Allowance
from quire.core.licence_token import Claims, issue
from quire.core.money import Money
from quire.core.site import SiteTerms
from quire.core.tokens import KeySet, SigningKey

EDGE = "edg_01jd0000000000000000000000"
HOST = "paper.example"
AGENT = {"name": "GPTBot", "operator": "OpenAI", "use": "ai-train", "tokens": ["gptbot"], "since": None}


class Refusing(Exception):
    """What the society answers instead."""

    def __init__(self, status: int, value: dict[str, Any] | None = None, **headers: str) -> None:
        super().__init__(status)
        self.status, self.value, self.headers = status, value or {}, headers


class TinySociety:
    """Keys, terms, a list, balances, and every event it accepted, by spool."""

    def __init__(self, port: int = 0) -> None:
        self.key, self.edge_key = SigningKey.generate(), SigningKey.generate()
        self.next_key: SigningKey | None = None
        self.serial = 1
        self.revoked: list[str] = []
        self.price: str | None = None
        self.credit = True
        self.permits = ["ai-train", "ai-input"]
        self.issued = datetime(2026, 11, 21, tzinfo=UTC)
        self.site = "sit_1"
        self.hosts = [HOST]
        self.balance = "5.000000000000"
        self.events: dict[tuple[str, int], list[bytes]] = {}
        self.batches: list[tuple[int, int]] = []
        self.asked: list[str] = []
        self.conditional = 0
        self.trouble: Callable[[str], None] = lambda path: None
        self.clock_ahead = timedelta()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def policy(self) -> bytes:
        rule: dict[str, Any] = {"pattern": "/", "permits": self.permits}
        if self.price:
            rule["price"] = {"amount": self.price, "currency": "EUR"}
        server = f"{self.url}/olp"
        issuer = {"iss": server, "jwks": f"{self.url}/.well-known/jwks.json",
                  "revocations": f"{server}/revocations", "keys": self._public_keys()}  # fmt: skip
        document = {
            "version": 1,
            "society": {"name": "Tiny", "url": self.url, "page": f"{self.url}/licences"},
            "server": server,
            "site": self.site,
            "hosts": self.hosts,
            "rightsholder": "Paper Ltd",
            "issued": f"{self.issued:%Y-%m-%dT%H:%M:%SZ}",
            "expires": f"{self.issued + timedelta(days=3650):%Y-%m-%dT%H:%M:%SZ}",
            "rules": [rule, {"pattern": "/closed/", "permits": []}],
            "issuers": [issuer],
            "agents": [AGENT],
        }
        SiteTerms.of(document)
        return json.dumps(envelope.seal(document, self.key, "quire-policy+jws")).encode()

    def _public_keys(self) -> list[dict[str, str]]:
        return [key.public_jwk() for key in (self.key, self.next_key) if key is not None]

    def token(self, **changes: Any) -> str:
        now = int(datetime.now(UTC).timestamp())
        claims: dict[str, Any] = {
            "iss": f"{self.url}/olp", "sub": "cli_1", "aud": (f"https://{HOST}",),
            "iat": now, "exp": now + 900, "jti": "tok_1", "licence": "lic_1", "licensee": "pty_1",
            "uses": ("ai-train",),
        }  # fmt: skip
        return issue(Claims(**{**claims, **changes}), self.key)

    def all_events(self) -> list[events.Event]:
        return [events.decode(line) for lines in self.events.values() for line in lines]

    def get(self, path: str, authorization: str) -> bytes:
        if path == "/edge/v1/policy":
            self._check(authorization, "GET", path, b"")
            return self.policy()
        if path == "/.well-known/jwks.json":
            return json.dumps({"keys": self._public_keys()}).encode()
        if path == "/olp/revocations":
            until = self.issued + timedelta(days=3650)
            return revocations.make(
                f"{self.url}/olp", self.serial, self.issued, until, self.revoked, [], [], self.key
            )
        raise Refusing(404)

    def post(self, path: str, authorization: str, body: bytes) -> dict[str, Any]:
        if path == "/usage/batches":
            return self._batch(authorization, body)
        if path == "/edge/v1/allowances":
            self._check(authorization, "POST", path, body)
            asked = json.loads(body)
            return {
                "allowances": [self._allowance(asked["spool"], who) for who in asked["wanted"] if self.credit]
            }
        raise Refusing(404)

    def _batch(self, authorization: str, body: bytes) -> dict[str, Any]:
        try:
            head = edge_auth.read_batch(authorization, body, self._keys)
        except edge_auth.NotThisEdge as problem:
            raise Refusing(401, {"code": problem.code, "detail": problem.sentence}) from None
        lines = gzip.decompress(body).splitlines()
        number = head.first
        for line in lines:
            event = events.decode(line)
            assert event.number == number
            number = (event.lost_to if event.kind == "lost" and event.lost_to else number) + 1
        assert number == head.last + 1
        with self._lock:
            held = self.events.setdefault((head.spool, head.lane), [])
            through = self._through(held)
            if head.first > through + 1:
                raise Refusing(409, {"code": "usage.gap", "through": through})
            if head.last > through:
                if head.first <= through:
                    raise Refusing(409, {"code": "usage.gap", "through": through})
                held += lines
                self.batches.append((head.first, head.last))
                return {"through": head.last}
            by_number = {events.decode(line).number: line for line in held}
            if any(by_number.get(events.decode(line).number) != line for line in lines):
                raise Refusing(409, {"code": "usage.differs", "detail": "Sent before with another content."})
            return {"through": through}

    @staticmethod
    def _through(held: list[bytes]) -> int:
        last = events.decode(held[-1]) if held else None
        return 0 if last is None else last.lost_to or last.number

    def _allowance(self, spool: str, licensee: str) -> str:
        until = int(datetime.now(UTC).timestamp()) + 3600
        name = f"alw_{len(self.asked):04d}"
        amount = Money.parse(self.balance, "EUR")
        return allowances.issue(
            Allowance(name, f"{self.url}/olp", EDGE, spool, licensee, amount, until), self.key
        )

    def _check(self, authorization: str, method: str, path: str, body: bytes) -> None:
        now = datetime.now(UTC) + self.clock_ahead
        try:
            edge_auth.read_request(authorization, method, path, body, self._keys, now)
        except edge_auth.NotThisEdge as problem:
            raise Refusing(401, {"code": problem.code, "detail": problem.sentence}) from None

    def _keys(self, edge: str) -> KeySet:
        return KeySet.of(self.edge_key.public_jwk()) if edge == EDGE else KeySet()


def _handler(society: TinySociety) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._do(lambda sent: society.get(self.path, sent))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._do(lambda sent: json.dumps(society.post(self.path, sent, body)).encode())

        def _do(self, answer: Callable[[str], bytes]) -> None:
            society.asked.append(f"{self.command} {self.path}")
            headers: dict[str, str] = {}
            try:
                society.trouble(self.path)
                status, body = 200, answer(self.headers.get("Authorization", ""))
                headers["ETag"] = f'"{canonical.digest(body)[7:23]}"'
                if self.command == "GET" and self.headers.get("If-None-Match") == headers["ETag"]:
                    status, body = 304, b""
                    society.conditional += 1
            except Refusing as refusing:
                status, body = refusing.status, json.dumps(refusing.value).encode()
                headers = {name.replace("_", "-"): value for name, value in refusing.headers.items()}
            self.send_response_only(status)
            moment = datetime.now(UTC) + society.clock_ahead
            self.send_header("Date", f"{moment:%a, %d %b %Y %H:%M:%S GMT}")
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    return Handler


@contextmanager
def tiny_society() -> Iterator[TinySociety]:
    made = TinySociety()
    try:
        yield made
    finally:
        made.close()


def configure(folder: Path, society: TinySociety, more: str = "") -> Path:
    """``quire-edge.toml`` and its key in the folder, as the society would write them."""
    folder.mkdir(exist_ok=True)
    key = folder / "quire-edge.key"
    key.write_text(json.dumps(society.edge_key.private_jwk()))
    key.chmod(0o600)
    file = folder / "quire-edge.toml"
    file.write_text(
        f'society = "{society.url}"\nedge = "{EDGE}"\nkey = "quire-edge.key"\nspool = "spool"\n'
        f'hosts = ["{HOST}"]\n[issuers."{society.url}/olp"]\n'
        f'keys = [{{kty = "OKP", crv = "Ed25519", x = "{society.key.public_jwk()["x"]}"}}]\n{more}'
    )
    return file

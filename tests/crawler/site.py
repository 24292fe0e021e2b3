"""A site behind a real edge and a licence server, both over real sockets, for crawlers to be tried on."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import uvicorn

from quire.core import licence_token
from quire.core.agents import book_of
from quire.core.allowances import Allowance
from quire.core.money import Money
from quire.core.site import Rule, SiteTerms, Society
from quire.core.tokens import KeySet, SigningKey
from quire.edge.asgi import QuireMiddleware
from quire.edge.door import Edge
from quire.edge.gate import Gate
from quire.edge.identity import Identity
from quire.edge.paying import Purse
from quire.edge.policy import State
from tests.ports import free_port

SITE, SOCIETY = "https://news.example", "https://letters.example"
PRICE = Money.parse("0.002", "EUR")
RULES = (
    Rule("/", ("ai-train", "ai-input", "ai-index", "search")),
    Rule("/closed/", ()),
    Rule("/paid/", ("ai-train",), price=PRICE),
)


@dataclass
class Notes:
    """What the edge wrote down."""

    full: bool = False
    events: list[dict[str, Any]] = field(default_factory=list)

    def record(self, **fields: Any) -> int:
        self.events.append(fields)
        return len(self.events)

    def close(self) -> None:
        """Nothing to do."""


@dataclass
class Place:
    """A running site: its origin, its licence server and what that was asked; ``at`` is where it runs."""

    address: str
    server: str
    notes: Notes
    asked: list[dict[str, list[str]]]
    authorizations: list[str]
    kind: dict[str, Any]
    at: str
    gate: Gate

    def change(self, rules: tuple[Rule, ...]) -> None:
        """The edge hears of other terms."""
        self.gate.install(replace(self.gate.state, site=terms(rules)))

    @property
    def rehearse(self) -> dict[str, str]:
        """For a crawler's configuration."""
        return dict.fromkeys((SITE, SOCIETY), self.at)


class Licences:
    """POST /olp/token and a page of its own for everything else, as an ASGI application."""

    def __init__(self, key: SigningKey, host: str, server: str) -> None:
        self.key, self.host, self.server = key, host, server
        self.asked: list[dict[str, list[str]]] = []
        self.authorizations: list[str] = []
        self.kind: dict[str, Any] = {"charge": "licence", "life": 900, "status": 200}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        if scope["path"] == "/olp/token":
            await self.token(scope, body, send)
        elif scope["path"] == "/robots.txt":
            await _answer(send, 404, b"")
        else:
            await _answer(send, 200, f"the page {scope['path']}".encode())

    async def token(self, scope: Any, body: bytes, send: Any) -> None:
        headers = dict(scope["headers"])
        self.asked.append(parse_qs(body.decode()))
        self.authorizations.append(headers.get(b"authorization", b"").decode())
        if self.kind["status"] != 200:
            error = {"error": "invalid_client", "error_description": "No such client."}
            await _answer(send, self.kind["status"], json.dumps(error).encode())
            return
        now = int(time.time())
        claims = licence_token.Claims(
            iss=self.server,
            sub="cli_1",
            aud=(f"https://{self.host}",),
            iat=now,
            exp=now + self.kind["life"],
            jti=uuid.uuid4().hex,
            licence="lic_1",
            licensee="pty_lab",
            uses=("ai-train",),
            charge=self.kind["charge"],
            key=self.kind.get("key"),
        )
        told = {
            "access_token": licence_token.issue(claims, self.key),
            "token_type": "License",
            "expires_in": self.kind["life"],
        }
        await _answer(send, 200, json.dumps(told).encode())


async def _answer(send: Any, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def serving(app: Any, port: int) -> Iterator[None]:
    """Run an ASGI application on a port of the loopback."""
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield
    server.should_exit = True
    thread.join()


def terms(rules: tuple[Rule, ...]) -> SiteTerms:
    """The site's terms."""
    now = datetime.now(UTC).replace(microsecond=0)
    return SiteTerms(
        society=Society("The Society", SOCIETY, f"{SOCIETY}/licences"),
        server=f"{SOCIETY}/olp",
        site="sit_1",
        hosts=("news.example",),
        rightsholder="The Site",
        issued=now - timedelta(hours=1),
        expires=now + timedelta(days=1),
        rules=rules,
    )


@contextmanager
def place(rules: tuple[Rule, ...] = RULES, credit: str = "1") -> Iterator[Place]:
    """A site, its edge and its licence server on one port."""
    key, port = SigningKey.generate(), free_port()
    app = Licences(key, "news.example", f"{SOCIETY}/olp")
    purse, notes = Purse(), Notes()
    amount = Money.parse(credit, "EUR")
    purse.add([Allowance("alw_1", app.server, "edg_1", "00" * 8, "pty_lab", amount, int(time.time()) + 3600)],
              time.time())  # fmt: skip
    agents = book_of([{"name": "GPTBot", "operator": "OpenAI", "use": "ai-train", "tokens": ["gptbot"]}])
    keys = {app.server: KeySet.of(key.public_jwk())}
    state = State(site=terms(rules), issuers=keys, agents=agents, heard=time.time())
    edge = Edge(Gate(state, purse, Identity()), notes)
    guarded = QuireMiddleware(app, edge=edge)

    async def both(scope: Any, receive: Any, send: Any) -> None:
        inner = scope["type"] == "http" and scope["path"].startswith("/olp/")
        await (app if inner else guarded)(scope, receive, send)

    with serving(both, port):
        yield Place(
            SITE, app.server, notes, app.asked, app.authorizations, app.kind, f"http://127.0.0.1:{port}",
            edge.gate,
        )  # fmt: skip

"""A site with its terms, a society's keys and tokens, and a gate to try them at."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from quire.core import licence_token
from quire.core.agents import book_of
from quire.core.allowances import Allowance
from quire.core.licence_token import Claims
from quire.core.money import Money
from quire.core.site import Rule, SiteTerms, Society
from quire.core.tokens import KeySet, SigningKey
from quire.edge.gate import Gate, Verifier
from quire.edge.paying import Purse
from quire.edge.policy import State
from quire.edge.request import Request

NOW = 1_795_000_000
HOST = "news.example"
SOCIETY = Society("The Society of Letters", "https://letters.example", "https://letters.example/licences")
SERVER = "https://letters.example/olp"
SISTER = "https://sister.example/olp"
KEY, SISTER_KEY, STRANGER = SigningKey.generate(), SigningKey.generate(), SigningKey.generate()
ES256 = SigningKey.generate("ES256")
AGENTS = book_of(
    [
        {"name": "GPTBot", "operator": "OpenAI", "use": "ai-train", "tokens": ["gptbot"]},
        {"name": "PerplexityBot", "operator": "Perplexity", "use": "search", "tokens": ["perplexitybot"]},
    ]
)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
GPTBOT = "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)"
PRICE = Money.parse("0.002", "EUR")

RULES = (
    Rule(
        "/",
        ("ai-index", "ai-input"),
        only={"pty_lab": ("ai-train",)},
        never={"pty_out": ("ai-input", "ai-index")},
    ),
    Rule("/closed/", ()),
    Rule("/paid/", ("ai-train", "ai-input"), price=PRICE),
)


def terms(rules: tuple[Rule, ...] = RULES, hosts: tuple[str, ...] = (HOST, "www.news.example")) -> SiteTerms:
    """The terms of a site: open, closed and sold."""
    issued = datetime.fromtimestamp(NOW, UTC) - timedelta(hours=1)
    return SiteTerms(
        society=SOCIETY,
        server=SERVER,
        site="sit_1",
        hosts=hosts,
        rightsholder="The News",
        issued=issued,
        expires=issued + timedelta(days=7),
        rules=rules,
    )


def state(**changes: Any) -> State:
    """What a gate knows a second after it heard from two societies."""
    keys = {
        SERVER: KeySet.of(KEY.public_jwk(), ES256.public_jwk()),
        SISTER: KeySet.of(SISTER_KEY.public_jwk()),
    }
    made = State(site=terms(), issuers=keys, agents=AGENTS, heard=NOW - 1.0)
    return replace(made, **changes)


CLAIMS = Claims(
    iss=SERVER,
    sub="cli_1",
    aud=(f"https://{HOST}",),
    iat=NOW - 10,
    exp=NOW + 890,
    jti="tok_1",
    licence="lic_1",
    licensee="pty_lab",
    uses=("ai-train", "ai-input"),
)


def token(by: SigningKey = KEY, alg: str | None = None, **changes: Any) -> str:
    """A licence token; ``changes`` to its claims."""
    return licence_token.issue(replace(CLAIMS, **changes), by, alg)


def ask(
    path: str = "/a",
    licence: str | None = None,
    agent: str = GPTBOT,
    host: str = HOST,
    method: str = "GET",
    when: float = NOW,
    **headers: str,
) -> Request:
    """A request; header names have underscores for hyphens."""
    told = {"host": host, "user-agent": agent}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    if licence is not None:
        told["authorization"] = f"License {licence}"
    return Request(method, host, path, told, when, "192.0.2.7")


def allowance(amount: str = "1", **changes: Any) -> Allowance:
    """An allowance of the lab, in euros."""
    made = Allowance(
        id="alw_1",
        iss=SERVER,
        edge="edg_1",
        spool="0123456789abcdef",
        licensee="pty_lab",
        amount=Money.parse(amount, "EUR"),
        expires=NOW + 3600,
    )
    return replace(made, **changes)


def gate(purse: Purse | None = None, verifier: Verifier | None = None, **changes: Any) -> Gate:
    """A gate in that state."""
    return Gate(state(**changes), purse, verifier)

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
from quire.edge.gate import Gate
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


def gate(purse: Purse | None = None, **changes: Any) -> Gate:
    """A gate in that state."""
    return Gate(state(**changes), purse)

"""Policies of sites for the tests: one that is easy to read, and any number by chance."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from quire.core.money import Money
from quire.core.patterns import normal
from quire.core.site import Rule, SiteTerms, Society
from quire.core.terms import USES


def policy() -> dict[str, Any]:
    """The example of docs/boundary.md §3, filled in."""
    return {
        "version": 1,
        "society": {
            "name": "Society",
            "url": "https://society.example",
            "page": "https://society.example/licences",
        },
        "server": "https://society.example/olp",
        "site": "sit_1",
        "hosts": ["example.org", "www.example.org"],
        "rightsholder": "Daily & <Paper>",
        "issued": "2026-11-21T00:00:00Z",
        "expires": "2026-11-28T00:00:00Z",
        "rules": [
            {
                "pattern": "/",
                "permits": ["ai-index", "ai-input"],
                "price": {"amount": "0.002000000000", "currency": "EUR"},
                "only": {"pty_1": ["ai-train"]},
                "never": {"pty_1": ["ai-input"]},
            },
            {"pattern": "/archive/*.pdf$", "permits": []},
        ],
        "issuers": [
            {
                "iss": "https://society.example/olp",
                "jwks": "https://society.example/.well-known/jwks.json",
                "revocations": "https://society.example/olp/revocations",
                "keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "k"}],
            }
        ],
        "agents": [
            {"name": "GPTBot", "operator": "OpenAI", "use": "ai-train", "tokens": ["gptbot"], "since": None}
        ],
    }


_USES = st.lists(st.sampled_from(USES), unique=True).map(tuple)
_EXCEPTIONS = st.dictionaries(st.sampled_from(["pty_1", "pty_2", "pty_3"]), _USES, max_size=3)
_PRICES = st.none() | st.builds(
    Money, st.integers(1, 10**17), st.sampled_from(["EUR", "USD", "JPY", "KWD", "GBP"])
)
PATTERNS = st.text(st.sampled_from("/ab*$%é. "), max_size=6).map(lambda text: normal("/" + text))


@st.composite
def _rules(draw: st.DrawFn) -> tuple[Rule, ...]:
    """Rules of different patterns, one of them for ``/``, in any order."""
    patterns = draw(st.permutations(sorted({"/", *draw(st.lists(PATTERNS, max_size=6))})))
    return tuple(
        Rule(pattern, draw(_USES), draw(_PRICES), draw(_EXCEPTIONS), draw(_EXCEPTIONS))
        for pattern in patterns
    )


_NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(
    lambda text: text.isprintable() and text.strip() == text
)

POLICIES = st.builds(
    SiteTerms,
    society=st.builds(
        Society,
        name=_NAMES,
        url=st.just("https://society.example"),
        page=st.sampled_from(["https://society.example/licences", "https://society.example/a?b=c&d='e'#f"]),
    ),
    server=st.just("https://society.example/olp"),
    site=st.just("sit_1"),
    hosts=st.sampled_from([("example.org",), ("www.example.org", "example.org"), ("[2001:db8::1]",)]),
    rightsholder=_NAMES,
    issued=st.just(datetime(2026, 11, 21, tzinfo=UTC)),
    expires=st.just(datetime(2026, 11, 28, tzinfo=UTC)),
    rules=_rules(),
)
"""Any terms of a site that can be."""

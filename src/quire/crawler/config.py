"""``quire-crawler.toml``: who the crawler is, for which use it asks, what it may spend, and where it may ask.

```toml
agent = "ExampleBot/1.0 (+https://lab.example/bot)"
use = "ai-train"
receipts = "receipts.jsonl"

[cap]
per_request = "0.01 EUR"
total = "25.00 EUR"

[servers."https://society.example/olp"]
client_id = "cli_…"
client_secret_file = "client.secret"
```

Credentials belong to one licence server and are never sent to another: a site chooses which server it names,
and could otherwise have them sent to its own.
"""

from __future__ import annotations

import base64
import json
import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from quire.core.errors import Invalid, QuireError
from quire.core.money import Money
from quire.core.terms import check_use
from quire.core.tokens import SigningKey
from quire.crawler.asks import origin_of


class BadConfig(Invalid):
    """The crawler's configuration cannot be right; the sentence says where."""

    code = "crawl.bad-config"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A client's id and secret at one licence server. The secret is never shown."""

    client_id: str
    secret: str = field(repr=False)

    @property
    def basic(self) -> str:
        """The value of ``Authorization`` with which the client shows who it is (RFC 6749 §2.3.1)."""
        pair = f"{quote(self.client_id, safe='')}:{quote(self.secret, safe='')}"
        return "Basic " + base64.b64encode(pair.encode()).decode()


@dataclass(frozen=True, slots=True)
class Cap:
    """What may be spent: at most ``per_request`` for one, and ``total`` in all; of one currency."""

    per_request: Money
    total: Money

    def __post_init__(self) -> None:
        if self.per_request.currency != self.total.currency:
            raise BadConfig("The two caps are in different currencies; nothing is converted here.")
        if self.per_request.quanta < 0 or self.total.quanta < 0:
            raise BadConfig("A cap is nothing or more.")


@dataclass(frozen=True, slots=True)
class CrawlerConfig:
    """What ``quire-crawler.toml`` says.

    ``agent`` is sent as ``User-Agent``; its first word is the name that robots.txt is read for. ``servers``
    are credentials by the address of the OLP server. ``key`` signs requests (Web Bot Auth), ``directory`` is
    the origin at which its public half can be found. ``unlicensed`` says whether a page is got where the site
    has said nothing about licences ("fetch") or not ("skip"). ``private``: also addresses of one's own
    network.
    """

    agent: str
    use: str
    cap: Cap | None = None
    servers: Mapping[str, Credentials] = field(default_factory=dict)
    receipts: Path | None = None
    key: SigningKey | None = None
    directory: str = ""
    unlicensed: str = "skip"
    private: bool = False
    rehearse: Mapping[str, str] = field(default_factory=dict)
    """Origins that are really asked at another address, for trying things out on one machine."""

    def __post_init__(self) -> None:
        check_use(self.use)
        if not self.agent.strip() or not self.agent.isprintable() or not self.agent.isascii():
            raise BadConfig("“agent” is what is sent as User-Agent: a name such as ExampleBot/1.0.")
        if self.unlicensed not in ("skip", "fetch"):
            raise BadConfig("“unlicensed” is “skip” or “fetch”.")

    @property
    def name(self) -> str:
        """The product token: what robots.txt calls the crawler."""
        return self.agent.split("/")[0].split(" ")[0]

    def really(self, url: str) -> tuple[str, dict[str, str]]:
        """Where ``url`` is asked, and the ``host`` header that says whom it is for, where they differ."""
        origin = origin_of(url)
        place = self.rehearse.get(origin)
        if place is None:
            return url, {}
        rest = urlsplit(url)
        target = (rest.path or "/") + (f"?{rest.query}" if rest.query else "")
        return place + target, {"host": origin.partition("://")[2]}


_WORDS = {
    "agent",
    "use",
    "cap",
    "servers",
    "receipts",
    "key",
    "directory",
    "unlicensed",
    "private",
    "rehearse",
}


def read(path: Path) -> CrawlerConfig:
    """The configuration in a file; files that it names lie beside it. Raises BadConfig."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise BadConfig(f"The configuration {path} cannot be read: {problem.strerror}.") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise BadConfig(f"{path} is not TOML: {problem}.") from None
    try:
        return _config(path.absolute().parent, told)
    except QuireError as problem:
        raise BadConfig(f"{path}: {problem.sentence}") from None
    except (AttributeError, TypeError, KeyError) as problem:
        raise BadConfig(f"{path}: something is not of the kind it should be ({problem}).") from None


def _config(folder: Path, told: dict[str, Any]) -> CrawlerConfig:
    for word in told:
        if word not in _WORDS:
            raise BadConfig(f"“{word}” is not known; known are {', '.join(sorted(_WORDS))}.")
    for word in ("agent", "use"):
        if not isinstance(told.get(word), str):
            raise BadConfig(f"“{word}” is missing.")
    cap = told.get("cap")
    return CrawlerConfig(
        agent=told["agent"],
        use=told["use"],
        cap=Cap(_money(cap["per_request"]), _money(cap["total"])) if cap else None,
        servers={
            server.rstrip("/"): _credentials(folder, server, one)
            for server, one in told.get("servers", {}).items()
        },
        receipts=folder / told["receipts"] if "receipts" in told else None,
        key=_key(folder / told["key"]) if "key" in told else None,
        directory=origin_of(told["directory"]) if told.get("directory") else "",
        unlicensed=told.get("unlicensed", "skip"),
        private=told.get("private", False) is True,
        rehearse={origin_of(one): origin_of(place) for one, place in told.get("rehearse", {}).items()},
    )


def _money(text: str) -> Money:
    amount, blank, currency = text.partition(" ")
    if not blank:
        raise BadConfig(f"{text[:40]!r} is no amount of money: write it as “0.01 EUR”.")
    return Money.parse(amount, currency)


def _credentials(folder: Path, server: str, told: Mapping[str, str]) -> Credentials:
    origin_of(server)
    if "client_secret" in told:
        raise BadConfig("A secret does not stand in this file: put it in one of its own, client_secret_file.")
    secret = _private(folder / told["client_secret_file"]).strip()
    return Credentials(told["client_id"], secret)


def _key(path: Path) -> SigningKey:
    try:
        return SigningKey.from_jwk(json.loads(_private(path)))
    except ValueError:
        raise BadConfig(f"{path} is not a private key in JSON.") from None


def _private(path: Path) -> str:
    """The text of a file that its owner alone may read."""
    try:
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise BadConfig(f"{path} can be read by others; do: chmod 600 {path}")
        return path.read_text(encoding="utf-8")
    except OSError as problem:
        raise BadConfig(f"{path} cannot be read: {problem.strerror}.") from problem

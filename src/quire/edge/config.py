"""``quire-edge.toml``: who the edge is, whom it trusts, where it keeps its record (docs/boundary.md §8).

Owns reading the file and the key beside it, strictly: a word not known is refused, with a sentence, so that a
misspelt setting is never silently the default. Does not own what is done with it.
"""

from __future__ import annotations

import ipaddress
import json
import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from quire.core.errors import Invalid, QuireError
from quire.core.tokens import KeySet, SigningKey
from quire.core.urls import canonical_host

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_WORDS = {"society", "edge", "key", "spool", "hosts", "issuers", "policy", "limits", "serve"}
_NEEDED = ("society", "edge", "key", "spool", "hosts", "issuers")


class BadConfig(Invalid):
    """The edge's configuration cannot be right; the sentence says where and what to do."""

    code = "edge.bad-config"


@dataclass(frozen=True, slots=True)
class EdgeConfig:
    """What ``quire-edge.toml`` says.

    ``society`` is its address without a slash at the end. ``issuers`` are the keys that each issuer's policy
    must be signed with. ``stale_hours`` is after how long without a word from the society a licence token is
    refused (503) where ``refuse_when_stale``. ``spool_bytes`` bounds each lane. ``trusted`` are the
    networks whose forwarding headers ``quire edge serve`` believes, ``robots`` the site's own robots.txt.
    """

    file: Path
    society: str
    edge: str
    key: SigningKey
    spool: Path
    hosts: tuple[str, ...]
    issuers: Mapping[str, KeySet]
    refuse_when_stale: bool = False
    stale_hours: int = 168
    spool_bytes: int = 1 << 30
    trusted: tuple[Network, ...] = field(default_factory=lambda: _networks(["127.0.0.1", "::1"]))
    robots: Path | None = None

    @property
    def server(self) -> str:
        """The society's OLP server, the issuer that speaks for the society."""
        return f"{self.society}/olp"


def read(path: Path) -> EdgeConfig:
    """The configuration in the file, with the key beside it. Raises BadConfig."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadConfig(f"The configuration {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfig(f"{path} is not TOML: {error}.") from None
    try:
        return _config(path.absolute(), told)
    except QuireError as problem:
        raise BadConfig(f"{path}: {problem.sentence}") from None


def _config(path: Path, told: dict[str, Any]) -> EdgeConfig:
    _only(told, _WORDS, "the file")
    for word in _NEEDED:
        if word not in told:
            raise BadConfig(f"“{word}” is missing: take the file again from your society.")
    policy = _table(told, "policy", {"when_stale", "stale_after_hours"})
    limits = _table(told, "limits", {"spool_mib"})
    serve = _table(told, "serve", {"trusted", "robots"})
    society = _address(_text(told, "society"), "society")
    issuers = _issuers(told["issuers"])
    if f"{society}/olp" not in issuers:
        raise BadConfig(f"[issuers] does not name the society's own “{society}/olp”.")
    when_stale = policy.get("when_stale", "serve")
    if when_stale not in ("serve", "refuse"):
        raise BadConfig("“when_stale” is “serve” or “refuse”.")
    return EdgeConfig(
        file=path,
        society=society,
        edge=_edge(_text(told, "edge")),
        key=_key(path.parent / _text(told, "key")),
        spool=path.parent / _text(told, "spool"),
        hosts=_hosts(told["hosts"]),
        issuers=issuers,
        refuse_when_stale=when_stale == "refuse",
        stale_hours=_whole(policy, "stale_after_hours", 168, 1, 24 * 365),
        spool_bytes=_whole(limits, "spool_mib", 1024, 1, 1 << 20) << 20,
        trusted=_networks(serve.get("trusted", ["127.0.0.1", "::1"])),
        robots=path.parent / _text(serve, "robots") if "robots" in serve else None,
    )


def _only(table: Mapping[str, Any], words: set[str], where: str) -> None:
    for word in table:
        if word not in words:
            raise BadConfig(f"“{word}” in {where} is not known; known are {', '.join(sorted(words))}.")


def _table(told: Mapping[str, Any], name: str, words: set[str]) -> dict[str, Any]:
    table = told.get(name, {})
    if not isinstance(table, dict):
        raise BadConfig(f"“{name}” is a table: write [{name}].")
    _only(table, words, f"[{name}]")
    return table


def _text(told: Mapping[str, Any], word: str) -> str:
    value = told[word]
    if not isinstance(value, str) or not value or "\0" in value:
        raise BadConfig(f"“{word}” is a text in quotation marks.")
    return value


def _whole(table: Mapping[str, Any], word: str, default: int, least: int, most: int) -> int:
    value = table.get(word, default)
    if type(value) is not int or not least <= value <= most:
        raise BadConfig(f"“{word}” is a whole number from {least} to {most}.")
    return value


def _address(text: str, word: str) -> str:
    """An https address without a slash at its end; http is good on this machine alone."""
    try:
        parts = urlsplit(text)
        good = bool(parts.hostname) and not parts.query and not parts.fragment and parts.port != 0
    except ValueError:
        good = False
    if not good or "@" in parts.netloc or parts.scheme not in ("https", "http"):
        raise BadConfig(f"“{word}” is an address like https://society.example.")
    if parts.scheme == "http" and not is_this_machine(parts.hostname or ""):
        raise BadConfig(
            f"“{word}” is reached over http, where anybody on the way reads and writes: use https."
        )
    return text.rstrip("/")


def is_this_machine(host: str) -> bool:
    """Whether the host is a name or an address of this machine, which no network is asked for."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _edge(text: str) -> str:
    if not text.startswith("edg_") or not text.isascii() or not text[4:].isalnum():
        raise BadConfig("“edge” is the id that the society gave, edg_….")
    return text


def _hosts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        raise BadConfig('“hosts” is a list of host names, like ["example.org"].')
    return tuple(dict.fromkeys(canonical_host(one) for one in value))


def _issuers(value: object) -> dict[str, KeySet]:
    if not isinstance(value, dict) or not value:
        raise BadConfig('“issuers” has a table for each issuer: [issuers."https://society.example/olp"].')
    found = {}
    for name, table in value.items():
        if not isinstance(table, dict) or not isinstance(table.get("keys"), list) or not table["keys"]:
            raise BadConfig(f'[issuers."{name}"] needs “keys”, a list of public keys.')
        _only(table, {"keys"}, f'[issuers."{name}"]')
        found[name] = KeySet.of(*table["keys"])
    return found


def _networks(value: object) -> tuple[Network, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadConfig('“trusted” is a list of addresses or networks, like ["127.0.0.1", "10.0.0.0/8"].')
    try:
        return tuple(ipaddress.ip_network(one) for one in value)
    except ValueError as error:
        raise BadConfig(f"“trusted”: {error}.") from None


def _key(path: Path) -> SigningKey:
    """The private key; the file must be closed to others, for who reads it can speak as this edge."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            data = file.read(10_000)
    except OSError as error:
        raise BadConfig(f"The key {path} cannot be read: {error.strerror}.") from error
    if mode & 0o077:
        raise BadConfig(f"Others on this machine may read the key {path}: chmod 600 {path}")
    try:
        jwk = json.loads(data)
    except ValueError:
        raise BadConfig(f"The key {path} is not JSON: take it again from your society.") from None
    return SigningKey.from_jwk(jwk)

"""What a society says of one site, and all that the site's edge needs for deciding without asking.

Owns the values of the site's policy (docs/boundary.md §3) and their form as JSON. Does not own how they are
signed, nor what is answered to a request. Licensees' own terms (``only``, ``never``) are for the edge alone.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import reduce
from typing import Any

from quire.core import canonical
from quire.core.errors import Invalid
from quire.core.money import Money
from quire.core.patterns import Book, normal
from quire.core.terms import FREE, USES
from quire.core.urls import BadAddress, canonical_host

VERSION = 1
MAX_DOCUMENT = 8 * 1024 * 1024
"""Bytes of the canonical form; a larger policy is refused."""
LONGEST_PATTERN = 2_000

_URL = re.compile(r"https?://[A-Za-z0-9\[][!#$%&'()*+,./0-9:;=?@A-Z\[\]_a-z~-]{0,1999}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_SECONDS = "%Y-%m-%dT%H:%M:%SZ"
_STAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


class BadPolicy(Invalid):
    """The terms of a site cannot be right; the sentence says which part of them."""

    code = "site.bad-policy"


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds at the paths that ``pattern`` matches (RFC 9309 §2.2.2).

    ``permits`` are the uses any licensee may have; ``only`` adds uses for a licensee, ``never`` takes them
    away, and where both stand ``never`` holds. ``price`` is for one request by pay-per-crawl; None where it
    is not for sale by the request. The pattern is brought into its one spelling. Raises BadPolicy.
    """

    pattern: str
    permits: tuple[str, ...] = ()
    price: Money | None = None
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    never: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    anybody: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """The uses that any licensee may have, in the order of USES."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "pattern", normal(self.pattern))
        _check_pattern(self.pattern)
        _check_uses(self.permits, "permits")
        if self.price is not None and self.price.quanta <= 0:
            raise BadPolicy(f"The price at {self.pattern} is not more than nothing: leave it out.")
        for name, exceptions in (("only", self.only), ("never", self.never)):
            for licensee, uses in exceptions.items():
                _check_id(licensee, f"A licensee in {name}")
                _check_uses(uses, name)
        object.__setattr__(self, "anybody", tuple(use for use in USES if use in self.permits))

    def permits_for(self, licensee: str | None) -> tuple[str, ...]:
        """The uses this licensee may have here, in the order of USES; ``None``: one without an exception."""
        added, taken = self.only.get(licensee or "", ()), self.never.get(licensee or "", ())
        if not added and not taken:
            return self.anybody
        return tuple(use for use in USES if use not in taken and (use in self.permits or use in added))

    @property
    def free(self) -> bool:
        """Anybody may have ``search`` here without a licence, whatever a request costs (``terms.FREE``)."""
        return FREE in self.permits

    @property
    def closed(self) -> bool:
        """Nobody has any use here, not even by an exception of their own."""
        return not self.permits and not any(map(self.permits_for, self.only))

    @classmethod
    def of(cls, document: Any) -> Rule:
        """From its form in the policy. Raises BadPolicy."""
        parts = _parts(document, "A rule", {"pattern", "permits"}, {"price", "only", "never"})
        pattern = _text(parts["pattern"], "A rule's pattern")
        if normal(pattern) != pattern:
            raise BadPolicy(f"The pattern {pattern[:60]!r} is written {normal(pattern)[:180]!r}.")
        return cls(
            pattern=pattern,
            permits=_uses(parts["permits"], "permits"),
            price=_price(parts["price"]) if "price" in parts else None,
            only=_exceptions(parts, "only"),
            never=_exceptions(parts, "never"),
        )

    def document(self) -> dict[str, Any]:
        """Its form in the policy; without price, ``only`` and ``never`` where there is none."""
        said: dict[str, Any] = {"pattern": self.pattern, "permits": list(self.permits)}
        if self.price is not None:
            said["price"] = {"amount": self.price.decimal(), "currency": self.price.currency}
        for name, exceptions in (("only", self.only), ("never", self.never)):
            if exceptions:
                said[name] = {licensee: list(uses) for licensee, uses in exceptions.items()}
        return said


@dataclass(frozen=True, slots=True)
class Society:
    """Who gives the licences: its name, its own address, and the page where one is taken."""

    name: str
    url: str
    page: str

    def __post_init__(self) -> None:
        _check_name(self.name, "The society's name")
        _check_url(self.url, "The society's address")
        _check_url(self.page, "The society's page")


@dataclass(frozen=True, slots=True)
class SiteTerms:
    """The terms of one site: docs/boundary.md §3, field by field. Raises BadPolicy.

    ``server`` is the address of the society's OLP; ``issued`` and ``expires`` are whole seconds in UTC;
    ``issuers`` (of tokens: iss, jwks, revocations, keys) and ``agents`` (name, operator, use, tokens, since)
    are plain JSON values that others read.
    """

    society: Society
    server: str
    site: str
    hosts: tuple[str, ...]
    rightsholder: str
    issued: datetime
    expires: datetime
    rules: tuple[Rule, ...]
    issuers: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    agents: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    _book: Book[Rule] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        _check_url(self.server, "The server")
        _check_id(self.site, "The site")
        _check_hosts(self.hosts)
        _check_name(self.rightsholder, "The rightsholder")
        _check_time(self.issued, "issued")
        _check_time(self.expires, "expires")
        if self.expires <= self.issued:
            raise BadPolicy("The policy expires before it was issued.")
        _check_rules(self.rules)
        for issuer in self.issuers:
            _check_issuer(issuer)
        for agent in self.agents:
            _check_agent(agent)
        book: Book[Rule] = Book()
        for rule in self.rules:
            book.add(rule.pattern, rule)
        object.__setattr__(self, "_book", book)

    def rule_for(self, path: str) -> Rule:
        """The rule that holds at the path: of those that match, the one with the longest pattern.

        Of several as long all hold together: what each permits, at a price that all name, the highest.
        The path is canonical (``quire.core.urls.canonical_path``): without a query, beginning with a slash.
        """
        return reduce(_together, self.rules_for(path))

    def rules_for(self, path: str) -> tuple[Rule, ...]:
        """The rules that hold together at the path: mostly one."""
        found = self._book.every(path)
        if not found:
            raise BadPolicy(f"{path[:100]!r} is not a path: it begins with a slash.")
        return found

    @classmethod
    def of(cls, document: Any) -> SiteTerms:
        """From the policy's ``document``, which may come from anyone. Raises Invalid and nothing else."""
        if len(canonical.dumps(document)) > MAX_DOCUMENT:
            raise BadPolicy(f"A policy of more than {MAX_DOCUMENT} bytes is not read.")
        parts = _parts(document, "The policy", _FIELDS, set())
        if type(parts["version"]) is not int or parts["version"] != VERSION:
            raise BadPolicy(f"The policy's version is not {VERSION}, the only one that is read here.")
        society = _parts(parts["society"], "The society", {"name", "url", "page"}, set())
        return cls(
            society=Society(**{name: _text(value, f"Its {name}") for name, value in society.items()}),
            server=_text(parts["server"], "The server"),
            site=_text(parts["site"], "The site"),
            hosts=tuple(_text(host, "A host") for host in _list(parts["hosts"], "hosts")),
            rightsholder=_text(parts["rightsholder"], "The rightsholder"),
            issued=_time(parts["issued"], "issued"),
            expires=_time(parts["expires"], "expires"),
            rules=tuple(map(Rule.of, _list(parts["rules"], "rules"))),
            issuers=tuple(copy.deepcopy(_list(parts["issuers"], "issuers"))),
            agents=tuple(copy.deepcopy(_list(parts["agents"], "agents"))),
        )

    def document(self) -> dict[str, Any]:
        """The policy's ``document``; ``SiteTerms.of`` of it is equal to this, and the other way round."""
        society = self.society
        return {
            "version": VERSION,
            "society": {"name": society.name, "url": society.url, "page": society.page},
            "server": self.server,
            "site": self.site,
            "hosts": list(self.hosts),
            "rightsholder": self.rightsholder,
            "issued": f"{self.issued:{_SECONDS}}",
            "expires": f"{self.expires:{_SECONDS}}",
            "rules": [rule.document() for rule in self.rules],
            "issuers": [copy.deepcopy(dict(issuer)) for issuer in self.issuers],
            "agents": [copy.deepcopy(dict(agent)) for agent in self.agents],
        }


_FIELDS = {
    "version", "society", "server", "site", "hosts", "rightsholder", "issued", "expires", "rules", "issuers",
    "agents",
}  # fmt: skip


def _together(one: Rule, other: Rule) -> Rule:
    """What both rules permit, to anybody and to each licensee that one of them names."""
    both = tuple(use for use in one.anybody if use in other.anybody)
    only: dict[str, tuple[str, ...]] = {}
    never: dict[str, tuple[str, ...]] = {}
    for licensee in sorted({*one.only, *one.never, *other.only, *other.never}):
        allowed = set(one.permits_for(licensee)) & set(other.permits_for(licensee))
        only[licensee] = tuple(use for use in USES if use in allowed and use not in both)
        never[licensee] = tuple(use for use in both if use not in allowed)
    priced = one.price and other.price and one.price.currency == other.price.currency
    price = max(one.price, other.price) if priced and one.price and other.price else None
    return Rule(min(one.pattern, other.pattern), both, price, only, never)


def _parts(value: Any, what: str, needed: set[str], allowed: set[str]) -> Mapping[str, Any]:
    """A JSON object with these members and no others."""
    if not isinstance(value, Mapping):
        raise BadPolicy(f"{what} is not a JSON object.")
    if lacking := sorted(needed - set(value)):
        raise BadPolicy(f"{what} lacks {', '.join(lacking)}.")
    if unknown := sorted(set(value) - needed - allowed):
        raise BadPolicy(f"{what} has {unknown[0][:60]!r}, which nobody here knows.")
    return value


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise BadPolicy(f"{what} is not a list.")
    return value


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise BadPolicy(f"{what} is not text.")
    return value


def _uses(value: Any, what: str) -> tuple[str, ...]:
    return tuple(_text(use, f"A use in {what}") for use in _list(value, what))


def _exceptions(rule: Mapping[str, Any], name: str) -> Mapping[str, tuple[str, ...]]:
    if name not in rule:
        return {}
    given = rule[name]
    if not isinstance(given, Mapping) or not given:
        raise BadPolicy(f"{name} is not a JSON object of licensees: leave it out where there are none.")
    return {licensee: _uses(uses, name) for licensee, uses in given.items()}


def _price(value: Any) -> Money:
    parts = _parts(value, "A price", {"amount", "currency"}, set())
    amount = _text(parts["amount"], "A price's amount")
    price = Money.parse(amount, _text(parts["currency"], "A price's currency"))
    if price.decimal() != amount:
        raise BadPolicy(f"The price {amount[:60]!r} is not written with twelve decimals: {price.decimal()}.")
    return price


def _time(value: Any, what: str) -> datetime:
    text = _text(value, what)
    try:
        if not _STAMP.fullmatch(text):
            raise ValueError
        return datetime.strptime(text, _SECONDS).replace(tzinfo=UTC)
    except ValueError:
        raise BadPolicy(f"{what} is not a time such as 2026-11-21T00:00:00Z.") from None


def _check_pattern(pattern: str) -> None:
    if not pattern.startswith("/") or len(pattern) > LONGEST_PATTERN:
        raise BadPolicy(
            f"{pattern[:60]!r} is not a pattern: it begins with a slash of at most {LONGEST_PATTERN} signs."
        )
    if "?" in pattern or "#" in pattern:
        raise BadPolicy(f"{pattern[:60]!r} is not a pattern of paths: it has a query or a fragment.")


def _check_uses(uses: tuple[str, ...], what: str) -> None:
    for use in uses:
        if use not in USES:
            raise BadPolicy(f"{use[:40]!r} in {what} is not a use; the uses are {', '.join(USES)}.")
    if len(set(uses)) != len(uses):
        raise BadPolicy(f"A use stands twice in {what}.")


def _check_rules(rules: tuple[Rule, ...]) -> None:
    patterns = [rule.pattern for rule in rules]
    if "/" not in patterns:
        raise BadPolicy("There is no rule for /, which holds where no other does.")
    if len(set(patterns)) != len(patterns):
        raise BadPolicy("Two rules have the same pattern.")


def _check_hosts(hosts: tuple[str, ...]) -> None:
    if not hosts or len(set(hosts)) != len(hosts):
        raise BadPolicy("A site has one host or more, each once.")
    for host in hosts:
        try:
            spelling = canonical_host(host)
        except BadAddress as error:
            raise BadPolicy(str(error)) from None
        if spelling != host:
            raise BadPolicy(f"The host {host[:60]!r} is written {spelling[:60]!r}.")


def _check_time(moment: datetime, what: str) -> None:
    if moment.tzinfo is None or moment.utcoffset() or moment.microsecond or moment.year < 1000:
        raise BadPolicy(f"{what} is not a whole second in UTC.")


def _check_id(text: str, what: str) -> None:
    if not _ID.fullmatch(text):
        raise BadPolicy(f"{what}, {text[:60]!r}, is not an id: letters, digits, hyphens and underscores.")


def _check_url(text: str, what: str) -> None:
    if not _URL.fullmatch(text):
        raise BadPolicy(f"{what}, {text[:60]!r}, is not an address with http or https.")


def _check_name(text: str, what: str) -> None:
    if not text.isprintable() or not 0 < len(text.strip()) == len(text) <= 300:
        raise BadPolicy(f"{what}, {text[:60]!r}, is not a line of text of at most 300 characters.")


_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str) and value.isprintable() and 0 < len(value) <= 300,
    "text or null": lambda value: value is None or _KINDS["text"](value),
    "an address": lambda value: isinstance(value, str) and bool(_URL.fullmatch(value)),
    "a list of texts": lambda value: isinstance(value, list) and all(map(_KINDS["text"], value)),
    "a list of public keys": lambda value: isinstance(value, list) and all(map(_is_public_key, value)),
}


def _is_public_key(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("kty"), str) and not {"d", "k"} & set(value)


_ISSUER = {
    "iss": "an address",
    "jwks": "an address",
    "revocations": "an address",
    "keys": "a list of public keys",
}
_AGENT = {
    "name": "text",
    "operator": "text or null",
    "use": "text or null",
    "tokens": "a list of texts",
    "since": "text or null",
}


def _check_issuer(value: Any) -> None:
    _check_kinds(_parts(value, "An issuer", set(_ISSUER), set()), "issuer", _ISSUER)


def _check_agent(value: Any) -> None:
    _check_kinds(_parts(value, "An agent", set(_AGENT), set()), "agent", _AGENT)


def _check_kinds(parts: Mapping[str, Any], what: str, kinds: Mapping[str, str]) -> None:
    for name, kind in kinds.items():
        if not _KINDS[kind](parts[name]):
            raise BadPolicy(f"The {name} of an {what} is not {kind}.")

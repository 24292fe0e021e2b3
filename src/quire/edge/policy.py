"""What the gate knows: a site's terms, the keys and revocations of the issuers it trusts, the AI agents.

A ``State`` is whole and never changes; a new one takes its place at once. A ``View`` is a state together with
what has been worked out from it, so that nothing worked out from an old state outlives it.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from quire.core.agents import Agent, AgentBook, book_of
from quire.core.licence_token import LEEWAY, Claims
from quire.core.money import Money
from quire.core.revocations import Revocations
from quire.core.site import Rule, SiteTerms, Society
from quire.core.terms import USES
from quire.core.tokens import KeySet
from quire.core.urls import BadAddress, canonical_host
from quire.edge.answers import Desk, Refusal, refusal
from quire.edge.remembered import Remembered
from quire.edge.request import readings

FREE = frozenset(
    {
        "/robots.txt",
        "/license.xml",
        "/sitemap.xml",
        "/security.txt",
        "/crawlers.json",
        "/.well-known/tdmrep.json",
    }
)
"""Paths that are free to everybody (docs/boundary.md §4), beside everything below ``/.well-known/``."""

_WELL_KNOWN = "/.well-known/"

NEVER = 2.0**60
"""A time that does not come."""

_TOKENS, _BAD_TOKENS, _PLACES, _AGENTS, _HOSTS = 16_384, 512, 16_384, 2_048, 256
_LONGEST_KEY = 512
"""Characters of a path, a ``User-Agent`` or a host that is worth remembering; longer ones are worked out
anew."""


@dataclass(frozen=True, slots=True)
class State:
    """All that decisions are made from.

    ``issuers`` are the keys by issuer (``iss``), ``revocations`` their lists, where they have one.
    ``heard`` is when the society was last heard of (seconds since 1970), and ``silence`` how many seconds
    after that every licence token is answered with 503; None where a token that verifies stays good
    (docs/boundary.md §8).
    """

    site: SiteTerms
    issuers: Mapping[str, KeySet]
    agents: AgentBook
    heard: float
    revocations: Mapping[str, Revocations] = field(default_factory=dict)
    silence: float | None = None

    @property
    def silent_from(self) -> float:
        """The moment from which tokens are not judged any more."""
        return NEVER if self.silence is None else self.heard + self.silence

    @property
    def is_heard(self) -> bool:
        """Whether the society was ever heard of, so that the terms are the site's own."""
        return self.heard > 0

    @property
    def desk(self) -> Desk:
        """Where a licence for this site is to be had."""
        society = self.site.society
        return Desk(society.name, society.page, self.site.server)


class Terms:
    """What holds at a path: one rule, or several of which the strictest holds, use by use.

    ``key`` tells terms apart; ``price`` is the highest, and None where one of the rules does not sell.
    ``finds``: anybody may list the pages in a search engine, and needs no token for it
    (``quire.core.renderings``).
    """

    __slots__ = ("closed", "finds", "key", "price", "rules")

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules
        self.key = " ".join(rule.pattern for rule in rules)
        self.closed = any(rule.closed for rule in rules)
        self.finds = all("search" in rule.anybody for rule in rules)
        self.price = _dearest([rule.price for rule in rules])

    def permits_for(self, licensee: str) -> tuple[str, ...]:
        """The uses that every one of the rules gives the licensee, in the order of USES."""
        given = [rule.permits_for(licensee) for rule in self.rules]
        return tuple(use for use in USES if all(use in uses for uses in given))


def _dearest(prices: list[Money | None]) -> Money | None:
    known = [price for price in prices if price is not None]
    if len(known) < len(prices) or len({price.currency for price in known}) != 1:
        return None
    return max(known)


class Place:
    """A path as it is written in records, whether it is free, and its terms."""

    __slots__ = ("free", "path", "terms")

    def __init__(self, path: str, free: bool, terms: Terms) -> None:
        self.path = path
        self.free = free
        self.terms = terms


class Verdict:
    """What a token, or the lack of one, comes to at some terms; nothing of the single request is in it."""

    __slots__ = ("claims", "outcome", "price", "refusal", "use")

    def __init__(
        self,
        outcome: str,
        refusal: Refusal | None = None,
        claims: Claims | None = None,
        use: str | None = None,
        price: Money | None = None,
    ) -> None:
        self.outcome = outcome
        self.refusal = refusal
        self.claims = claims
        self.use = use
        self.price = price


class Known:
    """A token whose signature stands and that is not revoked, and what it came to so far.

    It is good from ``since`` until, not including, ``until``. ``verdicts`` are by (host, terms, agent's use);
    there are no more of them than there are rules, hosts and uses. ``plain``: bound to no key.
    """

    __slots__ = ("claims", "plain", "since", "until", "verdicts")

    def __init__(self, claims: Claims, silent_from: float) -> None:
        self.claims = claims
        self.plain = claims.key is None
        self.since = claims.iat - LEEWAY
        self.until = min(claims.exp + LEEWAY, silent_from)
        self.verdicts: dict[tuple[str, str, str | None], Verdict] = {}


class Nobody:
    """Stands for a ``User-Agent`` that names no AI agent, so that this is remembered too."""

    name = None
    use = None


NOBODY = Nobody()


class View:
    """A state, and what was worked out from it. Everything that grows is bounded.

    ``served`` and ``said`` are what ``quire.edge.published`` made of it: documents by path, headers by
    terms and host.
    """

    __slots__ = (
        "_answers", "_day", "_spoken", "_terms", "agents", "bad", "hosts", "places", "said", "served",
        "site", "state", "tokens",
    )  # fmt: skip

    def __init__(self, state: State) -> None:
        self.state = state
        self.site = state.site
        self.tokens: Remembered[str, Known] = Remembered(_TOKENS)
        self.bad: Remembered[str, str] = Remembered(_BAD_TOKENS)
        self.places: Remembered[str, Place] = Remembered(_PLACES)
        self.agents: Remembered[str, Agent | Nobody] = Remembered(_AGENTS)
        self.hosts = {host: host for host in state.site.hosts}
        self.served: dict[str, Any] = {}
        self.said: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
        self._day = datetime.fromtimestamp(state.heard, UTC)
        self._spoken: Remembered[str, str] = Remembered(_HOSTS)
        self._terms: dict[str, Terms] = {rule.pattern: Terms((rule,)) for rule in state.site.rules}
        self._answers: dict[tuple[str, str, Money | None], Verdict] = {}

    def again(self, state: State) -> View | None:
        """The same view of a state that differs in ``heard`` alone; None for any other.

        A token's end is remembered with it, so under a limit of silence nothing is kept.
        """
        if state.silence is not None or replace(self.state, heard=state.heard) != state:
            return None
        same = copy(self)
        same.state = state
        return same

    def agent(self, user_agent: str | None) -> Agent | Nobody:
        """The AI agent that the ``User-Agent`` names, or NOBODY."""
        if not user_agent:
            return NOBODY
        found = self.agents.get(user_agent)
        if found is None:
            named = self.state.agents.recognise(user_agent)
            found = named if named is not None and named.active(self._day) else NOBODY
            if len(user_agent) <= _LONGEST_KEY:
                self.agents.put(user_agent, found)
        return found

    def place(self, path: str) -> Place:
        """What holds at the path, which is as it was sent. Of readings that differ, the strictest holds."""
        found = self.places.get(path)
        if found is None:
            ways = readings(path)
            free = all(way in FREE or way.startswith(_WELL_KNOWN) for way in ways)
            found = Place(ways[0], free, self._strictest(ways))
            if len(path) <= _LONGEST_KEY:
                self.places.put(path, found)
        return found

    def host(self, sent: str) -> str:
        """The host of the policy that the request is for.

        Names that are none of the policy's (a web server in front that does not pass the name on, an address
        instead of a name) stand for its first host: refusing them would stop people, and letting them by
        would be a way round.
        """
        found = self.hosts.get(sent) or self._spoken.get(sent)
        if found is None:
            try:
                found = self.hosts.get(canonical_host(sent), self.site.hosts[0])
            except BadAddress:
                found = self.site.hosts[0]
            if len(sent) <= _LONGEST_KEY:
                self._spoken.put(sent, found)
        return found

    def is_ours(self, sent: str) -> bool:
        """Whether the name sent is one of the policy's, whatever its spelling and port."""
        try:
            return canonical_host(sent) in self.hosts
        except BadAddress:
            return False

    def refused(self, code: str, host: str, price: Money | None, claims: Claims | None = None) -> Verdict:
        """The verdict of a refusal; its answer is written once for each code, host and price."""
        key = (code, host, price)
        found = self._answers.get(key)
        if found is None:
            found = Verdict("refused", refusal(code, self.state.desk, host, price))
            self._answers[key] = found
        return found if claims is None else Verdict("refused", found.refusal, claims)

    def _strictest(self, ways: tuple[str, ...]) -> Terms:
        rules = tuple({rule.pattern: rule for way in ways for rule in self.site.rules_for(way)}.values())
        return self._terms[rules[0].pattern] if len(rules) == 1 else Terms(rules)


def unheard(society: str, server: str, hosts: tuple[str, ...]) -> State:
    """The state of an edge that never heard of its society: people pass, and no token can be judged.

    ``society`` and ``server`` are addresses, ``hosts`` canonical. Agents are not known yet either.
    """
    page = Society(society, society, f"{society}/licences")
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    site = SiteTerms(
        society=page,
        server=server,
        site="sit_unheard",
        hosts=hosts,
        rightsholder=hosts[0],
        issued=epoch,
        expires=epoch.replace(year=1971),
        rules=(Rule("/", USES),),
    )
    return State(site=site, issuers={}, agents=book_of(()), heard=0.0, silence=0.0)

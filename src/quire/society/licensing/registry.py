"""May this be used, by whom, for what, at what price, and why: for many addresses at once.

Owns the answers, as JSON, one for each address. The facts come from the repertoire, mandates, path terms,
prices and licences. Somebody who has not shown who it is hears what holds for everybody, and nothing of any
licensee.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any
from uuid import UUID

from quire.core.money import Money
from quire.core.tariff import ANY_TIER
from quire.core.terms import FREE, USES
from quire.society.kit import clock, config
from quire.society.licensing.queries import LicenceRow, TariffRow, held, tariffs_in_force
from quire.society.licensing.queries.revoked import licence_revoked
from quire.society.mandates import queries as mandates
from quire.society.mandates.hosts import HostTerms
from quire.society.mandates.mandated import Mandated
from quire.society.parties import queries as parties
from quire.society.parties.queries import PartyName
from quire.society.repertoire import queries as repertoire
from quire.society.repertoire.queries import Place, Places, SiteRow, Spot

BATCH = 10_000

ALLOWED = ("licensed", "free", "licence-needed", "price")
WHY = {
    "licensed": "Your licence covers it.",
    "free": "The rightsholder permits search to everybody; it needs no licence.",
    "licence-needed": "The rightsholder allows it to whoever has a licence for it; see {page}.",
    "price": "The rightsholder allows it, by the request at the site's price or under a licence: {page}.",
    "not-mandated": "The rightsholder has not allowed this use.",
    "path": "The rightsholder keeps this path out of this use.",
    "not-in-force": "The work is not in the registry on this day.",
    "unknown": "Nobody registered here is known to own this address, so the society cannot allow anything.",
    "unreadable": "This is neither a URL nor an identifier of a work.",
}

_text = json.encoder.encode_basestring_ascii


@dataclass(frozen=True, slots=True)
class Asker:
    """On whose behalf it is asked: a licensee's TypeID and its licences on the day, or nobody's."""

    licensee: str | None = None
    licences: tuple[LicenceRow, ...] = ()

    @classmethod
    def of(cls, licensee: UUID, tid: str, day: date | None = None) -> Asker:
        """A licensee with the licences it has on a day (None: today), but for those on the revocation list:
        no token is had under them.
        """
        found = held(licensee, day or clock.today())
        return cls(tid, tuple(row for row in found if not licence_revoked(row.tid)))


def answers(
    urls: Iterable[str], asker: Asker, uses: Sequence[str] = USES, day: date | None = None
) -> Iterator[bytes]:
    """A JSON object for each URL or identifier, in order; a few thousand are in memory at a time."""
    desk = Desk(asker, uses, day)
    left = iter(urls)
    while part := list(islice(left, BATCH)):
        yield from desk.answers(part)


class Desk:
    """Answers for one asker on one day; what is known of a rightsholder or a site is fetched once."""

    def __init__(self, asker: Asker, uses: Sequence[str] = USES, day: date | None = None) -> None:
        self._asker = asker
        self._uses = tuple(uses)
        self._day = day or clock.today()
        self._places = Places(self._day)
        self._rights = Rights(self._day)
        self._page = f"{config.url()}/licences"
        self._tariffs = tariffs_in_force(self._day)
        self._parts: dict[tuple[object, ...], bytes] = {}

    def answers(self, urls: Sequence[str]) -> list[bytes]:
        """An answer for each, in order."""
        places = self._places.find(urls)
        self._rights.fetch(places)
        return [self._answer(place) for place in places]

    def _answer(self, place: Place) -> bytes:
        words = "null" if place.words is None else str(place.words)
        head = f'{{"url":{_text(place.url)},"found":"{place.found}","key":{_text(place.key)},"words":{words},'
        return head.encode() + self._part(place) + b"}"

    def _part(self, place: Place) -> bytes:
        """Everything but what is the address's own: the same bytes for most addresses of a site."""
        place = self._rights.settled(place)
        spot, who = place.spot, self._asker.licensee
        refused, price = self._rights.on_path(place, who)
        site = spot.code if spot is not None else ""
        alike = (place.found, place.problem, place.holder, place.tier, place.in_force, site, refused, price)
        if (part := self._parts.get(alike)) is None:
            part = self._parts[alike] = self._told(place, refused, price)
        return part

    def _told(self, place: Place, refused: frozenset[str], price: Money | None) -> bytes:
        name = self._rights.name(place.holder)
        told: dict[str, Any] = {
            "site": place.spot and place.spot.code,
            "tier": place.tier or None,
            "rightsholder": name and {"id": name.tid, "name": name.name},
            "crawl_price": price and _price(price, "request"),
            "uses": {use: self._use(place, use, refused, price) for use in self._uses},
        }
        if place.problem:
            told["problem"] = place.problem
        return json.dumps(told, separators=(",", ":")).encode()[1:-1]

    def _use(self, place: Place, use: str, refused: frozenset[str], price: Money | None) -> dict[str, Any]:
        code, licence = self._code(place, use, refused, price)
        allowed, paid = code in ALLOWED, code in {"licensed", "licence-needed", "price"}
        offers = [row for row in self._tariffs if use in row.uses] if paid and licence is None else []
        return {
            "allowed": allowed,
            "code": code,
            "why": WHY[code].format(page=self._page),
            "licence": licence and licence.tid,
            "price": _cheapest([licence] if licence else offers, place.tier, price if paid else None),
            "tariffs": [row.ref for row in offers],
        }

    def _code(
        self, place: Place, use: str, refused: frozenset[str], price: Money | None
    ) -> tuple[str, LicenceRow | None]:
        if place.holder is None:
            return ("unreadable" if place.found == "unreadable" else "unknown"), None
        if not place.in_force:
            return "not-in-force", None
        if use not in self._rights.mandated.uses(place.holder, self._asker.licensee):
            return "not-mandated", None
        if use in refused:
            return "path", None
        licence = next((one for one in self._asker.licences if use in one.uses), None)
        if licence is not None:
            return "licensed", licence
        if use == FREE and use in self._rights.mandated.uses(place.holder, None):
            return "free", None
        return ("price" if price else "licence-needed"), None


class Rights:
    """What is said of rightsholders and sites on a day, fetched for places as they come."""

    def __init__(self, day: date) -> None:
        self._day = day
        self.mandated = Mandated([], day)
        self._names: dict[UUID, PartyName] = {}
        self._hosts: dict[str, HostTerms | None] = {}
        self._rows: dict[UUID, SiteRow] = {}

    def fetch(self, places: Iterable[Place]) -> None:
        """Learn what is not known yet of these places' holders and hosts; six queries at most."""
        holders: set[UUID] = set()
        hosts: set[str] = set()
        for place in places:
            if place.holder is not None and place.holder not in self._names:
                holders.add(place.holder)
            if place.spot is not None and (host := _host(place)) not in self._hosts:
                hosts.add(host)
        if holders:
            self._names.update(parties.names(holders))
            self.mandated.also(holders)
        if hosts:
            self._hosts.update(dict.fromkeys(hosts))
            self._hosts.update(mandates.host_terms(hosts, self._day))

    def name(self, holder: UUID | None) -> PartyName | None:
        return None if holder is None else self._names.get(holder)

    def on_path(self, place: Place, licensee: str | None) -> tuple[frozenset[str], Money | None]:
        """The uses that the site's own terms take away at a path, and what a request costs there."""
        terms = self._hosts.get(_host(place)) if place.spot is not None else None
        if terms is None or place.spot is None:
            return frozenset(), None
        told = terms.at(place.path)
        refused = {use for use in USES if told.refuses(use, licensee)}
        if told.sites != {place.spot.id}:
            refused.update(use for use in USES if not self._agreed(told.sites, use, licensee))
        return frozenset(refused), told.price

    def settled(self, place: Place) -> Place:
        """The place as the site's policy has it, where patterns of several sites cross: of a site whose rule
        holds there.
        """
        terms = self._hosts.get(_host(place)) if place.found == "site" else None
        told = terms.at(place.path) if terms is not None else None
        if told is None or place.spot is None or not told.sites or place.spot.id in told.sites:
            return place
        row = self._row(min(told.sites))
        return place._replace(
            spot=Spot(row.id, row.code, row.owner, row.tier), holder=row.owner, tier=row.tier
        )

    def _agreed(self, sites: frozenset[UUID], use: str, licensee: str | None) -> bool:
        """Whether the owners of all these sites, whose patterns cross, allow the use; nobody does not."""
        return bool(sites) and all(use in self.mandated.uses(self._row(one).owner, licensee) for one in sites)

    def _row(self, site: UUID) -> SiteRow:
        if site not in self._rows:
            self._rows[site] = row = repertoire.site(site)
            self.mandated.also([row.owner])
            self._names.update(parties.names({row.owner}))
        return self._rows[site]


def _host(place: Place) -> str:
    return place.key.removesuffix(place.path)


def _price(price: Money, per: str) -> dict[str, str]:
    return {"amount": price.decimal(), "currency": price.currency, "per": per}


def _cheapest(
    terms: Sequence[LicenceRow | TariffRow], tier: str, price: Money | None
) -> Mapping[str, str] | None:
    """What one more use costs under a licence, or at least under one of the tariffs; None: nothing more.

    By the request before by the work; of several currencies the first by its code.
    """
    found: list[tuple[int, str, int]] = []
    for one in terms:
        if one.kind == "crawl":
            found += [(0, price.currency, price.quanta)] if price else []
        elif one.kind != "blanket" and (amount := one.prices.get(tier, one.prices.get(ANY_TIER))) is not None:
            found.append((int(one.kind == "per-work"), one.currency, amount))
    if not found and not any(isinstance(one, LicenceRow) for one in terms) and price:
        found.append((0, price.currency, price.quanta))
    if not found:
        return None
    work, currency, amount = min(found)
    return _price(Money(amount, currency), "work" if work else "request")

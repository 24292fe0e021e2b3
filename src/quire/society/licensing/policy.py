"""The policy of a host: what its verified sites' owners allow, where, to whom and at what price.

Owns the way from mandates, path terms and prices to the rules of ``core.site``. Does not own the form of a
policy (``core.site``), its four renderings (``core.renderings``), nor who may fetch which of them
(``api``).

A host that nobody has shown to be theirs has no policy. Where several sites of one host are verified, each
pattern's rule is that of the owner whose pattern is the longest; what belongs to nobody is permitted to
nobody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from quire.core import canonical, envelope
from quire.core.errors import NotFound
from quire.core.site import Rule, SiteTerms, Society
from quire.core.urls import BadAddress, canonical_host
from quire.society.kit import agents, changes, clock, config
from quire.society.licensing import keys
from quire.society.mandates import queries as mandates
from quire.society.mandates.hosts import HostTerms, Told
from quire.society.mandates.mandated import Mandated
from quire.society.parties import queries as parties
from quire.society.repertoire import queries as repertoire
from quire.society.repertoire.queries import SiteRow

TYPE = "quire-policy+jws"
GOOD_FOR = timedelta(days=7)


class NoPolicy(NotFound):
    """The society says nothing of this host: it is not registered, or nobody has verified it."""

    code = "policy.none"


@dataclass(frozen=True, slots=True)
class _Ground:
    """Everything that the rules of one host are made of: ``named`` are licensees in the terms of a site."""

    host: HostTerms
    mandated: Mandated
    owners: Mapping[UUID, UUID]
    named: Mapping[UUID, set[str]]


def terms_of(site: UUID | str, on: date | None = None) -> SiteTerms:
    """The terms of the host of a site (its code, TypeID or id). NoPolicy where the site is not verified."""
    found = repertoire.site(site)
    if not found.verified:
        raise NoPolicy(
            f"{found.host} has not been verified for the site {found.code}: see quire sites verify.",
            site=found.code,
        )
    return terms_of_host(found.host, on)


def terms_of_host(host: str, on: date | None = None) -> SiteTerms:
    """The terms of a host on a day (None: today), from all of its verified sites. Raises NoPolicy."""
    name = _host(host)
    sites = tuple(row for row in repertoire.sites(name) if row.verified)
    if not sites:
        raise NoPolicy(f"Nothing is known here of the terms of {name[:100]}.", host=name[:253])
    day = on or clock.today()
    chief = min(sites, key=lambda row: (min(map(len, row.patterns)), row.code))
    society, url = parties.society(), config.url()
    issued = datetime.now(UTC).replace(microsecond=0)  # by the machine's clock: edges judge by theirs
    return SiteTerms(
        society=Society(society.name, url, f"{url}/licences"),
        server=f"{url}/olp",
        site=chief.tid,
        hosts=(name,),
        rightsholder=chief.owner_name,
        issued=issued,
        expires=issued + GOOD_FOR,
        rules=rules_of(sites, day),
        issuers=(issuer(),),
        agents=tuple(agents.load().entries()),
    )


def _host(text: str) -> str:
    try:
        return canonical_host(text)
    except BadAddress as problem:
        raise NoPolicy(problem.sentence, host=text[:253]) from problem


def etag(terms: SiteTerms) -> str:
    """A strong ETag of what the terms say, whenever they were issued; quoted, as the header has it."""
    said = {name: value for name, value in terms.document().items() if name not in {"issued", "expires"}}
    return f'"{hashlib.sha256(canonical.dumps(said)).hexdigest()[:32]}"'


def sealed(terms: SiteTerms) -> bytes:
    """The terms as an edge takes them: in the envelope of docs/boundary.md §3, signed by the society."""
    return canonical.dumps(envelope.seal(terms.document(), keys.signing_key(), TYPE))


def issuer() -> dict[str, Any]:
    """This society as an issuer of tokens: its name, where its keys and revocations are, and its keys now."""
    url = config.url()
    return {
        "iss": f"{url}/olp",
        "jwks": f"{url}/.well-known/jwks.json",
        "revocations": f"{url}/olp/revocations",
        "keys": keys.public_keys(),
    }


def current(site: UUID | str) -> tuple[str, bytes]:
    """(ETag, sealed policy) of a site's host as an edge fetches it; made anew when something was written.

    An unchanged policy is signed again once its week is a day old. Raises NoPolicy.
    """
    found = repertoire.site(site)
    written = (found.id, config.home(), config.url(), changes.version(), _kids())
    known = _sealed.get(found.host)
    if known and known[0] == written and datetime.now(UTC) < known[1]:
        return known[2], known[3]
    terms = terms_of(found.id)
    tag, body = etag(terms), sealed(terms)
    if len(_sealed) >= _MOST_SEALED:
        _sealed.clear()
    _sealed[found.host] = (written, terms.issued + timedelta(days=1), tag, body)
    return tag, body


_MOST_SEALED = 1_000
_sealed: dict[str, tuple[tuple[object, ...], datetime, str, bytes]] = {}


def _kids() -> tuple[str, ...]:
    return (keys.signing_key().kid, *(key["kid"] for key in keys.public_keys()))


def rules_of(sites: tuple[SiteRow, ...], day: date) -> tuple[Rule, ...]:
    """The rules of a host with these sites: one for each pattern at which something may change."""
    ground = _ground(sites, day)
    return tuple(_rule(ground, told) for told in ground.host.rules())


def _ground(sites: tuple[SiteRow, ...], day: date) -> _Ground:
    wanted = [row.id for row in sites]
    terms, prices = mandates.path_terms(wanted, day), mandates.path_prices(wanted, day)
    host = HostTerms({row.id: row.patterns for row in sites}, terms, prices)
    owners = {row.id: row.owner for row in sites}
    named = {site: {one.licensee for one in said if one.licensee} for site, said in terms.items()}
    return _Ground(host, Mandated(set(owners.values()), day), owners, named)


def _rule(ground: _Ground, told: Told) -> Rule:
    """A rule of the edge: what the mandate allows under a pattern, less what the site's terms refuse."""
    if not told.sites:
        return Rule(told.pattern)
    [site] = told.sites
    owner = ground.owners[site]
    everybody = _allowed(ground, owner, told, None)
    only: dict[str, tuple[str, ...]] = {}
    never: dict[str, tuple[str, ...]] = {}
    for licensee in sorted(ground.mandated.named(owner) | ground.named.get(site, set())):
        theirs = _allowed(ground, owner, told, licensee)
        if added := tuple(use for use in theirs if use not in everybody):
            only[licensee] = added
        if taken := tuple(use for use in everybody if use not in theirs):
            never[licensee] = taken
    return Rule(told.pattern, everybody, told.price, only, never)


def _allowed(ground: _Ground, owner: UUID, told: Told, licensee: str | None) -> tuple[str, ...]:
    return tuple(use for use in ground.mandated.uses(owner, licensee) if not told.refuses(use, licensee))

"""What a client gets for what it asks: which uses, under which licence, at which sites its token is good.

* The uses are those that the ``<license>`` permits, the client may ask for, and one licence of its licensee
  covers today. A token names one licence; where several cover something, the one that covers the most is
  taken (then the first by code), and the client asks again for the rest.
* A resource that is an address, or a pattern at a host, makes a token for that origin alone. A bare pattern
  ("/news/*") says nothing of the site, so its token is good at the site that ``audience`` names; without
  one, at every verified site whose owner's mandate allows the licensee one of the uses, of which there may
  be ``MOST_SITES``: a token travels in a header. (Each site has a token address of its own, which is such an
  audience.)
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from urllib.parse import urlsplit

from quire.core.errors import Invalid
from quire.core.urls import canonical_host
from quire.society.kit import config
from quire.society.licensing.errors import BadResource, NoLicence
from quire.society.licensing.queries.clients import ClientRow
from quire.society.licensing.queries.licences import LicenceRow, held
from quire.society.licensing.queries.revoked import licence_revoked
from quire.society.mandates.mandated import Mandated
from quire.society.repertoire import queries as repertoire

MOST_SITES = 64
SECONDS_KEPT = 30
"""How long it is remembered which hosts a bare pattern means for a licensee."""
LONGEST_RESOURCE = 2_000
_PORTS = {"http": 80, "https": 443}


def licence_for(client: ClientRow, permitted: Iterable[str], day: date) -> tuple[LicenceRow, tuple[str, ...]]:
    """The licence that covers the most of ``permitted`` for this client on ``day``, and those uses.

    Raises NoLicence.
    """
    asked = [use for use in client.scopes if use in set(permitted)]
    best: tuple[LicenceRow, tuple[str, ...]] | None = None
    for row in held(client.licensee, day):
        covered = tuple(use for use in row.uses if use in asked)
        if covered and (best is None or len(covered) > len(best[1])) and not licence_revoked(row.tid):
            best = (row, covered)
    if best is None:
        raise NoLicence(
            "There is no licence in force today for any of these uses that this client may ask for: "
            f"see the tariffs at {config.url()}/licences."
        )
    return best


def origins(
    client: ClientRow, resource: str, audience: Sequence[str], uses: Iterable[str], day: date
) -> tuple[str, ...]:
    """The origins at which a token for ``resource`` is good; BadResource where there is none.

    ``audience`` are origins, addresses or host names; they count where the resource is a bare pattern.
    """
    if len(resource) > LONGEST_RESOURCE or not resource.isprintable():
        raise BadResource("The resource is too long, or holds what no address holds.")
    if not resource.startswith(("/", "*")):
        return (_origin(resource),)
    if audience:
        if len(audience) > MOST_SITES:
            raise BadResource(f"A token is good at {MOST_SITES} sites at most; ask for another one.")
        return tuple(dict.fromkeys(_origin(one if "://" in one else f"https://{one}") for one in audience))
    return _mandated(client, set(uses), day)


def _origin(url: str) -> str:
    """The origin of an address at a verified site; its path, query and fragment say nothing here."""
    try:
        parts = urlsplit(url.strip())
        scheme, port, host = parts.scheme.lower(), parts.port, canonical_host(parts.hostname or "")
    except (ValueError, Invalid) as problem:
        raise BadResource("The resource is no address, and no pattern that begins with a slash.") from problem
    if scheme not in _PORTS or "@" in parts.netloc:
        raise BadResource("The resource is no address that begins with https:// or http:// and a host.")
    if not any(row.verified for row in repertoire.sites(host)):
        raise BadResource(f"{host} is not a site that this society licenses.")
    return f"{scheme}://{host}" + ("" if port in (None, _PORTS[scheme]) else f":{port}")


def _mandated(client: ClientRow, uses: set[str], day: date) -> tuple[str, ...]:
    hosts = _hosts(client.licensee_tid, frozenset(uses), day, int(time.monotonic()) // SECONDS_KEPT)
    if not hosts:
        raise BadResource("No site of this society gives this licensee one of these uses today.")
    if len(hosts) > MOST_SITES:
        raise BadResource(
            f"The pattern fits the sites of {len(hosts)} hosts, more than one token holds: send the address "
            "as resource, or name the sites by audience.",
            hosts=len(hosts),
        )
    return tuple(f"https://{host}" for host in hosts)


@lru_cache(maxsize=1_000)
def _hosts(licensee: str, uses: frozenset[str], day: date, moment: int) -> tuple[str, ...]:
    """The hosts whose owners allow the licensee one of the uses. Asked once in a while (``moment``): every
    site is read for it, and a mandate that has changed since is heeded by the site's own edge.
    """
    rows = [row for row in repertoire.sites() if row.verified]
    mandated = Mandated({row.owner for row in rows}, day)
    return tuple(sorted({row.host for row in rows if uses.intersection(mandated.uses(row.owner, licensee))}))

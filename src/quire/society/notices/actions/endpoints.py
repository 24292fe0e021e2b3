"""Endpoints: where a party's own server is told, by which secret, of what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from quire.core.errors import QuireError
from quire.core.urls import canonical_host
from quire.society.kit import acts, clock, fetch, locks
from quire.society.notices import catalogue, errors, queries, signing
from quire.society.notices.models import Delivery, Endpoint, EndpointSecret
from quire.society.parties import queries as parties

MOST = 10
"""Endpoints that a party may have."""
BOTH = timedelta(hours=24)
"""How long the secret before is good beside the new one."""
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Made:
    """An endpoint, and the secret that is shown once."""

    row: queries.EndpointRow
    secret: str


def add_endpoint(*, party: UUID, audience: str, url: str, events: Iterable[str] = (), by: Any) -> Made:
    """Send a party's notices to ``url`` from now on: those of ``events``, or all.

    Refuses, in this order: a user who only reads, an address that is none or leads into a private network
    (BadEndpoint, fetch.Forbidden, fetch.Unreachable), unknown events, a further one of the same address
    (EndpointKnown), too many.
    """
    parties.may_write(by)
    address, wanted = _checked(url), _events(audience, events)
    with transaction.atomic():
        locks.wait(f"webhooks:{party}")
        mine = Endpoint.objects.filter(party=party, removed=None)
        if mine.filter(audience=audience, url=address).exists():
            raise errors.EndpointKnown(f"You have an endpoint at {address} already.")
        if mine.count() >= MOST:
            raise errors.TooMany(f"You may have {MOST} endpoints; remove one first.")
        made = Endpoint.objects.create(
            party_id=party, audience=audience, url=address, events=wanted, created=clock.now()
        )
        secret = EndpointSecret.objects.create(endpoint=made, created=clock.now())
        acts.record("notices.add-endpoint", made, by=by, **_told(made), events=wanted)
    return Made(queries.endpoint_row(made), signing.secret_of(secret.id))


def change_events(found: Endpoint, *, events: Iterable[str], by: Any) -> None:
    """Send these events from now on; none: all. Refuses as ``add_endpoint``."""
    parties.may_write(by)
    wanted = _events(found.audience, events)
    with transaction.atomic():
        Endpoint.objects.filter(id=found.id).update(events=wanted)
        acts.record("notices.change-endpoint", found, by=by, **_told(found), events=wanted)


def rotate(found: Endpoint, *, by: Any) -> Made:
    """Another secret; the one before is good for a day yet, and signs beside it."""
    parties.may_write(by)
    now = clock.now()
    with transaction.atomic():
        locks.wait(f"webhooks:{found.party_id}")
        good = EndpointSecret.objects.filter(Q(ends=None) | Q(ends__gt=now), endpoint=found)
        older = list(good.filter(ends__isnull=False).values_list("id", flat=True))
        good.filter(ends=None).update(ends=now + BOTH)
        EndpointSecret.objects.filter(id__in=older).update(ends=now)  # two are good at most
        secret = EndpointSecret.objects.create(endpoint=found, created=now)
        acts.record("notices.rotate-endpoint", found, by=by, **_told(found))
    return Made(queries.endpoint_row(found), signing.secret_of(secret.id))


def enable(found: Endpoint, *, by: Any) -> None:
    """Send again to an endpoint that was switched off. What failed meanwhile may be sent again one by one."""
    parties.may_write(by)
    with transaction.atomic():
        Endpoint.objects.filter(id=found.id).update(disabled="")
        acts.record("notices.enable", found, by=by, **_told(found))


def remove(found: Endpoint, *, by: Any) -> None:
    """Send nothing there any more; its log stays."""
    parties.may_write(by)
    with transaction.atomic():
        Endpoint.objects.filter(id=found.id).update(removed=clock.now())
        _leave(found)
        acts.record("notices.remove-endpoint", found, by=by, **_told(found))


def disable(found: Endpoint, reason: str) -> None:
    """Nobody answers there as they should: switch it off, and tell its party."""
    Endpoint.objects.filter(id=found.id).update(disabled=reason[:200])
    _leave(found)
    acts.record("notices.disable", found, by=None, **_told(found), reason=reason)


def _leave(found: Endpoint) -> None:
    waiting = Delivery.objects.filter(endpoint=found, state="waiting")
    waiting.update(state="failed", next=None)


def _told(found: Endpoint) -> dict[str, str]:
    return {"party": parties.party(found.party_id).tid, "audience": found.audience, "url": found.url}


def _events(audience: str, events: Iterable[str]) -> list[str]:
    known = {one.name for one in catalogue.hooked(audience)}
    wanted = sorted(set(events))
    if strange := [name for name in wanted if name not in known]:
        raise errors.BadEndpoint(f"There is no event {strange[0][:40]!r} for you; it is one of those listed.")
    return wanted


def _checked(url: str) -> str:
    """The address in one spelling; it must be https, at its usual port, and on the open internet."""
    said = url.strip()
    wrong = errors.BadEndpoint("An endpoint is an address as https://example.org/hooks, without a port.")
    if len(said) > LONGEST or not said.isascii() or not said.isprintable() or " " in said:
        raise wrong
    try:
        parts = urlsplit(said)
        usual = parts.port in (None, 443) and not parts.username and not parts.password
        host = canonical_host(parts.hostname or "")
    except (QuireError, ValueError) as problem:
        raise wrong from problem
    if parts.scheme != "https" or not usual or parts.fragment:
        raise wrong
    fetch.may_ask(host)
    return f"https://{host}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")

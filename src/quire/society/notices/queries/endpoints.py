"""Endpoints and what was sent to them, as their party sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, Prefetch, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from quire.society.kit import clock, ids
from quire.society.kit.nouns import one
from quire.society.kit.paging import Filter, Listing, Sort
from quire.society.notices.models import Attempt, Delivery, Endpoint, EndpointSecret

STATES = {"waiting": _("waiting"), "delivered": _("delivered"), "failed": _("failed")}


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """An endpoint. No ``events``: all. ``disabled`` says why it is switched off, ``last`` when something was
    sent there last; ``secrets``: from when until when each good one is good."""

    tid: str
    url: str
    events: tuple[str, ...]
    created: datetime
    disabled: str
    last: datetime | None
    secrets: tuple[tuple[datetime, datetime | None], ...]

    @property
    def state(self) -> str:
        """A word for its badge."""
        return "switched off" if self.disabled else "active"


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One try: what was answered (``status`` None: nobody did)."""

    at: datetime
    status: int | None
    excerpt: str
    took_ms: int


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One message. ``next`` is when it is tried again; ``attempts`` the newest last."""

    tid: str
    message: str
    event: str
    made: datetime
    state: str
    tries: int
    next: datetime | None
    body: str
    attempts: tuple[AttemptRow, ...]

    @property
    def status(self) -> int | None:
        """What was answered last."""
        return self.attempts[-1].status if self.attempts else None


def endpoints(party: UUID, audience: str) -> list[EndpointRow]:
    """A party's endpoints, the newest first; there are ten at most."""
    return [endpoint_row(row) for row in _mine(party, audience).order_by("-created", "-id")]


def endpoint(party: UUID, audience: str, tid: str) -> Endpoint:
    """A party's endpoint by its id. Unknown where it has no such."""
    rows = _mine(party, audience).filter(id=ids.read(Endpoint.prefix, tid))
    found: Endpoint = one(rows, "There is no such endpoint here.")
    return found


def _mine(party: UUID, audience: str) -> QuerySet[Any]:
    good = EndpointSecret.objects.filter(Q(ends=None) | Q(ends__gt=clock.now())).order_by("created")
    rows = Endpoint.objects.filter(party=party, audience=audience, removed=None)
    return rows.annotate(last=Max("deliveries__made")).prefetch_related(
        Prefetch("secrets", good, to_attr="good")
    )


def endpoint_row(found: Endpoint) -> EndpointRow:
    """An endpoint as others see it."""
    good = getattr(found, "good", None)
    secrets = [] if good is None else [(secret.created, secret.ends) for secret in good]
    last = getattr(found, "last", None)
    return EndpointRow(
        found.tid, found.url, tuple(found.events), found.created, found.disabled, last, tuple(secrets)
    )


def delivery_list(found: Endpoint) -> Listing[DeliveryRow]:
    """What was sent to an endpoint, the newest first."""
    tried = Prefetch("attempts", Attempt.objects.order_by("at", "id"))
    return Listing(
        Delivery.objects.filter(endpoint=found).prefetch_related(tried),
        lambda some: _rows(some),
        {"made": Sort("made", descending=True)},
        {"state": Filter(_("State"), STATES, lambda state: Q(state=state))},
        lambda words: Q(event__icontains=words) | Q(message=words),
    )


def delivery(found: Endpoint, tid: str) -> DeliveryRow:
    """One message that was sent to an endpoint. Unknown where there is none of this id."""
    rows = delivery_list(found).rows.filter(id=ids.read(Delivery.prefix, tid))
    return _rows([one(rows, "There is no such delivery here.")])[0]


def _rows(some: Sequence[Delivery]) -> list[DeliveryRow]:
    return [
        DeliveryRow(
            row.tid, row.message, row.event, row.made, row.state, row.tries, row.next, row.body,
            tuple(AttemptRow(a.at, a.status, a.excerpt, a.took_ms) for a in row.attempts.all()),
        )
        for row in some
    ]  # fmt: skip

"""Webhooks on their way: what is due is claimed, sent side by side, and what was answered is written down.

A claim moves the next try a little ahead, so that a message whose worker was killed is sent again after that:
at least once, always under the same id. Nothing is held in the database while the network is waited for.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Q

from quire.core.errors import QuireError
from quire.society.kit import clock, config, fetch, ids
from quire.society.notices import catalogue, errors, queries, signing
from quire.society.notices.actions.endpoints import disable
from quire.society.notices.models import Attempt, Delivery, Endpoint, EndpointSecret, Notice
from quire.society.parties import queries as parties

RETRIES = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)  # fmt: skip
"""How long after each failed try the next one comes, each up to a fifth longer; after the last: no more."""
CLAIM = timedelta(seconds=60)
SECONDS = 10.0
"""How long an endpoint may take to answer."""
ROUND = 30.0
"""Seconds after which a round begins nothing more."""
BESIDE = 8
"""Messages on their way at once."""
_EXCERPT = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one try."""

    status: int | None
    excerpt: str
    took_ms: int

    @property
    def good(self) -> bool:
        """Whether the endpoint took it."""
        return self.status is not None and 200 <= self.status < 300


def queue(fresh: Sequence[Notice]) -> None:
    """Have these notices sent to the endpoints that want them; in the transaction that wrote them."""
    whose = {one.party_id for one in fresh if one.party_id is not None}
    if not whose:
        return
    wanting: dict[tuple[Any, str], list[Endpoint]] = {}
    for found in Endpoint.objects.filter(party__in=whose, removed=None, disabled=""):
        wanting.setdefault((found.party_id, found.audience), []).append(found)
    codes = {party: name.code for party, name in parties.names({key[0] for key in wanting}).items()}
    made = [
        _delivery(found, one, codes[found.party_id])
        for one in fresh
        for found in wanting.get((one.party_id, one.audience), ())
        if catalogue.EVENTS[one.event].hook and (not found.events or one.event in found.events)
    ]
    Delivery.objects.bulk_create(made)


def _delivery(found: Endpoint, one: Notice, code: str) -> Delivery:
    page = queries.address(one.event, one.audience, code, one.parts)
    told = {name: _plain(fact) for name, fact in one.facts.items()}
    data = {
        "notice": one.tid, "subject": one.subject, **one.parts, **told,
        **({"due": str(one.due)} if one.due else {}), "url": config.url() + page,
    }  # fmt: skip
    body = _body(one.event, one.at, data)
    now = clock.now()
    return Delivery(
        endpoint=found, notice=one, message=one.tid, event=one.event, body=body, made=now, next=now
    )


def _plain(fact: Any) -> Any:
    return fact["day"] if isinstance(fact, dict) and "day" in fact else fact


def _body(event: str, at: datetime, data: dict[str, Any]) -> str:
    stamp = at.isoformat().replace("+00:00", "Z")
    return json.dumps({"type": event, "timestamp": stamp, "data": data}, separators=(",", ":"))


def test(found: Endpoint, *, by: Any) -> str:
    """Send a test event; its delivery's id. EndpointOff where it is switched off;
    TestWaits while the last one has not arrived."""
    parties.may_write(by)
    _must_be_on(found)
    if Delivery.objects.filter(endpoint=found, event=catalogue.TEST, next__isnull=False).exists():
        raise errors.TestWaits(
            "A test event is on its way; it is sent again once that has arrived or failed."
        )
    now = clock.now()
    body = _body(catalogue.TEST, now, {"endpoint": found.tid})
    made = Delivery.objects.create(
        endpoint=found,
        message=ids.show("msg", ids.new()),
        event=catalogue.TEST,
        body=body,
        made=now,
        next=now,
    )
    return str(made.tid)


def resend(found: Endpoint, tid: str, *, by: Any) -> None:
    """Send a message once more, from the first try on, under its id. EndpointOff, Unknown."""
    parties.may_write(by)
    _must_be_on(found)
    queries.delivery(found, tid)
    rows = Delivery.objects.filter(endpoint=found, id=ids.read(Delivery.prefix, tid))
    rows.update(state="waiting", tries=0, next=clock.now())


def _must_be_on(found: Endpoint) -> None:
    if found.disabled or found.removed:
        raise errors.EndpointOff("This endpoint is switched off; switch it on first.")


def deliver() -> int:
    """Send what is due, for half a minute at most: others wait for the worker, too. Returns how many messages
    were tried."""
    tried, until = 0, time.monotonic() + ROUND
    with ThreadPoolExecutor(max_workers=BESIDE) as pool:
        while time.monotonic() < until and (claimed := _claim()):
            for row, answer in zip(claimed, pool.map(_send, claimed, _secrets(claimed)), strict=True):
                _note(row, answer)
            tried += len(claimed)
    return tried


def next_due() -> datetime | None:
    """When the next message is due; None where none waits."""
    row = Delivery.objects.filter(next__isnull=False).order_by("next").first()
    return row.next if row else None


def _claim() -> list[Delivery]:
    now = clock.now()
    with transaction.atomic():
        rows = Delivery.objects.select_for_update(skip_locked=True, of=("self",)).select_related("endpoint")
        found = list(rows.filter(next__lte=now).order_by("next", "id")[:BESIDE])
        Delivery.objects.filter(id__in=[row.id for row in found]).update(next=now + CLAIM)
    return found


def _secrets(claimed: Sequence[Delivery]) -> list[list[str]]:
    """The secrets of each one's endpoint that are good now, the newest first."""
    good = Q(ends=None) | Q(ends__gt=clock.now())
    found: dict[Any, list[str]] = {}
    rows = EndpointSecret.objects.filter(good, endpoint__in=[row.endpoint_id for row in claimed])
    for row in rows.order_by("-created", "-id"):
        found.setdefault(row.endpoint_id, []).append(signing.secret_of(row.id))
    return [found.get(row.endpoint_id, []) for row in claimed]


def _send(row: Delivery, good: list[str]) -> Answer:
    """Post it; nothing here asks the database, since threads do this side by side."""
    parts = urlsplit(row.endpoint.url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    body = row.body.encode()
    said = signing.headers(good, row.message, int(time.time()), body)
    began = time.monotonic()
    try:
        page = fetch.post(
            parts.hostname or "",
            path,
            body,
            {**said, "User-Agent": "QuireWebhooks/1"},
            seconds=SECONDS,
            most=4096,
        )
        status, excerpt = page.status, page.body.decode("utf-8", "replace")
    except QuireError as problem:
        status, excerpt = None, str(problem)
    shown = "".join(sign if sign.isprintable() else " " for sign in excerpt)[:_EXCERPT]
    return Answer(status, shown, int((time.monotonic() - began) * 1000))


def _note(row: Delivery, answer: Answer) -> None:
    """Write down what was answered, and what follows of it."""
    now, tries = clock.now(), row.tries + 1
    with transaction.atomic():
        Attempt.objects.create(
            delivery=row, at=now, status=answer.status, excerpt=answer.excerpt, took_ms=answer.took_ms
        )
        mine = Delivery.objects.filter(id=row.id, state="waiting")
        if answer.good:
            mine.update(state="delivered", tries=tries, next=None)
        elif answer.status == 410:
            mine.update(state="failed", tries=tries, next=None)
            disable(row.endpoint, "It answered 410: gone.")
        elif tries > len(RETRIES):
            mine.update(state="failed", tries=tries, next=None)
            disable(row.endpoint, f"It took no message in {len(RETRIES) + 1} tries over three days.")
        else:
            wait = RETRIES[tries - 1] * random.uniform(1, 1.2)  # noqa: S311
            mine.update(tries=tries, next=now + wait)

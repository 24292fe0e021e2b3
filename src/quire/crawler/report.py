"""What was done with pages, told to the society in Content Telemetry 1.0.

Every receipt of a page that was got is a ``content_retrieved``; a program adds what it did with one
(``grounded``, ``cited``, ``presented``). ``license_ref`` is the licence's id. Nothing of a person or a
question is in it: the least of the standard's levels of privacy.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from quire.core import moments
from quire.core.errors import Invalid, QuireError
from quire.crawler.asks import NoCredentials

if TYPE_CHECKING:
    from quire.crawler.client import Crawler

VERSION = "1.0"
KINDS = ("content_retrieved", "content_grounded", "content_cited", "content_presented")
MOST_EVENTS = 1000
_NAMESPACE = uuid.UUID("6f1d5d5e-35a0-5c39-a3c6-0e9a4f2b6a41")


class BadReport(Invalid):
    """What is reported cannot be right."""

    code = "crawl.bad-report"


class NotDelivered(QuireError):
    """The society did not take a report; the same report may be sent again, its events have ids."""

    code = "crawl.report-not-delivered"
    status = 502


def retrieved(receipts: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """A ``content_retrieved`` for each receipt of a page that was got; the same receipt, the same event."""
    for receipt in receipts:
        if receipt.get("status") in (200, 206) and receipt.get("licence"):
            yield {
                "id": str(uuid.uuid5(_NAMESPACE, str(receipt["request"]))),
                "type": "content_retrieved",
                "timestamp": receipt["at"],
                "source_role": "agent",
                "content_url": receipt["url"],
                "content_telemetry_id": receipt["telemetry"],
                "license_ref": receipt["licence"],
                "data": {"response_status": receipt["status"]},
            }


def used(
    kind: str, receipt: Mapping[str, Any], *, at: datetime | None = None, output: str = "", **data: Any
) -> dict[str, Any]:
    """What was done with a page that was got. ``kind`` is one of KINDS but the first; ``output`` names the
    answer it went into (needed for what is cited and presented). Raises BadReport, and BadMoment for an
    ``at`` without its zone."""
    if kind not in KINDS[1:]:
        raise BadReport(f"{kind[:40]!r} is none of {', '.join(KINDS[1:])}.")
    if kind != "content_grounded" and not output:
        raise BadReport(f"{kind} needs the output in which it was.")
    event = {
        "id": str(uuid.uuid4()),
        "type": kind,
        "timestamp": moments.write_exactly(at or datetime.now(UTC)),
        "content_url": receipt["url"],
        "license_ref": receipt["licence"],
        "data": data,
    }
    return event | ({"output_id": output} if output else {})


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of events: ``sent``, of them ``again`` known already, and why some were ``refused``."""

    sent: int = 0
    again: int = 0
    refused: tuple[str, ...] = ()


def deliver(crawler: Crawler, server: str, events: Iterable[Mapping[str, Any]]) -> Delivered:
    """Send events to the society of this licence server. Sending again does no harm.

    Raises NoCredentials and NotDelivered.
    """
    server = server.rstrip("/")
    ours = crawler.config.servers.get(server)
    if ours is None:
        raise NoCredentials(f"There are no credentials for {server} in the configuration.", server=server)
    headers = {"content-type": "application/json", "authorization": ours.basic}
    address = f"{server.removesuffix('/olp')}/api/v1/telemetry/events"
    waiting = list(events)
    sent = again = 0
    refused: list[str] = []
    for body in batches(waiting, crawler.config.name):
        answer = crawler.post(address, body, headers)
        if answer.status not in (200, 201, 202):
            said = answer.body[:300].decode("utf-8", "replace")
            raise NotDelivered(f"{address} answered {answer.status}: {said}", sent=sent)
        sent = min(sent + MOST_EVENTS, len(waiting))
        told = _told(answer.body)
        again += told.get("again", 0) if type(told.get("again")) is int else 0
        refused += [
            str(one.get("reason", ""))[:300] for one in told.get("refused") or () if isinstance(one, dict)
        ]
    return Delivered(sent, again, tuple(refused))


def _told(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body or b"{}")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def batches(events: Iterable[Mapping[str, Any]], agent: str) -> Iterator[bytes]:
    """Event batches of at most MOST_EVENTS, as JSON, for the society's telemetry address."""
    waiting: list[Mapping[str, Any]] = []
    for event in events:
        waiting.append(event)
        if len(waiting) == MOST_EVENTS:
            yield _batch(waiting, agent)
            waiting = []
    if waiting:
        yield _batch(waiting, agent)


def _batch(events: list[Mapping[str, Any]], agent: str) -> bytes:
    session = uuid.uuid5(_NAMESPACE, "".join(str(event["id"]) for event in events))
    document = {
        "document_type": "event_batch",
        "schema_version": VERSION,
        "session_id": str(session),
        "agent_id": agent,
        "started_at": min(str(event["timestamp"]) for event in events),
        "events": events,
    }
    return json.dumps(document, ensure_ascii=True, separators=(",", ":")).encode()

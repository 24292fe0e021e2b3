"""``/api/v1/telemetry/events``: what a lab says that it did with what it got (Content Telemetry 1.0)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from quire.core.errors import Invalid
from quire.society.api import asked, problems
from quire.society.api.v1 import caller, refusals
from quire.society.usage import actions
from quire.society.usage.reports import reading

router = Router(tags=["telemetry"])
MOST_BYTES = 16 * 1024 * 1024


class RefusedOut(Schema):
    """An event that was not taken: its place in the report, from 0, a code, and a sentence."""

    index: int
    code: str
    reason: str


class ReportOut(Schema):
    """What became of a report: events ``taken`` now, those known ``again``, and each refused one with why."""

    taken: int
    again: int
    refused: list[RefusedOut]


_EVENT = {
    "type": "object",
    "required": ["type", "timestamp", "license_ref"],
    "properties": {
        "id": {"type": "string", "description": "The event is taken once under it."},
        "type": {"type": "string", "enum": list(reading.KINDS)},
        "timestamp": {"type": "string", "format": "date-time"},
        "content_url": {"type": "string", "format": "uri"},
        "content_id": {"type": "string"},
        "license_ref": {"type": "string", "description": "A licence's id or code, or the jti of a token."},
        "content_telemetry_id": {"type": "string", "format": "uuid"},
    },
}
_BATCH = {
    "type": "object",
    "required": ["document_type", "schema_version", "events"],
    "properties": {
        "document_type": {"const": "event_batch"},
        "schema_version": {"type": "string", "pattern": r"^(0\.1|1\.[0-9]{1,3})$"},
        "session_id": {"type": "string", "description": "Not kept."},
        "events": {"type": "array", "maxItems": reading.MOST_EVENTS, "items": _EVENT},
    },
}
_DESCRIBED: dict[str, Any] = {
    "security": [{"client": []}],
    "requestBody": {
        "required": True,
        "content": {asked.JSON: {"schema": _BATCH}, asked.NDJSON: {"schema": {"type": "string"}}},
    },
    "responses": refusals(401, 403, 413, 415, 422, 429),
}


@router.post("/telemetry/events", response={200: ReportOut}, openapi_extra=_DESCRIBED)
def events(request: HttpRequest) -> ReportOut:
    """Report what was retrieved, grounded, cited, presented and engaged with, under your own licences.

    An event batch, or NDJSON with an event on a line. Good events are taken, each other one is named; an
    event sent again under its id is counted once. Sessions, turns and outputs are not kept.
    """
    client = caller(request, needed=True)
    assert client is not None  # or it was refused
    kind = (request.content_type or "").lower()
    if kind not in {asked.JSON, asked.NDJSON}:
        raise problems.WrongType(
            f"Report with a body of {asked.JSON} or {asked.NDJSON}, not {kind[:60] or 'none'}."
        )
    if request.headers.get("Content-Encoding", "identity").lower() not in {"", "identity"}:
        raise problems.WrongType("The body is read as it is: without Content-Encoding.")
    done = actions.take_report(client=client, body=_body(request), lines=kind == asked.NDJSON)
    refused = [RefusedOut(index=one.index, code=one.code, reason=one.reason) for one in done.refused]
    return ReportOut(taken=done.taken, again=done.again, refused=refused)


def _body(request: HttpRequest) -> bytes:
    """At most MOST_BYTES, read from the connection: Django's own limit is made for forms."""
    try:
        body: bytes = request.read(MOST_BYTES + 1)
    except (OSError, ValueError) as problem:
        raise Invalid("The request's body cannot be read.") from problem
    if len(body) > MOST_BYTES:
        raise problems.TooLarge(f"At most {MOST_BYTES:,} bytes are taken in one report.")
    return body

"""What OpenAPI says of operations whose bodies are streamed, and of every refusal."""

from __future__ import annotations

from typing import Any

from ninja import Schema

from quire.core.terms import USES
from quire.society.api import asked
from quire.society.api.v1 import refusals

PARQUET = "application/vnd.apache.parquet"


class PriceOut(Schema):
    """What one ``request`` (or one ``work``) costs: twelve decimals of a currency."""

    amount: str
    currency: str
    per: str


class UseOut(Schema):
    """May it be had for this use? ``code`` is for programs, ``why`` for people.

    ``licence`` is the caller's licence that covers it; ``tariffs`` are those under which one may be taken.
    """

    allowed: bool
    code: str
    why: str
    licence: str | None
    price: PriceOut | None
    tariffs: list[str]


class HolderOut(Schema):
    """A rightsholder."""

    id: str
    name: str


class AnswerOut(Schema):
    """The answer for one URL or identifier; ``found`` is work, site, nothing or unreadable."""

    url: str
    found: str
    key: str
    words: int | None
    site: str | None
    tier: str | None
    rightsholder: HolderOut | None
    crawl_price: PriceOut | None
    uses: dict[str, UseOut]
    problem: str | None = None


class LookupOut(Schema):
    """The answers in the order of the question, and the version of the registry they rest on."""

    version: str
    on: str
    answers: list[AnswerOut]


_TAG = {"ETag": {"schema": {"type": "string"}, "description": "For If-None-Match."}}
_UNCHANGED = {304: {"description": "Nothing has changed since the answer with that ETag.", "headers": _TAG}}
_USE = {"type": "string", "enum": [*USES, "all"], "description": "One use; without it all of them."}
_LICENSEE = {"type": "string", "description": "The caller's own licensee; of another it is refused."}
_QUESTION = {
    "type": "object",
    "required": ["urls"],
    "additionalProperties": False,
    "properties": {
        "urls": {
            "type": "array",
            "maxItems": asked.MOST_URLS,
            "items": {"type": "string", "maxLength": asked.LONGEST_URL},
        },
        "licensee": _LICENSEE,
        "use": _USE,
    },
    "example": {"urls": ["https://example.org/a", "doi:10.1000/182"], "use": "ai-train"},
}
_TEXT = {"type": "string"}


def _query(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    told = "For NDJSON, whose body has no place for it."
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": told}


KEPT: dict[str, Any] = {"responses": {**_UNCHANGED, **refusals(405)}}
SITE: dict[str, Any] = {"responses": {**_UNCHANGED, **refusals(404)}}
LOOKUP: dict[str, Any] = {
    "security": [{"client": []}, {}],
    "parameters": [_query("licensee", _LICENSEE), _query("use", _USE)],
    "requestBody": {
        "required": True,
        "content": {asked.JSON: {"schema": _QUESTION}, asked.NDJSON: {"schema": _TEXT}},
    },
    "responses": {
        200: {"content": {asked.NDJSON: {"schema": _TEXT}}, "headers": _TAG},
        **refusals(401, 403, 412, 413, 415, 422, 429),
    },
}
SNAPSHOT: dict[str, Any] = {
    "security": [{"client": []}],
    "responses": {
        200: {"content": {PARQUET: {"schema": {"type": "string", "format": "binary"}}}, "headers": _TAG},
        206: {"description": "The part of it that Range asks for.", "content": {PARQUET: {}}},
        416: {"description": "The file has no such part."},
        **_UNCHANGED,
        **refusals(401, 404, 429),
    },
}
ENVELOPE: dict[str, Any] = {"responses": {**_UNCHANGED, **refusals(404)}}

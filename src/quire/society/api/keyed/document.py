"""What OpenAPI 3.1 says of the table: nothing is served that is not described, for it is made of the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from quire.society.api.keyed.answering import listing_words
from quire.society.api.keyed.given import Given
from quire.society.api.keyed.shapes import MONEY, Shape
from quire.society.api.keyed.table import Does, Endpoint, Many, One, audiences, needs
from quire.society.api.v1 import refusals

SECURITY = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "quire_live_… or quire_test_…",
        "description": "A key of the API, made on the pages or by `quire api-keys create`. "
        "What a test key does is tried, answered and undone.",
    }
}
_PART = re.compile(r"\{(\w+)\}")
_ALWAYS = (401, 403, 422, 429)
_HEADERS: dict[str, Any] = {
    "X-Request-ID": {
        "schema": {"type": "string"},
        "description": "By which the society finds it in its log.",
    },
    "RateLimit": {"schema": {"type": "string"}, "description": "What is left of this minute (a draft)."},
    "RateLimit-Policy": {"schema": {"type": "string"}, "description": "What may be asked (a draft)."},
}
_ETAG = {"ETag": {"schema": {"type": "string"}, "description": "For If-None-Match and If-Match."}}
_LINK = {"Link": {"schema": {"type": "string"}, "description": 'The next page, rel="next".'}}


def paths(table: Sequence[Endpoint]) -> dict[str, dict[str, Any]]:
    """Address to method to operation."""
    found: dict[str, dict[str, Any]] = {}
    for one in table:
        method = one.method.lower() if isinstance(one, Does) else "get"
        found.setdefault(f"/api/v1{one.path}", {})[method] = _operation(one, method)
    return found


def schemas(table: Sequence[Endpoint]) -> dict[str, Any]:
    """Every shape that is answered, by its name."""
    found: dict[str, Any] = {"Money": MONEY}
    for one in table:
        for shape in one.shape.parts() if one.shape else ():
            found[shape.name] = shape.schema()
    return found


def tags(table: Sequence[Endpoint]) -> list[dict[str, str]]:
    """The headings of the document, in the order of the table."""
    return [{"name": name} for name in dict.fromkeys(one.tag for one in table)]


def add(said: dict[str, Any], table: Sequence[Endpoint]) -> None:
    """Put the table into the document beside what stands there."""
    for address, operations in paths(table).items():
        said["paths"].setdefault(address, {}).update(operations)
    said["components"]["schemas"].update(schemas(table))
    said["components"]["securitySchemes"].update(SECURITY)
    said["tags"] = [*said.get("tags", ()), *tags(table)]


def _operation(one: Endpoint, method: str) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": "_".join([method, *re.findall(r"\w+", one.path)]).replace("-", "_"),
        "tags": [one.tag],
        "summary": one.about.partition(". ")[0].rstrip("."),
        "description": f"{one.about}\n\n{_whose(one)}",
        "security": [{"key": []}],
        "parameters": [*_parts(one.path), *_headers(one), *_query(_asks(one))],
        "responses": _responses(one),
    }
    if isinstance(one, Does) and one.takes:
        needed = any(word.needed for word in one.takes)
        said["requestBody"] = {"required": needed, "content": {"application/json": {"schema": _body(one)}}}
    return said


def _whose(one: Endpoint) -> str:
    told = [f"{audience} ({needs(one, audience)})" for audience in audiences(one)]
    beyond = isinstance(one, Does) and one.beyond
    more = " No test key may: it reaches beyond the database." if beyond else ""
    return f"For keys of: {', '.join(told)}.{more}"


def _asks(one: Endpoint) -> Iterable[Given]:
    if isinstance(one, Many):
        return listing_words(one)
    return one.asks if isinstance(one, One) else ()


def _parts(path: str) -> list[dict[str, Any]]:
    text = {"type": "string", "minLength": 1, "maxLength": 2000}
    return [{"name": name, "in": "path", "required": True, "schema": text} for name in _PART.findall(path)]


def _query(words: Iterable[Given]) -> list[dict[str, Any]]:
    return [
        {"name": one.name, "in": "query", "required": one.needed, "schema": one.schema()} for one in words
    ]


def _headers(one: Endpoint) -> list[dict[str, Any]]:
    def header(name: str, about: str, *, required: bool, **schema: Any) -> dict[str, Any]:
        return {"name": name, "in": "header", "required": required, "description": about,
                "schema": {"type": "string", **schema}}  # fmt: skip

    found = []
    if isinstance(one, One):
        found.append(header("If-None-Match", "The ETag of what you have.", required=False))
    if isinstance(one, Does) and one.method == "POST":
        told = "Names what you do: the same again, for 24 hours, is answered the same and not done again."
        found.append(header("Idempotency-Key", told, required=True, pattern=r"^[\x21\x23-\x7e]{1,255}$"))
    if isinstance(one, Does) and one.of:
        found.append(header("If-Match", f"The ETag of `{one.of}`.", required=True))
    return found


def _body(one: Does) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {word.name: word.schema() for word in one.takes},
    }
    if needed := [word.name for word in one.takes if word.needed]:
        found["required"] = needed
    return found


def _responses(one: Endpoint) -> dict[str, Any]:
    if isinstance(one, Many):
        good = {"200": _good(_page(one.shape), _LINK)}
        more: tuple[int, ...] = (404,)
    elif isinstance(one, One):
        unchanged = {"description": "Nothing has changed since that ETag.", "headers": _HEADERS | _ETAG}
        good = {"200": _good(_ref(one.shape), _ETAG), "304": unchanged}
        more = (404,)
    else:
        good = {str(one.status): _good(_ref(one.shape), {})} if one.shape else {"204": _gone()}
        more = (400, 404, 409, 412, 413, 415, 428)
    problems = {str(status): told for status, told in refusals(*sorted({*_ALWAYS, *more})).items()}
    return good | problems


def _ref(shape: Shape) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{shape.name}"}


def _page(shape: Shape) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["data", "next", "counted", "more"],
        "properties": {
            "data": {"type": "array", "items": _ref(shape)},
            "next": {"type": ["string", "null"], "description": "The cursor of the next page."},
            "counted": {"type": "integer", "description": "Rows that are asked for, up to 10,000."},
            "more": {"type": "boolean", "description": "Whether there are more than were counted."},
        },
    }


def _good(schema: dict[str, Any], headers: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    return {"description": "As asked.", "headers": _HEADERS | headers, "content": content}


def _gone() -> dict[str, Any]:
    return {"description": "Done; there is nothing to tell.", "headers": _HEADERS}

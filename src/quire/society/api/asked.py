"""The question of a bulk look-up, read from a request: JSON or NDJSON, bounded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from quire.core.errors import Invalid
from quire.core.terms import USES, uses_of
from quire.society.api.problems import TooLarge, WrongType

JSON = "application/json"
NDJSON = "application/x-ndjson"
MOST_URLS = 100_000
MOST_URLS_UNKNOWN = 1_000
MOST_BYTES = 48 * 1024 * 1024
LONGEST_URL = 4_000
_FIELDS = {"urls", "licensee", "use"}


class NotAQuestion(Invalid):
    """The body is not what a look-up asks with."""

    code = "registry.question"


@dataclass(frozen=True, slots=True)
class Question:
    """The URLs or identifiers, on whose behalf, for which uses (none: all); ``lines``: asked as NDJSON."""

    urls: list[str]
    licensee: str = ""
    uses: tuple[str, ...] = ()
    lines: bool = False


def read(request: HttpRequest, most: int) -> Question:
    """The question. Raises WrongType, TooLarge for more than ``most`` URLs, and NotAQuestion.

    In NDJSON each line is a URL as it is, or a JSON text of one; ``licensee`` and ``use`` stand in the query.
    """
    kind = (request.content_type or "").lower()
    if kind not in {JSON, NDJSON}:
        raise WrongType(f"Ask with a body of {JSON} or {NDJSON}, not {kind[:60] or 'none'}.")
    body = _body(request)
    if kind == NDJSON:
        urls = [_line(line) for line in body.splitlines() if line.strip()]
        given: dict[str, Any] = {
            name: request.GET[name] for name in _FIELDS - {"urls"} if name in request.GET
        }
    else:
        given = _object(body)
        urls = given.pop("urls", None)
    return _checked(urls, given, most, lines=kind == NDJSON)


def _checked(urls: Any, given: dict[str, Any], most: int, *, lines: bool) -> Question:
    if unknown := sorted(set(given) - _FIELDS):
        raise NotAQuestion(f"{unknown[0][:60]!r} is nothing that a look-up asks with.")
    if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
        raise NotAQuestion("urls is a list of texts, each a URL or an identifier.")
    if len(urls) > most:
        raise TooLarge(
            f"At most {most:,} URLs are looked up in one call; these are {len(urls):,}.", most=most
        )
    if any(len(url) > LONGEST_URL for url in urls):
        raise NotAQuestion(f"A URL of more than {LONGEST_URL} characters is not looked up.")
    licensee, use = given.get("licensee") or "", given.get("use") or ""
    if not isinstance(licensee, str) or not isinstance(use, str):
        raise NotAQuestion(f"licensee and use are texts; the uses are {', '.join(USES)}.")
    return Question(urls, licensee, uses_of(use) if use else (), lines)


def _body(request: HttpRequest) -> bytes:
    """At most MOST_BYTES, read from the connection: Django's own limit is made for forms."""
    try:
        body: bytes = request.read(MOST_BYTES + 1)
    except (OSError, ValueError) as problem:
        raise NotAQuestion("The request's body cannot be read.") from problem
    if len(body) > MOST_BYTES:
        raise TooLarge(f"At most {MOST_BYTES:,} bytes are read in one call.")
    return body


def _line(line: bytes) -> Any:
    try:
        text = line.strip().decode("utf-8")
        return json.loads(text) if text[:1] in {'"', "{", "["} else text
    except (ValueError, RecursionError) as problem:
        raise NotAQuestion("A line is neither a URL nor a JSON text of one, in UTF-8.") from problem


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise NotAQuestion("The request's body is not JSON.") from problem
    if not isinstance(found, dict):
        raise NotAQuestion('The request\'s body is a JSON object: {"urls": ["https://example.org/a"]}.')
    return found

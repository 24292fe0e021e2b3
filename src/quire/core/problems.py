"""Problem documents (RFC 9457): the one form in which a refusal is told over HTTP, whoever refuses.

Owns the members and their order. Does not own the sentences, nor the headers that go with them.
"""

from __future__ import annotations

from typing import Any

from quire.core.errors import QuireError

TYPE = "application/problem+json"
"""The media type (RFC 9457 §3)."""

PHRASES = {
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    411: "Length Required",
    412: "Precondition Failed",
    413: "Content Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    416: "Range Not Satisfiable",
    417: "Expectation Failed",
    421: "Misdirected Request",
    422: "Unprocessable Content",
    428: "Precondition Required",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    507: "Insufficient Storage",
}
"""What HTTP calls a refusal (RFC 9110 §15; RFC 6585 and 4918 for 428, 429, 431 and 507)."""

MEMBERS = frozenset({"type", "title", "status", "detail", "code"})


def document(
    status: int, code: str, detail: str, *, kind: str = "about:blank", title: str = "", **more: Any
) -> dict[str, Any]:
    """The document's members: ``code`` for programs, ``detail`` a sentence for a person, ``more`` beside
    them.

    ``kind`` is the type, a URL about this sort of problem; without one the title is HTTP's own phrase
    (RFC 9457 §4.2.1).
    """
    title = title or PHRASES.get(status, "Refused")
    return {"type": kind, "title": title, "status": status, "detail": detail, "code": code, **more}


def of(error: QuireError) -> dict[str, Any]:
    """The document of an error: its status, code and sentence, and its data where no name is taken."""
    more = {name: value for name, value in error.data.items() if name not in MEMBERS}
    return document(error.status, error.code, error.sentence) | more

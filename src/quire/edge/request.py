"""What the edge looks at of a request, the same from ASGI, WSGI and a web server's question.

Owns the reading of a request's address: which host of the policy it is for, and as which paths the site
behind the edge may understand it. Frameworks disagree about ``//``, ``%2F`` and dots, so a path that could
be read in several ways is judged in all of them, and the strictest holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from quire.core.urls import canonical_path

_SLASHES = re.compile(r"[/\\]+")
_PLAIN = re.compile(r"(?:/[A-Za-z0-9_~!$&'()*+,=:@-][A-Za-z0-9._~!$&'()*+,=:@-]*)*/?")
_AUTHORITY = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_REQUEST_ID = re.compile(r"[!#-~]{1,128}")


class Request:
    """One request. ``headers`` have names in lower case; a field that came several times is joined by ", ".

    ``host`` and ``path`` are as the client sent them, ``query`` without its question mark, ``time`` in
    seconds since 1970. ``address`` is the client's, as far as the server in front is trusted to say so.
    """

    __slots__ = ("address", "headers", "host", "method", "path", "query", "scheme", "time")

    def __init__(
        self,
        method: str,
        host: str,
        path: str,
        headers: Mapping[str, str],
        time: float,
        address: str = "",
        query: str = "",
        scheme: str = "https",
    ) -> None:
        self.method = method
        self.host = host
        self.path = path
        self.headers = headers
        self.time = time
        self.address = address
        self.query = query
        self.scheme = scheme

    def of_host(self, host: str) -> Request:
        """The same request, as if it had been sent to ``host``."""
        return Request(
            self.method, host, self.path, self.headers, self.time, self.address, self.query, self.scheme
        )


def given_id(headers: Mapping[str, str]) -> str | None:
    """The id that the crawler gave its request: ``Idempotency-Key``, else ``X-Request-ID``.

    Printable ASCII of at most 128 characters without blanks and quotation marks, so that it can stand in any
    record; what is not is taken as not given. The quotation marks that the draft of the former has are left
    out.
    """
    for name in ("idempotency-key", "x-request-id"):
        text = headers.get(name)
        if text is not None:
            text = text.strip()
            if len(text) > 1 and text[0] == text[-1] == '"':
                text = text[1:-1]
            if _REQUEST_ID.fullmatch(text):
                return text
    return None


def readings(path: str) -> tuple[str, ...]:
    """The canonical path, and after it every other path that a site may take the request for, each once.

    Others are: without the authority of an absolute form (RFC 9112 §3.2.2), with ``%2F`` and the like decoded
    before dots are resolved, with backslashes for slashes, without repeated slashes, without parameters
    after a semicolon. A ``#`` begins a fragment to some servers, and is a letter of the path to others.
    """
    if _PLAIN.fullmatch(path):
        return (path or "/",)
    inner = _AUTHORITY.sub("", path, count=1)
    whole = inner.partition("?")[0]
    decoded = (unquote(text, errors="surrogateescape") for text in (whole.partition("#")[0], whole))
    texts: dict[str, None] = {}
    for text in (inner, *decoded):
        slashed = _SLASHES.sub("/", text)
        resolved = _SLASHES.sub("/", canonical_path(slashed))
        texts |= dict.fromkeys((text, slashed, resolved, re.sub(r";[^/]*", "", slashed)))
    return tuple(dict.fromkeys((canonical_path(path), *map(_quoted, texts))))


def _quoted(path: str) -> str:
    """Canonical, where a question mark in it was an escaped one and belongs to the path."""
    return canonical_path(path.replace("?", "%3F").replace("#", "%23"))

"""The edge as WSGI middleware: three lines in front of Flask, Django or any other application (PEP 3333).

    from quire.edge.wsgi import QuireMiddleware
    app.wsgi_app = QuireMiddleware(app.wsgi_app, config="quire-edge.toml")

The site's ``start_response`` is held until its first bytes are there: only then is it sure which status
they are under, what they cost, and which headers are to be added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from pathlib import Path
from time import time as now
from typing import Any
from urllib.parse import quote, unquote

from quire.edge import published
from quire.edge.door import Edge, Visit
from quire.edge.gate import Decision
from quire.edge.opening import Opening
from quire.edge.request import Request

Environ = dict[str, Any]
Pairs = tuple[tuple[str, str], ...]
StartResponse = Callable[..., Callable[[bytes], object]]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

_CONDITIONS = (
    "HTTP_ACCEPT_ENCODING",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_RANGE",
    "HTTP_RANGE",
)
"""Headers that would make the site answer with less than its whole robots.txt as it is."""

_IN_PATH = "/~!$&'()*+,;=:@"


class QuireMiddleware:
    """Lets in who may come in; everything else is answered here.

    ``config`` is the path of ``quire-edge.toml``; in its place ``edge`` may be one that is ready, which is
    then the caller's to close. Raises BadConfig at the first request where the configuration cannot be
    right.
    """

    def __init__(
        self, app: Application, config: str | Path = "quire-edge.toml", *, edge: Edge | None = None
    ) -> None:
        self.app = app
        self._opening = Opening(config, edge)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """WSGI."""
        edge = self._opening.edge()
        request = request_of(environ)
        if request.path == "/robots.txt" and request.method in ("GET", "HEAD"):
            return self._robots(edge, request, environ, start_response)
        ready = published.answer(edge.gate.view, request)
        if ready is not None:
            return _answer(start_response, 200, ready.headers, ready.body, request.method)
        visit = edge.judge(request)
        decision = visit.decision
        if not decision.passes:
            visit.refuse()
            return _refuse(start_response, decision, request.method)
        added = published.headers(edge.gate.view, decision.path, decision.host)
        if not decision.is_recorded:
            return self.app(environ, _adding(start_response, added))
        return _Watch(visit, start_response, request.method, added).run(self.app, environ)

    def _robots(
        self, edge: Edge, request: Request, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        """The site's own robots.txt with the society's lines; one made of them where the site has none."""
        asked = {name: value for name, value in environ.items() if name not in _CONDITIONS}
        asked["REQUEST_METHOD"] = "GET"
        status, headers, body = _whole(self.app, asked)
        code = int(status[:3])
        merged = published.robots_txt(edge.gate.view, request, code, headers, body)
        if merged is not None:
            return _answer(start_response, 200, merged.headers, merged.body, request.method)
        start_response(status, list(headers))
        return [b"" if request.method == "HEAD" else body]


class _Watch:
    """Passes the site's answer on, and sees to it that it is on record before its last byte goes."""

    def __init__(self, visit: Visit, start_response: StartResponse, method: str, added: Pairs) -> None:
        self._visit = visit
        self._start_response = start_response
        self._bare = method == "HEAD"
        self._added = added
        self._held: tuple[str, list[tuple[str, str]], Any] | None = None
        self._write: Callable[[bytes], object] | None = None
        self._status: int | None = None
        self._size = 0
        self._lost = False

    def run(self, app: Application, environ: Environ) -> Iterable[bytes]:
        """The answer of ``app``: the list itself where it is one, so that its server still sees how long it
        is."""
        try:
            body = app(environ, self._start)
            if isinstance(body, list | tuple) and self._held is not None and self._write is None:
                self._begin(sum(map(len, body)))
                return [self._visit.decision.body] if self._lost else body
        except Exception:
            self._visit.broke()
            raise
        return _Body(self, body)

    def _start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[..., Any]:
        """``start_response`` as the application sees it."""
        if self._write is not None:
            if exc_info:
                raise exc_info[1].with_traceback(exc_info[2])
            raise AssertionError("start_response was called again after the answer had begun.")
        self._held = (status, headers, exc_info)
        return self._written

    def _written(self, data: bytes) -> None:
        """The application writes as of old: its end is not known beforehand, so it is on record at once."""
        write = self._write or self._begin(None, at_once=True)
        if not self._lost:
            self._size += len(data)
            write(data)

    def _begin(self, whole: int | None, *, at_once: bool = False) -> Callable[[bytes], object]:
        """The answer begins: charge it, and put it on record if its size is known (or else must be)."""
        if self._held is None:
            raise AssertionError("The application answered without calling start_response.")
        status, headers, exc_info = self._held
        self._status = int(status[:3])
        extra = self._visit.begin(self._status)
        size = 0 if self._bare or self._status in (204, 304) else _length(headers, whole)
        if (size is not None or at_once) and not self._visit.record(self._status, size):
            # What cannot be written down is not given away: the record is what people are paid by.
            self._lost = True
            refused = self._visit.lose()
            self._write = self._start_response(_line(refused.status or 503), list(refused.headers))
            return self._write
        self._write = self._start_response(status, [*headers, *self._added, *extra], exc_info)
        return self._write

    def chunk(self, data: bytes) -> bytes:
        """One chunk of the body on its way, after the answer has begun."""
        if self._write is None:
            self._begin(None)
            if self._lost:
                return self._visit.decision.body
        self._size += len(data)
        return b"" if self._lost else data

    def end(self) -> None:
        """The body is whole: on record, before the server hears of it."""
        if self._write is None:
            self._begin(0)
        self._visit.record(self._status, 0 if self._bare else self._size)

    def broke(self) -> None:
        """The application raised in the middle of its body."""
        self._visit.broke()

    def closed(self) -> None:
        """The server is done with the answer, which may be before its end if the client left."""
        if self._status is None:
            self._visit.left()
        else:
            self._visit.record(self._status, self._size)


class _Body:
    """The site's body, chunk by chunk, none of them held back.

    An answer whose length is not known beforehand ends only when the server is told so: it is on record then.
    """

    def __init__(self, watch: _Watch, body: Iterable[bytes]) -> None:
        self._watch = watch
        self._body = body
        self._chunks: Iterator[bytes] | None = None
        self._ended = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._ended:
            raise StopIteration
        try:
            if self._chunks is None:
                self._chunks = iter(self._body)
            return self._watch.chunk(next(self._chunks))
        except StopIteration:
            self._ended = True
            self._watch.end()
            raise
        except Exception:
            self._ended = True
            self._watch.broke()
            raise

    def close(self) -> None:
        """PEP 3333: called by the server whatever happened."""
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._ended = True
            self._watch.closed()


def request_of(environ: Environ) -> Request:
    """What the edge looks at of a WSGI request."""
    headers = {
        name[5:].lower().replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.lower().replace("_", "-")] = environ[name]
    return Request(
        method=environ["REQUEST_METHOD"],
        host=headers.get("host") or environ.get("SERVER_NAME", ""),
        path=_path(environ),
        headers=headers,
        time=now(),
        address=environ.get("REMOTE_ADDR", ""),
        query=environ.get("QUERY_STRING", ""),
        scheme=environ.get("wsgi.url_scheme", "https"),
    )


def _path(environ: Environ) -> str:
    """The path as it was sent, if the server tells it and it is the one the application goes by; else that
    one."""
    path: str = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    sent: str = (environ.get("REQUEST_URI") or environ.get("RAW_URI") or "").partition("?")[0]
    if sent == path or (sent and unquote(sent, "latin-1") == path):
        return sent
    return quote(path.encode("latin-1", "replace"), safe=_IN_PATH)


def _adding(start_response: StartResponse, added: Pairs) -> StartResponse:
    """For people and what is free: nothing but the headers that say the site's terms."""

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        return start_response(status, [*headers, *added], exc_info)

    return start if added else start_response


def _answer(
    start_response: StartResponse, status: int, headers: Pairs, body: bytes, method: str
) -> Iterable[bytes]:
    start_response(_line(status), list(headers))
    return [b"" if method == "HEAD" else body]


def _refuse(start_response: StartResponse, decision: Decision, method: str) -> Iterable[bytes]:
    return _answer(start_response, decision.status or 503, decision.headers, decision.body, method)


def _line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"


def _whole(app: Application, environ: Environ) -> tuple[str, Pairs, bytes]:
    """An answer kept instead of sent: status line, headers, body."""
    held: list[tuple[str, list[tuple[str, str]]]] = []
    parts: list[bytes] = []

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        held[:] = [(status, headers)]
        return parts.append

    body = app(environ, start)
    try:
        parts.extend(body)
    finally:
        close = getattr(body, "close", None)
        if close is not None:
            close()
    status, headers = held[0]
    return status, tuple(headers), b"".join(parts)


def _length(headers: list[tuple[str, str]], whole: int | None) -> int | None:
    for name, value in headers:
        if name.lower() == "content-length" and value.strip().isdigit():
            return int(value)
    return whole

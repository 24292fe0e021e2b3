"""The edge as ASGI middleware: three lines in front of Starlette, FastAPI, Django or any other application.

    from quire.edge.asgi import QuireMiddleware
    app = QuireMiddleware(app, config="quire-edge.toml")

Bodies are passed on as they come, chunk by chunk. Websockets pass, and so does the lifespan, with which an
edge made from a configuration begins and ends.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from pathlib import Path
from time import time as now
from typing import Any
from urllib.parse import quote, unquote

from quire.edge import published
from quire.edge.door import Edge, Visit
from quire.edge.opening import Opening
from quire.edge.request import Request

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Pairs = tuple[tuple[str, str], ...]

_CONDITIONS = frozenset({b"accept-encoding", b"if-modified-since", b"if-none-match", b"if-range", b"range"})
"""Headers that would make the site answer with less than its whole robots.txt as it is."""

_IN_PATH = "/~!$&'()*+,;=:@"


class QuireMiddleware:
    """Lets in who may come in; everything else is answered here.

    ``config`` is the path of ``quire-edge.toml``; in its place ``edge`` may be one that is ready, which is
    then the caller's to close. Raises BadConfig when the edge is opened: at the start of the lifespan, or
    at the first request where the server has no lifespan.
    """

    def __init__(
        self, app: Application, config: str | Path = "quire-edge.toml", *, edge: Edge | None = None
    ) -> None:
        self.app = app
        self._opening = Opening(config, edge)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The application's own, with the edge opened before it and closed after it.

        An application that has none raises, and servers take that for an answer: then the edge is closed
        when the process ends.
        """
        self._opening.edge()
        await self.app(scope, receive, send)
        self._opening.close()

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        edge = self._opening.edge()
        request = request_of(scope)
        if request.path == "/robots.txt" and request.method in ("GET", "HEAD"):
            await self._robots(edge, request, scope, receive, send)
            return
        ready = published.answer(edge.gate.view, request)
        if ready is not None:
            await _send(send, 200, ready.headers, ready.body, request.method)
            return
        visit = edge.judge(request)
        decision = visit.decision
        if not decision.passes:
            visit.refuse()
            await _send(send, decision.status or 503, decision.headers, decision.body, request.method)
            return
        added = published.headers(edge.gate.view, decision.path, decision.host)
        watch = _Watch(visit, send, request.method, added)
        try:
            await self.app(scope, receive, watch if decision.is_recorded else watch.passing)
        except Exception:
            watch.failed()
            raise
        finally:
            watch.ended()

    async def _robots(self, edge: Edge, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        """The site's own robots.txt with the society's lines; one made of them where the site has none."""
        asked = {**scope, "method": "GET"}
        asked["headers"] = [pair for pair in scope["headers"] if pair[0].lower() not in _CONDITIONS]
        caught = _Caught()
        await self.app(asked, receive, caught)
        given = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in caught.headers)
        merged = published.robots_txt(edge.gate.view, request, caught.status, given, bytes(caught.body))
        if merged is None:
            head = request.method == "HEAD"
            await send({"type": "http.response.start", "status": caught.status, "headers": caught.headers})
            await send({"type": "http.response.body", "body": b"" if head else bytes(caught.body)})
            return
        await _send(send, 200, merged.headers, merged.body, request.method)


class _Watch:
    """Passes the site's answer on, and sees to it that it is on record before its last byte goes."""

    __slots__ = ("_added", "_bare", "_done", "_gone", "_lost", "_send", "_size", "_status", "_visit")

    def __init__(self, visit: Visit, send: Send, method: str, added: Pairs) -> None:
        self._visit = visit
        self._send = send
        self._added = _encoded(added)
        self._bare = method == "HEAD"
        self._size = 0
        self._status: int | None = None
        self._done = self._gone = self._lost = False

    async def passing(self, message: Message) -> None:
        """For people and what is free: nothing but the headers that say the site's terms."""
        if message["type"] == "http.response.start" and self._added:
            message = {**message, "headers": [*message.get("headers", ()), *self._added]}
        await self._send(message)

    async def __call__(self, message: Message) -> None:
        """ASGI's ``send`` for what is recorded."""
        if self._lost:
            return
        kind = message["type"]
        if kind == "http.response.start":
            message = self._start(message)
        elif kind == "http.response.body":
            self._size += len(message.get("body", b""))
            if not message.get("more_body", False):
                self._done = True
                self._visit.record(self._status, 0 if self._bare else self._size)
        elif kind == "http.response.pathsend":
            self._done = True
            self._visit.record(self._status, None)
        try:
            await self._send(message)
            if self._lost:
                await self._send({"type": "http.response.body", "body": self._visit.decision.body})
        except BaseException:
            self._gone = True
            raise

    def _start(self, message: Message) -> Message:
        """The status is known: charge, and record at once where the size is known too."""
        self._status = int(message["status"])
        headers = list(message.get("headers", ()))
        extra = [_raw(pair) for pair in self._visit.begin(self._status)]
        size = _length(headers)
        if self._bare or self._status in (204, 304):
            size = 0
        if size is not None and not self._visit.record(self._status, size):
            # What cannot be written down is not given away: the record is what people are paid by.
            self._lost = True
            refused = self._visit.lose()
            headers = [_raw(pair) for pair in refused.headers]
            return {"type": "http.response.start", "status": refused.status, "headers": headers}
        return {**message, "headers": [*headers, *self._added, *extra]}

    def failed(self) -> None:
        """The application raised. After a whole answer that is its own affair; so it is when the client
        left."""
        if not self._done and not self._gone and not self._lost:
            self._visit.broke()
            self._done = True

    def ended(self) -> None:
        """The application returned, was cancelled or raised: whatever happened is on record by now."""
        if self._done or self._lost:
            return
        if self._status is None and not self._gone:
            self._visit.left()
        else:
            self._visit.record(self._status, self._size)


class _Caught:
    """An answer kept instead of sent."""

    __slots__ = ("body", "headers", "status")

    def __init__(self) -> None:
        self.status = 500
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
            self.headers = list(message.get("headers", ()))
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")


def request_of(scope: Scope) -> Request:
    """What the edge looks at of an ASGI request."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    client = scope.get("client")
    return Request(
        method=scope["method"],
        host=headers.get("host", ""),
        path=_path(scope),
        headers=headers,
        time=now(),
        address=str(client[0]) if client else "",
        query=scope.get("query_string", b"").decode("latin-1"),
        scheme=scope.get("scheme", "https"),
    )


def _path(scope: Scope) -> str:
    """The path as it was sent, if it is the one that the application goes by; else that one, escaped."""
    path: str = scope["path"]
    raw = scope.get("raw_path") or b""
    sent: str = raw.decode("latin-1").partition("?")[0]
    if sent == path or (sent and unquote(sent) == path):
        return sent
    return quote(path, safe=_IN_PATH)


async def _send(send: Send, status: int, headers: Pairs, body: bytes, method: str) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [_raw(pair) for pair in headers]})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})


@lru_cache(64)
def _encoded(pairs: Pairs) -> tuple[tuple[bytes, bytes], ...]:
    """Headers that are the same in many answers, as ASGI has them."""
    return tuple(_raw(pair) for pair in pairs)


def _raw(pair: tuple[str, str]) -> tuple[bytes, bytes]:
    return pair[0].encode("latin-1"), pair[1].encode("latin-1")


def _length(headers: list[tuple[bytes, bytes]]) -> int | None:
    for name, value in headers:
        if name.lower() == b"content-length" and value.isdigit():
            return int(value)
    return None

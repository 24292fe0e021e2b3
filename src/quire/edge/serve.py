"""``quire edge serve``: the edge as a service that a web server asks about each request (ASGI).

nginx asks with ``auth_request``, Caddy and Traefik with ``forward_auth``; examples/edge/ has their
configurations. Addresses here, for the web server alone:

- ``/decide``: may this request pass? The request stands in ``X-Forwarded-Method``, ``-Proto``, ``-Host``,
  ``-Uri`` and ``-For``. 200: yes. Otherwise the answer is the one to give to the client.
- ``/decide/403``: the same for nginx, which passes no other refusal on than 401 and 403: every refusal is
  403, and ``Quire-Refusal`` says which.
- ``/refusal``: the refusal that ``X-Quire-Refusal`` names, in full.
- ``/answered``: how the site answered the request of ``X-Quire-Visit``: ``X-Quire-Status``, ``X-Quire-Size``.
- ``/license.xml``, ``/.well-known/tdmrep.json``, ``/robots.txt``: the site's terms.

The decision is on record, and paid for, when ``/decide`` answers, for the web server need not tell how the
site answered. Where it does tell, a failed answer takes the decision and its charge back.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import time as now
from typing import Any
from urllib.parse import urlsplit

from quire.core.errors import Conflict
from quire.edge import config, published
from quire.edge.answers import amount_text, refusal
from quire.edge.asgi import Application, Receive, Scope, Send
from quire.edge.build import Parts, parts
from quire.edge.door import Visit
from quire.edge.paying import price_of
from quire.edge.report import Reports
from quire.edge.request import Request

Pairs = tuple[tuple[str, str], ...]

_OURS = frozenset({"connection", "content-length", "host", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class _Said:
    """An answer."""

    status: int
    headers: Pairs = ()
    body: bytes = b""


class Taken(Conflict):
    """Another service listens there already."""

    code = "edge.address-taken"


class Service:
    """The application. Opened in the process that serves, closed with it."""

    def __init__(self, made: Parts, robots: bytes | None = None) -> None:
        """``robots`` is the site's own robots.txt, in which the society's lines are put."""
        self.made = made
        self._robots = robots
        self._reports = Reports(made.spool, made.edge)

    def close(self) -> None:
        """Write what is counted, deliver what can be, and let everything go."""
        self._reports.close()
        self.made.edge.close()

    def answer(self, scope: Scope) -> _Said:
        """What to answer to a request of the web server."""
        headers = _headers(scope)
        peer = scope.get("client")
        if peer and not self._is_trusted(str(peer[0])):
            return _plain(403, f"{peer[0]} is no web server of this site: name it in [serve] trusted.")
        path = scope["path"]
        if path in ("/decide", "/decide/403"):
            request = self._asked(headers)
            if request is None:
                return _plain(
                    400, "X-Forwarded-Method, -Host and -Uri say which request is meant: see examples/edge."
                )
            return self._decide(request, for_nginx=path.endswith("/403"))
        if path == "/refusal":
            return self._refusal(headers)
        if path == "/answered":
            return self._answered(headers)
        return self._published(scope, headers)

    def _is_trusted(self, address: str) -> bool:
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped is not None:
            known = known.ipv4_mapped
        return any(known in network for network in self.made.config.trusted)

    def _asked(self, headers: Mapping[str, str]) -> Request | None:
        """The client's request, as the web server tells it."""
        method, host = headers.get("x-forwarded-method"), headers.get("x-forwarded-host")
        target = headers.get("x-forwarded-uri")
        if not method or not host or not target:
            return None
        path, _, query = target.partition("?")
        told = {name: value for name, value in headers.items() if name not in _OURS}
        told["host"] = host
        return Request(
            method=method,
            host=host.split(",")[0].strip(),
            path=path,
            headers=told,
            time=now(),
            address=self._client(headers.get("x-forwarded-for", "")),
            query=query,
            scheme=headers.get("x-forwarded-proto", "https"),
        )

    def _client(self, forwarded: str) -> str:
        """The last address that is no trusted proxy: what stands before it anybody may have written."""
        for one in reversed([part.strip() for part in forwarded.split(",")]):
            if one and not self._is_trusted(one):
                return one
        return forwarded.split(",")[0].strip()

    def _decide(self, request: Request, *, for_nginx: bool) -> _Said:
        edge = self.made.edge
        visit = edge.judge(request)
        if not visit.decision.passes:
            visit.refuse()
            return self._refused(visit, for_nginx)
        charged = visit.begin(200)
        if not visit.record(None, None):
            visit.lose()
            return self._refused(visit, for_nginx)
        decision = visit.decision
        said = published.headers(edge.gate.view, decision.path, decision.host)
        number: Pairs = ()
        if visit.number is not None:
            number = (("quire-visit", self._reports.expect(visit.number, visit)),)
        return _Said(200, (*charged, *number, *said))

    def _refused(self, visit: Visit, for_nginx: bool) -> _Said:
        decision = visit.decision
        status = decision.status or 503
        if not for_nginx:
            return _Said(status, decision.headers, decision.body)
        told = decision.verdict.refusal
        price = amount_text(told.price) if told and told.price else ""
        return _Said(403, (("quire-refusal", f"{decision.code} {decision.host} {price}".strip()),))

    def _refusal(self, headers: Mapping[str, str]) -> _Said:
        """A refusal in full. Without a name the web server itself refused, and says so in its own words."""
        code, _, rest = headers.get("x-quire-refusal", "").partition(" ")
        host, _, price = rest.partition(" ")
        try:
            found = refusal(code, self.made.edge.gate.state.desk, host, price_of(price) if price else None)
        except KeyError:
            return _plain(403, "The web server does not give this page to anybody.")
        return _Said(found.status, found.headers, found.body)

    def _answered(self, headers: Mapping[str, str]) -> _Said:
        status, size = headers.get("x-quire-status", ""), headers.get("x-quire-size", "")
        if status.isascii() and status.isdigit() and len(status) == 3:
            known = int(size) if size.isascii() and size.isdigit() and len(size) < 16 else None
            self._reports.answered(headers.get("x-quire-visit", ""), int(status), known)
        return _Said(204)

    def _published(self, scope: Scope, headers: Mapping[str, str]) -> _Said:
        view = self.made.edge.gate.view
        host = headers.get("x-forwarded-host", headers.get("host", "")).split(",")[0].strip()
        request = Request(scope["method"], host, scope["path"], headers, now())
        ready = published.answer(view, request)
        if ready is None and request.path == "/robots.txt":
            given = (("content-type", "text/plain; charset=utf-8"),)
            own = self._robots
            ready = published.robots_txt(view, request, 404 if own is None else 200, given, own or b"")
            if ready is None and own is not None:
                return _Said(200, given, own)
        return (
            _plain(404, "There is nothing here.") if ready is None else _Said(200, ready.headers, ready.body)
        )


def application(path: Path) -> Application:
    """The ASGI application of the configuration at ``path``; opened when it begins."""
    opened: list[Service] = []

    def service() -> Service:
        if not opened:
            told = config.read(path)
            robots = told.robots.read_bytes() if told.robots is not None else None
            opened.append(Service(parts(told), robots))
        return opened[0]

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(service, opened, receive, send)
        elif scope["type"] == "http":
            said = service().answer(scope)
            bare = scope["method"] == "HEAD"
            headers = said.headers
            if not any(name == "content-length" for name, _ in headers) and said.status != 204:
                headers = (*headers, ("content-length", str(len(said.body))))
            raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
            await send({"type": "http.response.start", "status": said.status, "headers": raw})
            await send({"type": "http.response.body", "body": b"" if bare else said.body})

    return serve


async def _lifespan(service: Any, opened: list[Service], receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            service()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            if opened:
                opened.pop().close()
            await send({"type": "lifespan.shutdown.complete"})
            return


def run(path: Path, listen: str, workers: int = 1) -> None:
    """Serve until told to stop. ``listen`` is ``address:port``. Raises BadConfig, Taken,
    ModuleNotFoundError."""
    from granian import Granian
    from granian.constants import Interfaces

    config.read(path)  # say now what is wrong, not in a worker
    address, port = _listening(listen)
    _check_free(address, port)
    server = Granian(
        "quire.edge.serve:application",
        address=address,
        port=port,
        interface=Interfaces.ASGI,
        workers=workers,
        log_access=False,
        backlog=1024,
        websockets=False,
    )
    server.serve(target_loader=partial(application, path.absolute()), wrap_loader=False)


def _listening(listen: str) -> tuple[str, int]:
    try:
        parts_ = urlsplit(f"//{listen}")
        address, port = parts_.hostname, parts_.port
    except ValueError:
        address, port = None, None
    if not address or not port:
        raise config.BadConfig(f"“{listen}” is no address to listen at: write it like 127.0.0.1:8402.")
    return address, port


def _check_free(address: str, port: int) -> None:
    """Workers share a port (SO_REUSEPORT), so the system would let a second service share it in silence."""
    try:
        family = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            raise Taken(
                f"Another service listens at {address}:{port}, perhaps this edge: end that one, or name "
                "another address with --listen."
            ) from None
        raise config.BadConfig(f"Nothing can listen at {address}:{port}: {problem.strerror}.") from problem


def _headers(scope: Scope) -> dict[str, str]:
    found: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _plain(status: int, sentence: str) -> _Said:
    return _Said(status, (("content-type", "text/plain; charset=utf-8"),), f"{sentence}\n".encode())

"""Real servers for one test: ASGI under uvicorn, WSGI under the standard library's, each in a thread."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from time import sleep
from time import time as now
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import httpx
import uvicorn

from quire.edge.door import Edge
from quire.edge.gate import Gate
from quire.edge.paying import Purse
from quire.edge.spool import Spool
from tests.edge import gates


@contextmanager
def asgi(app: Any) -> Iterator[str]:
    """The address of ``app`` under uvicorn."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="auto"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        while not server.started and thread.is_alive():
            sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = False


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def wsgi(app: Any) -> Iterator[str]:
    """The address of ``app`` under the standard library's server."""
    server = make_server("127.0.0.1", 0, app, _Threads, _Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Site:
    """An edge of the tests' site, with what is on its record; its tokens are good today."""

    def __init__(self, folder: Path, allowance: str = "0.004", **limits: Any) -> None:
        self.spool = Spool(folder / "spool", **limits)
        self.purse = Purse()
        self.purse.add([gates.allowance(allowance, expires=int(now()) + 3600)], now())
        self.edge = Edge(Gate(gates.state(heard=now()), self.purse), self.spool)

    def token(self, **changes: Any) -> str:
        """A token that is good now."""
        moment = int(now())
        return gates.token(iat=moment - 10, exp=moment + 800, **changes)

    def headers(self, licence: str | None = None, agent: str = gates.GPTBOT, **more: str) -> dict[str, str]:
        """Those of a crawler at the site; names have underscores for hyphens."""
        told = {"host": gates.HOST, "user-agent": agent}
        told |= {name.replace("_", "-"): value for name, value in more.items()}
        return told if licence is None else {**told, "authorization": f"License {licence}"}

    def events(self) -> list[dict[str, Any]]:
        """Everything on record but the counts of people."""
        return [event for event in self._all() if event.get("kind") != "people"]

    def people(self) -> int:
        """How many people are on record."""
        self.edge.people.flush(now())
        return sum(event["count"] for event in self._all() if event.get("kind") == "people")

    def left(self) -> str:
        """What the lab may still spend here, in euros."""
        return str(self.purse.left("pty_lab", "EUR", now()))

    def _all(self) -> list[dict[str, Any]]:
        self.spool.sync()
        batch = self.spool.batch()
        return [json.loads(line) for line in batch.body.splitlines()] if batch else []


_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody: nothing here is asked over TLS, and reading all certificates takes longer than a test."""


def request(method: str, url: str, **more: Any) -> httpx.Response:
    """As ``httpx.request``."""
    return httpx.request(method, url, verify=_TLS, trust_env=False, **more)


def get(url: str, **more: Any) -> httpx.Response:
    """As ``httpx.get``."""
    return request("GET", url, **more)

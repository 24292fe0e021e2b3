"""A society's server on a real socket, and a small origin that is reached as an HTTP proxy.

Other people's clients fetch ``http://gazette.example/license.xml``; no such name resolves. They honour
``HTTP_PROXY``, so the origin here answers as the proxy they are told of.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
PLACE = ROOT / ".venv-clients"
"""Where ``make clients`` puts other people's packages."""


@contextmanager
def society(env: Mapping[str, str], port: int) -> Iterator[str]:
    """``quire serve`` with this environment; gives its address, and ends it afterwards."""
    url = f"http://127.0.0.1:{port}"
    given = {**os.environ, **env, "QUIRE_URL": url, "QUIRE_LOG": "warning"}
    words = [sys.executable, "-m", "quire.cli", "serve", "--port", str(port)]
    with subprocess.Popen(words, env=given, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as server:
        try:
            wait(url, server)
            yield url
        finally:
            server.terminate()
            server.communicate(timeout=30)


def wait(url: str, server: subprocess.Popen[Any]) -> None:
    """Wait until this server answers at this address."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert server.poll() is None, server.stderr and server.stderr.read()
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=5):
                return
        except URLError:
            time.sleep(0.1)
    raise AssertionError("The server did not begin to answer within a minute.")


@contextmanager
def origin(pages: Mapping[str, str]) -> Iterator[str]:
    """A proxy that knows these pages (address to text) and nothing else; gives its own address."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            host = parts.netloc or self.headers.get("Host", "")
            text = pages.get(f"{host}{parts.path}")
            body = (text or "").encode()
            self.send_response(200 if text is not None else 404)
            self.send_header("Content-Type", "application/rsl+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def through(proxy: str) -> dict[str, str]:
    """The environment of a client that reaches sites by the proxy, and the society itself directly."""
    plain = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {
        **plain,
        "HTTP_PROXY": proxy,
        "http_proxy": proxy,
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }

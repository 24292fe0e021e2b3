"""A real web server in front of a real small site, with the real edge service beside it, for these tests."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.edge.society import HOST, TinySociety, configure, tiny_society
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "edge"


class Answer:
    """What a client got."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.body = response.status, response.read()
        self.headers = {name.lower(): value for name, value in response.getheaders()}


@dataclass
class Town:
    """Everything at once. ``ask`` is a client of the web server."""

    society: TinySociety
    folder: Path
    web: int
    edge: int
    edge_process: subprocess.Popen[bytes]
    seen: list[str]

    def ask(self, path: str, agent: str = "Mozilla/5.0", method: str = "GET", **headers: str) -> Answer:
        told = {"Host": HOST, "User-Agent": agent}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.web, timeout=20)
        try:
            connection.request(method, path, headers=told)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def events(self, count: int) -> list[Any]:
        """The events the society has, once there are ``count`` decisions and voids."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            found = [one for one in self.society.all_events() if one.kind != "people"]
            if len(found) >= count:
                return found
            time.sleep(0.1)
        raise AssertionError(f"{len(found)} of {count} events arrived: {found}")


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if process.poll() is not None:
            raise AssertionError(f"{process.args!r} ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nothing listens at {port}")


def site(seen: list[str]) -> ThreadingHTTPServer:
    """A site that has a page at every address, but fails below /broken/ and forbids /own/."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            status = (
                500 if self.path.startswith("/broken/") else 403 if self.path.startswith("/own/") else 200
            )
            body = b"the site says: " + self.path.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 # the base class names it
        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


def started(stack: ExitStack, *words: str, **how: Any) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(words, start_new_session=True, **how)

    def end() -> None:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    stack.callback(end)
    return process


def program(name: str, package: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert found, f"This test runs {name}, which is not here: apt-get install {package}"
    return found


@contextmanager
def town(folder: Path, web: str, workers: int = 1) -> Iterator[Town]:
    """Society, site, ``quire edge serve`` and ``web`` (nginx or caddy) with its worked configuration."""
    with ExitStack() as stack:
        society = stack.enter_context(tiny_society())
        society.price = "0.002000000000"
        seen: list[str] = []
        pages = site(seen)
        stack.callback(pages.server_close)
        stack.callback(pages.shutdown)
        file = configure(folder / "edge", society, '[serve]\nrobots = "robots.txt"\n')
        (folder / "edge" / "robots.txt").write_text("User-agent: *\nDisallow: /private/\n")
        edge_port, port = free_port(), free_port()
        edge = started(
            stack, sys.executable, "-m", "quire.cli", "edge", "serve", "--config", str(file), "--listen",
            f"127.0.0.1:{edge_port}", "--workers", str(workers),
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        )  # fmt: skip
        wait_for(edge_port, edge)
        until = time.monotonic() + 20
        while not society.asked or "GET /olp/revocations" not in society.asked:
            assert time.monotonic() < until, "the edge did not ask its society"
            time.sleep(0.05)
        ports = {"8402": edge_port, "8080": pages.server_address[1], "8081": port}
        start = {"nginx": _nginx, "caddy": _caddy}[web]
        wait_for(port, start(stack, folder, ports))
        yield Town(society, folder, port, edge_port, edge, seen)


def worked(name: str, ports: dict[str, int]) -> str:
    """A worked configuration with this test's ports in it."""
    text = (EXAMPLES / name).read_text()
    for word, port in ports.items():
        assert word in text
        text = text.replace(word, str(port))
    return text


def _nginx(stack: ExitStack, folder: Path, ports: dict[str, int]) -> subprocess.Popen[bytes]:
    text = worked("nginx.conf", ports)
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log info; worker_processes 2;\n"
        f"events {{}}\nhttp {{ access_log {folder}/access.log;\n"
        + "".join(
            f"{kind}_temp_path {folder}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        + text
        + "}\n"
    )
    nginx = program("nginx", "nginx-light")
    return started(
        stack, nginx, "-e", f"{folder}/error.log", "-p", str(folder), "-c", str(folder / "nginx.conf")
    )


def _caddy(stack: ExitStack, folder: Path, ports: dict[str, int]) -> subprocess.Popen[bytes]:
    (folder / "Caddyfile").write_text("{\n\tadmin off\n}\n" + worked("Caddyfile", ports))
    caddy = program("caddy", "caddy")
    env = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    return started(
        stack, caddy, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile", env=env
    )

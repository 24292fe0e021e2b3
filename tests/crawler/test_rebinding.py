"""A name that leads to a public address when it is looked at, and into one's own network when it is asked.

127.0.0.2 stands for a public address, 127.0.0.1 for the crawler's own network: both answer, over sockets.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from quire.crawler import origins
from quire.crawler.client import AsyncCrawler, Crawler
from quire.crawler.config import CrawlerConfig
from tests.edge.test_fetch import certify

PUBLIC, INSIDE, NOBODY = "127.0.0.2", "127.0.0.1", "127.0.0.3"
BAD = "http://bad.example"
LICENCE = b"""<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license>
<permits type="usage">ai-train</permits><payment type="free"/></license></content></rsl>"""


class Names:
    """The names of a hostile zone: the first time that one is looked up it leads elsewhere than later."""

    def __init__(self, first: list[str]) -> None:
        self.first, self.asked = first, dict[str, int]()
        self._really = socket.getaddrinfo

    def __call__(self, host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if not str(name).endswith(".example"):
            return self._really(host, port, *rest, **more)
        self.asked[name] = self.asked.get(name, 0) + 1
        number = port if isinstance(port, int) else {"http": 80, "https": 443}[port]
        found = self.first if self.asked[name] == 1 else [INSIDE]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, number)) for one in found]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    made = Names([PUBLIC])
    monkeypatch.setattr(socket, "getaddrinfo", made)
    monkeypatch.setattr(origins, "is_public", lambda address: address in (PUBLIC, NOBODY))
    return made


@contextmanager
def answering(tls: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[tuple[str, str, str]]]]:
    """Servers at both addresses and one port; what each was asked: (address, path, Host)."""
    asked: list[tuple[str, str, str]] = []
    with ExitStack() as stack:
        outside = stack.enter_context(socket.create_server((PUBLIC, 0)))
        port = outside.getsockname()[1]
        inside = stack.enter_context(socket.create_server((INSIDE, port)))
        for listening, address in ((outside, PUBLIC), (inside, INSIDE)):
            stack.callback(listening.shutdown, socket.SHUT_RDWR)
            threading.Thread(target=_serve, args=(listening, address, asked, tls), daemon=True).start()
        yield port, asked


def _serve(listening: socket.socket, address: str, asked: list[Any], tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        try:
            with tls.wrap_socket(connection, server_side=True) if tls else connection as open_:
                head = open_.recv(65536).decode("latin-1").split("\r\n")
                host = next(line.partition(": ")[2] for line in head if line.lower().startswith("host:"))
                path = head[0].split(" ")[1]
                asked.append((address, path, host))
                body = LICENCE if path == "/terms.xml" else b""
                status = b"404 No" if path in ("/robots.txt", "/license.xml") else b"200 OK"
                size = str(len(body)).encode()
                open_.sendall(b"HTTP/1.1 %b\r\nContent-Length: %b\r\n\r\n%b" % (status, size, body))
        except (OSError, StopIteration):
            continue


def config() -> CrawlerConfig:
    return CrawlerConfig("Bot/1", "ai-train", unlicensed="fetch")


def test_where_a_page_sends_on_to_the_address_asked_is_the_one_looked_at(names: Names) -> None:
    with answering() as (port, asked), Crawler(config()) as crawler:
        onward = f"http://else.example:{port}/page"
        crawler.flow.onward(f"{BAD}/a", onward)
        assert crawler.get(onward).answer.status == 200
    host = f"else.example:{port}"
    assert asked == [(PUBLIC, path, host) for path in ("/robots.txt", "/license.xml", "/page")]
    assert names.asked == {"else.example": 1}


def test_the_same_in_an_event_loop_and_with_the_next_address_where_nobody_is(names: Names) -> None:
    names.first = [NOBODY, PUBLIC]

    async def get(onward: str) -> int:
        async with AsyncCrawler(config()) as crawler:
            crawler.flow.onward(f"{BAD}/a", onward)
            return (await crawler.get(onward)).answer.status

    with answering() as (port, asked):
        assert asyncio.run(get(f"http://else.example:{port}/page")) == 200
    assert {address for address, _, _ in asked} == {PUBLIC}


def test_a_licence_is_asked_for_at_that_address_and_under_its_name(names: Names, tmp_path: Path) -> None:
    certificate, key = certify(tmp_path, "terms.example")
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate, key)
    trusting = httpx.Client(verify=ssl.create_default_context(cafile=str(certificate)))
    with answering(server_side) as (port, asked), Crawler(config(), trusting) as crawler:
        for name, read in (("terms", 1), ("other", 0)):  # the certificate is not that of the other name
            url = f"https://{name}.example:{port}/terms.xml"
            found, problems = crawler._carry(crawler.flow.origins._documents(BAD, [url]))
            assert (len(found), len(problems)) == (read, 1 - read)
    assert asked == [(PUBLIC, "/terms.xml", f"terms.example:{port}")]


def test_scrapys_resolver_is_told_the_address() -> None:
    from scrapy.resolver import dnscache

    from quire.crawler.scrapy import _pin

    _pin("https://terms.example/terms.xml", ("2001:db8::1", PUBLIC))
    assert dnscache.pop("terms.example") == PUBLIC


def test_what_was_looked_at_is_forgotten_in_time(monkeypatch: pytest.MonkeyPatch, names: Names) -> None:
    monkeypatch.setattr(origins, "MOST_ORIGINS", 3)
    known = origins.Origins("Bot")
    for number in range(5):
        known.check(BAD, f"https://n{number}.example/a")
    assert [known.addresses(f"https://n{number}.example/b") for number in range(5)] == [(), ()] + [
        (PUBLIC,)
    ] * 3
    assert known.addresses(f"{BAD}/a") == ()

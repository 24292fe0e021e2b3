"""The crawler over httpx: ``Crawler`` by itself, or ``AsyncCrawler`` in a program that runs an event loop.

    with Crawler(read(Path("quire-crawler.toml"))) as crawler:
        got = crawler.get("https://example.org/article")
        got.answer.body, got.receipt

Both carry the same way (``quire.crawler.flow``). Redirects of a page are followed as far as each address has
been permitted by itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin

import httpx

from quire.crawler.asks import Answer, Ask, Asking, NotAllowed, T, origin_of
from quire.crawler.config import CrawlerConfig
from quire.crawler.flow import Flow, Got
from quire.crawler.origins import Permit

MOST_BYTES = 64 * 1024 * 1024
MOST_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_SECRET = ("authorization", "cookie", "proxy-authorization")


def _asked(ask: Ask, flow: Flow) -> list[dict[str, Any]]:
    """How to ask, one way after the other until somebody is there: mostly one way.

    Where only certain addresses may be asked (``Origins.addresses``), it is those in place of the name; the
    name stays in ``Host`` and is what the certificate must be for. Such a connection is not used again: it
    would be kept under its address, and somebody else's name may lead there too.
    """
    url, host = flow.config.really(ask.url)
    headers = {"user-agent": flow.config.agent, **ask.headers, **host}
    asked = {"method": ask.method, "url": url, "headers": headers, "content": ask.body or None}
    pinned = () if host else flow.origins.addresses(ask.url)
    if not pinned:
        return [asked]
    named = httpx.URL(url)
    asked["headers"] = headers | {"host": named.netloc.decode("ascii"), "connection": "close"}
    asked["extensions"] = {"sni_hostname": named.raw_host.decode("ascii")}
    return [{**asked, "url": named.copy_with(host=address)} for address in pinned]


def _target(flow: Flow, got: Got, url: str, left: int) -> str | None:
    """Where a page sends on to, or None; NotAllowed where it does so without end, or into our own network."""
    place = got.answer.headers.get("location")
    if got.answer.status not in _REDIRECTS or not place:
        return None
    if left == 0:
        raise NotAllowed(f"{url} sends on and on.", url=url)
    target = urljoin(url, place)
    flow.onward(url, target)
    return target


def _kept(headers: Mapping[str, str] | None, url: str, onward: str) -> dict[str, str]:
    """The caller's own headers for the next address: what is meant for one origin is not told to another."""
    same = origin_of(url) == origin_of(onward)
    return {name: value for name, value in (headers or {}).items() if same or name.lower() not in _SECRET}


class Crawler:
    """Gets pages, with what they need. Close it, or use it in a ``with``."""

    def __init__(self, config: CrawlerConfig, http: httpx.Client | None = None) -> None:
        """``http``: an httpx client of one's own (proxies, limits, TLS); it must not follow redirects."""
        self.config, self.flow = config, Flow(config)
        self._http = http or httpx.Client(timeout=30.0, follow_redirects=False)

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Got:
        """The page at ``url``. Raises NotAllowed, NoCredentials, NoToken and TooDear."""
        for left in range(MOST_REDIRECTS, -1, -1):
            got = self._carry(self.flow.get(url, headers=headers))
            onward = _target(self.flow, got, url, left)
            if onward is None:
                break
            url, headers = onward, _kept(headers, url, onward)
        return got

    def permit(self, url: str) -> Permit:
        """Whether the page may be got, and why; it is not got."""
        return self._carry(self.flow.permit(url))

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """For reports: one request to the society, as it is."""
        return self._one(Ask(url, "POST", headers, body))

    def _carry(self, asking: Asking[T]) -> T:
        try:
            ask = next(asking)
            while True:
                ask = asking.send(self._one(ask))
        except StopIteration as done:
            value: T = done.value
            return value

    def _one(self, ask: Ask) -> Answer:
        if ask.after:
            time.sleep(ask.after)
        for asked in _asked(ask, self.flow):
            try:
                with self._http.stream(**asked) as response:
                    body = bytearray()
                    for part in response.iter_bytes():
                        body += part
                        if len(body) > MOST_BYTES:
                            break
                    return Answer(response.status_code, _lower(response.headers), bytes(body[:MOST_BYTES]))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
            except httpx.HTTPError:
                break
        return Answer(0)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()


class AsyncCrawler:
    """The same for ``async with`` and ``await``."""

    def __init__(self, config: CrawlerConfig, http: httpx.AsyncClient | None = None) -> None:
        self.config, self.flow = config, Flow(config)
        self._http = http or httpx.AsyncClient(timeout=30.0, follow_redirects=False)

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Got:
        """As ``Crawler.get``."""
        for left in range(MOST_REDIRECTS, -1, -1):
            got = await self._carry(self.flow.get(url, headers=headers))
            onward = _target(self.flow, got, url, left)
            if onward is None:
                break
            url, headers = onward, _kept(headers, url, onward)
        return got

    async def permit(self, url: str) -> Permit:
        """As ``Crawler.permit``."""
        return await self._carry(self.flow.permit(url))

    async def _carry(self, asking: Asking[T]) -> T:
        try:
            ask = next(asking)
            while True:
                ask = asking.send(await self._one(ask))
        except StopIteration as done:
            value: T = done.value
            return value

    async def _one(self, ask: Ask) -> Answer:
        if ask.after:
            await asyncio.sleep(ask.after)
        for asked in _asked(ask, self.flow):
            try:
                async with self._http.stream(**asked) as response:
                    body = bytearray()
                    async for part in response.aiter_bytes():
                        body += part
                        if len(body) > MOST_BYTES:
                            break
                    return Answer(response.status_code, _lower(response.headers), bytes(body[:MOST_BYTES]))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
            except httpx.HTTPError:
                break
        return Answer(0)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.aclose()


def _lower(headers: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}

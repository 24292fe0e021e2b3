"""A plugin for Scrapy: pages are asked for with the licence, the token and the price that they need.

    # settings.py
    DOWNLOADER_MIDDLEWARES = {"quire.crawler.scrapy.LicenceMiddleware": 560}
    QUIRE_CRAWLER = "quire-crawler.toml"

A page that may not be got, or is too dear, is dropped (``IgnoreRequest``) and counted in the crawl's
statistics under ``quire/…``. The receipt of a page is in ``response.meta["quire_receipt"]``. ``robots.txt``
is obeyed here too, so ``ROBOTSTXT_OBEY`` may be off.

A licence may lie elsewhere, and is then asked for at an address that was looked at before. Scrapy's usual
resolver (``scrapy.resolver.CachingThreadedResolver``) is told that address; another one looks it up again.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Request, Response
from scrapy.resolver import dnscache

from quire.core.errors import QuireError
from quire.crawler.asks import Answer, Ask
from quire.crawler.config import read
from quire.crawler.flow import Flow

_OURS = "quire_ask"
"""In the meta of requests that this plugin itself makes: they are carried as they are."""


class LicenceMiddleware:
    """Carries ``quire.crawler.flow`` over Scrapy's own downloader, so its delays and limits hold for all of
    it."""

    def __init__(self, flow: Flow, crawler: Any) -> None:
        self.flow, self.crawler = flow, crawler

    @classmethod
    def from_crawler(cls, crawler: Any) -> Self:
        """As Scrapy asks for it. Raises NotConfigured without the setting QUIRE_CRAWLER."""
        path = crawler.settings.get("QUIRE_CRAWLER")
        if not path:
            raise NotConfigured("QUIRE_CRAWLER names no configuration")
        return cls(Flow(read(Path(path))), crawler)

    async def process_request(self, request: Request, spider: Any = None) -> Response | None:
        """The page's answer, got by the whole way; None for what the plugin asks by itself."""
        if request.meta.get(_OURS) or request.method != "GET":
            return None
        asking = self.flow.get(request.url, headers=_headers(request))
        last: Response | None = None
        try:
            ask = next(asking)
            while True:
                found = await self._carry(request, ask)
                last = found if ask.final else last
                ask = asking.send(_answer(found))
        except StopIteration as done:
            self._count(f"status/{done.value.answer.status}")
            if last is None:
                raise IgnoreRequest(f"{request.url} was not answered") from None
            last = last.replace(url=request.url)
            last.request = request
            request.meta["quire_receipt"] = dict(done.value.receipt)
            return last
        except QuireError as problem:
            self._count(problem.code)
            raise IgnoreRequest(problem.sentence) from problem

    async def _carry(self, request: Request, ask: Ask) -> Response | None:
        # Nothing of it goes into Scrapy's cache: a token is a secret, and a price is asked for a second time.
        meta = {_OURS: True, "dont_redirect": True, "handle_httpstatus_all": True, "dont_retry": True,
                "dont_cache": True}  # fmt: skip
        if ask.after:
            await asyncio.sleep(ask.after)
        url, host = self.flow.config.really(ask.url)
        _pin(ask.url, self.flow.origins.addresses(ask.url))
        made = Request(
            url,
            method=ask.method,
            headers={"user-agent": self.flow.config.agent, **ask.headers, **host},
            body=ask.body,
            meta=meta,
            dont_filter=True,
            priority=request.priority,
        )
        try:
            found: Response = await self.crawler.engine.download_async(made)
        except Exception:  # noqa: BLE001 - a page that was not got, whatever Twisted says of it
            self._count("unanswered")
            return None
        return found

    def _count(self, name: str) -> None:
        self.crawler.stats.inc_value(f"quire/{name}")


def _pin(url: str, addresses: tuple[str, ...]) -> None:
    """Have the name of ``url`` lead to the first of these addresses that Scrapy's resolver can hold: IPv4."""
    host = urlsplit(url).hostname
    first = next((one for one in addresses if ":" not in one), None)
    if host and first:
        dnscache[host] = first


def _headers(request: Request) -> dict[str, str]:
    wanted = ("Accept", "Accept-Language", "If-None-Match", "If-Modified-Since")
    given = {name.lower(): request.headers.get(name) for name in wanted}
    return {name: value.decode("latin-1") for name, value in given.items() if value is not None}


def _answer(response: Response | None) -> Answer:
    if response is None:
        return Answer(0)
    headers = {
        name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
        for name, values in response.headers.items()
    }
    return Answer(response.status, headers, response.body)

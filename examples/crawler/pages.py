"""A spider that gets licensed pages: python pages.py quire-crawler.toml URL…

Writes ``pages.jsonl`` in the current folder, a page with its licence and its price a line, and prints what
the plugin counted. ``quire-crawler.toml`` beside this file shows what a configuration looks like.
"""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess


class Pages(scrapy.Spider):
    """Gets the addresses of the command line."""

    name = "pages"

    async def start(self) -> AsyncIterator[Any]:
        """The addresses."""
        for url in sys.argv[2:]:
            yield scrapy.Request(url, callback=self.page)

    def page(self, response: Any) -> Iterator[dict[str, Any]]:
        """One page, with its receipt."""
        receipt = response.meta["quire_receipt"]
        yield {
            "url": response.url,
            "status": response.status,
            "body": response.text,
            "licence": receipt["licence"],
            "charged": receipt.get("charged"),
        }


if __name__ == "__main__":
    process = CrawlerProcess(
        {
            "DOWNLOADER_MIDDLEWARES": {"quire.crawler.scrapy.LicenceMiddleware": 560},
            "QUIRE_CRAWLER": sys.argv[1],
            "LOG_LEVEL": "ERROR",
            "TELNETCONSOLE_ENABLED": False,
            "FEEDS": {"pages.jsonl": {"format": "jsonlines"}},
        }
    )
    crawler = process.create_crawler(Pages)
    process.crawl(crawler)
    process.start()
    print(json.dumps({name: n for name, n in crawler.stats.get_stats().items() if name.startswith("quire/")}))

"""Sites that would use a crawler: lead it into its own network, or use up its money. Over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quire.core.money import Money
from quire.core.site import Rule
from quire.crawler.asks import Answer, NotAllowed, TooDear
from quire.crawler.client import Crawler
from quire.crawler.config import Cap, CrawlerConfig, Credentials
from quire.crawler.flow import charged_of
from quire.crawler.tokens import Token
from tests.crawler.site import PRICE, free_port, place, serving

BAD, OTHER = "https://bad.example", "https://other.example"
CENT = Money.parse("0.01", "EUR")
CAP = Cap(CENT, CENT * 2)


class Hostile:
    """Answers every page with what it was told to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.status = 200
        self.asked: list[tuple[str, dict[str, str]]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        told = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.asked.append((scope["path"], told))
        plain = scope["path"] in ("/robots.txt", "/license.xml", "/end")
        status = {"/end": 200}.get(scope["path"], 404) if plain else self.status
        headers = [] if plain else [(k.encode(), v.encode()) for k, v in self.headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def bad() -> Iterator[tuple[Hostile, CrawlerConfig]]:
    app, port = Hostile(), free_port()
    at = f"http://127.0.0.1:{port}"
    told = CrawlerConfig("Bot/1", "ai-train", cap=CAP, unlicensed="fetch", rehearse={BAD: at, OTHER: at})
    with serving(app, port):
        yield app, told


@pytest.mark.parametrize("inside", ["http://127.0.0.1:{}/x", "http://localhost:{}/x", "http://2130706433:{}/x",
                                    "http://[::ffff:127.0.0.1]:{}/x", "http://a@0.0.0.0:{}/x"])  # fmt: skip
def test_no_page_sends_a_crawler_into_its_own_network(
    bad: tuple[Hostile, CrawlerConfig], inside: str
) -> None:
    app, config = bad
    app.status, app.headers = 302, {"location": inside.format(config.rehearse[BAD].rpartition(":")[2])}
    with Crawler(config) as crawler, pytest.raises(NotAllowed, match="not a public address"):
        crawler.get(f"{BAD}/a")
    assert [path for path, _ in app.asked] == ["/robots.txt", "/license.xml", "/a"]


def test_what_is_meant_for_one_site_is_not_told_to_another(bad: tuple[Hostile, CrawlerConfig]) -> None:
    app, config = bad
    app.status = 302
    sent = {"cookie": "secret=1", "Authorization": "Bearer secret", "accept": "text/plain"}
    for place_, told in (("/end", True), (f"{OTHER}/end", False)):
        app.headers = {"location": place_}
        with Crawler(config) as crawler:
            assert crawler.get(f"{BAD}/a", headers=sent).answer.status == 200
        path, got = app.asked[-1]
        assert (path, got["accept"]) == ("/end", "text/plain")
        assert ("cookie" in got, "authorization" in got) == (told, told)


@pytest.mark.parametrize("said", ["EUR -500", "EUR 500", "EUR 0", "USD 0.01", "nonsense"])
def test_no_site_says_what_a_crawler_has_left(bad: tuple[Hostile, CrawlerConfig], said: str) -> None:
    app, config = bad
    app.headers = {"crawler-charged": said}
    with Crawler(config) as crawler:
        assert "charged" not in crawler.get(f"{BAD}/a").receipt, "nothing was offered"
        assert crawler.flow.receipts.spent == CENT * 0
    answer = Answer(200, {"crawler-charged": said})
    assert charged_of(answer, CENT) == (CENT if said == "EUR 500" else None)


def test_no_secret_is_shown_by_what_holds_it() -> None:
    assert "s3cret" not in repr((Token("s3cret", 0.0), Credentials("cli_1", "s3cret")))


def test_a_price_that_is_refused_uses_nothing_up(tmp_path: Path) -> None:
    """The licence names a price, and the edge, which has newer terms, another that is too high."""
    dear = Rule("/paid/", ("ai-train",), price=PRICE * 50)
    with place((Rule("/", ("ai-train",)), Rule("/paid/", ("ai-train",), price=PRICE))) as site:
        site.kind["charge"] = "crawl"
        ours = {site.server: Credentials("cli_1", "s3cret")}
        config = CrawlerConfig(
            "GPTBot/1.0", "ai-train", CAP, ours, tmp_path / "receipts.jsonl", rehearse=site.rehearse
        )
        with Crawler(config) as crawler:
            crawler.permit(f"{site.address}/paid/a")
            site.change((Rule("/", ("ai-train",)), dear))
            for _ in range(20):
                with pytest.raises(TooDear, match=r"0\.10 EUR"):
                    crawler.get(f"{site.address}/paid/a")
            assert crawler.flow.receipts.spent == CENT * 0

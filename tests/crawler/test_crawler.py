"""A crawler at a site behind an edge, over real sockets: what it gets, pays, keeps and refuses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from quire.cli import main
from quire.core.money import Money
from quire.core.site import Rule
from quire.core.tokens import SigningKey
from quire.crawler.asks import Answer, NoCredentials, NotAllowed, NoToken, TooDear, origin_of
from quire.crawler.client import AsyncCrawler, Crawler
from quire.crawler.config import BadConfig, Cap, CrawlerConfig, Credentials, read
from quire.crawler.origins import Origins
from quire.crawler.receipts import Receipts, ReceiptsDamaged
from tests.crawler.site import PRICE, Place, place

CAP = Cap(Money.parse("0.01", "EUR"), Money.parse("0.005", "EUR"))


@pytest.fixture(scope="module")
def site() -> Iterator[Place]:
    with place() as made:
        yield made


@pytest.fixture
def config(site: Place, tmp_path: Path) -> CrawlerConfig:
    site.kind |= {"charge": "licence", "life": 900, "status": 200, "key": None}
    return CrawlerConfig(
        agent="GPTBot/1.0",
        use="ai-train",
        servers={site.server: Credentials("cli_1", "s3cret")},
        receipts=tmp_path / "receipts.jsonl",
        rehearse=site.rehearse,
    )


def test_a_licensed_page_is_got_with_a_token_and_a_receipt(site: Place, config: CrawlerConfig) -> None:
    with Crawler(config) as crawler:
        got = crawler.get(f"{site.address}/a")
        again = crawler.get(f"{site.address}/b")
    assert (got.answer.status, got.answer.body) == (200, b"the page /a")
    assert got.receipt["licence"] == "lic_1"
    event = next(event for event in site.notes.events if event.get("request") == got.receipt["request"])
    assert (event["licence"], event["use"], event["path"]) == ("lic_1", "ai-train", "/a")
    assert event["telemetry"] == got.receipt["telemetry"]
    assert "charged" not in again.receipt
    lines = [json.loads(line) for line in config.receipts.read_text().splitlines()]  # type: ignore[union-attr]
    assert [line["url"] for line in lines] == [f"{site.address}/a", f"{site.address}/b"]


def test_the_token_is_asked_for_once_per_page_and_used_until_its_end(
    site: Place, config: CrawlerConfig
) -> None:
    before = len(site.asked)
    with Crawler(config) as crawler:
        for _ in range(3):
            crawler.get(f"{site.address}/a")
    assert len(site.asked) == before + 1
    assert site.asked[-1]["resource"] == [f"{site.address}/a"]
    assert "<license" in site.asked[-1]["license"][0]


def test_a_closed_page_is_not_even_asked_for(site: Place, config: CrawlerConfig) -> None:
    before = len(site.notes.events)
    with Crawler(config) as crawler, pytest.raises(NotAllowed):
        crawler.get(f"{site.address}/closed/a")
    assert len(site.notes.events) == before


def test_a_price_is_paid_within_the_cap_and_not_beyond_it(site: Place, config: CrawlerConfig) -> None:
    site.kind["charge"] = "crawl"
    with Crawler(replace(config, cap=CAP)) as crawler:
        first = crawler.get(f"{site.address}/paid/a")
        second = crawler.get(f"{site.address}/paid/b")
        assert crawler.flow.receipts.spent == PRICE * 2
        with pytest.raises(TooDear):
            crawler.get(f"{site.address}/paid/c")
    assert first.receipt["charged"] == second.receipt["charged"] == PRICE.decimal()
    with Crawler(replace(config, cap=CAP)) as later:
        assert later.flow.receipts.spent == PRICE * 2, "the receipts remember"
        with pytest.raises(TooDear):
            later.get(f"{site.address}/paid/c")


def test_a_licence_that_covers_the_page_costs_nothing_more(site: Place, config: CrawlerConfig) -> None:
    with Crawler(replace(config, cap=CAP)) as crawler:
        got = crawler.get(f"{site.address}/paid/a")
        assert crawler.flow.receipts.spent == PRICE * 0
    assert got.answer.status == 200
    assert "charged" not in got.receipt


def test_credentials_go_to_their_own_server_alone(site: Place, config: CrawlerConfig) -> None:
    before = len(site.authorizations)
    other = replace(config, servers={"https://elsewhere.example/olp": Credentials("cli_9", "another")})
    with Crawler(other) as crawler, pytest.raises(NoCredentials, match="take a licence there"):
        crawler.get(f"{site.address}/a")
    assert len(site.authorizations) == before


def test_a_server_that_gives_no_token_is_quoted(site: Place, config: CrawlerConfig) -> None:
    site.kind["status"] = 401
    with Crawler(config) as crawler, pytest.raises(NoToken, match="invalid_client") as refused:
        crawler.get(f"{site.address}/a")
    assert "s3cret" not in str(refused.value.data) + refused.value.sentence + repr(config)


def test_a_token_bound_to_a_key_is_shown_with_its_signature(site: Place, config: CrawlerConfig) -> None:
    key = SigningKey.generate()
    site.kind["key"] = key.public_jwk()
    with Crawler(replace(config, key=key)) as crawler:
        assert crawler.get(f"{site.address}/a").answer.status == 200
        assert crawler.get(f"{site.address}/a").answer.status == 200, "a new nonce each time"
    with Crawler(config) as thief:
        assert thief.get(f"{site.address}/a").answer.status == 401


def test_the_same_way_in_an_event_loop(site: Place, config: CrawlerConfig) -> None:
    async def both() -> list[int]:
        async with AsyncCrawler(config) as crawler:
            urls = [f"{site.address}/{name}" for name in "abcdef"]
            return [got.answer.status for got in await asyncio.gather(*map(crawler.get, urls))]

    assert asyncio.run(both()) == [200] * 6


def test_nobody_answers(config: CrawlerConfig) -> None:
    with Crawler(config) as crawler, pytest.raises(NotAllowed, match=r"robots\.txt cannot be read"):
        crawler.get("http://127.0.0.1:1/a")


@pytest.mark.parametrize(
    "url", ["ftp://a.example/", "a.example", "http://", "http://[::", "http://a\nb/", ""]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    from quire.crawler.asks import BadUrl

    with pytest.raises(BadUrl):
        origin_of(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/license.xml",
        "https://localhost/license.xml",
        "https://[::1]/x",
        "https://169.254.169.254/x",
        "http://example.com/license.xml",
        "https://10.0.0.1/x",
    ],
)
def test_a_site_cannot_make_the_crawler_ask_its_own_network(url: str) -> None:
    with pytest.raises(NotAllowed):
        Origins("GPTBot").check("https://site.example", url)


def test_a_site_at_which_nobody_answers_is_told_from_one_that_answers_with_an_error() -> None:
    for status, said in ((0, "nobody answers there"), (502, "status 502")):
        asking = Origins("GPTBot").find("https://site.example/a")
        next(asking)
        with pytest.raises(NotAllowed, match=said):
            asking.send(Answer(status))


def test_what_was_set_aside_by_a_crawler_that_died_stays_spent(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    Receipts(path, CAP).set_aside("one", PRICE)
    with open(path, "ab") as file:
        file.write(b'{"kind":"receipt","requ')  # torn by a kill
    receipts = Receipts(path, CAP)
    assert receipts.spent == PRICE
    receipts.settle("one", None)
    assert Receipts(path, CAP).spent == PRICE * 0
    path.write_text("nonsense\n")
    with pytest.raises(ReceiptsDamaged):
        Receipts(path, CAP)


def written(folder: Path, site: Place, **more: Any) -> Path:
    secret = folder / "client.secret"
    secret.write_text("s3cret\n")
    secret.chmod(0o600)
    path = folder / "quire-crawler.toml"
    path.write_text(
        'agent = "GPTBot/1.0"\nuse = "ai-train"\nreceipts = "receipts.jsonl"\n'
        '[cap]\nper_request = "0.01 EUR"\ntotal = "1 EUR"\n'
        f'[servers."{site.server}"]\nclient_id = "cli_1"\nclient_secret_file = "client.secret"\n'
        f'[rehearse]\n"{site.address}" = "{site.at}"\n"https://letters.example" = "{site.at}"\n'
    )
    return path


def test_the_plan_says_what_is_allowed_and_what_it_costs(
    site: Place, config: CrawlerConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, site)
    urls = [f"{site.address}/{name}" for name in ("a", "closed/b", "paid/c")]
    before = len(site.notes.events)
    assert main(["crawl", "plan", *urls, "--config", str(path), "--json"]) == 6
    plan = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["allowed"] for one in plan] == [True, False, True]
    assert (plan[2]["price"], plan[2]["within_cap"]) == ("EUR 0.002", True)
    assert plan[0]["server"] == site.server
    assert plan[0]["credentials"] is True
    assert len(site.notes.events) == before, "no page was got"
    path.write_text(path.read_text().replace('per_request = "0.01 EUR"', 'per_request = "0.001 EUR"'))
    assert main(["crawl", "plan", urls[2], "--config", str(path)]) == 0
    assert "EUR 0.002 a request, more than may be spent on it" in capsys.readouterr().out


def test_get_writes_the_pages(
    site: Place, config: CrawlerConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, site)
    out = tmp_path / "pages"
    assert main(["crawl", "get", f"{site.address}/a", "--out", str(out), "--config", str(path)]) == 0
    assert [one.read_bytes() for one in out.iterdir()] == [b"the page /a"]
    assert capsys.readouterr().out.startswith(f"yes  {site.address}/a")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('use = "ai-train"', 'use = "reading"'), "not a use"),
        (("agent =", "agnet ="), "agnet"),
        (("0.01 EUR", "0.01 USD"), "different currencies"),
        (("0.01 EUR", "a cent"), "amount"),
        (('client_secret_file = "client.secret"', 'client_secret = "s3cret"'), "file"),
    ],
)
def test_a_configuration_that_cannot_be_right_is_refused(
    change: tuple[str, str], said: str, site: Place, tmp_path: Path
) -> None:
    path = written(tmp_path, site)
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(BadConfig, match=said):
        read(path)


def test_a_secret_that_others_can_read_is_refused(site: Place, tmp_path: Path) -> None:
    path = written(tmp_path, site)
    (tmp_path / "client.secret").chmod(0o644)
    with pytest.raises(BadConfig, match="chmod 600"):
        read(path)


def test_robots_txt_is_obeyed_and_silence_is_not_a_licence() -> None:
    rules = (Rule("/", ("search",)),)
    with place(rules) as other:
        config = CrawlerConfig(agent="GPTBot/1.0", use="ai-train", rehearse=other.rehearse)
        with Crawler(config) as crawler:
            permit = crawler.permit(f"{other.address}/a")
    assert not permit.allowed
    assert "ai-train" in permit.why

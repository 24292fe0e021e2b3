"""Who is an AI agent, and what is an asset to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quire.core.agents import book_of
from quire.core.errors import Invalid
from quire.core.terms import USES
from quire.society.usage.formats import is_asset, load

GPTBOT = (
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)"
)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (GPTBOT, "GPTBot"),
        ("gptbot", "GPTBot"),
        ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "Bingbot"),
        ("Mozilla/5.0 (compatible; ClaudeBot/1.0; +claudebot@anthropic.com)", "ClaudeBot"),
        (
            "Mozilla/5.0 (compatible; Perplexity-User/1.0; +https://perplexity.ai/perplexity-user)",
            "Perplexity-User",
        ),
        (
            "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
            "meta-externalagent",
        ),
        ("GoogleOther-Image/1.0", "GoogleOther"),
        ("cohere-training-data-crawler", "cohere-training-data-crawler"),
        ("CCBot/2.0 (https://commoncrawl.org/faq/) ClaudeBot/1.0", "ClaudeBot"),
        ("Ai2Bot-Dolma (+https://www.allenai.org/crawler)", "AI2Bot"),
    ],
)
def test_an_agent_is_known_by_its_product_token(user_agent: str, name: str) -> None:
    agent = load().recognise(user_agent)
    assert agent is not None
    assert agent.name == name


@pytest.mark.parametrize(
    "user_agent",
    [
        "",
        "-",
        FIREFOX,
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
        "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
        "Applebot-Extended/1.0",
        "Google-Extended",
        "NotGPTBot/1.0",
        "GPTBotany/1.0",
        "my-gptbot",
        "Reader/1.0 (+https://openai.com/gptbot)",
        "Reader/1.0 (about GPTBot.html)",
        "ChatGPT",
        "Meta AI",
    ],
)
def test_nobody_else_is_an_agent(user_agent: str) -> None:
    assert load().recognise(user_agent) is None


def test_dashboards_have_names_of_their_own() -> None:
    book = load()
    named = {
        alias: book.by_name(alias) for alias in ("ChatGPT", "Meta AI", "Anthropic AI", "bingbot", " GPTBot ")
    }
    assert {alias: agent and agent.name for alias, agent in named.items()} == {
        "ChatGPT": "ChatGPT-User",
        "Meta AI": "meta-externalagent",
        "Anthropic AI": "anthropic-ai",
        "bingbot": "Bingbot",
        " GPTBot ": "GPTBot",
    }
    assert book.by_name("Googlebot") is None


def test_every_agent_shipped_is_found_by_its_own_name() -> None:
    book = load()
    assert len(book.agents) >= 40
    assert len(book.digest) == 64
    for agent in book.agents:
        assert book.recognise(f"Mozilla/5.0 (compatible; {agent.name}/1.0; +https://x.example/)") is agent
        assert agent.use in USES


@pytest.mark.parametrize(
    ("entry", "part"),
    [
        ('operator = "X"', "has no name"),
        ('name = "A"\noperator = "X"\nuse = "steal"\npurpose = "p"\nsource = "s"', "must be one of"),
        ('name = "A"\noperator = "X"\nuse = "search"\npurpose = "p"\nsource = "s"\ncolour = 1', "'colour'"),
        ('name = "A"\noperator = "X"\nuse = "search"\npurpose = "p"\nsource = "s"\nsince = "May"', "no date"),
        ('name = "A', "not valid TOML"),
    ],
)
def test_a_list_of_agents_with_a_mistake_is_refused(tmp_path: Path, entry: str, part: str) -> None:
    file = tmp_path / "agents.toml"
    file.write_text("[[agent]]\n" + entry)
    with pytest.raises(Invalid, match=part):
        load(file)


def test_one_name_cannot_mean_two_agents(tmp_path: Path) -> None:
    file = tmp_path / "agents.toml"
    rest = '"\noperator = "X"\nuse = "search"\npurpose = "p"\nsource = "s"\n'
    file.write_text(f'[[agent]]\nname = "One{rest}[[agent]]\nname = "Two{rest}aliases = ["ONE"]\n')
    with pytest.raises(Invalid, match="names two agents: One and Two"):
        load(file)


def test_assets_are_what_pages_are_made_of_unless_they_are_works() -> None:
    assets = [
        "/a.css",
        "/i/x.JPG",
        "/robots.txt",
        "/sitemap-2.xml",
        "/sitemap.xml.gz",
        "/feed/",
        "/blog/index.xml",
    ]
    assets += ["/favicon.ico", "/.well-known/x", "/ads.txt", "/llms.txt", "/fonts/a.woff2", "/cdn-cgi/rum"]
    works = [
        "/",
        "/news/1",
        "/a.html",
        "/robots.txt/why",
        "/paper.pdf",
        "/feeding-birds",
        "/css",
        "/llms-full.txt",
    ]
    assert [p for p in assets if not is_asset(p, lambda path: False)] == []
    assert [p for p in works if is_asset(p, lambda path: False)] == []
    assert not is_asset("/i/x.JPG", lambda path: path == "/i/x.JPG")


def test_the_shipped_list_recognises_the_same_after_its_way_through_json() -> None:
    shipped = load()
    again = book_of(json.loads(json.dumps(shipped.entries())))
    assert again.agents == shipped.agents
    assert again.entries() == shipped.entries()
    for entry in shipped.entries():
        for token in entry["tokens"]:
            for name in (f"Mozilla/5.0 (compatible; {token}/1.0)", token.upper(), f"x{token}", f"/{token}"):
                assert again.recognise(name) == shipped.recognise(name)

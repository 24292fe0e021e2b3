"""robots.txt: what it allows, beside Scrapy's own reader, and what stays as it was when lines are added."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from protego import Protego

from quire.core.robots import BadLine, Group, Robots, add_lines

TEXT = """\
# A comment
License: https://example.org/license.xml
Sitemap: https://example.org/sitemap.xml
License: https://other.example/l.xml # and one more

User-agent: GPTBot
user-agent: ClaudeBot/1.0
Disallow: /private
Allow: /private/open$
Content-Usage: train-ai=n
Content-Usage: /news train-ai=y, search=y
Content-Signal: search=yes, ai-train=no
License: https://example.org/bots.xml

User-agent: *
Disallow: /*.pdf
Crawl-delay: 3
Disallow:
"""


def test_what_stands_there_is_read() -> None:
    robots = Robots.parse(TEXT)
    assert robots.sitemaps == ("https://example.org/sitemap.xml",)
    assert robots.global_licences == ("https://example.org/license.xml", "https://other.example/l.xml")
    assert robots.groups == (
        Group(
            ("gptbot", "claudebot"),
            ((False, "/private"), (True, "/private/open$")),
            ("https://example.org/bots.xml",),
            ("train-ai=n", "/news train-ai=y, search=y"),
            ("search=yes, ai-train=no",),
        ),
        Group(("*",), ((False, "/*.pdf"),)),
    )


@pytest.mark.parametrize(
    ("agent", "path", "expected"),
    [
        ("GPTBot", "/private/x", False),
        ("gptbot", "/private/open", True),
        ("gptbot", "/private/open2", False),
        ("Mozilla/5.0 (compatible; GPTBot/1.2; +https://x.example)", "/private/x", False),
        ("GPTBot", "/a.pdf", True),
        ("Other", "/a.pdf", False),
        ("Other", "/robots.txt", True),
        ("ClaudeBot", "/private/x", False),
    ],
)
def test_what_is_allowed(agent: str, path: str, expected: bool) -> None:
    assert Robots.parse(TEXT).allows(agent, path) is expected


def test_licences_of_the_group_before_the_global_ones() -> None:
    robots = Robots.parse(TEXT)
    assert robots.licences("GPTBot") == ("https://example.org/bots.xml",)
    assert robots.licences("Other") == ("https://example.org/license.xml", "https://other.example/l.xml")
    assert Robots.parse("License: https://a.example/l").licences("x") == ("https://a.example/l",)


def test_preferences_of_the_longest_line() -> None:
    robots = Robots.parse(TEXT)
    assert robots.usage("GPTBot", "/x") == {"train-ai": False}
    assert robots.usage("GPTBot", "/news/x") == {"train-ai": True, "search": True}
    assert robots.usage("Other", "/news/x") == {}
    assert robots.signals("GPTBot") == {"search": True, "ai-train": False}
    several = Robots.parse("user-agent: *\ncontent-usage: /a* search=y\ncontent-usage: /*a search=n\n")
    assert several.usage("x", "/aa") == {"search": False}


def test_groups_of_one_agent_are_one() -> None:
    robots = Robots.parse("User-agent: a\nDisallow: /x\n\nUser-agent: b\nUser-agent: A\nDisallow: /y\n")
    assert not robots.allows("a", "/x")
    assert not robots.allows("a", "/y")
    assert robots.allows("b", "/x")
    assert robots.allows("c", "/x")


def test_an_empty_disallow_ends_the_run() -> None:
    robots = Robots.parse("User-agent: a\nDisallow:\nUser-agent: b\nDisallow: /\n")
    assert robots.allows("a", "/x")
    assert not robots.allows("b", "/x")


def test_a_licence_never_stands_between_agents() -> None:
    group = Group(
        ("a", "b"), ((False, "/p"),), ("https://example.org/l.xml",), ("search=y",), ("search=yes",)
    )
    text = Robots((group,), ("https://example.org/g.xml",), ("https://example.org/s.xml",)).text()
    lines = [line.partition(":")[0] for line in text.splitlines() if line]
    assert lines == [
        "License", "User-agent", "User-agent", "Disallow", "Content-Usage", "Content-Signal", "License",
        "Sitemap",
    ]  # fmt: skip
    assert Robots.parse(text) == Robots(
        (group,), ("https://example.org/g.xml",), ("https://example.org/s.xml",)
    )


@pytest.mark.parametrize("value", ["", "a\nDisallow: /", "a\rb", "a#b", "é", "\x00"])
def test_what_cannot_stand_on_a_line_is_not_written(value: str) -> None:
    with pytest.raises(BadLine):
        Robots((Group((value,)),)).text()
    if "#" not in value:
        with pytest.raises(BadLine):
            add_lines("", [f"License: {value}"])


def test_a_comment_of_an_added_line_is_left_out() -> None:
    assert add_lines("", ["license: https://a.example/ # x"]) == "License: https://a.example/\n"


ADDED = (
    "License: https://example.org/license.xml",
    "Content-Usage: /a train-ai=n",
    "Content-Usage: / train-ai=n, search=y",
    "Content-Signal: ai-train=no",
)

AGENTS = ("alpha", "beta", "gamma")
PATHS = ("/", "/a", "/ab", "/a/b", "/b.x", "/b/a/x", "/q?a=b")
PATTERNS = st.text(st.sampled_from("/ab*"), max_size=5).map(lambda text: "/" + text)
LINES = st.one_of(
    st.sampled_from(["User-agent: *", "user-agent:alpha", "User-Agent:  beta # x", "USER-AGENT: gamma"]),
    st.builds("{}: {}".format, st.sampled_from(["Disallow", "Allow", "disallow "]), PATTERNS),
    st.builds("Disallow: {}$".format, PATTERNS),
    st.sampled_from(["", "# c", "Disallow:", "Sitemap: https://x.example/s", "garbage"]),
)
OTHERS = st.sampled_from(["Crawl-delay: 2", "Host: x", "License: https://y.example/l", "X: y", "User-agent:"])
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


def texts(lines: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda given, end, last: end.join(given) + end * last,
        st.lists(lines, max_size=12),
        ENDS,
        st.booleans(),
    )


def decisions(text: str) -> list[bool]:
    """As Protego has them, the reader that Scrapy brings."""
    robots = Protego.parse(text)
    return [
        robots.can_fetch("https://example.org" + path, agent)
        for agent in (*AGENTS, "other")
        for path in PATHS
    ]


def ours(text: str) -> list[bool]:
    robots = Robots.parse(text)
    return [robots.allows(agent, path) for agent in (*AGENTS, "other") for path in PATHS]


@given(texts(LINES))
@settings(max_examples=200)
def test_it_allows_what_protego_allows(text: str) -> None:
    assert ours(text) == decisions(text)


@given(texts(LINES | OTHERS))
@settings(max_examples=200)
@example("User-agent: alpha\nSitemap: x\nUser-agent: beta\nDisallow: /")
@example("User-agent: alpha")
@example("User-agent: alpha\n\nUser-agent: *\nDisallow: /a\n")
@example("User-agent: alpha\nLicense: x\nUser-agent: beta\nDisallow: /")
@example("User-agent: alpha\x0bDisallow: /a\nUser-agent: beta\n\x0cUser-agent: *\nDisallow: /")
@example("Disallow: /")
@example("")
def test_added_lines_change_nothing_of_what_is_allowed(text: str) -> None:
    added = add_lines(text, ADDED)
    assert decisions(added) == decisions(text)
    assert ours(added) == ours(text)
    assert add_lines(added, ADDED) == added
    kept = iter(added.splitlines())
    assert all(line in kept for line in text.splitlines() if line.strip())


@given(texts(LINES))
@settings(max_examples=200)
def test_added_lines_hold_for_every_agent(text: str) -> None:
    robots = Robots.parse(add_lines(text, ADDED))
    for agent in (*AGENTS, "other"):
        assert robots.licences(agent) == ("https://example.org/license.xml",)
        assert robots.usage(agent, "/a") == {"train-ai": False}
        assert robots.usage(agent, "/b") == {"train-ai": False, "search": True}
        assert robots.signals(agent) == {"ai-train": False}


def test_added_to_a_real_one() -> None:
    assert add_lines("User-agent: *\r\nDisallow: /x\r\n", ADDED[:2]) == (
        "License: https://example.org/license.xml\r\n\r\n"
        "User-agent: *\r\nContent-Usage: /a train-ai=n\r\nDisallow: /x\r\n"
    )
    assert add_lines("", ADDED[:2]) == (
        "License: https://example.org/license.xml\n\nUser-agent: *\nContent-Usage: /a train-ai=n\n"
    )
    assert add_lines("\ufeffUser-agent: *", ADDED[:1]).startswith("\ufeffLicense: ")


@given(st.text(max_size=200))
@settings(max_examples=200)
def test_any_text_is_read(text: str) -> None:
    robots = Robots.parse(text)
    robots.allows("a", "/")
    robots.usage("a", "/")
    assert Robots.parse(add_lines(text, ADDED)).licences("nobody")

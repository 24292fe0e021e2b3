"""Who visits: AI crawlers by the names they really send, and everybody else.

Operators and uses are those that the operators themselves publish; Quire's list of agents has the sources.
How often each comes is made up.
"""

from __future__ import annotations

from typing import NamedTuple


class Crawler(NamedTuple):
    """An AI crawler. ``yearly`` is its requests in a year at scale 1, ``label`` a dashboard's name for it.

    A *sweep* walks through whole sites day and night, in campaigns. An *errand* is run when a person asks: to
    what is much asked for, at hours when people are awake. ``since`` is the first month in which it comes.
    """

    operator: str
    use: str
    manner: str
    yearly: int
    label: str
    user_agent: str
    since: int = 1


_LIKE = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; {})"
CRAWLERS = (
    Crawler("OpenAI", "ai-train", "sweep", 19_000, "GPTBot",
            _LIKE.format("GPTBot/1.2; +https://openai.com/gptbot")),
    Crawler("OpenAI", "search", "sweep", 4_000, "OAI-SearchBot",
            _LIKE.format("OAI-SearchBot/1.0; +https://openai.com/searchbot")),
    Crawler("OpenAI", "ai-input", "errand", 7_000, "ChatGPT",
            _LIKE.format("ChatGPT-User/1.0; +https://openai.com/bot")),
    Crawler("Perplexity", "ai-input", "errand", 15_000, "Perplexity-User",
            _LIKE.format("Perplexity-User/1.0; +https://perplexity.ai/perplexity-user")),
    Crawler("Perplexity", "search", "sweep", 5_000, "PerplexityBot",
            _LIKE.format("PerplexityBot/1.0; +https://perplexity.ai/perplexitybot")),
    Crawler("Anthropic", "ai-train", "sweep", 14_000, "ClaudeBot",
            _LIKE.format("ClaudeBot/1.0; +claudebot@anthropic.com"), since=4),
    Crawler("Anthropic", "ai-input", "errand", 4_000, "Claude",
            _LIKE.format("Claude-User/1.0; +Claude-User@anthropic.com"), since=4),
    Crawler("Anthropic", "search", "sweep", 1_200, "Claude-SearchBot",
            _LIKE.format("Claude-SearchBot/1.0; +https://www.anthropic.com"), since=4),
    Crawler("Meta", "ai-index", "sweep", 8_000, "meta-webindexer",
            "meta-webindexer/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)"),
    Crawler("Meta", "ai-train", "sweep", 5_000, "Meta AI",
            "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)"),
    Crawler("Apple", "search", "sweep", 5_000, "Applebot",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/13.1.1 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)"),
    Crawler("ByteDance", "ai-train", "sweep", 8_000, "Bytespider",
            "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 "
            "(compatible; Bytespider; spider-feedback@bytedance.com)"),
)  # fmt: skip
"""ByteDance has no licence in the demonstration; Anthropic's come in April."""

READERS_YEARLY = 116_000
"""Requests of everybody else in a year at scale 1."""

_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0"
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:135.0) Gecko/20100101 Firefox/135.0"
READERS = (
    (24, f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36"),
    (15, f"{_IPHONE} Version/18.3 Mobile/15E148 Safari/604.1"),
    (14, f"Mozilla/5.0 (Linux; Android 15; Pixel 8) {_CHROME} Mobile Safari/537.36"),
    (9, FIREFOX),
    (8, "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:135.0) Gecko/20100101 Firefox/135.0"),
    (16, "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
    (4, "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)"),
    (4, "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)"),
    (3, "NetNewsWire (RSS Reader; https://netnewswire.com/)"),
    (2, "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"),
    (1, "curl/8.5.0"),
)
"""People, ordinary search engines, feed readers, tools: Quire counts them together. Weight and user agent."""

BY_MONTH = {
    "reader": (105, 100, 102, 98, 95, 90, 78, 74, 99, 106, 116, 92),
    "errand": (70, 74, 80, 85, 90, 92, 88, 90, 110, 125, 140, 130),
    "sweep": (85, 85, 90, 95, 100, 100, 100, 100, 105, 110, 115, 115),
}
"""People read less in summer; errands grow with people's habit of asking; sweeps hardly change."""

BY_WEEKDAY = {
    "reader": (108, 106, 104, 104, 100, 84, 94),
    "errand": (110, 112, 110, 108, 102, 76, 82),
    "sweep": (100, 100, 100, 100, 100, 100, 100),
}
BY_HOUR = {
    "reader": (12, 7, 5, 4, 5, 12, 35, 60, 72, 70, 66, 68, 78, 70, 62, 60, 62, 68, 74, 82, 88, 80, 55, 28),
    "errand": (14, 9, 6, 5, 6, 10, 25, 48, 78, 92, 94, 90, 80, 88, 92, 90, 84, 74, 66, 62, 60, 50, 36, 22),
    "sweep": (1,) * 24,
}
"""Hours in UTC."""

STEEPNESS = {"reader": 1.0, "errand": 1.1, "sweep": 0.45}
"""Zipf's exponent: the work of rank r is visited in proportion to 1 / r to this power."""

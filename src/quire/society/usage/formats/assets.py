"""Which paths are not works: what a page is made of, and what is there for machines to find their way.

The list is short on purpose; what is not on it counts. Audio, video, PDF and JSON are not on it, because
they are as often the work itself. Nor is ``/llms-full.txt``, which holds the text of a whole site. Images are
on it, because to a newspaper they are parts of its pages; to a photographer they are the works, and a
registered work is never an asset.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

EXTENSIONS = frozenset(
    (
        *("css", "js", "mjs", "map", "wasm", "webmanifest"),  # what pages run on
        *("png", "jpg", "jpeg", "gif", "webp", "avif", "svg", "ico", "bmp", "tif", "tiff"),  # images, icons
        *("woff", "woff2", "ttf", "otf", "eot"),  # fonts
        *("rss", "atom", "xml", "xsl"),  # feeds, sitemaps, licences
    )
)
FILES = frozenset(
    (
        *("/robots.txt", "/llms.txt", "/ai.txt", "/ads.txt", "/app-ads.txt", "/humans.txt", "/security.txt"),
        *("/manifest.json", "/feed.json"),
    )
)
FOLDERS = ("/.well-known/", "/cdn-cgi/")  # RFC 8615; a content network's own addresses
_LONGEST_REMEMBERED = 300  # characters
FEEDS = frozenset(("feed", "rss", "atom"))  # the last segment of a feed's address without an extension


def is_asset(path: str, registered: Callable[[str], bool]) -> bool:
    """Is the canonical ``path`` an asset? ``registered(path)`` says whether it is a work of that host."""
    return looks_like_asset(path) and not registered(path)


def looks_like_asset(path: str) -> bool:
    """Is the canonical ``path`` on the list above? Upper and lower case are one."""
    return _remembered(path) if len(path) <= _LONGEST_REMEMBERED else _looks_like_asset(path)


@lru_cache(maxsize=30_000)
def _remembered(path: str) -> bool:
    """The same pages are asked for again and again."""
    return _looks_like_asset(path)


def _looks_like_asset(path: str) -> bool:
    lower = path.lower()
    if lower in FILES or lower.startswith(FOLDERS):
        return True
    last = lower.rstrip("/").rpartition("/")[2]
    _, dot, extension = last.rpartition(".")
    if not dot:
        return last in FEEDS
    return extension in EXTENSIONS or (last.startswith("sitemap") and last.endswith((".xml.gz", ".txt")))

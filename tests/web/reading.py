"""What tests read of pages and of their templates: the words that a person sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

SEEN = ("aria-label", "alt", "placeholder", "title", "data-label")
"""Attributes whose values are read, or read aloud."""
TEMPLATES = Path(__file__).resolve().parents[2] / "src" / "quire" / "society" / "web" / "templates"
_SAID = re.compile(r"{%\s*blocktrans(late)?\b.*?{%\s*endblocktrans(late)?\s*%}", re.S)
_LEFT_OUT = re.compile(r"{%\s*comment\b.*?{%\s*endcomment\s*%}|{#.*?#}", re.S)
_TAG = re.compile(r"{%.*?%}|{{.*?}}", re.S)
_CODE = re.compile(r"<(code|pre|script|style)\b.*?</\1>", re.S)
_READ_ALOUD = re.compile(rf'\s({"|".join(SEEN)})="([^"]*)"')
_ELEMENT = re.compile(r"<[^>]*>")


class _Words(HTMLParser):
    """Every text of a page that is not code, in the order in which it stands there."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unread += tag in {"code", "pre", "script", "style"}
        self.found += [value for name, value in attrs if name in SEEN and value]

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in {"code", "pre", "script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.found.append(data)


def words(page: str) -> list[str]:
    """The texts of a page, each with its blanks made one; what stands in code is not read."""
    reader = _Words()
    reader.feed(page)
    return [told for one in reader.found if (told := " ".join(one.split()))]


def unwrapped(template: str) -> Iterator[str]:
    """Texts of a template that nobody translates: letters outside of tags, blocks and code."""
    bare = _TAG.sub("\0", _SAID.sub("", _LEFT_OUT.sub("", template)))
    bare = _CODE.sub("\0", bare)
    texts = [value for _, value in _READ_ALOUD.findall(bare)] + [_ELEMENT.sub("\0", bare)]
    for text in texts:
        parts = (" ".join(unescape(part).split()) for part in text.split("\0"))
        yield from (part for part in parts if re.search(r"[A-Za-z]{2}", part))

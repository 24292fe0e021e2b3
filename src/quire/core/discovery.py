"""Where the licence terms of a page are: its headers, its HTML, the robots.txt of its host.

Owns the parsing of what was fetched, and what holds where several places speak. Fetches nothing.

An address that is found is absolute, without a user and a fragment, and with ``https`` only: ``allow_http``
is for a house that tries things out with itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from quire.core.patterns import normal_path
from quire.core.robots import Robots
from quire.core.rsl import MEDIA_TYPE, Document, Verdict

MAX_HTML = 512 * 1024
MAX_HEADER = 32 * 1024
MOST = 20
"""Licences that are taken from one place."""

_TARGET = re.compile(r"[ \t,]*<([^<>\x00-\x20]{0,4000})>")
_PARAMETER = re.compile(
    r"""[ \t]*;[ \t]*(?:([A-Za-z0-9!#$%&'*+.^_`|~-]+)[ \t]*"""
    r"""(?:=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*)))?)?"""
)
_NEXT = re.compile(r"[ \t]*(?:,|\Z)")
_URL = re.compile(r"https?://[!-~]{1,4000}")


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a ``Link`` header (RFC 8288): the target as it was written, and its parameters."""

    target: str
    parameters: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        """The first value of a parameter, "" where there is none."""
        return next((value for key, value in self.parameters if key == name), "")


@dataclass(frozen=True, slots=True)
class Found:
    """The addresses of licence documents, absolute, and documents that stood there themselves."""

    urls: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()


def links(header: str) -> Iterator[Link]:
    """The links of a ``Link`` header, as far as it can be read (RFC 8288 §3 and appendix B)."""
    header, at = header[:MAX_HEADER], 0
    while target := _TARGET.match(header, at):
        at, parameters = target.end(), []
        while found := _PARAMETER.match(header, at):
            at = found.end()
            if found[1]:
                quoted = found[2] is not None
                value = re.sub(r"\\(.)", r"\1", found[2]) if quoted else found[3] or ""
                parameters.append((found[1].lower(), value))
        yield Link(target[1], tuple(parameters))
        end = _NEXT.match(header, at)
        if end is None:
            return
        at = end.end()


def in_headers(values: str | Iterable[str], base: str, *, allow_http: bool = False) -> Found:
    """The licences that a response's ``Link`` headers name; ``base`` is the page's own address."""
    given = [values] if isinstance(values, str) else list(values)
    targets = [
        link.target
        for value in given[:MOST]
        for link in links(value)
        if _is_licence(link.get("rel"), link.get("type")) and not link.get("anchor")
    ]
    return Found(_absolute(targets, base, allow_http))


def in_html(text: str, base: str, *, allow_http: bool = False) -> Found:
    """The licences that a page links, and those that stand in it; ``base`` is the page's own address."""
    text = text[:MAX_HTML]
    if MEDIA_TYPE not in text.lower():
        return Found()
    page = _Page()
    try:
        page.feed(text)
        page.close()
    except (AssertionError, ValueError):
        # Some malformed declarations make the standard library's parser give up: what came before holds.
        pass
    return Found(_absolute(page.hrefs, urljoin(base, page.base), allow_http), tuple(page.inline[:MOST]))


def in_robots(text: str, agent: str, base: str, *, allow_http: bool = False) -> Found:
    """The licences that a robots.txt names for the agent (its group's own before the global ones)."""
    absolute = [url for url in Robots.parse(text).licences(agent) if _URL.fullmatch(url)]
    return Found(_absolute(absolute, base, allow_http))


def placed(document: Document, page: str) -> Document:
    """A document that stood in a page: a content with the url "" is of this page (errata 2026-07-18)."""
    parts = urlsplit(page)
    path = normal_path((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
    here = f"{parts.scheme}://{parts.netloc}{path}$"
    contents = (replace(one, url=one.url or here) for one in document.contents)
    return replace(document, contents=tuple(contents))


def merged(of_page: Iterable[Verdict], of_site: Iterable[Verdict]) -> Verdict:
    """What holds where several places speak of one use of one address.

    What the page itself says (header, link, inline) is more specific than what the site says (robots.txt,
    ``/license.xml``). Of several as specific the strictest holds: not licensed before licensed, with a token
    before without, paid before free. A verdict without a content said nothing. None at all: not licensed.
    """
    for verdicts in (of_page, of_site):
        spoken = [verdict for verdict in verdicts if verdict.content is not None]
        if spoken:
            return min(spoken, key=lambda v: (v.licensed, not v.needs_token, v.payment is None, repr(v)))
    return Verdict(False, "No licence document speaks of this address.")


def absolute(target: str, base: str, *, allow_http: bool = False) -> str | None:
    """The address that ``target`` means on a page at ``base``; None where it must not be fetched."""
    try:
        url = urljoin(base, target.strip())
        parts = urlsplit(url)
        good = parts.scheme == "https" or (allow_http and parts.scheme == "http")
        if not good or not parts.hostname or parts.username is not None or parts.port == 0:
            return None
    except ValueError:
        return None
    url = url.partition("#")[0]
    return url if _URL.fullmatch(url) else None


def _absolute(targets: Iterable[str], base: str, allow_http: bool) -> tuple[str, ...]:
    found = (absolute(target, base, allow_http=allow_http) for target in targets)
    return tuple(dict.fromkeys(url for url in found if url))[:MOST]


def _is_licence(rel: str, kind: str) -> bool:
    return "license" in rel.lower().split() and kind.partition(";")[0].strip().lower() == MEDIA_TYPE


class _Page(HTMLParser):
    """Gathers ``<link rel=license>``, ``<base>`` and ``<script type="application/rsl+xml">``."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base = ""
        self.hrefs: list[str] = []
        self.inline: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in reversed(attrs)}
        if tag == "link" and _is_licence(given.get("rel", ""), given.get("type", "")):
            self.hrefs.append(given.get("href", ""))
        elif tag == "base" and not self.base:
            self.base = given.get("href", "")
        elif tag == "script":
            kind = given.get("type", "").partition(";")[0].strip().lower()
            self._inside = kind == MEDIA_TYPE and len(self.inline) < MOST
            if self._inside:
                self.inline.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.inline[-1] += data

"""Where the licence terms of a page are: its headers and its HTML. (Of its host: ``quire.core.robots``.)

Owns the parsing of what was fetched, and what holds where several places speak. Fetches nothing.

An address that is found is absolute, without a user and a fragment, and with ``https`` only: ``allow_http``
is for a house that tries things out with itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from html import unescape
from urllib.parse import urljoin, urlsplit

from quire.core.patterns import normal_path
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
_TAG = re.compile(r"<([A-Za-z][A-Za-z0-9-]*)(?=[\s/>])")
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>=`]+)))?""")
_RAW = {
    name: re.compile(f"</{name}(?=[\\s/>])", re.IGNORECASE)
    for name in ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes")
}
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
    page = _Page(text)
    return Found(_absolute(page.hrefs, urljoin(base, page.base), allow_http), tuple(page.inline[:MOST]))


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


class _Page:
    """Gathers ``<link rel=license>``, ``<base>`` and ``<script type="application/rsl+xml">`` of a page.

    Every step goes forward, so the time is in proportion to the page. The parser of the standard library is
    not used: an unclosed comment, repeated, keeps it busy for minutes.
    """

    def __init__(self, text: str) -> None:
        self.base = ""
        self.hrefs: list[str] = []
        self.inline: list[str] = []
        at = text.find("<")
        while at >= 0:
            at = text.find("<", self._markup(text, at))

    def _markup(self, text: str, at: int) -> int:
        """Read what begins with the ``<`` at this place; where it ends, or the end of the page."""
        if text.startswith("<!--", at):
            return _after(text, "-->", at + 2)
        name = _TAG.match(text, at)
        if name is None:
            return _after(text, ">", at) if text[at + 1 : at + 2] in ("!", "?", "/") else at + 1
        tag = name[1].lower()
        given, at = _attributes(text, name.end())
        if tag in _RAW:
            # What stands in these is no markup, up to their own end.
            closing = _RAW[tag].search(text, at)
            end = closing.start() if closing else len(text)
            self._raw(tag, given, text[at:end])
            return end
        if tag == "link" and _is_licence(given.get("rel", ""), given.get("type", "")):
            self.hrefs.append(given.get("href", ""))
        elif tag == "base" and not self.base:
            self.base = given.get("href", "")
        return at

    def _raw(self, tag: str, given: dict[str, str], text: str) -> None:
        kind = given.get("type", "").partition(";")[0].strip().lower()
        if tag == "script" and kind == MEDIA_TYPE:
            self.inline.append(text)


def _attributes(text: str, at: int) -> tuple[dict[str, str], int]:
    """The attributes of a tag from here on, the first of each name, and where the tag has ended."""
    given: dict[str, str] = {}
    while at < len(text) and text[at] != ">":
        found = _ATTRIBUTE.match(text, at)
        if found is None:
            at += 1
            continue
        value = next((group for group in found.groups()[1:] if group is not None), "")
        given.setdefault(found[1].lower(), unescape(value))
        at = found.end()
    return given, at + 1


def _after(text: str, mark: str, at: int) -> int:
    """The place after the next mark, or the end of the text."""
    end = text.find(mark, at)
    return len(text) if end < 0 else end + len(mark)

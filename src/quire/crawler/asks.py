"""What is asked and what is answered, for whatever carries it: httpx, its async twin, Scrapy, or a test.

The way of a licensed request (``quire.crawler.flow``) is a generator that yields what is to be asked and is
sent what was answered, so it does no input or output of its own.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar
from urllib.parse import urlsplit

from quire.core.errors import Invalid, QuireError, Refused

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ask:
    """A request. ``final`` marks the page itself; the others are what had to be known before it.

    ``after`` are seconds to wait before it is asked, because a site said so.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    final: bool = False
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: names of headers in lower case, the body unpacked. Status 0: nobody answered."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


Asking: TypeAlias = Generator[Ask, Answer, T]
"""Yields asks, is sent their answers, and returns a T."""


class BadUrl(Invalid):
    """The address is not one that a crawler gets."""

    code = "crawl.bad-url"


class NotAllowed(Refused):
    """The site does not let this be crawled, or not for this use; the sentence says which rule says so."""

    code = "crawl.not-allowed"


class TooDear(Refused):
    """The price is above what one request, or all of them, may cost."""

    code = "crawl.too-dear"


class NoCredentials(Refused):
    """A token is needed from a server for which there are no credentials."""

    code = "crawl.no-credentials"


class NoToken(QuireError):
    """The licence server gave no token; the sentence has its reason."""

    code = "crawl.no-token"
    status = 502


def origin_of(url: str) -> str:
    """``https://example.org`` of an address, with the port where it is not the scheme's own. Or BadUrl."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not host or not url.isprintable():
        raise BadUrl(f"{url[:200]!r} is not an address to crawl: give one with http or https.", url=url[:300])
    shown = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{shown}" + (f":{port}" if port and port != usual else "")

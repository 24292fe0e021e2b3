"""Which pages one comes to by following links, as people do: each with an address that exists in this
society."""

from __future__ import annotations

import html
import re
from collections import Counter, deque
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

LINK = re.compile(r'href="([^"]+)"')
EACH = 2
"""So many addresses of one page are read for what they lead to."""


def by_links(base: str, session: str, start: str, prefix: str) -> dict[str, str]:
    """Name of a page to the first address of it that links lead to, from ``start``, below ``prefix``; as
    whoever has this session ("" nobody). Nothing is pressed: links alone are followed."""
    opener = build_opener(HTTPCookieProcessor())
    headers = {"Cookie": f"sessionid={session}"} if session else {}
    found: dict[str, str] = {}
    read: Counter[str] = Counter()
    known, waiting = {start}, deque([start])
    while waiting:
        address = waiting.popleft()
        name = named(address)
        if name is None or not address.startswith(prefix) or read[name] >= EACH:
            continue
        read[name] += 1
        there, links = opened(opener, Request(base + address, headers=headers))
        for led in (address, there):
            if led.startswith(prefix) and (leads := named(led)):
                found.setdefault(leads, led)
        waiting += [link for link in links if link not in known]
        known.update(links)
    return found


def named(address: str) -> str | None:
    """The name of the page at this address; None where none is."""
    from django.urls import Resolver404, resolve

    try:
        return resolve(urlsplit(address).path).url_name
    except Resolver404:
        return None


def opened(opener: OpenerDirector, asked: Request) -> tuple[str, list[str]]:
    """Where one is led, and the links of the page there to this host, each once, without what narrows a
    list."""
    try:
        answer = opener.open(asked, timeout=60)
    except HTTPError as problem:
        raise AssertionError(f"A link leads to {asked.full_url}, which answers {problem.code}.") from problem
    with answer:
        there = urlsplit(answer.geturl()).path
        if "text/html" not in answer.headers.get("content-type", ""):
            return there, []
        text = answer.read().decode()
    told = [urlsplit(html.unescape(one)) for one in LINK.findall(text)]
    return there, list(dict.fromkeys(one.path for one in told if not one.netloc and one.path.startswith("/")))

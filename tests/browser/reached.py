"""Which pages one comes to by following links, as people do: each with an address that exists in this
society."""

from __future__ import annotations

import html
import re
from collections import deque
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
    found: dict[str, list[str]] = {}
    known, waiting = {start}, deque([start])
    while waiting:
        address = waiting.popleft()
        name = named(address)
        if name is None or not address.startswith(prefix) or len(found.get(name, ())) >= EACH:
            continue
        found.setdefault(name, []).append(address)
        for link in links(opener, Request(base + address, headers=headers)):
            if link not in known:
                known.add(link)
                waiting.append(link)
    return {name: addresses[0] for name, addresses in found.items()}


def named(address: str) -> str | None:
    """The name of the page at this address; None where none is."""
    from django.urls import Resolver404, resolve

    try:
        return resolve(urlsplit(address).path).url_name
    except Resolver404:
        return None


def links(opener: OpenerDirector, asked: Request) -> list[str]:
    """The links of a page to this host, each once, without what narrows a list."""
    with opener.open(asked, timeout=60) as answer:
        if "text/html" not in answer.headers.get("content-type", ""):
            return []
        text = answer.read().decode()
    told = [urlsplit(html.unescape(one)) for one in LINK.findall(text)]
    return list(dict.fromkeys(one.path for one in told if not one.netloc and one.path.startswith("/")))

"""What a site's edge says to everybody: the site's public terms, in four renderings that say the same.

Owns where they are served and how the site's own robots.txt is kept. Does not own the renderings
(``quire.core.renderings``). Before the society was heard of nothing is said: the terms are not known yet.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from quire.core import renderings, robots
from quire.core.rsl import MEDIA_TYPE
from quire.edge.policy import View
from quire.edge.request import Request

Pairs = tuple[tuple[str, str], ...]

LONGEST_ROBOTS = 2 << 20
"""Bytes of a site's robots.txt; a longer one is passed on as it is (RFC 9309 §2.5 has readers stop at 500
KiB)."""

_READ = frozenset({"GET", "HEAD"})
_NOT_KEPT = frozenset(
    {"accept-ranges", "content-length", "content-md5", "digest", "etag", "last-modified", "transfer-encoding"}
)
"""Headers of the site's robots.txt that are not true any more once there are lines more in it."""


@dataclass(frozen=True, slots=True)
class Ready:
    """An answer of 200, ready to be sent; names of headers in lower case."""

    headers: Pairs
    body: bytes


def answer(view: View, request: Request) -> Ready | None:
    """The answer to a request for the terms themselves, or None where it is for something else."""
    path = request.path
    if path not in (renderings.LICENCE_PATH, renderings.TDMREP_PATH) or request.method not in _READ:
        return None
    if not view.state.is_heard:
        return None
    ready = view.served.get(path)
    if ready is None:
        ready = view.served[path] = _made(view, path)
    return ready


def headers(view: View, path: str, host: str) -> Pairs:
    """The headers to add to the site's answer at a path, as it was sent, of a canonical host."""
    if not view.state.is_heard:
        return ()
    place = view.place(path)
    terms = place.terms
    key = (terms.key, host)
    found = view.said.get(key)
    if found is None:
        told = renderings.headers(view.site, place.path, host)
        found = tuple((name.lower(), value) for name, value in told.items())
        if len(terms.rules) == 1:
            view.said[key] = found
    return found


def robots_txt(view: View, request: Request, status: int, given: Pairs, body: bytes) -> Ready | None:
    """The site's robots.txt with the society's lines in it; None where the site's own answer must stay.

    ``status``, ``given`` (headers) and ``body`` are the site's answer to a plain GET. Where it has none, or a
    page in its place, one is made. What it allows stays as it was.
    """
    found = {name.lower(): value for name, value in given}
    absent = status in (404, 410) or (status == 200 and body.lstrip()[:1] == b"<")
    if not view.state.is_heard or (status != 200 and not absent):
        return None
    if not absent and ("content-encoding" in found or len(body) > LONGEST_ROBOTS):
        return None
    own = "" if absent else body.decode("utf-8", "surrogateescape")
    lines = renderings.robots_lines(view.site, view.host(request.host))
    whole = robots.add_lines(own, lines).encode("utf-8", "surrogateescape")
    kept = () if absent else tuple((n, v) for n, v in given if n.lower() not in _NOT_KEPT)
    named = kept if any(n.lower() == "content-type" for n, _ in kept) else (*kept, _PLAIN)
    return Ready((*named, ("content-length", str(len(whole)))), whole)


_PLAIN = ("content-type", "text/plain; charset=utf-8")


def _made(view: View, path: str) -> Ready:
    if path == renderings.LICENCE_PATH:
        kind, text = MEDIA_TYPE, renderings.rsl_document(view.site)
    else:
        kind, text = "application/json", json.dumps(renderings.tdmrep(view.site), indent=1)
    body = text.encode()
    return Ready(
        (
            ("content-type", kind),
            ("content-length", str(len(body))),
            ("cache-control", "public, max-age=3600"),
            ("access-control-allow-origin", "*"),
        ),
        body,
    )

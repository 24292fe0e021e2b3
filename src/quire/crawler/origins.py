"""What an origin says of itself: its robots.txt, and the licences that it names. Asked once, then remembered.

Every licence document that is named counts, and the origin's own ``/license.xml``. Where documents disagree,
the stricter one holds (RSL 1.0 §3: read conservatively, never expand rights).
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from quire.core.addresses import is_public
from quire.core.discovery import Found, in_headers, in_html, merged, placed
from quire.core.errors import QuireError
from quire.core.robots import Robots
from quire.core.rsl import evaluate, read
from quire.core.rsl.evaluate import Verdict
from quire.core.rsl.model import Document
from quire.crawler.asks import Answer, Ask, Asking, NotAllowed, T, origin_of

FRESH = 3600.0
MOST_DOCUMENTS = 8
MOST_BYTES = 2 * 1024 * 1024
MOST_ORIGINS = 10_000
"""Origins that are remembered; the ones asked longest ago are asked again."""
MOST_ADDRESSES = 4
"""Addresses of a host that are tried, one after the other."""
_CONTENTLESS = frozenset(range(400, 500)) - {401, 403, 429}


@dataclass(frozen=True, slots=True)
class Origin:
    """What was found. ``robots`` None: there is no robots.txt, so nothing is forbidden by one.

    ``documents`` are licences by the address they are at; ``problems`` says what could not be read.
    """

    origin: str
    robots: Robots | None
    documents: tuple[tuple[str, Document], ...]
    problems: tuple[str, ...]
    until: float


@dataclass(frozen=True, slots=True)
class Permit:
    """Whether a page may be got for a use: the sentence says why, or why not.

    ``verdict`` is that of the document ``document``; None where the site says nothing of licences.
    """

    url: str
    allowed: bool
    why: str
    verdict: Verdict | None = None
    document: str = ""
    silent: bool = False


class Origins:
    """What is known of origins, for one crawler by its ``name``."""

    def __init__(
        self, name: str, *, private: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``private``: licences may also lie on one's own network."""
        self._name = name
        self._private = private
        self._clock = clock
        self._known: dict[str, Origin] = {}
        self._pinned: dict[str, tuple[str, ...]] = {}

    def find(self, url: str) -> Asking[Origin]:
        """What the origin of ``url`` says; asked where that is not known, or was an hour ago."""
        origin = origin_of(url)
        known = self._known.get(origin)
        if known is None or known.until <= self._clock():
            known = yield from self._ask(origin)
            _remember(self._known, origin, known)
        return known

    def addresses(self, url: str) -> tuple[str, ...]:
        """The addresses that ``url`` is asked at and no others, where somebody else has pointed there.

        They are the ones that were looked at (``check``): a name that is looked up a second time may lead
        somewhere else. Empty: wherever the name leads.
        """
        return self._pinned.get(origin_of(url), ())

    def _ask(self, origin: str) -> Asking[Origin]:
        answer = yield Ask(f"{origin}/robots.txt")
        robots = None
        if answer.status == 200:
            robots = Robots.parse(answer.body[:MOST_BYTES].decode("utf-8", "replace"))
        elif answer.status not in _CONTENTLESS:
            # RFC 9309 §2.3.1.4: what cannot be reached is closed until it can.
            told = f"status {answer.status}" if answer.status else "nobody answers there"
            raise NotAllowed(f"{origin}/robots.txt cannot be read ({told}); try again later.")
        named = [*(robots.licences(self._name) if robots else ()), f"{origin}/license.xml"]
        documents, problems = yield from self._documents(origin, named)
        return Origin(origin, robots, documents, problems, self._clock() + FRESH)

    def _documents(
        self, origin: str, named: Iterable[str]
    ) -> Asking[tuple[tuple[tuple[str, Document], ...], tuple[str, ...]]]:
        found: list[tuple[str, Document]] = []
        problems: list[str] = []
        for url in list(dict.fromkeys(named))[:MOST_DOCUMENTS]:
            try:
                self.check(origin, url)
                answer = yield Ask(url)
                if answer.status == 200:
                    found.append((url, read(answer.body[:MOST_BYTES]).document))
                elif url != f"{origin}/license.xml":
                    problems.append(f"{url} answered {answer.status}.")
            except QuireError as problem:
                problems.append(f"{url}: {problem.sentence}")
        return tuple(found), tuple(problems)

    def of_page(self, url: str, answer: Answer) -> Asking[tuple[tuple[str, Document], ...]]:
        """The licences that a page names or holds itself (RSL 1.0: header, link, inline)."""
        named = in_headers(answer.headers.get("link", ""), url, allow_http=self._private)
        held = Found()
        if "html" in answer.headers.get("content-type", ""):
            held = in_html(answer.body.decode("utf-8", "replace"), url, allow_http=self._private)
        known = yield from self.find(url)
        fresh = [
            one for one in (*named.urls, *held.urls) if one not in {place for place, _ in known.documents}
        ]
        found, problems = yield from self._documents(known.origin, fresh)
        if problems:
            raise NotAllowed(f"{url} names a licence that cannot be read: {problems[0]}")
        inline = tuple((url, placed(read(text).document, url)) for text in held.inline)
        return found + inline

    def check(self, origin: str, url: str, *, https: bool = True) -> None:
        """NotAllowed where a site names an address that it should not be able to make us ask.

        Its own origin is being crawled anyhow; any other must be at a public address, and HTTPS where that is
        asked for. From then on it is asked at what was found here (``addresses``).
        """
        place = origin_of(url)
        if place == origin or self._private:
            return
        parts = urlsplit(url)
        if https and parts.scheme != "https":
            raise NotAllowed(f"{place} is named by {origin} without HTTPS, so it is not asked.")
        try:
            found = socket.getaddrinfo(parts.hostname, parts.port or parts.scheme, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise NotAllowed(f"{place}, named by {origin}, leads nowhere.") from None
        addresses = tuple(dict.fromkeys(str(one[4][0]) for one in found))
        if not addresses or not all(map(is_public, addresses)):
            raise NotAllowed(f"{place}, named by {origin}, is not a public address, so it is not asked.")
        _remember(self._pinned, place, addresses[:MOST_ADDRESSES])

    def permit(
        self,
        origin: Origin,
        url: str,
        use: str,
        *,
        unlicensed: str,
        profiles: tuple[str, ...],
        of_page: tuple[tuple[str, Document], ...] = (),
    ) -> Permit:
        """What robots.txt, the origin's licences and those of the page itself say of ``use`` of ``url``."""
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if origin.robots is not None and not origin.robots.allows(self._name, path):
            return Permit(url, False, f"robots.txt does not let {self._name} get this.")
        if origin.problems and not origin.documents:
            return Permit(url, False, f"A licence is named and cannot be read: {origin.problems[0]}")
        site, page = (
            {
                place: evaluate(document, url, use, reporting_profiles=profiles)
                for place, document in documents
            }
            for documents in (origin.documents, of_page)
        )
        held = merged(page.values(), site.values())
        if held.content is None:
            why = "The site says nothing about licences for this page, so nothing is licensed."
            return Permit(url, unlicensed == "fetch", why, silent=True)
        place = next(place for place, verdict in (*page.items(), *site.items()) if verdict == held)
        return Permit(url, held.licensed, held.why, held, place)


def _remember(known: dict[str, T], key: str, value: T) -> None:
    """Put the newest last, and let the oldest go where there are too many."""
    known.pop(key, None)
    known[key] = value
    if len(known) > MOST_ORIGINS:
        del known[next(iter(known))]

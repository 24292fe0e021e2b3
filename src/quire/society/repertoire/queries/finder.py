"""From a host and a path to the work, or else the site, that usage belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from quire.core.patterns import Book
from quire.society.repertoire.models import SitePattern, Work


class Found(NamedTuple):
    """What an address belongs to: a work, or else a site, or else neither. Never both."""

    site: UUID | None
    work: UUID | None

    def __bool__(self) -> bool:
        return self.site is not None or self.work is not None


NOTHING = Found(None, None)


class Finder:
    """Every work and pattern of some hosts in memory, for looking up millions of addresses.

    Loaded once with two queries: it does not see what is registered afterwards. Hosts and paths are canonical
    (``quire.core.urls``). Dates play no part: whether a work was in force is asked where money is divided.
    """

    def __init__(self, hosts: Iterable[str] | None = None) -> None:
        """``hosts``: the ones to load; None for all of them."""
        works, patterns = Work.objects.exclude(host=""), SitePattern.objects.all()
        if hosts is not None:
            wanted = sorted(set(hosts))
            works, patterns = works.filter(host__in=wanted), patterns.filter(host__in=wanted)
        self._works: dict[str, dict[str, UUID]] = {}
        self._patterns: dict[str, Book[UUID]] = {}
        for host, path, work in works.values_list("host", "path", "id").iterator(chunk_size=10_000):
            self._works.setdefault(host, {})[path] = work
        for host, pattern, site in patterns.values_list("host", "pattern", "site_id").iterator(
            chunk_size=10_000
        ):
            self._patterns.setdefault(host, Book[UUID]()).add(pattern, site)

    def find(self, host: str, path: str | None) -> Found:
        """The exact work, else the site of the longest matching pattern, else NOTHING.

        ``path`` None is usage known only for the whole host: it belongs to the site with the pattern ``/``.
        """
        if path is not None and (work := self._works.get(host, {}).get(path)) is not None:
            return Found(None, work)
        patterns = self._patterns.get(host)
        site = patterns.find("/" if path is None else path) if patterns else None
        return NOTHING if site is None else Found(site, None)

    def is_registered(self, host: str, path: str) -> bool:
        """Whether this very address is a work on record: an image may be one, a style sheet is not."""
        return path in self._works.get(host, {})

"""What an edge's events are held against: the hosts of its site, and what is registered there."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from uuid import UUID

from quire.core.urls import canonical_path
from quire.society.repertoire.queries import Finder
from quire.society.usage import edges
from quire.society.usage.formats.assets import looks_like_asset

FRESH = 30.0
"""Seconds for which one loading serves chunk after chunk; what is registered meanwhile is found later."""
_MOST = 200_000  # addresses remembered of a site


@dataclass(frozen=True, slots=True)
class Address:
    """An address looked up: is it of the site, in its one spelling, an asset, and whose (UUIDs as text)?"""

    own: bool = False
    canonical: bool = False
    asset: bool = False
    site: str = ""
    work: str = ""


@dataclass(frozen=True, slots=True)
class Register:
    """A site's hosts, and what is registered there. Remembers what was looked up."""

    hosts: frozenset[str]
    finder: Finder
    _known: dict[tuple[str, str, bool], Address] = field(default_factory=dict)

    def look_up(self, host: str, path: str, charged: bool) -> Address:
        """``charged``: whether the edge charged for it, which it does for no asset."""
        if (found := self._known.get((host, path, charged))) is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            found = self._known[host, path, charged] = self._look_up(host, path, charged)
        return found

    def _look_up(self, host: str, path: str, charged: bool) -> Address:
        if host not in self.hosts:
            return _FOREIGN
        site, work = self.finder.find(host, path)
        return Address(
            own=True,
            canonical=canonical_path(path) == path,
            asset=not charged and looks_like_asset(path) and not self.finder.is_registered(host, path),
            site=str(site) if site else "",
            work=str(work) if work else "",
        )


class Registers:
    """The register of the site at hand, for as long as it is fresh. Not for threads."""

    def __init__(self) -> None:
        self._now: tuple[UUID, float, Register] | None = None

    def of(self, site: UUID) -> Register:
        """The register of a site (its id)."""
        if self._now is not None:
            which, loaded, register = self._now
            if which == site and time.monotonic() - loaded < FRESH:
                return register
        self._now = None  # two large sites are never in memory together
        loaded, hosts = time.monotonic(), edges.hosts_of(site)
        register = Register(hosts, Finder(hosts))
        self._now = site, loaded, register
        return register


_FOREIGN = Address()

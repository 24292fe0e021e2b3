"""Addresses that speak for an agent: the ranges its operator publishes, and names that the DNS confirms.

Weaker than a signature and stronger than a name. Ranges are files in the form that operators publish
(``{"prefixes": [{"ipv4Prefix": …}]}``; draft-illyes-webbotauth-jafar: of several the most specific speaks),
put beside the edge by whoever keeps it. Names: the address's name must end as the operator says, and that
name must lead back to the address (forward-confirmed reverse DNS); asked in the background, remembered for a
day.
"""

from __future__ import annotations

import ipaddress
import json
import queue
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from quire.core.errors import Invalid

SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "Bingbot": (".search.msn.com",),
    "Applebot": (".applebot.apple.com",),
    "CCBot": (".crawl.commoncrawl.org",),
    "Amazonbot": (".crawl.amazonbot.amazon",),
}
"""How the names of an agent's machines end, by their operators' own pages."""

_DAY = 86_400.0
_MOST = 50_000

Names = Callable[[str], str]
Forward = Callable[[str], list[str]]


class BadRanges(Invalid):
    """A file of address ranges cannot be read."""

    code = "edge.ranges"


class Ranges:
    """Networks of one agent."""

    def __init__(self, prefixes: list[str]) -> None:
        self._sets: dict[tuple[int, int], set[int]] = {}
        for text in prefixes:
            try:
                network = ipaddress.ip_network(text)
            except ValueError as problem:
                raise BadRanges(
                    f"{text[:60]!r} is not a range of addresses such as 192.0.2.0/24."
                ) from problem
            shift = network.max_prefixlen - network.prefixlen
            self._sets.setdefault((network.version, shift), set()).add(int(network.network_address) >> shift)

    @classmethod
    def read(cls, path: Path) -> Ranges:
        """The ranges in a file as operators publish it. Raises BadRanges."""
        try:
            told = json.loads(path.read_bytes())
            rows = told["prefixes"]
            return cls([str(row.get("ipv4Prefix") or row["ipv6Prefix"]) for row in rows])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
            if isinstance(problem, BadRanges):
                raise
            raise BadRanges(
                f"{path} has no address ranges in it; it should be JSON with prefixes."
            ) from problem

    def __contains__(self, address: object) -> bool:
        try:
            one = ipaddress.ip_address(str(address))
        except ValueError:
            return False
        number = int(one)
        return any(
            version == one.version and number >> shift in known
            for (version, shift), known in self._sets.items()
        )


class Addresses:
    """Whether an address speaks for an agent, from memory; names are looked up behind."""

    def __init__(
        self,
        ranges: Mapping[str, Ranges] | None = None,
        *,
        names: bool = False,
        name_of: Names | None = None,
        addresses_of: Forward | None = None,
    ) -> None:
        """``ranges`` by agent; ``names`` whether the DNS is asked at all."""
        self._ranges = dict(ranges or {})
        self._names = names
        self._name_of, self._addresses_of = name_of or _name_of, addresses_of or _addresses_of
        self._known: dict[tuple[str, str], tuple[bool, float]] = {}
        self._asked: queue.Queue[tuple[str, str]] = queue.Queue(maxsize=256)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def confirm(self, agent: str, address: str) -> bool:
        """Whether ``address`` is known to be one of the agent's. Answers at once."""
        if not address:
            return False
        ranges = self._ranges.get(agent)
        if ranges is not None and address in ranges:
            return True
        if not self._names or agent not in SUFFIXES:
            return False
        known = self._known.get((agent, address))
        if known is None or known[1] <= time.monotonic():
            self._want(agent, address)
        return bool(known and known[0])

    def _want(self, agent: str, address: str) -> None:
        try:
            self._asked.put_nowait((agent, address))
        except queue.Full:
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._serve, name="quire-names", daemon=True)
                self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                agent, address = self._asked.get(timeout=60)
            except queue.Empty:
                return
            self.look_up(agent, address)

    def look_up(self, agent: str, address: str) -> bool:
        """Ask the DNS now, and remember the answer for a day (five minutes where the DNS did not answer)."""
        try:
            name = self._name_of(address).rstrip(".").lower()
            said = name.endswith(SUFFIXES.get(agent, ())) and bool(SUFFIXES.get(agent))
            confirmed = said and ipaddress.ip_address(address) in {
                ipaddress.ip_address(text.partition("%")[0]) for text in self._addresses_of(name)
            }
            kept = _DAY
        except (OSError, ValueError):
            confirmed, kept = False, 300.0
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[agent, address] = (confirmed, time.monotonic() + kept)
        return confirmed


def _name_of(address: str) -> str:
    return socket.gethostbyaddr(address)[0]


def _addresses_of(name: str) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(name, None)]

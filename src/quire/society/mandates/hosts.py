"""What the owners of a host's sites say of its paths, made for looking paths up: one answer for all who ask.

The policy of an edge, the registry and the headings of usage are all made of this. Pure: values in, an answer
out. What the owner of a path allows at all, its mandate, is not asked here.

Each pattern of which anybody speaks, and each meeting of two (``paths.closed``), is a rule; at a path the
rule with the longest pattern holds, and of several as long all together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from uuid import UUID

from quire.core.money import Money
from quire.core.patterns import Book, covers, matches, normal
from quire.society.mandates.paths import PathCosts, PathSaid, closed, meeting, of_all


@dataclass(frozen=True, slots=True)
class Told:
    """What holds under a pattern: whose it is, what is refused there, and what a request costs.

    ``sites`` is empty where the path is nobody's; there are several where as many patterns as long hold
    together, and then nothing is allowed that one of their owners does not allow. ``refused`` has (licensee's
    TypeID or None for everybody, use).
    """

    pattern: str
    sites: frozenset[UUID]
    refused: frozenset[tuple[str | None, str]] = frozenset()
    price: Money | None = None

    def refuses(self, use: str, licensee: str | None) -> bool:
        """Whether the site's terms take the use away here from this licensee (None: from everybody)."""
        return (None, use) in self.refused or (licensee, use) in self.refused


class HostTerms:
    """The terms of one host on one day."""

    def __init__(
        self,
        sites: Mapping[UUID, Sequence[str]],
        said: Mapping[UUID, Sequence[PathSaid]],
        costs: Mapping[UUID, Sequence[PathCosts]] | None = None,
    ) -> None:
        """``sites`` has the patterns of each site of the host; ``said`` and ``costs`` are of the day."""
        self._said, self._costs = said, costs or {}
        self._owned = [(normal(pattern), site) for site, patterns in sites.items() for pattern in patterns]
        self._named: Book[None] = Book()
        for pattern in ("/", *(pattern for pattern, _ in self._owned)):
            self._named.add(pattern, None)
        for site in sites:
            for one in (*self._said.get(site, ()), *self._costs.get(site, ())):
                self._named.add(one.pattern, None)
        self._known: dict[str, Told] = {}
        self._meetings: dict[tuple[str, str], str | None] = {}

    def rules(self) -> tuple[Told, ...]:
        """Every rule, in the order of the patterns: what ``at`` says of any path, for those who look it up
        themselves.
        """
        return tuple(map(self._told, closed(pattern for pattern, _ in self._named)))

    def at(self, path: str | None) -> Told:
        """What holds at a canonical path; None is what is known of the whole host, and of no path of it.

        Of the rules only those are made that are met: of three hundred patterns there may be twenty thousand.
        """
        if path is None:
            return self._told("/")
        found = [pattern for pattern, _ in self._named.matching(path)]
        wild = [pattern for pattern in found if "*" in pattern]
        if wild:
            met = {self._meeting(plain, one) for plain in found for one in wild}
            found = [*{*found, *(both for both in met if both is not None and matches(both, path))}]
        most = max(map(len, found))
        return reduce(_together, (self._told(pattern) for pattern in found if len(pattern) == most))

    def _meeting(self, plain: str, wild: str) -> str | None:
        if (plain, wild) not in self._meetings:
            self._meetings[plain, wild] = meeting(plain, wild)
        return self._meetings[plain, wild]

    def _told(self, pattern: str) -> Told:
        if pattern not in self._known:
            self._known[pattern] = _told(pattern, self._owned, self._said, self._costs)
        return self._known[pattern]


def _told(
    pattern: str,
    owned: Sequence[tuple[str, UUID]],
    said: Mapping[UUID, Sequence[PathSaid]],
    costs: Mapping[UUID, Sequence[PathCosts]],
) -> Told:
    """Whose pattern is the longest over this one speaks of it."""
    found = min(((-len(own), own, site) for own, site in owned if covers(own, pattern)), default=None)
    if found is None:
        return Told(pattern, frozenset())
    site = found[2]
    over = [one for one in said.get(site, ()) if covers(one.pattern, pattern)]
    return Told(pattern, frozenset((site,)), of_all(over), _price(costs.get(site, ()), pattern))


def _price(costs: Iterable[PathCosts], pattern: str) -> Money | None:
    """What a request for anything under the pattern costs; None: it is not for sale."""
    found = [(len(one.pattern), one.pattern, one) for one in costs if covers(one.pattern, pattern)]
    if not found:
        return None
    one = max(found, key=lambda cost: cost[:2])[2]
    return Money(one.amount, one.currency)


def _together(one: Told, other: Told) -> Told:
    """What both say: refused is what either refuses, and a price there is only where each names one."""
    priced = one.price and other.price and one.price.currency == other.price.currency
    price = max(one.price, other.price) if priced and one.price and other.price else None
    sites = one.sites | other.sites if one.sites and other.sites else frozenset()
    return Told(min(one.pattern, other.pattern), sites, one.refused | other.refused, price)

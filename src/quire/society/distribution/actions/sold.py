"""Whose an award is on days on which an acquirer has its party's place, or nobody knows who has it.

Whoever is no more leaves a balance, which goes on by itself (``carry_over``). A sale has a day: what was used
from it on is the acquirer's, and what was used before is the seller's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cached_property
from itertools import pairwise
from uuid import UUID

from quire.core.allocation import allocate
from quire.core.chains import Chains, Link
from quire.society.distribution.actions.awards import Days, Part
from quire.society.parties import queries as parties


class Sold:
    """The successions on record that have a day."""

    def __init__(self) -> None:
        self.rows = [row for row in parties.successions() if not row.universal]
        self.parties = {row.party for row in self.rows}

    def any_of(self, some: Collection[UUID]) -> bool:
        """Whether one of these has been sold, from some day on."""
        return not self.parties.isdisjoint(some)

    @cached_property
    def _names(self) -> list[UUID]:
        return list(parties.names())

    @cached_property
    def _chains(self) -> Chains:
        order = {one.tid: place for place, one in enumerate(parties.names().values())}
        return Chains([row.told for row in self.rows], order)

    def follow(self, part: Part, days: Days | None) -> Iterator[Part]:
        """A part of an award, as those have it who stand in its party's place on its days, each day as much
        as any other; what waits for one whom nobody knows says of which days it is."""
        if part.party is None or days is None or part.party not in self.parties:
            yield part
            return
        cuts = sorted(row.starts for row in self.rows if days.starts < row.starts < days.ends)
        spans = list(pairwise([days.starts, *dict.fromkeys(cuts), days.ends]))
        amounts = allocate(part.amount, {place: (b - a).days for place, (a, b) in enumerate(spans)})
        for place, amount in amounts.items():
            mine = Days(*spans[place], days.subject, days.use)
            for link in self._links(part.party, amount, mine, part.role):
                assert link.party is not None, "a successor is always known by name"
                found = part._replace(party=self._names[link.party], amount=link.amount)
                yield found._replace(waits=mine) if link.unclear else found

    def _links(self, party: UUID, amount: int, days: Days, role: str) -> list[Link]:
        place = self._names.index(party)
        return self._chains.pass_on(
            amount, place, days.subject or None, days.use, days.starts, role or "owner"
        )

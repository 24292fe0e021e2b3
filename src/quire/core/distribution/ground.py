"""What the keys of one pot stand on: its counts, and which of them are licensed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cached_property

from quire.core import arrays, classes, tariff
from quire.core.arrays import Ints
from quire.core.facts import Evidence, Party, Pot
from quire.core.standings import Standings


class Ground:
    """One pot with its usage and its mandates. ``licensed`` is 1 for each row of the counts that earns."""

    def __init__(self, evidence: Evidence, pot: Pot) -> None:
        self.evidence, self.pot, self.plan = evidence, pot, evidence.plan
        self.counts = evidence.counts[pot.id]
        self.standings = Standings(evidence, pot, self.counts.segments)
        self.entitled = self._class()
        self.licensed = self._licensed()

    def _class(self) -> tuple[int, ...] | None:
        """The ordinals of the works in the pot's class, ascending; ``None`` where it has none."""
        one = classes.of_pot(self.evidence.classes, self.pot.id)
        if one is None:
            return None
        wanted = frozenset(one.subjects)
        return tuple(place for place, name in enumerate(self.evidence.subjects.ids) if name in wanted)

    def _licensed(self) -> Ints:
        """In a class stand its own works alone, and no mandate is asked for."""
        if self.entitled is None:
            return self.standings.licensed(self.counts, self.evidence.subjects)
        flags = [0] * len(self.evidence.subjects.ids)
        for place in self.entitled:
            flags[place] = 1
        return arrays.take(arrays.ints(flags), self.counts.subjects)

    @cached_property
    def requests(self) -> Ints:
        """The licensed requests of each row, 0 where it is not licensed."""
        return arrays.masked(self.counts.requests, self.licensed)

    @cached_property
    def tiers(self) -> Ints:
        """The content tier of each row, as a place in ``tier_names``."""
        return arrays.take(self.evidence.subjects.tiers, self.counts.subjects)

    def requests_by_tier(self) -> list[int]:
        """Licensed requests of each content tier."""
        names = self.evidence.subjects.tier_names
        return arrays.to_list(arrays.sum_by(self.tiers, self.requests, len(names)))

    def members(self) -> Iterator[tuple[int, Party]]:
        """Ordinal and party of each member in good standing with a licensed use on some day; of a class, each
        whose work is in it.
        """
        there = self.standings.any
        if self.entitled is not None:
            owning = set(arrays.to_list(arrays.take(self.evidence.subjects.members, list(self.entitled))))
            there = [place in owning for place in range(len(self.evidence.parties))]
        for place, party in enumerate(self.evidence.parties):
            if there[place] and self.in_good_standing(party):
                yield place, party

    def in_good_standing(self, party: Party) -> bool:
        """No lapse has a day in the pot's period."""
        return not any(
            max(lapse.starts, self.pot.starts) < min(lapse.ends or date.max, self.pot.ends)
            for lapse in party.lapses
        )

    def due(self) -> int:
        """The fee due for the pot's period by the licence's tariff, from licensed counts or the revenue."""
        pot = self.pot
        return tariff.due(pot.licence.tariff(), pot.starts, pot.ends, self.fee_counts(), pot.revenue or 0)

    def fee_counts(self) -> list[tuple[str, int, int]]:
        """(content tier, requests, works used) of what was licensed."""
        subjects = self.evidence.subjects
        rows = arrays.nonzero(self.requests)
        tiers = arrays.to_list(subjects.tiers)
        works = [0] * len(subjects.tier_names)
        for subject in set(arrays.to_list(arrays.take(self.counts.subjects, rows))):
            if subjects.kinds[subject] == "work":
                works[tiers[subject]] += 1
        told = zip(subjects.tier_names, self.requests_by_tier(), works, strict=True)
        return [(name, requests, used) for name, requests, used in told if requests]

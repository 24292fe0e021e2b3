"""A closed run as one payee looks at it on a page: how a pot became portions, and how one line came about.

A page has no time for reading all of a run's lines. What is the payee's comes from the rows that were written
with the bundle, the rest from the bundle's small files; ``shape`` is filled as for a statement.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from quire.society.distribution import queries as distribution
from quire.society.kit.periods import Period
from quire.society.parties import queries as parties
from quire.society.statements import adjusted, worked
from quire.society.statements.lines import line_of
from quire.society.statements.published import Published
from quire.society.statements.shape import Adjustment, Line, Pot


@dataclass(frozen=True, slots=True)
class Step:
    """One step from what came in to what the payee gets, in quanta. ``kind`` is in, less, rest, portion, mine
    or sum; ``how`` says it in words, or is empty."""

    kind: str
    label: str
    how: str
    amount: int


@dataclass(frozen=True, slots=True)
class Way:
    """A pot, step by step."""

    tid: str
    title: str
    licence: str
    period: Period
    currency: str
    steps: tuple[Step, ...]


class Glance(Published):
    """The bundle of a closed run for one payee. Raises NotPublished, BundleDiffers."""

    def __init__(self, run: Any, party: parties.Ref) -> None:
        self._run, self._party = run, parties.party(party)
        super().__init__(run, only=self._party.tid)

    def _names(self) -> dict[str, str]:
        return {}

    def _group(self, only: str) -> None:
        for record in distribution.deducted_of(self._run.id):
            if record["outcome"] == "deducted" or self._is_reserve(record):
                self._deducted.setdefault(record["pot"], []).append(record)

    def ways(self, currency: str = "") -> list[Way]:
        """Each pot in which the payee has lines, by currency, the largest of its parts first."""
        sums: dict[str, dict[str, int]] = {}
        for pot, share, _, amount in distribution.portion_sums(self._party.id, self._run.id):
            mine = sums.setdefault(pot, {})
            mine[share] = mine.get(share, 0) + amount
        pots = [self.pots[pot] for pot in sums if pot in self.pots]
        chosen = [pot for pot in pots if currency in ("", pot.currency)]
        chosen.sort(key=lambda pot: (pot.currency, -sum(sums[pot.tid].values())))
        return [self._way(pot, sums[pot.tid]) for pot in chosen]

    def _way(self, pot: Pot, mine: dict[str, int]) -> Way:
        title, licence = worked.source(pot)
        steps = tuple(_steps(pot, mine))
        return Way(pot.tid, title, licence, Period(pot.starts, pot.ends), pot.currency, steps)

    def line(self, number: int) -> Line | Adjustment:
        """One line of the payee's. kit.nouns.Unknown where it has none of this number in the run."""
        row = distribution.party_line(self._party.id, self._run.id, number)
        record = row.detail
        self.lines = {self._party.tid: [record]}
        self.learn([self._party.tid])
        if adjusted.is_one(record):
            return next(adjusted.of([record], self.subject))
        return line_of(self, self.pots[record["pot"]], record)

    def name_of(self, tid: str) -> str:
        """How the bundle calls the payee: by its id, or by its pseudonym."""
        row = next((one for some in self.lines.values() for one in some), None)
        return str(row["party"]) if row else tid


def _steps(pot: Pot, mine: dict[str, int]) -> Iterator[Step]:
    yield Step("in", "Came in", pot.converted, pot.received)
    for kept in pot.deductions:
        yield Step("less", f"less {kept.label}", worked.deducted(kept), -kept.amount)
    if pot.deductions:
        yield Step("rest", "Left to share", "", pot.rest)
    for portion in pot.portions:
        yield Step("portion", f"“{portion.label}”", worked.portion(portion), portion.amount)
        if portion.label in mine:
            yield Step("mine", "of which yours", "", mine[portion.label])
    yield Step("sum", "Yours", "", sum(mine.values()))


def glance(run: Any, party: parties.Ref) -> Glance:
    """The run (itself or its id) as this payee looks at it."""
    found = distribution.find(run) if isinstance(run, str) else run
    return Glance(found, party)

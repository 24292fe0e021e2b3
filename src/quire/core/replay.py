"""What each party had under one plan beside what another plan would give it, over several runs.

Owns the comparison, from the divisions of each run by both plans: sums by party and currency, who gains and
who loses, by tier and by size. Does not own the division (``distribution``), the measures (``inequality``),
nor where the evidence comes from. Amounts are quanta; what a party is given counts whether payable or held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from quire.core import arrays, inequality
from quire.core.distribution import OUTCOMES, Evidence, divide_all, parties_of
from quire.core.inequality import Spread

TENTHS = 10


@dataclass(frozen=True, slots=True)
class Row:
    """A party in one currency. ``before`` and ``after`` are its tiers by the plan then and the plan proposed
    (empty without tiers); ``tenth`` is 1 for those who had least to 10 for those who had most (of fewer than
    ten, each has a number of their own)."""

    party: str
    before: str
    after: str
    tenth: int
    had: int
    would: int

    @property
    def difference(self) -> int:
        """Quanta gained; lost, where below nothing."""
        return self.would - self.had


@dataclass(frozen=True, slots=True)
class Group:
    """Some parties together: how many gain and lose, and by how much in all (both at least nothing)."""

    name: str
    people: int
    had: int
    would: int
    gain: int
    gained: int
    lose: int
    lost: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """One currency. ``outcomes`` has for each outcome of lines (payable and held, deducted, …) the quanta
    under the plan then and the plan proposed; ``all`` is everybody."""

    currency: str
    rows: tuple[Row, ...]
    had: Spread
    would: Spread
    all: Group
    tenths: tuple[Group, ...]
    before: tuple[Group, ...]
    after: tuple[Group, ...]
    outcomes: Mapping[str, tuple[int, int]]


@dataclass(slots=True)
class _Sums:
    """What several runs gave, by currency."""

    parties: dict[tuple[str, str], int] = field(default_factory=dict)
    outcomes: dict[tuple[str, str], int] = field(default_factory=dict)

    def take(self, evidence: Evidence) -> None:
        for division in divide_all(evidence):
            for outcome, amount in division.sums.items():
                _add(self.outcomes, (division.currency, outcome), amount)
            amounts = arrays.to_list(parties_of(evidence, division))
            for party, amount in zip(evidence.parties, amounts, strict=True):
                if amount:
                    _add(self.parties, (division.currency, party.id), amount)


def _add(sums: dict[tuple[str, str], int], key: tuple[str, str], amount: int) -> None:
    sums[key] = sums.get(key, 0) + amount


class Replay:
    """Runs taken in one after the other, oldest first, each as evidence with the plan it had and the same
    with the plan proposed: nothing of a run is kept but sums."""

    def __init__(self) -> None:
        self._then, self._proposed = _Sums(), _Sums()
        self._tiers: dict[str, tuple[str, str]] = {}

    def take(self, then: Evidence, proposed: Evidence) -> None:
        """Divide a run by both plans. Raises what ``divide_all`` does."""
        self._then.take(then)
        self._proposed.take(proposed)
        for party in (*then.parties, *proposed.parties):
            if party.spans:
                both = (then.plan.tier_of(party.works), proposed.plan.tier_of(party.works))
                self._tiers[party.id] = both

    def comparisons(self) -> list[Comparison]:
        """Each currency that came in or would be divided, by its code. There stand all who were members in
        any of the runs, and whoever else is given anything.
        """
        currencies = {currency for currency, _ in (*self._then.outcomes, *self._proposed.outcomes)}
        return [self._comparison(currency) for currency in sorted(currencies)]

    def _comparison(self, currency: str) -> Comparison:
        rows = self._rows(currency)
        outcomes = {
            name: (both[0], both[1])
            for name in OUTCOMES
            if any(both := [one.outcomes.get((currency, name), 0) for one in (self._then, self._proposed)])
        }
        return Comparison(
            currency,
            rows,
            inequality.spread([row.had for row in rows]),
            inequality.spread([row.would for row in rows]),
            _group("all", rows),
            _groups(rows, lambda row: str(row.tenth), [str(n) for n in range(1, TENTHS + 1)]),
            _groups(rows, lambda row: row.before),
            _groups(rows, lambda row: row.after),
            outcomes,
        )

    def _rows(self, currency: str) -> tuple[Row, ...]:
        given = {party for unit, party in (*self._then.parties, *self._proposed.parties) if unit == currency}
        names = sorted({*self._tiers, *given})
        had = [self._then.parties.get((currency, name), 0) for name in names]
        tenths = inequality.groups(had, min(TENTHS, len(had)))
        would = [self._proposed.parties.get((currency, name), 0) for name in names]
        told = zip(names, tenths, had, would, strict=True)
        return tuple(Row(one[0], *self._tiers.get(one[0], ("", "")), *one[1:]) for one in told)


def _groups(
    rows: Iterable[Row], name_of: Callable[[Row], str], names: Sequence[str] = ()
) -> tuple[Group, ...]:
    """Rows by name: in the order of ``names``, then as they first come."""
    found: dict[str, list[Row]] = {name: [] for name in names}
    for row in rows:
        found.setdefault(name_of(row), []).append(row)
    return tuple(_group(name, several) for name, several in found.items() if several)


def _group(name: str, rows: Sequence[Row]) -> Group:
    gains = [row.difference for row in rows if row.difference > 0]
    losses = [-row.difference for row in rows if row.difference < 0]
    return Group(
        name,
        len(rows),
        sum(row.had for row in rows),
        sum(row.would for row in rows),
        len(gains),
        sum(gains),
        len(losses),
        sum(losses),
    )

"""What a run does for corrections of closed ones: a division for each currency, in which nothing is received.

Its lines sum to nothing: what is taken out of a hold, or of what a debtor earned in the run, is what others
and funds get. Here alone a line may be below zero. The arithmetic is ``quire.core.corrections``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from quire.core import arrays
from quire.core.corrections import Corrects, Move, settle
from quire.core.distribution.lines import Division, Line, Lines, Tally
from quire.core.distribution.owners import Owners

PREFIX = "adjustments:"
"""Begins the id of every such division, and of no pot."""


@dataclass(frozen=True, slots=True)
class Told:
    """Lines that are there already; ``parties`` is how many the run has."""

    lines: tuple[Line, ...]
    parties: int

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)

    def tally(self) -> Tally:
        whole, owed = Tally(), [0] * self.parties
        for line in self.lines:
            whole.add(line.outcome, line.amount)
            if line.party is not None:
                owed[line.party] += line.amount
        whole.parties = arrays.ints(owed)
        return whole


def adjustments(owners: Owners, divisions: Sequence[Division]) -> Iterator[Division]:
    """A division for each currency that has a correction, sorted; ``divisions`` are all others of the run.

    Raises CorrectionWrong.
    """
    evidence = owners.evidence
    for currency in sorted({one.currency for one in evidence.corrections}):
        corrections = [one for one in evidence.corrections if one.currency == currency]
        debts = [one for one in evidence.debts if one.currency == currency]
        earned = Earned([one for one in divisions if one.currency == currency])
        found = settle(corrections, debts, owners.chains, earned.of, evidence.plan.recovery)
        name = f"{PREFIX}{currency}"
        lines = tuple(line for move in found.moves for line in _lines(owners, name, move))
        told = Lines((Told(lines, len(evidence.parties)),))
        yield Division(name, currency, 0, 0, (), told, None, found.debts)


class Earned:
    """What parties earned in a run, payable; the lines are gone through once, and only where one is asked for
    that earned anything."""

    def __init__(self, divisions: Sequence[Division]) -> None:
        self.divisions = divisions
        self.sums: dict[int, int] | None = None

    def of(self, party: int) -> int:
        """Quanta payable to a party, by its ordinal."""
        tallies = (one.lines.tally().parties for one in self.divisions)
        if not any(one is not None and one[party] for one in tallies):
            return 0
        if self.sums is None:
            self.sums = {}
            for division in self.divisions:
                for line in division.lines:
                    if line.party is not None and line.outcome == "payable":
                        self.sums[line.party] = self.sums.get(line.party, 0) + line.amount
        return self.sums.get(party, 0)


def _lines(owners: Owners, name: str, move: Move) -> Iterator[Line]:
    """A move as lines; what a creditor gets is held where a hold stands, like all that it earns."""
    line = Line(name, move.label, "fund", move.amount, to=move.to, corrects=move.corrects)
    if move.party is None:
        yield line
        return
    line = replace(line, outcome="held" if move.held else "payable", party=move.party, role=move.role)
    if move.held or move.amount < 0:
        yield replace(line, hold=move.hold, via=move.via, of=move.amount if move.via else 0)
        return
    yield from _credited(owners, line, move.corrects)


def _credited(owners: Owners, line: Line, corrects: Corrects) -> Iterator[Line]:
    assert line.party is not None
    party, row = owners.evidence.parties[line.party].id, corrects.correction
    if owners.holds.whole(party, row.subject):
        yield replace(line, outcome="held")
    else:
        yield from owners.holds.split(line, [party], row.subject, row.starts)

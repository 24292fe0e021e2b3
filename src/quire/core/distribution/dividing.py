"""A run on its way through the plan: deductions, portions, keys, owners."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from quire.core import arrays
from quire.core.allocation import allocate, allocate_arrays
from quire.core.arrays import Ints
from quire.core.distribution import keys
from quire.core.distribution.claims import Claims, Rows
from quire.core.distribution.deducting import deductions
from quire.core.distribution.ground import Ground
from quire.core.distribution.lines import Block, Division, Line, Lines, Share, Single
from quire.core.distribution.owners import Owners
from quire.core.facts import Evidence, EvidenceWrong, Pot
from quire.core.plan import NOBODY, Portion


def divide(evidence: Evidence, pot: Pot) -> Division:
    """Divide one pot of the evidence. Every quantum of ``pot.amount`` is in exactly one line.

    Raises ``EvidenceWrong`` where the evidence contradicts itself, or the amount is negative.
    """
    if pot not in evidence.pots:
        others = [pot if one.id == pot.id else one for one in evidence.pots]
        evidence = replace(evidence, pots=tuple(others if pot in others else [*others, pot]))
    return Dividing(evidence).pot(pot)


def divide_all(evidence: Evidence) -> tuple[Division, ...]:
    """Every division of a run: the pots in their order, then what was pooled from them.

    Raises what ``divide`` does.
    """
    run = Dividing(evidence)
    return tuple(run.pot(pot) for pot in evidence.pots)


def by_party(evidence: Evidence, pot: Pot) -> Ints:
    """What each party gets of a pot, payable or held, in quanta by ordinal: the sums of ``divide``'s lines,
    reached by columns without making a line, for a million works in a moment. Raises what ``divide`` does.
    """
    return parties_of(evidence, divide(evidence, pot))


def parties_of(evidence: Evidence, division: Division) -> Ints:
    """What each party gets of a division, in quanta by ordinal, by columns."""
    found = division.lines.tally().parties
    return arrays.alike(0, len(evidence.parties)) if found is None else found


def payees(divisions: Sequence[Division]) -> dict[tuple[int, str], dict[str, int]]:
    """Per party ordinal and currency: quanta ``payable`` and ``held`` over all divisions."""
    sums: dict[tuple[int, str], dict[str, int]] = {}
    for division in divisions:
        for line in division.lines:
            if line.party is not None:
                key = (line.party, division.currency)
                told = sums.setdefault(key, {"payable": 0, "held": 0})
                told[line.outcome] += line.amount
    return dict(sorted(sums.items()))


@dataclass(frozen=True, slots=True)
class Stand:
    """A portion and who stands in it; ``stays`` where it keeps its amount though nobody may be there."""

    part: Portion
    claims: Claims | None

    @property
    def stays(self) -> bool:
        return bool(self.part.portion) and (self.claims is not None or self.part.if_empty != "spread")


class Dividing:
    """One run's evidence, with what its pots have in common."""

    def __init__(self, evidence: Evidence) -> None:
        for pot in evidence.pots:
            if pot.amount < 0:
                raise EvidenceWrong(
                    f"The pot {pot.id} is below zero; take a refund from the receipts of a later one."
                )
        self.evidence, self.plan = evidence, evidence.plan
        self.owners = Owners(evidence)
        self.deducted = deductions(evidence)

    def pot(self, pot: Pot) -> Division:
        """One pot divided."""
        ground, kept = Ground(self.evidence, pot), self.deducted[pot.id]
        rest = pot.amount - sum(line.amount for line in kept)
        stands = [Stand(part, keys.claims(ground, part)) for part in self.plan.portions]
        blocks: list[Block] = [Single(line) for line in kept]
        shares = tuple(self.share(pot.id, stands, rest, blocks))
        return Division(pot.id, pot.currency, pot.amount, ground.due(), shares, Lines(blocks), pot)

    def share(self, pot: str, stands: Sequence[Stand], rest: int, blocks: list[Block]) -> Iterator[Share]:
        """The portions; an empty one that spreads leaves its part to the others."""
        there = {place: one.part.portion for place, one in enumerate(stands) if one.stays}
        if not there:
            blocks.append(Single(Line(pot, NOBODY, "held", rest)))
            yield from (Share(one.part.label, 0, Fraction(0), "spread") for one in stands)
            return
        amounts = allocate(rest, there)
        for place, one in enumerate(stands):
            yield self.settle(pot, one, amounts.get(place, 0), blocks)

    def settle(self, pot: str, one: Stand, amount: int, blocks: list[Block]) -> Share:
        """One portion: its blocks of lines, and its account."""
        label, empty = one.part.label, one.part.if_empty
        if not one.stays:
            return Share(label, amount, Fraction(0), "spread")
        if one.claims is None:
            outcome = "held" if empty == "hold" else "fund"
            to = empty if outcome == "fund" else ""
            blocks.append(Single(Line(pot, label, outcome, amount, to=to)))
            return Share(label, amount, Fraction(0), empty.partition(":")[0])
        amounts = allocate_arrays(amount, one.claims.weights)
        blocks.append(Rows(self.owners, pot, label, one.claims, amounts))
        return Share(label, amount, one.claims.weight, "shared")

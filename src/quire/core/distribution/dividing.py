"""A run on its way through the plan: deductions, portions, keys, owners."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain

from quire.core import arrays
from quire.core.allocation import allocate, allocate_arrays
from quire.core.arrays import Ints
from quire.core.distribution import bounds, keys, pools
from quire.core.distribution.adjusting import adjustments
from quire.core.distribution.claims import Claims, Rows
from quire.core.distribution.deducting import deductions
from quire.core.distribution.ground import Common, Ground
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
    """Every division of a run: the pots in their order, what was pooled from them, what corrects others.

    Raises what ``divide`` does.
    """
    return tuple(divide_each(evidence))


def divide_each(evidence: Evidence) -> Iterator[Division]:
    """The same, one after the other, so that each can be let go before the next is there. Where there are
    corrections all are kept: what a debtor earned in the run is among them.
    """
    run, kept = Dividing(evidence), list[Division]()
    for one in chain(map(run.pot, evidence.pots), run.pools()):
        if evidence.corrections:
            kept.append(one)
        yield one
    yield from adjustments(run.owners, kept)


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
class Columns:
    """Amounts of a pot by subject and party, in quanta, as columns of one length; a pair may come more than
    once. A subject of −1 is none: what a party gets as a member."""

    subjects: Ints
    parties: Ints
    amounts: Ints


def columns(evidence: Evidence, pot: Pot) -> tuple[Columns, ...]:
    """What each party gets of a pot by subject, portion by portion in the plan's order, without a line being
    made for what has one owner and no hold. Raises what ``divide`` does."""
    blocks = divide(evidence, pot).lines.blocks
    return tuple(_columns(block) for block in blocks if isinstance(block, Rows))


def _columns(block: Rows) -> Columns:
    claims, plain = block.claims, block.plain()
    members = claims.subjects is None
    subjects = arrays.alike(-1, len(plain)) if members else claims.subjects
    if arrays.total(plain) == len(plain):
        return Columns(subjects, claims.members, block.amounts)
    found = [(-1 if line.subject is None else line.subject, line.party, line.amount) for line in block]
    owned = [one for one in found if one[1] is not None]
    return Columns(*(arrays.ints([one[n] for one in owned]) for n in range(3)))


@dataclass(frozen=True, slots=True)
class Stand:
    """A portion and who stands in it, or the shares in it. It ``stays`` if somebody is there, or if it keeps
    its amount though nobody is."""

    part: Portion
    claims: Claims | None
    within: tuple[Stand, ...] = ()

    @property
    def found(self) -> bool:
        """Whether there is somebody."""
        return self.claims is not None or any(one.stays for one in self.within)

    @property
    def stays(self) -> bool:
        return bool(self.part.portion) and (self.found or self.part.if_empty != "spread")


class Dividing:
    """One run's evidence, with what its pots have in common."""

    def __init__(self, evidence: Evidence) -> None:
        for pot in evidence.pots:
            if pot.amount < 0:
                raise EvidenceWrong(
                    f"The pot {pot.id} is below zero; take a refund from the receipts of a later one."
                )
        self.evidence, self.plan = evidence, evidence.plan
        self.common, self.owners = Common(evidence), Owners(evidence)
        self.deducted = deductions(evidence)
        self.grounds: dict[str, Ground] = {}
        self.pooled: dict[tuple[str, str], Claims | None] = {}
        self.into: dict[tuple[str, str], int] = {}

    def ground(self, pot: Pot) -> Ground:
        """What the keys of a pot stand on; kept only where a pool asks for it again."""
        found = self.grounds.get(pot.id) or Ground(self.common, pot)
        if any(part.pooled for part in self.plan.leaves):
            self.grounds[pot.id] = found
        return found

    def pot(self, pot: Pot) -> Division:
        """One pot divided."""
        ground, kept = self.ground(pot), self.deducted[pot.id]
        rest = pot.amount - sum(line.amount for line in kept)
        blocks: list[Block] = [Single(line) for line in kept]
        stands = [self.stand(ground, part) for part in self.plan.portions]
        shares = list(self.share(pot, stands, rest, blocks))
        if not any(one.stays for one in stands):
            blocks.append(Single(Line(pot.id, NOBODY, "held", rest)))
        return Division(pot.id, pot.currency, pot.amount, ground.due(), tuple(shares), Lines(blocks), pot)

    def stand(self, ground: Ground, part: Portion) -> Stand:
        """Who stands in a portion of a pot; in one that is pooled, who does in any of the pots."""
        if part.parts:
            return Stand(part, None, tuple(self.stand(ground, one) for one in part.parts))
        pooled = part.pooled
        return Stand(part, self.pool(part, ground.pot.currency) if pooled else keys.claims(ground, part))

    def pool(self, part: Portion, currency: str) -> Claims | None:
        """Who stands in the pool of a portion."""
        key = (part.label, currency)
        if key not in self.pooled:
            pots = [pot for pot in self.evidence.pots if pot.currency == currency]
            found = ((pot.id, keys.claims(self.ground(pot), part)) for pot in pots)
            self.pooled[key] = pools.together([(pot, one) for pot, one in found if one is not None])
        return self.pooled[key]

    def pools(self) -> Iterator[Division]:
        """What came together in each pool, divided: portions in the plan's order, currencies sorted."""
        for part in self.plan.leaves:
            for label, currency in sorted(self.into):
                if label == part.label:
                    yield self._pool(part, currency, self.into[label, currency])

    def _pool(self, part: Portion, currency: str, amount: int) -> Division:
        claims, name = self.pool(part, currency), pools.name(part.label, currency)
        assert claims is not None, "only a pool in which somebody stands is given anything"
        blocks: list[Block] = []
        self.pay(name, currency, part, claims, amount, blocks)
        share = Share(part.label, amount, claims.weight, "shared")
        return Division(name, currency, amount, 0, (share,), Lines(blocks))

    def share(self, pot: Pot, stands: Sequence[Stand], rest: int, blocks: list[Block]) -> Iterator[Share]:
        """Portions of one level; an empty one that spreads leaves its part to the others. Where all do,
        nothing of ``rest`` is in them."""
        there = {place: one.part.portion for place, one in enumerate(stands) if one.stays}
        amounts = allocate(rest, there) if there else {}
        for place, one in enumerate(stands):
            yield from self.settle(pot, one, amounts.get(place, 0), blocks)

    def settle(self, pot: Pot, one: Stand, amount: int, blocks: list[Block]) -> Iterator[Share]:
        """One portion: its blocks of lines, its account, and that of the shares in it."""
        part, claims = one.part, one.claims
        if not one.found:
            yield self.empty(pot, one, amount, blocks)
            yield from self.share(pot, one.within, 0, blocks)
        elif claims is None:
            yield Share(part.label, amount, Fraction(0), "split")
            yield from self.share(pot, one.within, amount, blocks)
        elif part.pooled:
            key = (part.label, pot.currency)
            self.into[key] = self.into.get(key, 0) + amount
            blocks.append(Single(Line(pot.id, part.label, "pooled", amount, to=pools.name(*key))))
            yield Share(part.label, amount, claims.weight, "pooled")
        else:
            self.pay(pot.id, pot.currency, part, claims, amount, blocks)
            yield Share(part.label, amount, claims.weight, "shared")

    def empty(self, pot: Pot, one: Stand, amount: int, blocks: list[Block]) -> Share:
        """A portion in which nobody stands."""
        label, empty = one.part.label, one.part.if_empty
        if one.stays:
            blocks.append(Single(_kept(pot.id, label, amount, empty)))
        return Share(label, amount, Fraction(0), empty.partition(":")[0])

    def pay(
        self, name: str, currency: str, part: Portion, claims: Claims, amount: int, blocks: list[Block]
    ) -> None:
        """An amount among those who stand in a portion, within its bounds; what is over them goes where the
        plan says."""
        if not part.bounded:
            parts, over = allocate_arrays(amount, claims.weights), 0
        else:
            parts, over = bounds.divided(amount, claims, part, currency, self.tier_of)
        blocks.append(Rows(self.owners, name, part.label, claims, parts))
        if over:
            blocks.append(Single(_kept(name, part.label, over, part.if_over or "hold")))

    def tier_of(self, member: int) -> str:
        """The tier of a party by its ordinal."""
        return self.plan.tier_of(self.evidence.parties[member].works)


def _kept(pot: str, label: str, amount: int, where: str) -> Line:
    """The line of an amount that goes to no party: held, or into the fund named."""
    if where == "hold":
        return Line(pot, label, "held", amount)
    return Line(pot, label, "fund", amount, to=where)

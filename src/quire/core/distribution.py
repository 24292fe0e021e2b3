"""What a run computes: evidence in, lines out.

``divide`` takes a pot, the plan and everything that bears on it, and says what each owner of each work gets,
to the quantum. The society's server, ``quire verify`` and a forecast call this same function. It counts
nothing and reads nothing: usage arrives already counted, by subject (a work, or a site where no work is
known), segment (a span of days in which no mandate, membership or ownership changes) and use.

The rules, in the order in which they are applied to a pot:

1. Each deduction takes its rate of the gross, or of what is then left, to the nearest quantum (half a
   quantum is taken), and never more than is left.
2. A request is licensed on a day when the licence runs and grants the use, and the member of the subject is
   a member and has allowed that use to the licensee (``terms``); a direct licence takes it out.
3. In a ``usage`` portion stand the rows of licensed requests, each with its weight. In an ``equal`` portion
   stand the members with a licensed use on some day of the period and no lapse on any; in a ``tier``
   portion those of them who are in the tier.
4. What is left is divided by the portions. One in which nobody stands, and which spreads, counts as
   none. If that leaves none, all of it is held under the label ``nobody``.
5. Each portion is divided among those who stand in it, and the amount of each row among the owners of its
   subject. What a party or subject on hold would get is held.

Every division is ``allocation.allocate``: the largest remainder, ties to the smaller ordinal.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from quire.core import arrays, tariff, terms
from quire.core.allocation import NothingToAllocate, allocate, allocate_arrays
from quire.core.arrays import Ints
from quire.core.facts import (
    Counts,
    Evidence,
    EvidenceWrong,
    Hold,
    Licence,
    Party,
    Pot,
    Subjects,
    Version,
)
from quire.core.plan import NOBODY, Portion
from quire.core.standings import Standings, place_of


@dataclass(frozen=True, slots=True)
class Line:
    """One amount and why. ``weight`` is what stood in proportion, ``part`` the owner's share of the subject;
    ``amount`` is in quanta; ``outcome`` is payable, held, deducted or fund."""

    pot: str
    label: str
    outcome: str
    amount: int
    party: int | None = None
    role: str = ""
    subject: int | None = None
    segment: int = 0
    use: str = ""
    requests: int = 0
    weight: Fraction = Fraction(0)
    part: Fraction = Fraction(1)
    to: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """What became of one portion: its amount, the sum of the weights, and why it is empty if it is."""

    label: str
    amount: int
    weight: Fraction
    outcome: str


@dataclass(frozen=True, slots=True)
class Usage:
    """The rows that stand in a usage portion: places in the counts, and weights, integers over ``scale``."""

    rows: Ints
    weights: Ints
    scale: int


@dataclass(frozen=True, slots=True)
class Division:
    """A pot divided: the portions and all lines, in their published order."""

    pot: Pot
    due: int
    shares: tuple[Share, ...]
    lines: tuple[Line, ...]

    def sum_of(self, outcome: str) -> int:
        """Quanta with this outcome."""
        return sum(line.amount for line in self.lines if line.outcome == outcome)

    @property
    def residue(self) -> int:
        """What the lines leave of the pot: zero, by construction, and yet published and checked."""
        return self.pot.amount - sum(line.amount for line in self.lines)


def divide(evidence: Evidence, pot: Pot) -> Division:
    """Divide one pot. Every quantum of ``pot.amount`` is in exactly one line.

    Raises ``EvidenceWrong`` where the evidence contradicts itself, or the amount is negative.
    """
    if pot.amount < 0:
        raise EvidenceWrong(
            f"The pot {pot.id} is below zero; take a refund from the receipts of a later one."
        )
    return _Dividing(evidence, pot).division()


def by_party(evidence: Evidence, pot: Pot) -> Ints:
    """What each party gets of a pot, payable or held, in quanta by ordinal: the sums of ``divide``'s lines,
    reached by columns without making a line, for a million works in a moment. Raises what ``divide`` does.
    """
    return _Dividing(evidence, pot).sums()


class _Dividing:
    """One pot on its way through the plan."""

    def __init__(self, evidence: Evidence, pot: Pot) -> None:
        self.evidence, self.pot, self.plan = evidence, pot, evidence.plan
        self.counts = evidence.counts[pot.id]
        self.standings = Standings(evidence, pot, self.counts.segments)
        self.licensed = self.standings.licensed(self.counts, evidence.subjects)
        self.order = {party.id: place for place, party in enumerate(evidence.parties)}
        self.held_parties = {hold.party for hold in evidence.holds if hold.party}
        self.held_subjects = {hold.subject for hold in evidence.holds if hold.subject}
        self.lines: list[Line] = []

    def division(self) -> Division:
        rest = self.deduct()
        shares = self.share(rest)
        return Division(self.pot, self.due(), shares, tuple(self.lines))

    def deduct(self) -> int:
        """The deductions, in order; returns what is left."""
        left = self.pot.amount
        for one in self.plan.deductions:
            base = self.pot.amount if one.of == "gross" else left
            kept = min(allocate(base, {0: one.rate, 1: 1 - one.rate})[0], left)
            left -= kept
            self.lines.append(Line(self.pot.id, one.label, "deducted", kept, to=one.to, part=one.rate))
        return left

    def share(self, rest: int) -> tuple[Share, ...]:
        """The portions; an empty one that spreads leaves its part to the others."""
        portions = self.portions(rest)
        if portions is None:
            self.lines.append(Line(self.pot.id, NOBODY, "held", rest))
            return tuple(Share(part.label, 0, Fraction(0), "spread") for part in self.plan.portions)
        return tuple(self.settle(*one) for one in portions)

    def portions(self, rest: int) -> list[tuple[Portion, int, Usage | list[int] | None, bool]] | None:
        """Each portion with its amount, who stands in it, and whether it stays; None when none does."""
        found = [self.claimants(part) for part in self.plan.portions]
        stays = {
            place: part.portion
            for place, part in enumerate(self.plan.portions)
            if part.portion and (found[place] is not None or part.if_empty != "spread")
        }
        if not stays:
            return None
        amounts = allocate(rest, stays)
        return [
            (part, amounts.get(place, 0), found[place], place in stays)
            for place, part in enumerate(self.plan.portions)
        ]

    def sums(self) -> Ints:
        """Quanta by party ordinal."""
        nothing = arrays.alike(0, len(self.evidence.parties))
        whole = nothing
        for _, amount, found, stays in self.portions(self.deduct()) or ():
            if isinstance(found, list):
                parts = allocate(amount, dict.fromkeys(found, 1))
                one = arrays.sum_by(list(parts), list(parts.values()), len(nothing))
            else:
                one = self.usage_sums(found, amount) if found and stays else nothing
            whole = arrays.plus(whole, one)
        return whole

    def usage_sums(self, usage: Usage, amount: int) -> Ints:
        """A usage portion by party: subjects of one owner by columns, the others one by one."""
        subjects, parties = self.evidence.subjects, len(self.evidence.parties)
        parts = allocate_arrays(amount, usage.weights)
        used = arrays.take(self.counts.subjects, usage.rows)
        members = arrays.take(subjects.members, used)
        if not subjects.versions:
            return arrays.sum_by(members, parts, parties)
        sole = [1] * len(subjects.ids)
        for place in subjects.versions:
            sole[place] = 0
        mine = arrays.masked(parts, arrays.take(arrays.ints(sole), used))
        whole = arrays.sum_by(members, mine, parties)
        several = arrays.nonzero(arrays.take(arrays.ints([1 - one for one in sole]), used))
        columns = (arrays.take(column, several) for column in (used, self.cells_of(usage), parts))
        owed = [0] * parties
        for subject, cell, sum_ in zip(*(arrays.to_list(column) for column in columns), strict=True):
            shares = subjects.version(subject, self.counts.segments[cell // len(terms.USES)][0])
            if shares is None:
                owed[int(subjects.members[subject])] += sum_
                continue
            for party, _, owned in shares.split(sum_, self.order):
                owed[self.order[party]] += owned
        return arrays.plus(whole, arrays.ints(owed))

    def cells_of(self, usage: Usage) -> Ints:
        """The cell of each row of a usage portion."""
        return arrays.take(self.counts.cells, usage.rows)

    def claimants(self, part: Portion) -> Usage | list[int] | None:
        """Who stands in a portion: the rows of the counts, or party ordinals; ``None`` when nobody does."""
        if part.key == "usage":
            return self.usage(part)
        there = [
            place
            for place, party in enumerate(self.evidence.parties)
            if self.standings.any[place]
            and self.in_good_standing(party)
            and (part.key == "equal" or self.plan.tier_of(party.works) == part.tier)
        ]
        return there or None

    def in_good_standing(self, party: Party) -> bool:
        """No lapse has a day in the pot's period."""
        return not any(
            max(lapse.starts, self.pot.starts) < min(lapse.ends or date.max, self.pot.ends)
            for lapse in party.lapses
        )

    def usage(self, part: Portion) -> Usage | None:
        """The rows that earn in a usage portion, with their weights; amounts come later."""
        subjects = self.evidence.subjects
        factors = self.factors(part)
        scale = math.lcm(*(one.denominator for one in factors))
        scaled = [int(one * scale) for one in factors]
        weights = arrays.masked(self.counts.requests, self.licensed)
        if any(one != 1 for one in scaled):
            tiers = arrays.take(subjects.tiers, self.counts.subjects)
            weights = arrays.times(weights, arrays.take(arrays.ints(scaled), tiers))
        rows = arrays.nonzero(weights)
        if len(rows) == 0:
            return None
        if len(rows) != len(weights):
            weights = arrays.take(weights, rows)
        return Usage(rows, weights, scale)

    def factors(self, part: Portion) -> list[Fraction]:
        """What one request of each content tier weighs. A tier without a price must have no request."""
        names = self.evidence.subjects.tier_names
        factors = [self.plan.weight_of(name) if part.weighted else Fraction(1) for name in names]
        if part.measure == "requests":
            return factors
        prices, requests = self.pot.licence.prices, self.requests_by_tier()
        if self.pot.licence.kind == "crawl":  # sites asked prices of their own, and each request paid its own
            return factors
        for place, name in enumerate(names):
            price = prices.get(name, prices.get("*"))
            if price is None and requests[place]:
                raise EvidenceWrong(
                    f"The plan shares by value, but the licence {self.pot.licence.id} has no price for "
                    f"content of the tier {name}."
                )
            factors[place] *= price or 0
        return factors

    def requests_by_tier(self) -> list[int]:
        """Licensed requests of each content tier."""
        subjects = self.evidence.subjects
        tiers = arrays.take(subjects.tiers, self.counts.subjects)
        kept = arrays.masked(self.counts.requests, self.licensed)
        return arrays.to_list(arrays.sum_by(tiers, kept, len(subjects.tier_names)))

    def settle(self, part: Portion, amount: int, found: Usage | list[int] | None, stays: bool) -> Share:
        """Write the lines of one portion."""
        if found is None or not stays:
            outcome = part.if_empty.partition(":")[0] if stays else "spread"
            if stays:
                self.lines.append(
                    Line(
                        self.pot.id,
                        part.label,
                        "held" if outcome == "hold" else "fund",
                        amount,
                        to=part.if_empty if outcome == "fund" else "",
                    )
                )
            return Share(part.label, amount, Fraction(0), outcome)
        if isinstance(found, list):
            for place, sum_ in allocate(amount, dict.fromkeys(found, 1)).items():
                self.pay(Line(self.pot.id, part.label, "payable", sum_, place, "member", weight=Fraction(1)))
            return Share(part.label, amount, Fraction(len(found)), "shared")
        for line in self.usage_lines(part, found, amount):
            self.pay(line)
        return Share(part.label, amount, Fraction(arrays.total(found.weights), found.scale), "shared")

    def usage_lines(self, part: Portion, usage: Usage, amount: int) -> Iterator[Line]:
        """Each earning row's amount, split among the subject's owners."""
        rows = usage.rows
        counts, subjects = self.counts, self.evidence.subjects
        columns = (
            arrays.to_list(arrays.take(counts.subjects, rows)),
            arrays.to_list(self.cells_of(usage)),
            arrays.to_list(arrays.take(counts.requests, rows)),
            arrays.to_list(usage.weights),
            arrays.to_list(allocate_arrays(amount, usage.weights)),
        )
        members = arrays.to_list(subjects.members)
        uses = len(terms.USES)
        for subject, cell, requests, weight, sum_ in zip(*columns, strict=True):
            segment, use = divmod(cell, uses)
            shares = subjects.version(subject, counts.segments[segment][0])
            told = Line(
                self.pot.id,
                part.label,
                "payable",
                sum_,
                members[subject],
                "owner",
                subject,
                segment,
                terms.USES[use],
                requests,
                Fraction(weight, usage.scale),
            )
            if shares is None:
                yield told
                continue
            owners = zip(shares.split(sum_, self.order), shares, strict=True)
            for (party, role, owned), holder in sorted(
                owners, key=lambda one: (self.order[one[0][0]], one[0][1])
            ):
                yield replace(told, amount=owned, party=self.order[party], role=role, part=holder.share)

    def pay(self, line: Line) -> None:
        """A line is payable unless its party or its subject is on hold."""
        party = None if line.party is None else self.evidence.parties[line.party].id
        subject = None if line.subject is None else self.evidence.subjects.ids[line.subject]
        if party in self.held_parties or (subject is not None and subject in self.held_subjects):
            line = replace(line, outcome="held")
        self.lines.append(line)

    def due(self) -> int:
        """The fee due for the pot's period by the licence's own tariff, from the licensed counts."""
        return tariff.due(self.pot.licence.tariff(), self.pot.starts, self.pot.ends, self.fee_counts())

    def fee_counts(self) -> list[tuple[str, int, int]]:
        """(content tier, requests, works used) of what was licensed."""
        subjects = self.evidence.subjects
        rows = arrays.nonzero(arrays.masked(self.counts.requests, self.licensed))
        tiers = arrays.to_list(subjects.tiers)
        works = [0] * len(subjects.tier_names)
        for subject in set(arrays.to_list(arrays.take(self.counts.subjects, rows))):
            if subjects.kinds[subject] == "work":
                works[tiers[subject]] += 1
        told = zip(subjects.tier_names, self.requests_by_tier(), works, strict=True)
        return [(name, requests, used) for name, requests, used in told if requests]


def payees(divisions: Sequence[Division]) -> dict[tuple[int, str], dict[str, int]]:
    """Per party ordinal and currency: quanta ``payable`` and ``held`` over all pots."""
    sums: dict[tuple[int, str], dict[str, int]] = {}
    for division in divisions:
        for line in division.lines:
            if line.party is not None:
                key = (line.party, division.pot.licence.currency)
                told = sums.setdefault(key, {"payable": 0, "held": 0})
                told[line.outcome] += line.amount
    return dict(sorted(sums.items()))


__all__ = [
    "Counts",
    "Division",
    "Evidence",
    "EvidenceWrong",
    "Hold",
    "Licence",
    "Line",
    "NothingToAllocate",
    "Party",
    "Pot",
    "Share",
    "Standings",
    "Subjects",
    "Usage",
    "Version",
    "by_party",
    "divide",
    "payees",
    "place_of",
]

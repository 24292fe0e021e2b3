"""What a run computes: evidence in, lines out.

``divide`` takes a pot, the plan and everything that bears on it, and says what each owner of each work gets,
to the quantum. The society's server, ``quire verify`` and a forecast call this same function. It counts
nothing and reads nothing: usage arrives already counted, by subject (a work, or a site where no work is
known), segment (a span of days in which no mandate, membership or ownership changes) and use.

Columns are ``quire.core.arrays.Ints``; party and subject ordinals are places in ``Evidence.parties`` and
``Evidence.subjects``, both sorted by stable keys when the evidence was frozen: they break every tie.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from quire.core import arrays, tariff, terms
from quire.core.allocation import NothingToAllocate, allocate, allocate_arrays
from quire.core.arrays import Ints
from quire.core.errors import Invalid
from quire.core.plan import Plan, Portion
from quire.core.shares import Shares


class EvidenceWrong(Invalid):
    """Evidence that contradicts itself."""

    code = "evidence.wrong"


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence as far as a distribution needs it; ``fee`` and ``prices`` are quanta of ``currency``."""

    id: str
    licensee: str
    kind: str
    uses: tuple[str, ...]
    starts: date
    ends: date
    currency: str
    fee: int
    prices: Mapping[str, int]

    def tariff(self) -> tariff.Tariff:
        """The same, as the tariff's arithmetic takes it."""
        return tariff.Tariff(
            kind=self.kind,
            starts=self.starts,
            ends=self.ends,
            currency=self.currency,
            fee=self.fee,
            prices=self.prices,
        )


@dataclass(frozen=True, slots=True)
class Pot:
    """One licence's receipts of one period in one currency; ``amount`` in quanta."""

    id: str
    licence: Licence
    starts: date
    ends: date
    amount: int


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who may be paid. ``spans`` are memberships, ``lapses`` times out of good standing."""

    id: str
    works: int = 0
    spans: tuple[terms.Span, ...] = ()
    lapses: tuple[terms.Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """Who owns a subject from ``starts`` (``None``: always) until ``ends``."""

    starts: date | None
    ends: date | None
    shares: Shares


@dataclass(frozen=True, slots=True)
class Subjects:
    """Works and sites as columns. A subject without ``versions`` belongs wholly to ``members[i]``."""

    ids: Sequence[str]
    kinds: Sequence[str]
    members: Ints
    tiers: Ints
    tier_names: Sequence[str]
    versions: Mapping[int, tuple[Version, ...]] = field(default_factory=dict)

    def version(self, subject: int, day: date) -> Shares | None:
        """The ownership in force that day; ``None`` where the member owns all of it."""
        for one in self.versions.get(subject, ()):
            if (one.starts is None or one.starts <= day) and (one.ends is None or day < one.ends):
                return one.shares
        return None


@dataclass(frozen=True, slots=True)
class Counts:
    """A pot's usage, before any mandate: for each row a subject, a segment, a use and its requests.

    ``cells`` is segment × number of uses + use, by the pot's ``segments`` and ``terms.USES``.
    """

    segments: tuple[tuple[date, date], ...]
    subjects: Ints
    cells: Ints
    requests: Ints


@dataclass(frozen=True, slots=True)
class Hold:
    """Money that this subject or party earns is held."""

    id: str
    subject: str | None
    party: str | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that the pots of a run depend on."""

    plan: Plan
    pots: tuple[Pot, ...]
    parties: tuple[Party, ...]
    answers: tuple[terms.Answer, ...]
    direct: tuple[terms.DirectLicence, ...]
    subjects: Subjects
    counts: Mapping[str, Counts]
    holds: tuple[Hold, ...] = ()


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
    """The rows of a usage portion that earned: places in the counts, weights as integers over ``scale``,
    and the amount of each in quanta."""

    rows: Ints
    weights: Ints
    scale: int
    parts: Ints


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
        """What the lines leave of the pot: zero, by construction; it is published and checked all the same."""
        return self.pot.amount - sum(line.amount for line in self.lines)


class Standings:
    """Which cells (segment and use) of a pot each member's usage is licensed in, as a column of 0 and 1.

    Row-major: member ordinal × cells + cell. Members who answered alike are judged once.
    """

    def __init__(self, evidence: Evidence, pot: Pot, segments: Sequence[tuple[date, date]]) -> None:
        self.width = len(segments) * len(terms.USES)
        self.segments = segments
        self.pot = pot
        ours = pot.licence.licensee
        answers: dict[str, list[terms.Answer]] = {}
        for answer in evidence.answers:
            if answer.licensee in (None, ours):
                answers.setdefault(answer.member, []).append(answer)
        direct: dict[str, list[terms.DirectLicence]] = {}
        for one in evidence.direct:
            if one.licensee == ours:
                direct.setdefault(one.member, []).append(one)
        self.flags: list[int] = []
        self.any: list[bool] = []
        known: dict[tuple[object, ...], tuple[list[int], bool]] = {}
        for party in evidence.parties:
            said, beside = answers.get(party.id, []), direct.get(party.id, [])
            alike = (
                party.spans,
                *((a.licensee, a.use, a.yes, a.starts, a.ends) for a in said),
                "direct",
                *((d.starts, d.ends) for d in beside),
            )
            if alike not in known:
                row = self._row(party, said, beside)
                known[alike] = (row, any(row))
            row, some = known[alike]
            self.flags += row
            self.any.append(some)

    def _row(
        self, party: Party, said: Sequence[terms.Answer], beside: Sequence[terms.DirectLicence]
    ) -> list[int]:
        licence = self.pot.licence
        if not party.spans or not said:
            return [0] * self.width
        return [
            int(
                use in licence.uses
                and licence.starts <= day < licence.ends
                and terms.standing_of(use, licence.licensee, day, said, party.spans, beside) == "allowed"
            )
            for day, _ in self.segments
            for use in terms.USES
        ]

    def licensed(self, counts: Counts, subjects: Subjects) -> Ints:
        """For each row of the counts, 1 where it is licensed and mandated, else 0."""
        first = arrays.ints([place * self.width for place in range(len(self.any))])
        members = arrays.take(subjects.members, counts.subjects)
        return arrays.take(arrays.ints(self.flags), arrays.plus(arrays.take(first, members), counts.cells))


def divide(evidence: Evidence, pot: Pot) -> Division:
    """Divide one pot. Every quantum of ``pot.amount`` is in exactly one line.

    Raises ``EvidenceWrong`` where the evidence contradicts itself.
    """
    return _Dividing(evidence, pot).division()


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
        found = [self.claimants(part) for part in self.plan.portions]
        stays = {
            place: part.portion
            for place, part in enumerate(self.plan.portions)
            if part.portion and (found[place] is not None or part.if_empty != "spread")
        }
        if not stays:
            self.lines.append(Line(self.pot.id, "nobody", "held", rest))
            return tuple(Share(part.label, 0, Fraction(0), "spread") for part in self.plan.portions)
        amounts = allocate(rest, stays)
        return tuple(
            self.settle(part, amounts.get(place, 0), found[place], place in stays)
            for place, part in enumerate(self.plan.portions)
        )

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
        """No lapse touches the pot's period."""
        return not any(
            lapse.starts < self.pot.ends and (lapse.ends is None or lapse.ends > self.pot.starts)
            for lapse in party.lapses
        )

    def usage(self, part: Portion) -> Usage | None:
        """The rows that earn in a usage portion, with their weights; amounts come later."""
        subjects = self.evidence.subjects
        factors = [self.factor(part, name) for name in subjects.tier_names]
        scale = math.lcm(*(one.denominator for one in factors)) if factors else 1
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
        return Usage(rows, weights, scale, rows)

    def factor(self, part: Portion, tier: str) -> Fraction:
        """What one request of this content tier weighs."""
        weight = self.plan.weight_of(tier) if part.weighted else Fraction(1)
        if part.measure == "requests":
            return weight
        prices = self.pot.licence.prices
        price = prices.get(tier, prices.get("*"))
        if price is None:
            raise EvidenceWrong(
                f"The plan shares by value, but the licence {self.pot.licence.id} has no price for "
                f"content of the tier {tier}."
            )
        return weight * price

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
            arrays.to_list(arrays.take(counts.cells, rows)),
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
        kept = arrays.masked(self.counts.requests, self.licensed)
        rows = arrays.nonzero(kept)
        used = arrays.take(self.counts.subjects, rows)
        tiers = arrays.take(subjects.tiers, used)
        requests = arrays.to_list(arrays.sum_by(tiers, arrays.take(kept, rows), len(subjects.tier_names)))
        works = [0] * len(subjects.tier_names)
        for subject in set(arrays.to_list(used)):
            if subjects.kinds[subject] == "work":
                works[int(subjects.tiers[subject])] += 1
        return [
            (name, requests[place], works[place])
            for place, name in enumerate(subjects.tier_names)
            if requests[place]
        ]


def place_of(segments: Sequence[tuple[date, date]], day: date) -> int:
    """The segment that begins on ``day``; ``EvidenceWrong`` where none does."""
    place = bisect_left(segments, (day, date.min))
    if place < len(segments) and segments[place][0] == day:
        return place
    raise EvidenceWrong(f"Counts from {day} stand in no segment of the pot.")


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
    "divide",
    "payees",
    "place_of",
]

"""What a closed run would have given, had the census been there in place of the survey's estimates.

The run's frozen evidence is divided once more by the same code, with the weights that were counted. Works
that no unit of the sample had reported stand there as well, by the mandates of that time. In each portion the
sum stays; a row that had too much gives it, in the order of the lines, to those that had too little. So every
row that had too much becomes a correction, whose new owners are its own for what it keeps, and those of the
rows that it gives to.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from quire.core import arrays, evidence
from quire.core.corrections import Correction as Row
from quire.core.corrections import Old
from quire.core.distribution import Evidence, Version
from quire.core.distribution.adjusting import PREFIX
from quire.core.distribution.claims import Rows
from quire.core.distribution.dividing import Dividing
from quire.core.shares import UNKNOWN, Holder, Shares, parse_share
from quire.core.survey import Estimate
from quire.society.distribution.corrections.errors import CannotReconcile, NothingToCorrect, OwnerUnknown
from quire.society.distribution.corrections.models import Corrected, Correction
from quire.society.distribution.models import Hold, Line
from quire.society.distribution.store import standing
from quire.society.kit import ids
from quire.society.repertoire import queries as repertoire

SHOWN = 2
"""Works that a reason names beside its own."""


class Key(NamedTuple):
    """A row of a portion that a survey divided: of a pot or pool, a portion, a work or site, from a day."""

    pot: str
    label: str
    subject: str
    day: date
    source: str


@dataclass(slots=True)
class Change:
    """What a row got and should have got, in quanta, and what it gives to which others."""

    key: Key
    old: int
    new: int
    given: list[tuple[Key, int]] = field(default_factory=list)


def corrected(claim: Correction) -> list[Row]:
    """The rows of the run that had too much by the census, each with whom it is given to.

    Raises CannotReconcile, OwnerUnknown, NothingToCorrect.
    """
    name = claim.census.survey.name
    counted = {subject: Fraction(text) for subject, text in claim.census.counted.items()}
    found = _frozen(claim)
    told = _Told(claim, _with(found, counted), name, counted)
    made = [told.row(one) for one in _changes(claim, found, told)]
    if not made:
        raise NothingToCorrect(f"By the census {claim.run.tid} divided what it divided by {name} rightly.")
    return made


def left_out(claim: Correction) -> dict[str, Fraction]:
    """What the census counted of works and sites that no row can be made for, and of what is nobody's."""
    counted = {subject: Fraction(text) for subject, text in claim.census.counted.items()}
    there = set(_with(_frozen(claim), counted).subjects.ids)
    return {subject: weight for subject, weight in counted.items() if subject not in there}


def _frozen(claim: Correction) -> Evidence:
    from quire.society.distribution.freezing.pseudonyms import undisguised

    run = claim.run
    found = undisguised(evidence.read(standing().load(run.tid, "inputs", run.inputs_digest)))
    return replace(found, corrections=(), debts=())


def _with(found: Evidence, counted: Mapping[str, Fraction]) -> Evidence:
    """The evidence with the works and sites that the census counted and the run did not know, after all
    others. One is left out where somebody who owns it was nobody to the run."""
    new = sorted(name for name in counted if name not in set(found.subjects.ids))
    wanted = {kind: [ids.read(kind, n) for n in new if n.startswith(f"{kind}_")] for kind in ("wrk", "sit")}
    order = {party.id: place for place, party in enumerate(found.parties)}
    known, subjects = {*order, UNKNOWN}, found.subjects
    rows = [
        row
        for row in repertoire.subjects(wanted["wrk"], wanted["sit"])
        if {row.member_tid, *(h.party for _, _, shares in row.versions for h in shares)} <= known
    ]
    rows.sort(key=lambda row: row.key)
    tiers = [*subjects.tier_names, *sorted({row.tier for row in rows} - {*subjects.tier_names})]
    versions = {
        place: tuple(Version(starts, ends, shares) for starts, ends, shares in row.versions)
        for place, row in enumerate(rows, len(subjects.ids))
    }
    more = replace(
        subjects,
        ids=[*subjects.ids, *(row.tid for row in rows)],
        kinds=[*subjects.kinds, *(row.kind for row in rows)],
        members=arrays.ints([*arrays.to_list(subjects.members), *(order[row.member_tid] for row in rows)]),
        tiers=arrays.ints([*arrays.to_list(subjects.tiers), *(tiers.index(row.tier) for row in rows)]),
        tier_names=tiers,
        versions={**subjects.versions, **versions},
    )
    return replace(found, subjects=more)


def _changes(claim: Correction, found: Evidence, told: _Told) -> list[Change]:
    """Every row that had too much, with what it gives; portion by portion, in the order of the run."""
    old, new = _amounts(found, told.name), _amounts(told.evidence, told.name, told.counted)
    changes: list[Change] = []
    for place in dict.fromkeys((key.pot, key.label) for key in (*old, *new)):
        mine = [
            Change(key, old.get(key, 0), new.get(key, 0))
            for key in dict.fromkeys((*old, *new))
            if (key.pot, key.label) == place
        ]
        if sum(one.old for one in mine) != sum(one.new for one in mine):
            raise CannotReconcile(
                f"By the census another sum of “{place[1]}” would be divided at all, because of a cap, a "
                "floor or a portion in which nobody stood; that is for the members to decide."
            )
        changes += _given(mine)
    return changes


def _amounts(found: Evidence, name: str, counted: Mapping[str, Fraction] | None = None) -> dict[Key, int]:
    """What each row of the portions that the survey divides gets, before owners are asked."""
    run = Dividing(found)
    if counted is not None:
        estimates = {subject: _counted(subject, weight) for subject, weight in counted.items()}
        run.common.weigh(name, dict(sorted(estimates.items())))
    labels = {part.label for part in found.plan.leaves if part.key == "survey" and part.of == name}
    sums: dict[Key, int] = {}
    divisions = [*map(run.pot, found.pots), *run.pools()]
    for block in (block for one in divisions for block in one.lines.blocks):
        if isinstance(block, Rows) and block.label in labels:
            for line in block.told(range(len(block.claims))):
                if line.subject is None:
                    continue
                day = found.counts[line.source or line.pot].segments[line.segment][0]
                key = Key(block.pot, block.label, found.subjects.ids[line.subject], day, line.source)
                sums[key] = sums.get(key, 0) + line.amount
    return sums


def _counted(subject: str, weight: Fraction) -> Estimate:
    """A weight that is known, in the form of an estimate."""
    none = Fraction(0)
    return Estimate(subject, weight, none, none, weight, weight, 0, 0, 0, 0, "census", False, False, none)


def _given(changes: Sequence[Change]) -> Iterator[Change]:
    """Those that had too much, each with what it gives to whom: one after the other, to the quantum."""
    lacking = deque([one, one.new - one.old] for one in changes if one.new > one.old)
    for one in changes:
        rest = one.old - one.new
        while rest > 0:
            taker, lack = lacking[0]
            part = min(rest, lack)
            one.given.append((taker.key, part))
            rest -= part
            lacking[0][1] -= part
            if not lacking[0][1]:
                lacking.popleft()
        if one.given:
            yield one


class _Told:
    """The lines of the run, its owners, and how a change is told."""

    def __init__(
        self, claim: Correction, found: Evidence, name: str, counted: Mapping[str, Fraction]
    ) -> None:
        self.claim, self.evidence, self.name, self.counted = claim, found, name, counted
        self.places = {tid: place for place, tid in enumerate(found.subjects.ids)}
        self.estimated = self._estimates(found, name)
        self.lines = _lines(claim)
        self.done = set(Corrected.objects.filter(run=claim.run).values_list("first_line", flat=True))
        self.held = {hold.work.tid for hold in Hold.objects.filter(released_on=None, work__isnull=False)}
        self.named = {row.told.giver for row in repertoire.agreements() if row.told.subjects is not None}
        self.keys: dict[str, str] = {}

    @staticmethod
    def _estimates(found: Evidence, name: str) -> Mapping[str, Estimate]:
        return Dividing(found).common.estimates(name)

    def row(self, one: Change) -> Row:
        """A change as a correction of its row. Raises CannotReconcile, OwnerUnknown."""
        currency, told, old = self._old(one)
        shares: dict[tuple[str, str], Fraction] = {}
        for key, amount in ((one.key, one.new), *one.given):
            for party, role, share in self._owners(key, giving=key is one.key) if amount else ():
                mine = share * Fraction(amount, one.old)
                shares[party, role] = shares.get((party, role), Fraction(0)) + mine
        holders = tuple(Holder(party, role, share) for (party, role), share in shares.items())
        return Row(
            str(old[0].line), self.claim.run.tid, self.claim.run.bundle_root, currency, one.key.label,
            one.key.subject, one.key.day, date.fromisoformat(told["until"]), told.get("use", ""), one.old,
            old, Shares(holders), self._reason(one), self.claim.filed_on,
        )  # fmt: skip

    def _old(self, one: Change) -> tuple[str, dict[str, Any], tuple[Old, ...]]:
        lines = self.lines.get(one.key, [])
        if any(outcome == "unclaimed" for *_, outcome in lines):
            raise OwnerUnknown(
                f"A part of what {self._key(one.key.subject)} earned in {self.claim.run.tid} is unclaimed; "
                "say first whose it is: quire unclaimed match."
            )
        old = tuple(line for _, _, line, _ in lines)
        if not old or sum(line.amount for line in old) != one.old:
            raise CannotReconcile(
                f"The lines of {self._key(one.key.subject)} in {self.claim.run.tid} are not those that the "
                "survey gives."
            )
        if old[0].line in self.done:
            raise CannotReconcile(
                f"What {self._key(one.key.subject)} got in {self.claim.run.tid} was corrected already; what "
                "the census says of it is for a claim of its own: quire corrections file."
            )
        return lines[0][0], lines[0][1], old

    def _owners(self, key: Key, *, giving: bool) -> Shares:
        place = self.places[key.subject]
        member = self.evidence.parties[int(self.evidence.subjects.members[place])].id
        shares = self.evidence.subjects.version(place, key.day) or Shares.sole(member)
        if any(holder.party == UNKNOWN for holder in shares):
            raise OwnerUnknown(
                f"Nobody knows who owns a part of {self._key(key.subject)}; say first who does."
            )
        if not giving and (key.subject in self.held or {one.party for one in shares} & self.named):
            raise CannotReconcile(
                f"{self._key(key.subject)} should have got more, and is on hold, or an owner of it has an "
                "agreement about single works; a correction of other works' rows does not see that. Release "
                "the hold first, or settle it by hand."
            )
        return shares

    def _reason(self, one: Change) -> str:
        """What was estimated and what was counted since, of the row's work and of those that it gives to."""
        takers = [self._told(key.subject) for key, _ in one.given]
        more = f"; and {len(takers) - SHOWN} more" if len(takers) > SHOWN else ""
        told = "; ".join([self._told(one.key.subject, f" in run {self.claim.run.tid}"), *takers[:SHOWN]])
        return f"Survey {self.name}: {told}{more}"[:300]

    def _told(self, subject: str, where: str = "") -> str:
        one = self.estimated.get(subject)
        estimated, counted = (one.estimate if one else Fraction(0)), self.counted.get(subject, Fraction(0))
        key = self._key(subject)[:60]
        return f"{key}: estimated {_number(estimated)}{where}, counted {_number(counted)} since"

    def _key(self, subject: str) -> str:
        if subject not in self.keys:
            works, sites = (
                [ids.read(kind, subject)] if subject.startswith(f"{kind}_") else [] for kind in ("wrk", "sit")
            )
            self.keys |= {row.tid: row.key for row in repertoire.subjects(works, sites)}
        return self.keys.get(subject, subject)


def _lines(claim: Correction) -> dict[Key, list[tuple[str, dict[str, Any], Old, str]]]:
    """The lines of each row that an estimate weighed: currency, what the line says, the old line, outcome."""
    rows = (
        Line.objects.filter(run=claim.run, detail__has_keys=["estimate", "subject"])
        .exclude(pot__pool__startswith=PREFIX)
        .order_by("number")
        .values_list("pot__currency", "party_id", "amount", "number", "outcome", "detail")
    )
    found: dict[Key, list[tuple[str, dict[str, Any], Old, str]]] = {}
    for currency, party, amount, number, outcome, told in rows:
        key = Key(
            told["pot"],
            told["share"],
            told["subject"],
            date.fromisoformat(told["from"]),
            told.get("source", ""),
        )
        whose = ids.show("pty", party) if party else UNKNOWN
        old = Old(whose, told["role"], parse_share(told["part"]), amount, number)
        found.setdefault(key, []).append((currency, told, old, outcome))
    return found


def _number(value: Fraction) -> str:
    """Two decimals, or none where there are none."""
    whole, rest = divmod(round(value * 100), 100)
    return f"{whole:,}.{rest:02}".removesuffix(".00")

"""A closed run as it is published, read once for all of its statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from quire.core import bundle as bundles
from quire.core import classes
from quire.core.money import Money, quanta_of
from quire.core.plan import Plan
from quire.core.plan import Portion as PlanPortion
from quire.core.plan.sentences import rule
from quire.society.distribution import queries as distribution
from quire.society.kit import ids
from quire.society.licensing import queries as licensing
from quire.society.parties import queries as parties
from quire.society.repertoire import queries as repertoire
from quire.society.statements import adjusted, words
from quire.society.statements.agreed import Agreed
from quire.society.statements.errors import BundleDiffers, NotPublished
from quire.society.statements.shape import Deduction, Portion, Pot, Proof, Subject

LINES = "lines.jsonl"
Record = Mapping[str, Any]


class Published:
    """The bundle of a run: its pots, and its lines by party (TypeID), all of them or those of ``only``."""

    def __init__(self, run: Any, only: str = "") -> None:
        self.row = distribution.row(run)
        if self.row.state != "closed":
            raise NotPublished(
                f"The run {self.row.tid} is {self.row.state}; statements are made when it is closed.",
                run=self.row.tid,
            )
        self.bundle = bundles.read(self.row.bundle)
        self.about = self.bundle.manifest.about
        if self.bundle.manifest.root != run.bundle_root:
            raise BundleDiffers(
                f"The bundle under {self.row.bundle} is not the one that {self.row.tid} published; "
                "restore it from a backup.",
                run=self.row.tid,
            )
        self.plan = Plan.parse(bytes(self.bundle["plan.toml"]).decode())
        self.lines: dict[str, list[Record]] = {}
        self._deducted: dict[str, list[Record]] = {}
        self._kept = self._reserves()
        self._real = self._names()
        self._group(only)
        self.pots = {pot.tid: pot for pot in self._pots()}
        self._subjects: dict[str, Subject] = {}
        self._holds = self._reasons()
        self.agreed = Agreed(self.bundle)

    def _names(self) -> dict[str, str]:
        """What the bundle calls the parties, each with its TypeID."""
        names = parties.published(one["party"] for _, one in self.bundle.records("parties.jsonl"))
        return {name: ids.show("pty", party) for name, party in names.items()}

    def _group(self, only: str) -> None:
        for _, record in self.bundle.records(LINES):
            party = self._real.get(record.get("party", ""))
            if party and (not only or party == only):
                self.lines.setdefault(party, []).append(record)
            elif record["outcome"] == "deducted" or self._is_reserve(record):
                self._deducted.setdefault(record["pot"], []).append(record)

    def _reserves(self) -> dict[str, str]:
        """Pot to the part of it that is kept for late claims, of pots that are a lump sum's."""
        if classes.FILE not in self.bundle.manifest.files:
            return {}
        found = (one for _, one in self.bundle.records(classes.FILE))
        return {one["pot"]: one["reserve"] for one in found if "reserve" in one}

    def _is_reserve(self, record: Record) -> bool:
        return record["share"] == classes.LABEL and not record.get("role") and record["pot"] in self._kept

    def _pots(self) -> Iterable[Pot]:
        told = {one["pot"]: one for _, one in self.bundle.records("pots.jsonl")}
        codes = {one["licence"]: licensing.licence(one["licence"]) for one in told.values()}
        names = parties.names(one.licensee for one in codes.values())
        for _, total in self.bundle.records("totals.jsonl"):
            if adjusted.is_one(total):
                continue
            if total["pot"] not in told:
                yield self._pool(total)
                continue
            one = told[total["pot"]]
            licence, received = codes[one["licence"]], quanta_of(one["amount"])
            deductions = tuple(self._deductions(one["pot"], received))
            yield Pot(
                one["pot"],
                licence.code,
                names[licence.licensee].name,
                date.fromisoformat(one["from"]),
                date.fromisoformat(one["until"]),
                one["currency"],
                received,
                quanta_of(total["due"]),
                deductions,
                received - sum(kept.amount for kept in deductions),
                tuple(self._portions(total["shares"])),
                0,
                0,
                _converted(one),
            )

    def _pool(self, total: Record) -> Pot:
        """What the pots of a currency put together: a pot of no licensee alone."""
        received, period = quanta_of(total["received"]), self.row.period
        return Pot(
            total["pot"],
            "pooled",
            "several licensees together",
            period.starts,
            period.ends,
            total["currency"],
            received,
            received,
            (),
            received,
            tuple(self._portions(total["shares"])),
            0,
            0,
        )

    def _deductions(self, pot: str, received: int) -> Iterable[Deduction]:
        of = {one.label: one.of for one in self.plan.deductions}
        left = received
        for record in self._deducted.get(pot, []):
            label, amount = record["share"], quanta_of(record["amount"])
            if self._is_reserve(record):  # it is taken first, and no part of the gross
                yield Deduction(label, Fraction(self._kept[pot]), "gross", record["to"], received, amount)
                received = left = received - amount
                continue
            base = received if of[label] == "gross" else left
            left -= amount
            named = "net" if of[label] == "gross" and pot in self._kept else of[label]
            yield Deduction(label, Fraction(record["rate"]), named, record["to"], base, amount)

    def _portions(self, shares: Iterable[Record]) -> Iterable[Portion]:
        of = {part.label: part for part in self.plan.nodes}
        shares = list(shares)
        there = {one["share"] for one in shares if one["outcome"] != "spread"}
        parts = _parts(self.plan.portions, there, Fraction(1))
        for one in shares:
            part = of[one["share"]]
            yield Portion(
                part.label,
                _sentence(part),
                part.key,
                parts.get(part.label, Fraction(0)),
                quanta_of(one["amount"]),
                Fraction(one["weight"]),
                one["outcome"],
            )

    def _reasons(self) -> dict[str, str]:
        """Party or subject to why it was held, a hold on both by its id; the society's own words."""
        reasons = {hold.tid: hold.reason for hold in distribution.holds()}
        return {
            thing: reasons.get(record["hold"], "")
            for _, record in self.bundle.records("holds.jsonl")
            for thing in _held_by(record)
            if thing
        }

    def held_because(self, record: Record) -> str:
        """Why a held line is held; empty of any other."""
        if record["outcome"] != "held":
            return ""
        names = (record.get("hold", ""), record["party"], record.get("subject", ""))
        held = next((self._holds[name] for name in names if self._holds.get(name)), "")
        return held or self.agreed.held_because(record)

    def pot(self, tid: str, credited: int, held: int) -> Pot:
        """A pot, with what one payee gets of it."""
        return replace(self.pots[tid], credited=credited, held=held)

    def learn(self, party_tids: Iterable[str]) -> None:
        """Look up what the lines of these parties are of: three queries for ten thousand works and sites."""
        wanted = {
            record["subject"]
            for party in party_tids
            for record in self.lines.get(party, [])
            if "subject" in record
        }
        missing = wanted - self._subjects.keys()
        found = repertoire.subjects(_ids("wrk", missing), _ids("sit", missing))
        self._subjects.update(
            (row.tid, Subject(row.tid, row.kind, row.title, row.key if row.kind == "work" else row.title))
            for row in found
        )

    def subject(self, tid: str) -> Subject:
        """A work or site that ``learn`` looked up; by its id alone where it is not on record any more."""
        kind = "work" if tid.startswith("wrk_") else "site"
        return self._subjects.get(tid) or Subject(tid, kind, tid, tid)

    def name_of(self, tid: str) -> str:
        """How the bundle calls a party: by its id, or by its pseudonym."""
        return next((name for name, real in self._real.items() if real == tid and name != tid), tid)

    def proof(self, records: Iterable[Record]) -> Proof:
        """The paths of these lines; the tree of the whole file is built once."""
        proofs = {
            record["line"]: bundles.line_proof(self.bundle, LINES, record["line"]) for record in records
        }
        entry = self.bundle.manifest.files[LINES]
        paths = {number: tuple(one["proof"]) for number, one in proofs.items()}
        return Proof(entry.root, entry.lines or 0, paths)


def _parts(parts: Iterable[PlanPortion], there: set[str], whole: Fraction) -> dict[str, Fraction]:
    """What of the rest each portion that stayed has, at all levels; of a pool, which stands alone, all."""
    stay = [part for part in parts if part.label in there]
    sums = sum((part.portion for part in stay), Fraction(0))
    found = {part.label: whole * part.portion / sums for part in stay}
    for part in stay:
        found |= _parts(part.parts, there, found[part.label])
    return found


def _held_by(hold: Record) -> tuple[str | None, ...]:
    """The names by which a held line finds its hold."""
    if hold["party"] and hold["subject"]:
        return (hold["hold"],)
    return hold["party"], hold["subject"]


def _ids(prefix: str, tids: Iterable[str]) -> list[UUID]:
    return [ids.read(prefix, tid) for tid in tids if tid.startswith(f"{prefix}_")]


def _sentence(part: PlanPortion) -> str:
    """How a portion is shared, for somebody who has never seen a plan."""
    if part.key == "equal" and part.among == "members":
        return "shared equally among the members"
    if part.key == "tier":
        return f"shared equally among the members of the tier {part.tier}"
    if part.key != "usage" or part.measure == "works" or part.weights not in ((), ("content tier",)):
        return rule(part).removeprefix("is ")
    measure = "requests" if part.measure == "requests" else "the value of requests at the licence's prices"
    return f"shared by {measure}{', weighted by content tier' if part.weighted else ''}"


def _converted(one: Record) -> str:
    """What came in and by which rate it was converted; empty where nothing was."""
    if "received" not in one:
        return ""
    came = Money(quanta_of(one["received"]), one["received_currency"]).grouped()
    rate = Fraction(one["rate"])
    return f"{came}, converted at {words.rate(rate)} by {one['rate_source']} of {one['rate_date']}"

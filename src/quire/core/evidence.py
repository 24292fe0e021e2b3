"""The published form of a run: evidence and results as canonical JSON Lines, and back.

Money stands as texts of twelve decimals, fractions as ``n/d``, dates as ``2026-01-31``; a span's ``until`` is
the first day that is out, ``null`` for ever. Parties and works stand by id alone: no name, no address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from quire.core import arrays, canonical, terms
from quire.core.distribution import (
    Counts,
    Division,
    Evidence,
    EvidenceWrong,
    Hold,
    Licence,
    Line,
    Party,
    Pot,
    Subjects,
    Version,
    payees,
    place_of,
)
from quire.core.money import decimal_of, quanta_of
from quire.core.plan import Plan
from quire.core.shares import Holder, Shares, share_text

INPUTS = (
    "plan.toml",
    "licences.jsonl",
    "pots.jsonl",
    "receipts.jsonl",
    "parties.jsonl",
    "mandates.jsonl",
    "direct.jsonl",
    "works.jsonl",
    "holds.jsonl",
    "counts.jsonl",
)
RESULTS = ("lines.jsonl", "totals.jsonl", "payees.jsonl")
Record = Mapping[str, Any]


def cut(
    parties: Iterable[Party],
    answers: Iterable[terms.Answer],
    direct: Iterable[terms.DirectLicence],
    versions: Iterable[Version],
    pot: Pot,
) -> tuple[tuple[date, date], ...]:
    """The segments of a pot: its period, cut wherever a membership, answer, direct licence or ownership that
    bears on it begins or ends. Both the freeze and the auditor cut with this."""
    ours = pot.licence.licensee
    dates = terms.boundaries(
        pot.starts,
        pot.ends,
        (span for party in parties for span in party.spans),
        (answer for answer in answers if answer.licensee in (None, ours)),
        (one for one in direct if one.licensee == ours),
        [pot.licence],
    )
    owned = {day for version in versions for day in (version.starts, version.ends) if day is not None}
    return tuple(terms.segments(pot.starts, pot.ends, sorted({*dates, *owned})))


# Evidence to files


def input_files(evidence: Evidence, receipts: Iterable[Record]) -> dict[str, bytes]:
    """The files of the evidence, by name. ``receipts`` are records of receipt, pot, amount (text) and received."""
    licences = {pot.licence.id: pot.licence for pot in evidence.pots}
    return {
        "plan.toml": evidence.plan.text.encode(),
        "licences.jsonl": _lines(_licence(one) for one in licences.values()),
        "pots.jsonl": _lines(_pot(one) for one in evidence.pots),
        "receipts.jsonl": _lines(receipts),
        "parties.jsonl": _lines(_party(place, one) for place, one in enumerate(evidence.parties)),
        "mandates.jsonl": _lines(_answer(one) for one in evidence.answers),
        "direct.jsonl": _lines(
            {"member": one.member, "licensee": one.licensee, **_span(one)} for one in evidence.direct
        ),
        "works.jsonl": _lines(_works(evidence)),
        "holds.jsonl": _lines(
            {"hold": one.id, "subject": one.subject, "party": one.party} for one in evidence.holds
        ),
        "counts.jsonl": _lines(_counts(evidence)),
    }


def _lines(records: Iterable[Record]) -> bytes:
    return b"".join(canonical.write_lines(records))


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _span(one: Any) -> dict[str, Any]:
    return {"from": _day(one.starts), "until": _day(one.ends)}


def _licence(one: Licence) -> Record:
    return {
        "licence": one.id,
        "licensee": one.licensee,
        "kind": one.kind,
        "uses": list(one.uses),
        **_span(one),
        "currency": one.currency,
        "fee": decimal_of(one.fee),
        "prices": {tier: decimal_of(price) for tier, price in one.prices.items()},
    }


def _pot(one: Pot) -> Record:
    return {
        "pot": one.id,
        "licence": one.licence.id,
        **_span(one),
        "currency": one.licence.currency,
        "amount": decimal_of(one.amount),
    }


def _party(place: int, one: Party) -> Record:
    return {
        "party": one.id,
        "ordinal": place,
        "works": one.works,
        "member": [_span(span) for span in one.spans],
        "lapses": [_span(span) for span in one.lapses],
    }


def _answer(one: terms.Answer) -> Record:
    return {
        "member": one.member,
        "licensee": one.licensee,
        "use": one.use,
        "answer": "yes" if one.yes else "no",
        **_span(one),
    }


def _works(evidence: Evidence) -> Iterator[Record]:
    subjects = evidence.subjects
    members, tiers = arrays.to_list(subjects.members), arrays.to_list(subjects.tiers)
    for place, name in enumerate(subjects.ids):
        told = {
            "ordinal": place,
            "id": name,
            "kind": subjects.kinds[place],
            "tier": subjects.tier_names[tiers[place]],
            "member": evidence.parties[members[place]].id,
        }
        if versions := subjects.versions.get(place):
            told["owners"] = [
                {**_span(one), "shares": [[h.party, h.role, share_text(h.share)] for h in one.shares]}
                for one in versions
            ]
        yield told


def _counts(evidence: Evidence) -> Iterator[Record]:
    uses = len(terms.USES)
    for pot in evidence.pots:
        counts = evidence.counts[pot.id]
        for subject, cell, requests in zip(
            arrays.to_list(counts.subjects),
            arrays.to_list(counts.cells),
            arrays.to_list(counts.requests),
            strict=True,
        ):
            yield {
                "pot": pot.id,
                "subject": subject,
                "from": _day(counts.segments[cell // uses][0]),
                "use": terms.USES[cell % uses],
                "requests": requests,
            }


# Results to files


def result_files(evidence: Evidence, divisions: Sequence[Division]) -> dict[str, bytes]:
    """The files of the results, by name."""
    return {
        "lines.jsonl": _lines(line_records(evidence, divisions)),
        "totals.jsonl": _lines(map(total_record, divisions)),
        "payees.jsonl": _lines(payee_records(evidence, divisions)),
    }


def line_records(evidence: Evidence, divisions: Sequence[Division]) -> Iterator[dict[str, Any]]:
    """Every line as it is published, numbered from 0 through all pots."""
    number = 0
    for division in divisions:
        segments = evidence.counts[division.pot.id].segments
        for line in division.lines:
            yield _line(evidence, segments, number, line)
            number += 1


def _line(
    evidence: Evidence, segments: Sequence[tuple[date, date]], number: int, line: Line
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "line": number,
        "pot": line.pot,
        "share": line.label,
        "outcome": line.outcome,
        "amount": decimal_of(line.amount),
    }
    if line.party is not None:
        told |= {
            "party": evidence.parties[line.party].id,
            "role": line.role,
            "weight": share_text(line.weight),
            "part": share_text(line.part),
        }
    if line.subject is not None:
        told |= {
            "subject": evidence.subjects.ids[line.subject],
            "from": _day(segments[line.segment][0]),
            "until": _day(segments[line.segment][1]),
            "use": line.use,
            "requests": line.requests,
        }
    if line.outcome == "deducted":
        told["rate"] = share_text(line.part)
    if line.to:
        told["to"] = line.to
    return told


def total_record(division: Division) -> dict[str, Any]:
    """A pot's account: what came in is allocated, held, deducted, in a fund, or residue."""
    return {
        "pot": division.pot.id,
        "currency": division.pot.licence.currency,
        "received": decimal_of(division.pot.amount),
        "due": decimal_of(division.due),
        "allocated": decimal_of(division.sum_of("payable")),
        "held": decimal_of(division.sum_of("held")),
        "deducted": decimal_of(division.sum_of("deducted")),
        "fund": decimal_of(division.sum_of("fund")),
        "residue": decimal_of(division.residue),
        "shares": [
            {
                "share": one.label,
                "amount": decimal_of(one.amount),
                "weight": share_text(one.weight),
                "outcome": one.outcome,
            }
            for one in division.shares
        ],
    }


def payee_records(evidence: Evidence, divisions: Sequence[Division]) -> Iterator[dict[str, Any]]:
    """What the run gives each party, a record for each currency."""
    for (place, currency), sums in payees(divisions).items():
        yield {
            "party": evidence.parties[place].id,
            "currency": currency,
            "payable": decimal_of(sums["payable"]),
            "held": decimal_of(sums["held"]),
        }


# Files to evidence


def read(files: Mapping[str, bytes]) -> Evidence:
    """The evidence in a bundle's files. ``EvidenceWrong`` names file and line where it cannot be read."""
    return _Reader(files).evidence()


def read_receipts(files: Mapping[str, bytes]) -> dict[str, int]:
    """Quanta received for each pot."""
    sums: dict[str, int] = {}
    for _, record in canonical.read_lines(files["receipts.jsonl"]):
        sums[record["pot"]] = sums.get(record["pot"], 0) + quanta_of(record["amount"])
    return sums


class _Reader:
    """Reads each file in turn; later ones refer to earlier ones."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        for name in INPUTS:
            if name not in files:
                raise EvidenceWrong(f"The bundle has no {name}.", file=name)
        self.files = files

    def each(self, name: str, make: Callable[[Record], Any]) -> list[Any]:
        found = []
        for number, record in canonical.read_lines(self.files[name]):
            try:
                found.append(make(record))
            except EvidenceWrong:
                raise
            except (KeyError, TypeError, ValueError, IndexError, AttributeError) as problem:
                raise EvidenceWrong(
                    f"{name} line {number} does not say what it must: {problem!r}.", file=name, line=number
                ) from problem
        return found

    def evidence(self) -> Evidence:
        plan = Plan.parse(self.files["plan.toml"].decode("utf-8", "strict"))
        self.licences = {one.id: one for one in self.each("licences.jsonl", _read_licence)}
        pots = self.each("pots.jsonl", self.pot)
        parties = self.each("parties.jsonl", _read_party)
        self.places = {party.id: place for place, party in enumerate(parties)}
        if len(self.places) != len(parties):
            raise EvidenceWrong("parties.jsonl names a party twice.", file="parties.jsonl")
        answers = self.each("mandates.jsonl", _read_answer)
        direct = self.each(
            "direct.jsonl",
            lambda one: terms.DirectLicence(
                one["member"], one["licensee"], date.fromisoformat(one["from"]), _read_day(one["until"])
            ),
        )
        subjects = self.subjects()
        versions = [one for several in subjects.versions.values() for one in several]
        cuts = {pot.id: cut(parties, answers, direct, versions, pot) for pot in pots}
        counts = self.counts(cuts, len(subjects.ids))
        holds = self.each("holds.jsonl", lambda one: Hold(one["hold"], one["subject"], one["party"]))
        return Evidence(
            plan, tuple(pots), tuple(parties), tuple(answers), tuple(direct), subjects, counts, tuple(holds)
        )

    def pot(self, one: Record) -> Pot:
        licence = self.licences[one["licence"]]
        if one["currency"] != licence.currency:
            raise ValueError(f"the pot is in {one['currency']}, its licence in {licence.currency}")
        return Pot(
            one["pot"],
            licence,
            date.fromisoformat(one["from"]),
            date.fromisoformat(one["until"]),
            quanta_of(one["amount"]),
        )

    def subjects(self) -> Subjects:
        rows = self.each(
            "works.jsonl",
            lambda one: (one["id"], one["kind"], self.places[one["member"]], one["tier"], self.versions(one)),
        )
        tier_names = sorted({row[3] for row in rows})
        tier_places = {name: place for place, name in enumerate(tier_names)}
        return Subjects(
            [row[0] for row in rows],
            [row[1] for row in rows],
            arrays.ints([row[2] for row in rows]),
            arrays.ints([tier_places[row[3]] for row in rows]),
            tier_names,
            {place: row[4] for place, row in enumerate(rows) if row[4]},
        )

    def versions(self, one: Record) -> tuple[Version, ...]:
        found = []
        for told in one.get("owners", ()):
            holders = tuple(Holder(party, role, Fraction(share)) for party, role, share in told["shares"])
            if any(holder.party not in self.places for holder in holders):
                raise ValueError("an owner is not among the parties")
            found.append(Version(_read_day(told["from"]), _read_day(told["until"]), Shares(holders)))
        return tuple(found)

    def counts(self, cuts: Mapping[str, tuple[tuple[date, date], ...]], subjects: int) -> dict[str, Counts]:
        columns: dict[str, tuple[list[int], list[int], list[int]]] = {pot: ([], [], []) for pot in cuts}
        seen: set[tuple[str, int, int]] = set()
        uses = {use: place for place, use in enumerate(terms.USES)}

        def take(one: Record) -> None:
            pot, subject, requests = one["pot"], one["subject"], one["requests"]
            cell = place_of(cuts[pot], date.fromisoformat(one["from"])) * len(uses) + uses[one["use"]]
            if (
                type(subject) is not int
                or not 0 <= subject < subjects
                or type(requests) is not int
                or requests < 0
            ):
                raise ValueError("subject or requests out of range")
            if (pot, subject, cell) in seen:
                raise ValueError("the same usage is counted twice")
            seen.add((pot, subject, cell))
            for column, value in zip(columns[pot], (subject, cell, requests), strict=True):
                column.append(value)

        self.each("counts.jsonl", take)
        return {
            pot: Counts(cuts[pot], *(arrays.ints(column) for column in three))
            for pot, three in columns.items()
        }


def _read_day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)


def _read_span(one: Record) -> terms.Span:
    return terms.Span(date.fromisoformat(one["from"]), _read_day(one["until"]))


def _read_licence(one: Record) -> Licence:
    return Licence(
        one["licence"],
        one["licensee"],
        one["kind"],
        tuple(one["uses"]),
        date.fromisoformat(one["from"]),
        date.fromisoformat(one["until"]),
        one["currency"],
        quanta_of(one["fee"]),
        {tier: quanta_of(price) for tier, price in one["prices"].items()},
    )


def _read_party(one: Record) -> Party:
    if type(one["works"]) is not int:
        raise ValueError("works must be a whole number")
    return Party(
        one["party"],
        one["works"],
        tuple(map(_read_span, one["member"])),
        tuple(map(_read_span, one["lapses"])),
    )


def _read_answer(one: Record) -> terms.Answer:
    if one["answer"] not in {"yes", "no"} or one["use"] not in terms.USES:
        raise ValueError("an answer is yes or no, to a known use")
    return terms.Answer(
        one["member"],
        one["licensee"],
        one["use"],
        one["answer"] == "yes",
        date.fromisoformat(one["from"]),
        _read_day(one["until"]),
    )

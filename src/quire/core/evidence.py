"""The published form of a run: evidence and results as canonical JSON Lines. ``readback`` reads it again.

Money stands as texts of twelve decimals, fractions as ``n/d``, dates as ``2026-01-31``; a span's ``until`` is
the first day that is out, ``null`` for ever. Parties and works stand by id alone: no name, no address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from operator import itemgetter
from typing import Any

from quire.core import arrays, bulk, canonical, corrections, extras, terms
from quire.core.bulk import Passed
from quire.core.distribution import Division, Evidence, Hold, Licence, Line, Party, Pot, payees
from quire.core.fx import Conversion
from quire.core.money import decimal_of
from quire.core.readback import INPUTS, Record, read, read_receipts, receipt_records
from quire.core.shares import share_text
from quire.core.standings import cut

__all__ = [
    "INPUTS",
    "OUTSTANDING",
    "RESULTS",
    "Passed",
    "Record",
    "cut",
    "input_blocks",
    "input_files",
    "line_records",
    "payee_records",
    "read",
    "read_receipts",
    "receipt_records",
    "result_blocks",
    "result_files",
    "total_record",
]

RESULTS = ("lines.jsonl", "totals.jsonl", "payees.jsonl")
OUTSTANDING = "outstanding.jsonl"
"""A result that only a run with corrections has: what debtors still owe after it."""


# Evidence to files


def input_files(evidence: Evidence, receipts: Iterable[Record]) -> dict[str, bytes]:
    """The files of the evidence, by name. ``receipts`` are records of receipt, pot, amount (a text) and
    received (a date)."""
    return {name: b"".join(data) for name, data in input_blocks(evidence, receipts)}


def input_blocks(evidence: Evidence, receipts: Iterable[Record]) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The same, each file as blocks of bytes that are made while they are taken."""
    yield "plan.toml", iter((evidence.plan.text.encode(),))
    for name, records in _facts(evidence, receipts):
        yield name, _blocks(records)
    yield "counts.jsonl", bulk.counts(evidence)
    for extra in extras.EXTRAS:
        if getattr(evidence, extra.field):
            yield extra.file, _blocks(extras.records(evidence, extra))


def _facts(evidence: Evidence, receipts: Iterable[Record]) -> Iterator[tuple[str, Iterable[Record]]]:
    """The files that every run has, beside its plan."""
    licences = {pot.licence.id: pot.licence for pot in evidence.pots}
    yield "licences.jsonl", map(_licence, licences.values())
    yield "pots.jsonl", map(_pot, evidence.pots)
    yield "receipts.jsonl", receipts
    yield "parties.jsonl", (_party(place, one) for place, one in enumerate(evidence.parties))
    yield "mandates.jsonl", map(_answer, evidence.answers)
    yield (
        "direct.jsonl",
        ({"member": one.member, "licensee": one.licensee, **_span(one)} for one in evidence.direct),
    )
    yield "works.jsonl", _works(evidence)
    yield "holds.jsonl", map(_hold, evidence.holds)


def _blocks(records: Iterable[Record]) -> Iterator[bytes]:
    return canonical.blocks(canonical.write_lines(records))


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _span(one: Any) -> dict[str, Any]:
    return {"from": _day(one.starts), "until": _day(one.ends)}


def _licence(one: Licence) -> Record:
    share = {"rate": share_text(one.rate), "minimum": decimal_of(one.minimum)}
    return {
        "licence": one.id,
        "licensee": one.licensee,
        "kind": one.kind,
        "uses": list(one.uses),
        **_span(one),
        "currency": one.currency,
        "fee": decimal_of(one.fee),
        "prices": {tier: decimal_of(price) for tier, price in one.prices.items()},
        **(share if one.kind == "revenue" else {}),
    }


def _pot(one: Pot) -> Record:
    return {
        "pot": one.id,
        "licence": one.licence.id,
        **_span(one),
        "currency": one.currency,
        "amount": decimal_of(one.amount),
        **({} if one.revenue is None else {"revenue": decimal_of(one.revenue)}),
        **({} if one.conversion is None else _conversion(one.conversion)),
        **({"late": [[_day(a), _day(b)] for a, b in one.late]} if one.late else {}),
    }


def _conversion(made: Conversion) -> Record:
    """What came in and how it was converted (the fields of DDEX SY10); ``residue`` is a part of a quantum."""
    return {
        "received": decimal_of(made.received),
        "received_currency": made.rate.have,
        "rate": share_text(made.rate.rate),
        "rate_source": made.rate.source,
        "rate_date": _day(made.rate.day),
        "residue": share_text(made.residue),
    }


def _party(place: int, one: Party) -> Record:
    return {
        "party": one.id,
        "ordinal": place,
        "works": one.works,
        "member": [_span(span) for span in one.spans],
        "lapses": [_span(span) for span in one.lapses],
    }


def _hold(one: Hold) -> Record:
    """A part and a first day are told where they are not the whole, and of all days."""
    told = {"hold": one.id, "subject": one.subject, "party": one.party}
    part = {} if one.part == 1 else {"part": share_text(one.part)}
    return {**told, **part, **({} if one.starts is None else {"from": _day(one.starts)})}


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


# Results to files


def result_files(evidence: Evidence, divisions: Iterable[Division]) -> dict[str, bytes]:
    """The files of the results, by name; what is owed for corrections is one where anything is."""
    return {name: b"".join(data) for name, data in result_blocks(evidence, divisions)}


def result_blocks(
    evidence: Evidence,
    divisions: Iterable[Division],
    tell: Callable[[Passed, bool], None] = lambda passed, done: None,
) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The same, each file as blocks of bytes that are made while they are taken. A division is let go before
    the next one is asked for. The lines must have been taken whole before the other files are.

    ``tell`` is told what has passed after every block of lines, and, with True, at the end of each division;
    what it raises ends the work.
    """
    totals: list[dict[str, Any]] = []
    debts: list[Record] = []
    sums: dict[tuple[int, str], dict[str, int]] = {}

    def slowly(number: int, line: Line) -> bytes:
        return next(canonical.write_lines((_line(evidence, number, line),)))

    def lines() -> Iterator[bytes]:
        number, write = 0, bulk.LineWriter(evidence, slowly)
        for division in divisions:
            passed = Passed(division)
            for block in division.lines.blocks:
                for data in write.block(block, passed, number + passed.count):
                    tell(passed, False)
                    yield data
            tell(passed, True)
            number += passed.count
            totals.append(total_record(division))
            debts.extend(map(corrections.write_debt, division.debts))
            _add(sums, passed)

    yield "lines.jsonl", lines()
    yield "totals.jsonl", _blocks(totals)
    yield "payees.jsonl", _blocks(_payee(evidence, *one) for one in sorted(sums.items(), key=itemgetter(0)))
    if debts:
        yield OUTSTANDING, _blocks(debts)


def _add(sums: dict[tuple[int, str], dict[str, int]], passed: Passed) -> None:
    for party, told in passed.parties.items():
        mine = sums.setdefault((party, passed.division.currency), {"payable": 0, "held": 0})
        for outcome, amount in told.items():
            mine[outcome] += amount


def line_records(evidence: Evidence, divisions: Sequence[Division]) -> Iterator[dict[str, Any]]:
    """Every line as it is published, numbered from 0 through all pots."""
    number = 0
    for division in divisions:
        for line in division.lines:
            yield _line(evidence, number, line)
            number += 1


def _line(evidence: Evidence, number: int, line: Line) -> dict[str, Any]:
    told: dict[str, Any] = {
        "line": number,
        "pot": line.pot,
        "share": line.label,
        "outcome": line.outcome,
        "amount": decimal_of(line.amount),
    }
    if line.role:
        if line.party is not None:
            told["party"] = evidence.parties[line.party].id
        told |= {"role": line.role, "weight": share_text(line.weight), "part": share_text(line.part)}
    if line.subject is not None:
        told |= _used(evidence, line)
    if line.outcome == "deducted":
        told["rate"] = share_text(line.part)
    if line.to:
        told["to"] = line.to
    if line.via:
        told |= {"via": list(line.via), "of": decimal_of(line.of)}
    if line.hold:
        told["hold"] = line.hold
    if line.corrects is not None:
        told |= line.corrects.record()
    if line.estimate is not None:
        told["estimate"] = share_text(line.estimate)
    if line.low is not None and line.high is not None:
        told |= {"low": share_text(line.low), "high": share_text(line.high)}
    return told


def _used(evidence: Evidence, line: Line) -> dict[str, Any]:
    """What a line says of its subject: the days on which its owners were judged, and the usage if any."""
    assert line.subject is not None
    counts = evidence.counts[line.source or line.pot]
    starts, until = counts.segments[line.segment]
    told: dict[str, Any] = {
        "subject": evidence.subjects.ids[line.subject],
        "from": _day(starts),
        "until": _day(until),
    }
    if line.segment < counts.late:
        [pot] = (one for one in evidence.pots if one.id == (line.source or line.pot))
        [span] = (one for one in pot.late if one[0] <= starts < one[1])
        told["late"] = [_day(span[0]), _day(span[1])]
    if line.source:
        told["source"] = line.source
    if line.use:
        told |= {"use": line.use, "requests": line.requests}
    if line.evidence:
        told["evidence"] = line.evidence
    return told


def total_record(division: Division) -> dict[str, Any]:
    """A pot's account: what came in is allocated, held, deducted, in a fund, or residue. What is due is in
    the licence's currency, which is named where it is another than the pot's."""
    pot = division.pot
    same = pot is None or pot.currency == pot.licence.currency
    owed_in = {} if pot is None or same else {"due_currency": pot.licence.currency}
    return {
        "pot": division.id,
        "currency": division.currency,
        "received": decimal_of(division.received),
        "due": decimal_of(division.due),
        **owed_in,
        "allocated": decimal_of(division.sum_of("payable")),
        "held": decimal_of(division.sum_of("held")),
        "deducted": decimal_of(division.sum_of("deducted")),
        "fund": decimal_of(division.sum_of("fund")),
        **{name: decimal_of(sums) for name in ("unclaimed", "pooled") if (sums := division.sum_of(name))},
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
    return (_payee(evidence, *one) for one in payees(divisions).items())


def _payee(evidence: Evidence, of: tuple[int, str], sums: dict[str, int]) -> dict[str, Any]:
    place, currency = of
    return {
        "party": evidence.parties[place].id,
        "currency": currency,
        "payable": decimal_of(sums["payable"]),
        "held": decimal_of(sums["held"]),
    }

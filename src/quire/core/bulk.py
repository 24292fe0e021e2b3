"""The two long files of a run, counts and lines, written by columns: no object and no encoder for each line.

Owns the canonical bytes (RFC 8785) of rows that have nothing special: a count, and an amount that goes to one
member, who is its owner and on no hold. They are the bytes that ``evidence`` writes record by record, the
slow way with which tests compare this one. Every other line is left to ``evidence``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import gcd
from typing import Any

from quire.core import arrays, canonical, terms
from quire.core.canonical import MAX_INT
from quire.core.distribution.claims import Rows
from quire.core.distribution.lines import Block, Division, Line
from quire.core.facts import Evidence
from quire.core.money import decimal_of
from quire.core.plan import EVIDENCE

SOME = 1 << 10
"""Rows written at a time."""

LONG = 10_000
"""Characters of a name with which a line might become too long: none of its run is then written here."""


@dataclass(slots=True)
class Passed:
    """What going through the lines of one division has found: how many there are, quanta by outcome and by
    party ordinal, and whether one is below zero."""

    division: Division
    count: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    parties: dict[int, dict[str, int]] = field(default_factory=dict)
    negative: bool = False

    def take(self, line: Line) -> None:
        """Take in one line."""
        self.count += 1
        self.outcomes[line.outcome] = self.outcomes.get(line.outcome, 0) + line.amount
        self.negative = self.negative or line.amount < 0
        if line.party is not None:
            self._of(line.party)[line.outcome] += line.amount

    def take_payable(self, members: Sequence[int], amounts: Sequence[int]) -> None:
        """Take in as many payable lines, by columns."""
        if not amounts:
            return
        self.count += len(amounts)
        self.outcomes["payable"] = self.outcomes.get("payable", 0) + sum(amounts)
        self.negative = self.negative or min(amounts) < 0
        for member, amount in zip(members, amounts, strict=True):
            self._of(member)["payable"] += amount

    def _of(self, party: int) -> dict[str, int]:
        if party not in self.parties:
            self.parties[party] = {"payable": 0, "held": 0}
        return self.parties[party]


def counts(evidence: Evidence) -> Iterator[bytes]:
    """The lines of ``counts.jsonl``, some at a time. NotCanonical for a count that JSON cannot keep."""
    uses = list(map(_json, terms.USES))
    for pot in evidence.pots:
        mine, name = evidence.counts[pot.id], _json(pot.id)
        heads = [f'"from":{_day(day)},"pot":{name},"requests":' for day, _ in mine.segments for _ in uses]
        tails = [f',"use":{use}}}\n' for use in uses] * len(mine.segments)
        begins = [""] if mine.evidence is None else [f'"evidence":{_json(one)},' for one in EVIDENCE]
        for start in range(0, len(mine.requests), SOME):
            requests, *rest = (_some(one, start) for one in (mine.requests, mine.subjects, mine.cells))
            shown = _some(mine.evidence, start) if mine.evidence is not None else [0] * len(requests)
            _fits(requests)
            yield "".join(
                [
                    f'{{{begins[one]}{heads[cell]}{count},"subject":{subject}{tails[cell]}'
                    for count, subject, cell, one in zip(requests, *rest, shown, strict=True)
                ]
            ).encode()


Slowly = Callable[[int, Line], bytes]
"""Writes one line, which is given its number."""


class LineWriter:
    """Writes the lines of one run; ``slowly`` writes each that is not plain."""

    def __init__(self, evidence: Evidence, slowly: Slowly) -> None:
        self.evidence, self.slowly = evidence, slowly
        self.parties = [_json(party.id) for party in evidence.parties]
        subjects = evidence.subjects.ids
        labels = [pot.id for pot in evidence.pots] + [part.label for part in evidence.plan.nodes]
        self.quick = all(len(name) < LONG for names in (self.parties, subjects, labels) for name in names)
        self.late = {pot.id: pot.late for pot in evidence.pots}
        self.subjects = subjects
        self.quoted = all(map(_SIMPLE.fullmatch, subjects))

    def block(self, block: Block, passed: Passed, number: int) -> Iterator[bytes]:
        """A block's lines, counted on from ``number``, some at a time."""
        if self.quick and isinstance(block, Rows) and block.claims.bounds is None:
            yield from self._rows(block, passed, number)
            return
        texts: list[bytes] = []
        for place, line in enumerate(block, number):
            passed.take(line)
            texts.append(self.slowly(place, line))
            if len(texts) == SOME:
                yield b"".join(texts)
                texts.clear()
        if texts:
            yield b"".join(texts)

    def _rows(self, block: Rows, passed: Passed, number: int) -> Iterator[bytes]:
        plain, shape = block.plain(), _Shape(self, block)
        for start in range(0, len(block.claims), SOME):
            flags = _some(plain, start)
            requests = block.claims.requests
            if requests is not None:
                _fits(_some(requests, start))
            if all(flags):
                texts = shape.plain(start, number)
            else:
                texts = self._mixed(block, shape, start, flags, passed, number)
            columns = (_some(one, start) for one in (block.claims.members, block.amounts))
            told = [(member, amount) for member, amount, flag in zip(*columns, flags, strict=True) if flag]
            passed.take_payable([member for member, _ in told], [amount for _, amount in told])
            number += len(texts)
            yield "".join(texts).encode()

    def _mixed(
        self, block: Rows, shape: _Shape, start: int, flags: list[int], passed: Passed, number: int
    ) -> list[str]:
        """Some rows of which not all are plain."""
        others = block.told([start + place for place, flag in enumerate(flags) if not flag])
        texts: list[str] = []
        for row, flag in enumerate(flags, start):
            if flag:
                texts += shape.plain(row, number + len(texts), 1)
                continue
            for line in block.owners.of(next(others)):
                passed.take(line)
                texts.append(self.slowly(number + len(texts), line).decode())
        return texts


class _Shape:
    """How the plain lines of one block are written: what they have in common, made once."""

    def __init__(self, writer: LineWriter, block: Rows) -> None:
        self.writer, self.block, claims = writer, block, block.claims
        self.pot, self.share = _json(block.pot), _json(block.label)
        self.scale = claims.scale
        self.sources = [f'"source":{_json(name)},' if name else "" for name in self._from()]
        if claims.subjects is not None:
            self.cells = [self._cells(name or block.pot) for name in self._from()]

    def _from(self) -> Sequence[str]:
        claims = self.block.claims
        return [""] if claims.source is None else claims.sources

    def _cells(self, pot: str) -> list[tuple[str, str]]:
        """For each cell of a pot's counts what stands before a line's number, and after its subject."""
        counts = self.writer.evidence.counts[pot]
        found = []
        for segment, (starts, ends) in enumerate(counts.segments):
            head = f'"from":{_day(starts)},'
            if segment < counts.late:
                [span] = (one for one in self.writer.late[pot] if one[0] <= starts < one[1])
                head += f'"late":[{_day(span[0])},{_day(span[1])}],'
            for use in terms.USES:
                told = "" if self.block.claims.requests is None else f'"use":{_json(use)},'
                found.append((head, f',"until":{_day(ends)},{told}'))
        return found

    def plain(self, start: int, number: int, most: int = SOME) -> list[str]:
        """The lines of at most so many rows from ``start`` on, all of which must be plain."""
        claims = self.block.claims
        columns = (claims.weights, self.block.amounts, claims.members)
        weights, amounts, members = (_some(one, start, most) for one in columns)
        parties, pot, share = self.writer.parties, self.pot, self.share
        if claims.subjects is None:
            return [
                f'{{"amount":"{decimal_of(amount)}","line":{line},"outcome":"payable","part":"1/1",'
                f'"party":{parties[member]},"pot":{pot},"role":"member","share":{share},'
                f'"weight":"{_weight(weight, self.scale)}"}}\n'
                for line, (weight, amount, member) in enumerate(
                    zip(weights, amounts, members, strict=True), number
                )
            ]
        rest = self._told(start, most, len(weights))
        return [
            f'{{"amount":"{decimal_of(amount)}",{shown}{begins}"line":{line},"outcome":"payable","part":"1/1",'
            f'"party":{parties[member]},"pot":{pot},{requests}"role":"owner","share":{share},{source}"subject":'
            f'{subject}{ends}"weight":"{_weight(weight, self.scale)}"}}\n'
            for line, (weight, amount, member, shown, (begins, ends), requests, source, subject) in enumerate(
                zip(weights, amounts, members, *rest, strict=True), number
            )
        ]

    def _told(self, start: int, most: int, size: int) -> tuple[Sequence[Any], ...]:
        """What rows say of their subject and its usage, a column each."""
        claims = self.block.claims
        nothing = [""] * size
        from_ = [0] * size if claims.source is None else _some(claims.source, start, most)
        cells = _some(claims.cells, start, most)
        named = [self.writer.subjects[one] for one in _some(claims.subjects, start, most)]
        return (
            nothing
            if claims.evidence is None
            else [f'"evidence":{_json(EVIDENCE[one])},' for one in _some(claims.evidence, start, most)],
            [self.cells[one][cell] for one, cell in zip(from_, cells, strict=True)],
            nothing
            if claims.requests is None
            else [f'"requests":{one},' for one in _some(claims.requests, start, most)],
            [self.sources[one] for one in from_],
            [f'"{one}"' for one in named] if self.writer.quoted else list(map(_json, named)),
        )


_SIMPLE = re.compile(r"[A-Za-z0-9_:./-]*")
"""Texts that stand in JSON as they are."""


def _some(column: Any, start: int, most: int = SOME) -> list[int]:
    return arrays.to_list(column[start : start + most])


def _fits(numbers: Sequence[int]) -> None:
    """NotCanonical for a number that JSON does not keep."""
    if numbers and max(numbers) > MAX_INT:
        canonical.dumps(max(numbers))


def _json(value: str) -> str:
    return canonical.dumps(value).decode()


def _day(value: date) -> str:
    return f'"{value.isoformat()}"'


def _weight(weight: int, scale: int) -> str:
    """The fraction in its lowest terms."""
    if scale == 1:
        return f"{weight}/1"
    common = gcd(weight, scale)
    return f"{weight // common}/{scale // common}"

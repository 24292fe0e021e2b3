"""Who stands in a portion, with what weight, and the lines that follow once the amount is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import repeat
from typing import Any

from quire.core import arrays, terms
from quire.core.arrays import Ints
from quire.core.distribution.lines import Line, Tally
from quire.core.distribution.owners import Owners
from quire.core.plan import EVIDENCE


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between what each weight lies, where it is not counted; ``estimated`` where a survey says so."""

    lows: Sequence[Fraction | None]
    highs: Sequence[Fraction | None]
    estimated: bool


@dataclass(frozen=True, slots=True)
class Claims:
    """Rows that stand in a portion, as columns of one length.

    ``weights`` are integers over ``scale``, none zero; ``members`` the ordinals of the parties by whose
    mandate they stand. ``subjects`` is None where the members themselves stand, and −1 in a row where one
    does. ``cells`` (segment × number of uses + use) say when a subject's owners are judged; ``requests`` is
    None where a subject stands without its usage being counted, and of the cell only the segment has a
    meaning. ``evidence`` is a place in ``plan.EVIDENCE``, ``source`` one in ``sources``: the pots in which
    the usage of a pool was counted.
    """

    weights: Ints
    scale: int
    members: Ints
    subjects: Ints | None = None
    cells: Ints | None = None
    requests: Ints | None = None
    evidence: Ints | None = None
    bounds: Bounds | None = None
    source: Ints | None = None
    sources: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.weights)

    @property
    def weight(self) -> Fraction:
        """The sum of the weights."""
        return Fraction(arrays.total(self.weights), self.scale)


@dataclass(frozen=True, slots=True)
class Rows:
    """A portion's lines: the claims with the amount of each, in quanta."""

    owners: Owners
    pot: str
    label: str
    claims: Claims
    amounts: Ints

    def __iter__(self) -> Iterator[Line]:
        plain = arrays.to_list(self.plain())
        for line, is_plain in zip(self.told(range(len(plain))), plain, strict=True):
            if is_plain:
                yield line
            else:
                yield from self.owners.of(line)

    def plain(self) -> Ints:
        """1 for each row that is one line, payable to its member."""
        claims, owners = self.claims, self.owners
        if claims.subjects is None:
            return arrays.take(owners.plain_parties, claims.members)
        if claims.bounds is None:
            return arrays.take(owners.plain_subjects, claims.subjects)
        columns = zip(arrays.to_list(claims.subjects), arrays.to_list(claims.members), strict=True)
        parties, subjects = owners.plain_parties, owners.plain_subjects
        return arrays.ints([int(parties[party] if one < 0 else subjects[one]) for one, party in columns])

    def told(self, rows: Ints) -> Iterator[Line]:
        """The line of each of these rows, before its owners are asked."""
        claims, uses = self.claims, len(terms.USES)
        wide = (claims.weights, self.amounts, claims.members, claims.subjects, claims.cells)
        narrow = (claims.requests, claims.evidence, claims.source)
        columns = [arrays.to_list(rows), *(_column(one, rows) for one in (*wide, *narrow))]
        for row, weight, amount, member, subject, cell, requests, shown, source in zip(
            *columns, strict=False
        ):
            owned = subject is not None and subject >= 0
            segment, use = divmod(cell, uses) if owned else (0, 0)
            line = Line(
                self.pot,
                self.label,
                "payable",
                amount,
                member,
                "owner" if owned else "member",
                subject if owned else None,
                segment,
                "" if requests is None else terms.USES[use],
                requests or 0,
                Fraction(weight, claims.scale),
                source="" if source is None else claims.sources[source],
                evidence="" if shown is None else EVIDENCE[shown],
            )
            yield line if claims.bounds is None else _estimate(line, claims.bounds, row)

    def tally(self) -> Tally:
        """By columns for plain rows; the others one by one."""
        plain, parties = self.plain(), len(self.owners.evidence.parties)
        mine = arrays.masked(self.amounts, plain)
        whole = Tally(0, {}, arrays.sum_by(self.claims.members, mine, parties))
        count = arrays.total(plain)
        if count:
            whole.add("payable", arrays.total(mine), count)
        if count == len(plain):
            return whole
        owed = [0] * parties
        ones = arrays.alike(1, len(plain))
        rest = arrays.nonzero(arrays.plus(ones, arrays.times(plain, arrays.alike(-1, len(plain)))))
        for row in self.told(rest):
            for line in self.owners.of(row):
                whole.add(line.outcome, line.amount)
                if line.party is not None:
                    owed[line.party] += line.amount
        whole.parties = arrays.plus(whole.parties, arrays.ints(owed))
        return whole


def _column(column: Ints | None, rows: Ints) -> Iterable[Any]:
    """The values of these rows; None for each where there is no such column."""
    return repeat(None) if column is None else arrays.to_list(arrays.take(column, rows))


def _estimate(told: Line, bounds: Bounds, row: int) -> Line:
    """The line with what bounds its weight; of a survey, with the estimate too."""
    estimate = told.weight if bounds.estimated else None
    return replace(told, low=bounds.lows[row], high=bounds.highs[row], estimate=estimate)

"""Who stands in a portion, with what weight, and the lines that follow once the amount is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from quire.core import arrays, terms
from quire.core.arrays import Ints
from quire.core.distribution.lines import Line, Tally
from quire.core.distribution.owners import Owners


@dataclass(frozen=True, slots=True)
class Claims:
    """Rows that stand in a portion, as columns of one length.

    ``weights`` are integers over ``scale``, none zero; ``members`` the ordinals of the parties by whose
    mandate they stand. ``subjects`` is None where the members themselves stand. ``cells`` (segment × number
    of uses + use) say when a subject's owners are judged; ``requests`` is None where a subject stands
    without its usage being counted, and of the cell only the segment has a meaning.
    """

    weights: Ints
    scale: int
    members: Ints
    subjects: Ints | None = None
    cells: Ints | None = None
    requests: Ints | None = None

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
        if self.claims.subjects is None:
            return arrays.take(self.owners.plain_parties, self.claims.members)
        return arrays.take(self.owners.plain_subjects, self.claims.subjects)

    def told(self, rows: Ints) -> Iterator[Line]:
        """The line of each of these rows, before its owners are asked."""
        claims, uses = self.claims, len(terms.USES)
        columns = [claims.weights, claims.members, self.amounts]
        columns += [one for one in (claims.subjects, claims.cells, claims.requests) if one is not None]
        for weight, member, amount, *more in zip(
            *(arrays.to_list(arrays.take(column, rows)) for column in columns), strict=True
        ):
            line = Line(self.pot, self.label, "payable", amount, member, "member")
            if more:
                segment, use = divmod(more[1], uses)
                line = replace(line, role="owner", subject=more[0], segment=segment)
                if len(more) > 2:
                    line = replace(line, use=terms.USES[use], requests=more[2])
            yield replace(line, weight=Fraction(weight, claims.scale))

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

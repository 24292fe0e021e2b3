"""What a division says: lines, the account of each portion, and their sums, made only when asked for.

A pot of six million lines is kept as a few columns, and a line becomes an object while somebody looks at it.
So ``Division.lines`` may be gone through as often as one likes, is never in memory as a whole, and its sums
come from the columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from typing import Any, Protocol

from quire.core import arrays
from quire.core.arrays import Ints
from quire.core.corrections import Corrects, Debt
from quire.core.facts import Pot

OUTCOMES = ("payable", "held", "unclaimed", "deducted", "fund", "pooled")
"""What may become of an amount: every quantum of a division is in a line of one of these."""


@dataclass(frozen=True, slots=True)
class Line:
    """One amount and why. ``weight`` is what stood in proportion, ``part`` the owner's share of the subject;
    ``amount`` is in quanta; ``outcome`` is one of ``OUTCOMES``.

    ``use`` and ``requests`` are empty where a work stands without being used. ``source`` is the pot in which
    the usage was counted, where it is not ``pot`` (the lines of a pool). ``via`` names the agreements by
    which the amount came to the party, ``of`` what had come to the one that passed it on. ``low`` and
    ``high`` bound a weight that was not counted, ``estimate`` is that weight where a survey found it.
    ``corrects`` says what of a closed run the amount corrects; there alone it may be below zero.
    ``hold`` is the hold of what one party owns of one subject, where that is why the line is held.
    """

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
    source: str = ""
    evidence: str = ""
    via: tuple[str, ...] = ()
    of: int = 0
    estimate: Fraction | None = None
    low: Fraction | None = None
    high: Fraction | None = None
    corrects: Corrects | None = None
    hold: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """What became of one portion: its amount, the sum of the weights, and its outcome.

    That is ``shared``; or why it is empty (``spread``, ``hold`` or ``fund``); or ``pooled``; or ``split``
    among the shares in it, which follow.
    """

    label: str
    amount: int
    weight: Fraction
    outcome: str


@dataclass(slots=True)
class Tally:
    """Sums over lines: how many there are, quanta by outcome, and quanta by party ordinal."""

    count: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    parties: Ints | None = None

    def add(self, outcome: str, amount: int, count: int = 1) -> None:
        """Take in so many lines of one outcome."""
        self.count += count
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + amount


class Block(Protocol):
    """Some lines of a division, one after the other."""

    def __iter__(self) -> Iterator[Line]: ...

    def tally(self) -> Tally:
        """Their sums, by columns; ``parties`` is None where no party gets anything."""
        ...


@dataclass(frozen=True, slots=True)
class Single:
    """A line that goes to no party: deducted, held as a whole, into a fund or a pool."""

    line: Line

    def __iter__(self) -> Iterator[Line]:
        yield self.line

    def tally(self) -> Tally:
        return Tally(1, {self.line.outcome: self.line.amount})


class Lines(Sequence[Line]):
    """All lines in their published order. Going through them makes them; an index or a slice goes through
    all before it."""

    __slots__ = ("_tally", "blocks")

    def __init__(self, blocks: Sequence[Block] = ()) -> None:
        self.blocks = tuple(blocks)
        self._tally: Tally | None = None

    def __iter__(self) -> Iterator[Line]:
        for block in self.blocks:
            yield from block

    def __len__(self) -> int:
        return self.tally().count

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return tuple(self)[place]
        wanted = place if place >= 0 else len(self) + place
        found = next(islice(self, wanted, None), None) if wanted >= 0 else None
        if found is None:
            raise IndexError(f"there is no line {place}")
        return found

    def tally(self) -> Tally:
        """The sums over all lines, reached once and kept."""
        if self._tally is None:
            whole = Tally()
            for block in self.blocks:
                one = block.tally()
                whole.count += one.count
                for outcome, amount in one.outcomes.items():
                    whole.add(outcome, amount, 0)
                if one.parties is not None:
                    both = whole.parties is not None
                    whole.parties = arrays.plus(whole.parties, one.parties) if both else one.parties
            self._tally = whole
        return self._tally


@dataclass(frozen=True, slots=True)
class Division:
    """A pot divided, or a pool of the run: the portions and all lines, in their published order.

    ``received`` is what was there to divide and ``due`` what the tariff asks, in quanta of ``currency``;
    ``pot`` is None for what is no pot. ``debts`` are what is owed for corrections of closed runs after
    this one.
    """

    id: str
    currency: str
    received: int
    due: int
    shares: tuple[Share, ...]
    lines: Lines
    pot: Pot | None = None
    debts: tuple[Debt, ...] = ()

    def sum_of(self, outcome: str) -> int:
        """Quanta with this outcome."""
        return self.lines.tally().outcomes.get(outcome, 0)

    @property
    def sums(self) -> Mapping[str, int]:
        """Quanta by outcome, of those of which there is a line."""
        return self.lines.tally().outcomes

    @property
    def residue(self) -> int:
        """What the lines leave of it: zero, by construction, and yet published and checked."""
        return self.received - sum(self.sums.values())

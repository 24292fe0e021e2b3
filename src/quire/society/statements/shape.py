"""What a statement is: one payee's part of one run, with every number on the way to it. Values only.

Amounts are quanta of the currency beside them; weights, parts and rates are exact fractions; days are
half-open spans.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from quire.core.lineage import PSEUDONYM
from quire.society.distribution.queries import Given
from quire.society.kit.periods import Period
from quire.society.payouts.queries import Account


@dataclass(frozen=True, slots=True)
class Payee:
    """Whose statement it is; ``tid`` is what the bundle calls it."""

    id: UUID
    tid: str
    code: str
    name: str

    @property
    def pseudonymous(self) -> bool:
        return self.tid.startswith(PSEUDONYM)


@dataclass(frozen=True, slots=True)
class Sum:
    """What the run gave the payee in one currency: credited, and held back for now."""

    currency: str
    credited: int
    held: int


@dataclass(frozen=True, slots=True)
class Portion:
    """A part of a pot. ``of_rest`` is its fraction of what the deductions left, after empty portions went
    over to the others; ``weight`` is the sum of the weights of everybody in it; ``outcome`` is ``shared``, or
    what became of it when nobody was."""

    label: str
    sentence: str
    key: str
    of_rest: Fraction
    amount: int
    weight: Fraction
    outcome: str


@dataclass(frozen=True, slots=True)
class Deduction:
    """``rate`` of ``base`` is ``amount``; ``base`` is the pot (``of`` is gross), that less the reserve of a
    lump sum (net), or what was left (rest)."""

    label: str
    rate: Fraction
    of: str
    to: str
    base: int
    amount: int


@dataclass(frozen=True, slots=True)
class Pot:
    """A pot in which the payee has lines, from what came in to what the payee gets of it; ``converted`` says
    what it was before, where it came in in another currency."""

    tid: str
    licence: str
    licensee: str
    starts: date
    ends: date
    currency: str
    received: int
    due: int
    deductions: tuple[Deduction, ...]
    rest: int
    portions: tuple[Portion, ...]
    credited: int
    held: int
    converted: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What was used: a work with its title and key, or a site where no work is known; ``key`` is its host."""

    tid: str
    kind: str
    title: str
    key: str


@dataclass(frozen=True, slots=True)
class Line:
    """One published line (``record``, unchanged) and what a person needs to follow it:
    the portion's amount × weight ÷ the portion's weight × part is the amount, within a quantum or two."""

    number: int
    record: Mapping[str, Any]
    pot: Pot
    portion: Portion
    outcome: str
    amount: int
    role: str
    weight: Fraction
    part: Fraction
    subject: Subject | None
    use: str
    starts: date | None
    ends: date | None
    requests: int
    held_because: str
    agreed: str = ""
    """By which agreement it came to the payee, in words; empty where it was credited at once."""
    low: Fraction | None = None
    high: Fraction | None = None
    """Between which bounds the weight lies, where it was estimated."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One published line (``record``) that corrects what the closed ``run`` divided for a work, some days and
    a use in a portion; ``amount`` is below zero where it is taken off."""

    number: int
    record: Mapping[str, Any]
    currency: str
    outcome: str
    amount: int
    subject: Subject
    starts: date
    ends: date
    use: str
    portion: str
    run: str
    old: Fraction | None
    new: Fraction | None
    reason: str


@dataclass(frozen=True, slots=True)
class Proof:
    """That the lines are in the published file: its Merkle root and size, and a path for each line."""

    root: str
    size: int
    paths: Mapping[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Statement:
    """One payee's part of one run."""

    society: str
    run: str
    period: Period
    plan: str
    plan_sentences: tuple[str, ...]
    plan_digest: str
    decision: str
    payee: Payee
    sums: tuple[Sum, ...]
    pots: tuple[Pot, ...]
    lines: tuple[Line, ...]
    adjustments: tuple[Adjustment, ...]
    accounts: tuple[Account, ...]
    accounts_on: date
    awards: tuple[Given, ...]
    proof: Proof

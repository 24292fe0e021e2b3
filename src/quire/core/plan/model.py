"""A plan as values: deductions, portions within portions, tiers and weights. Owns no reading and no money."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

from quire.core.errors import Invalid

KEYS = ("usage", "tier", "equal", "survey", "attribution", "units")
MEASURES = ("requests", "value", "works")
BASES = ("gross", "rest")
AMONG = ("members", "works")
INCOMES = ("own", "pooled")
WEIGHTS = ("content tier", "use", "evidence")
EVIDENCE = ("key", "signature", "address", "name", "token", "none")
"""What a request had to show of who asks, strongest first; a log that says nothing of it counts as none."""

NOBODY = "nobody"
"""The label of the one line of a pot whose portions all find nobody."""

MOST_WORKS = 10**12
"""No tier begins higher; a number beyond is a slip of the hand."""

MOST_TEXT, MOST_LINE = 1 << 16, 1000
"""Characters of a plan, and of one line of it: a key of ten thousand dots takes TOML's reader minutes."""

MOST_PARTS = 100
"""Deductions, portions at all levels together, and tiers, that a plan may have."""

MOST_DEPTH = 5
"""Levels of shares within shares; nobody could follow more."""

Tiers: TypeAlias = tuple[tuple[str, int], ...]
"""Name and least number of works, highest first."""

Sums: TypeAlias = tuple[tuple[str, int], ...]
"""Currency and quanta, by currency."""


class PlanWrong(Invalid):
    """A plan that cannot work. ``data["problems"]`` has every sentence, not only the first."""

    code = "plan.wrong"


@dataclass(frozen=True, slots=True)
class Deduction:
    """Kept back before anything is shared: ``rate`` of the ``gross``, or of what is left (``rest``). Over a
    whole run no more than ``ceiling`` of a currency is kept, where it is named there."""

    label: str
    rate: Fraction
    of: str
    to: str
    ceiling: Sums = ()

    def most(self, currency: str) -> int | None:
        """The ceiling in quanta of a currency; None where there is none."""
        return dict(self.ceiling).get(currency)


@dataclass(frozen=True, slots=True)
class Portion:
    """A part of what is shared, and the key it is shared by; or, with ``parts``, divided further first.

    ``key`` is one of ``KEYS``: ``usage`` (by ``measure``, times its ``weights``), ``tier`` (equally among
    the members of ``tier``), ``equal`` (equally ``among`` all members or all works), ``survey``,
    ``attribution`` or ``units`` (by what the file or survey named in ``of`` says); empty where there are
    ``parts``. ``income`` is ``own`` or ``pooled``. ``if_empty`` is ``spread``, ``hold`` or ``fund:NAME``.

    ``cap`` and ``floor`` bound what each member gets, ``caps`` what the members of a tier get together, in
    fractions of the portion's amount; ``floor_sums`` are floors in quanta. ``if_over`` says where it goes
    when all are at their caps: ``hold``, which is the rule where it is empty, or ``fund:NAME``.
    """

    label: str
    portion: Fraction
    key: str
    tier: str = ""
    measure: str = "requests"
    weights: tuple[str, ...] = ()
    if_empty: str = "spread"
    among: str = "members"
    income: str = "own"
    of: str = ""
    cap: Fraction | None = None
    caps: tuple[tuple[str, Fraction], ...] = ()
    floor: Fraction | None = None
    floor_sums: Sums = ()
    if_over: str = ""
    parts: tuple[Portion, ...] = ()

    @property
    def weighted(self) -> bool:
        """Whether the tier of the content weighs."""
        return "content tier" in self.weights

    @property
    def bounded(self) -> bool:
        """Whether there is a cap or a floor."""
        return bool(self.cap is not None or self.caps or self.floor is not None or self.floor_sums)

    @property
    def pooled(self) -> bool:
        """Whether the pots of a currency put this portion together."""
        return self.income == "pooled"

    def nodes(self) -> Iterator[Portion]:
        """This portion, and all within it, outer ones first."""
        yield self
        for part in self.parts:
            yield from part.nodes()


@dataclass(frozen=True, slots=True)
class Plan:
    """A validated plan. ``tiers`` are (name, least number of works), highest first; ``content``, ``uses`` and
    ``evidence`` weigh tiers of content, uses and what a request showed, ``"*"`` any other. ``currency`` is
    the one that pots are to be converted to; empty: each stays in its own. ``recovery`` is how much of
    what a debtor earns in a run may be taken for what it was paid too much in earlier ones."""

    name: str
    text: str
    deductions: tuple[Deduction, ...]
    portions: tuple[Portion, ...]
    tiers: Tiers = ()
    below: str = ""
    content: Mapping[str, Fraction] = field(default_factory=dict)
    about: str = ""
    uses: Mapping[str, Fraction] = field(default_factory=dict)
    evidence: Mapping[str, Fraction] = field(default_factory=dict)
    currency: str = ""
    recovery: Fraction = Fraction(1)

    @classmethod
    def parse(cls, text: str) -> Plan:
        """A plan from its TOML. Raises ``PlanWrong`` with every problem found."""
        from quire.core.plan import reading

        return reading.read(text)

    @property
    def digest(self) -> str:
        """``sha256:…`` of the exact text."""
        return "sha256:" + hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def kept(self) -> tuple[Fraction, ...]:
        """The part of what comes in that each deduction keeps, in their order, as if none had a ceiling."""
        found: list[Fraction] = []
        for one in self.deductions:
            found.append(one.rate if one.of == "gross" else one.rate * (1 - sum(found)))
        return tuple(found)

    @property
    def nodes(self) -> tuple[Portion, ...]:
        """Every portion of every level, outer ones before those within."""
        return tuple(node for part in self.portions for node in part.nodes())

    @property
    def leaves(self) -> tuple[Portion, ...]:
        """The portions that have a key."""
        return tuple(node for node in self.nodes if not node.parts)

    @property
    def needs_all_works(self) -> bool:
        """Whether works stand in a portion that nobody used: a run must then freeze them too."""
        return any(part.among == "works" for part in self.leaves)

    @property
    def weighs_evidence(self) -> bool:
        """Whether usage must be counted by what each request showed of who asks."""
        return any("evidence" in part.weights for part in self.leaves)

    @property
    def weighings(self) -> tuple[str, ...]:
        """The names of the weighings that the plan asks for, each once."""
        return self._named("attribution", "units")

    @property
    def surveys(self) -> tuple[str, ...]:
        """The names of the surveys that the plan asks for, each once."""
        return self._named("survey")

    def _named(self, *keys: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(part.of for part in self.leaves if part.key in keys))

    def tier_of(self, works: int) -> str:
        """The tier of a member with so many works; ``below`` (or none, ``""``) under every threshold."""
        return next((name for name, least in self.tiers if works >= least), self.below)

    def weight_of(self, content_tier: str) -> Fraction:
        """What one count of a content tier weighs: its own weight, else that of ``"*"``, else 1."""
        return weight_in(self.content, content_tier)

    def sentences(self) -> list[str]:
        """The plan in words that a board member would use, one sentence a rule."""
        from quire.core.plan import sentences

        return list(sentences.of_plan(self))


def weight_in(table: Mapping[str, Fraction], name: str) -> Fraction:
    """A name's own weight, else that of ``"*"``, else 1."""
    return table.get(name, table.get("*", Fraction(1)))

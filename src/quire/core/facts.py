"""The facts that a run divides by, as values: licences, pots, parties, works, counts, holds.

Owns their shapes, and that no fact contradicts itself. Does not own how they are divided (``distribution``)
or published (``evidence``), nor where they come from.

Columns are ``quire.core.arrays.Ints``; party and subject ordinals are places in ``Evidence.parties`` and
``Evidence.subjects``, both sorted by stable keys when the evidence was frozen: they break every tie.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from itertools import islice, pairwise
from operator import lt
from typing import Protocol

from quire.core import arrays, chains, corrections, fx, survey, tariff, terms, weighings
from quire.core.arrays import Ints
from quire.core.classes import Class
from quire.core.corrections import Correction, Debt
from quire.core.errors import Invalid
from quire.core.plan import EVIDENCE, Plan
from quire.core.shares import UNKNOWN, Shares
from quire.core.weighings import Weighing, Weight


class EvidenceWrong(Invalid):
    """Evidence that contradicts itself. ``data`` has ``file`` and ``line`` where it was read from a file."""

    code = "evidence.wrong"


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence as far as a distribution needs it; ``fee``, ``prices`` and ``minimum`` are quanta of
    ``currency``."""

    id: str
    licensee: str
    kind: str
    uses: tuple[str, ...]
    starts: date
    ends: date
    currency: str
    fee: int
    prices: Mapping[str, int]
    rate: Fraction = Fraction(0)
    minimum: int = 0

    def tariff(self) -> tariff.Tariff:
        """The same, as the tariff's arithmetic takes it."""
        return tariff.Tariff(
            kind=self.kind,
            starts=self.starts,
            ends=self.ends,
            currency=self.currency,
            fee=self.fee,
            prices=self.prices,
            rate=self.rate,
            minimum=self.minimum,
        )


@dataclass(frozen=True, slots=True)
class Pot:
    """One licence's receipts of one period in one currency; ``amount`` in quanta of ``currency``, which is
    the licence's where it is not said.

    ``revenue`` is what the licensee reported for the period, in quanta of the licence's currency, where the
    licence is a share of it. ``conversion`` says what came in, and by which rate it became ``amount``. Raises
    ``EvidenceWrong`` where that rate makes another amount or currency of it, or does not serve the period.

    ``late`` are spans of days before ``starts`` whose usage became known only after a run had divided their
    own pot: it counts here, once. They are in order and do not meet, else ``EvidenceWrong``.
    """

    id: str
    licence: Licence
    starts: date
    ends: date
    amount: int
    currency: str = ""
    revenue: int | None = None
    conversion: fx.Conversion | None = None
    late: tuple[tuple[date, date], ...] = ()

    def __post_init__(self) -> None:
        days = [day for span in self.late for day in span]
        if days and (days != sorted(days) or days[-1] > self.starts or any(a >= b for a, b in self.late)):
            raise EvidenceWrong(f"The late usage of {self.id} is not of days before it, in their order.")
        if not self.currency:
            object.__setattr__(self, "currency", self.licence.currency)
        made = self.conversion
        if made is None:
            return
        if (made.amount, made.rate.want) != (self.amount, self.currency):
            raise EvidenceWrong(f"What came in for {self.id}, by the rate stated, is not its amount.")
        if not made.rate.serves(self.ends - timedelta(days=1)):
            raise EvidenceWrong(
                f"The rate of {self.id} is of {made.rate.day}, which does not serve its period."
            )

    @property
    def received(self) -> int:
        """What came in, in quanta of ``received_in``."""
        return self.amount if self.conversion is None else self.conversion.received

    @property
    def received_in(self) -> str:
        """The currency it came in in."""
        return self.currency if self.conversion is None else self.conversion.rate.have


class _Spanned(Protocol):
    @property
    def starts(self) -> date | None: ...

    @property
    def ends(self) -> date | None: ...


def apart(spans: Iterable[_Spanned]) -> bool:
    """Whether no day lies in two of the spans. ``starts=None`` is since ever, ``ends=None`` for ever."""
    days = ((one.starts or date.min, one.ends or date.max) for one in spans)
    return all(one[1] <= other[0] for one, other in pairwise(sorted(day for day in days if day[0] < day[1])))


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who may be paid. ``spans`` are memberships, ``lapses`` times out of good standing.

    Raises ``EvidenceWrong`` where two memberships overlap: it would matter which of them came first; and for
    the name that is kept for owners whom nobody knows.
    """

    id: str
    works: int = 0
    spans: tuple[terms.Span, ...] = ()
    lapses: tuple[terms.Span, ...] = ()

    def __post_init__(self) -> None:
        if self.id == UNKNOWN:
            raise EvidenceWrong(f"No party may be called {UNKNOWN}; so are owners whom nobody knows.")
        if len(self.spans) > 1 and not apart(self.spans):
            raise EvidenceWrong(f"Two memberships of {self.id} overlap; end one before the other begins.")


@dataclass(frozen=True, slots=True)
class Version:
    """Who owns a subject from ``starts`` (``None``: always) until ``ends``."""

    starts: date | None
    ends: date | None
    shares: Shares


@dataclass(frozen=True, slots=True)
class Subjects:
    """Works and sites as columns. On days that none of its ``versions`` covers, a subject belongs wholly to
    ``members[i]``.

    Raises ``EvidenceWrong`` where two versions of one subject overlap.
    """

    ids: Sequence[str]
    kinds: Sequence[str]
    members: Ints
    tiers: Ints
    tier_names: Sequence[str]
    versions: Mapping[int, tuple[Version, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for place, several in self.versions.items():
            if len(several) > 1 and not apart(several):
                raise EvidenceWrong(
                    f"Two versions of who owns {self.ids[place]} overlap; end one before the other begins."
                )

    def version(self, subject: int, day: date) -> Shares | None:
        """The ownership in force that day; ``None`` where the member owns all of it."""
        for one in self.versions.get(subject, ()):
            if (one.starts is None or one.starts <= day) and (one.ends is None or day < one.ends):
                return one.shares
        return None


@dataclass(frozen=True, slots=True)
class Counts:
    """A pot's usage, before any mandate: for each row a subject, a segment, a use and its requests.

    ``cells`` is segment × number of uses + use, by the pot's ``segments`` and ``terms.USES``. ``evidence`` is
    a place in ``plan.EVIDENCE``, and None unless the plan weighs by it. The first ``late`` segments lie
    before the pot's period. Rows are brought into the order of
    subject, cell and evidence, which breaks ties, so it does not matter how they came in. Raises
    ``EvidenceWrong`` where the same of these is counted twice.
    """

    segments: tuple[tuple[date, date], ...]
    subjects: Ints
    cells: Ints
    requests: Ints
    evidence: Ints | None = None
    late: int = 0

    def __post_init__(self) -> None:
        width = max(1, len(self.segments) * len(terms.USES))
        keys = _beside(self.subjects, self.cells, width)
        if self.evidence is not None:
            keys = _beside(keys, self.evidence, len(EVIDENCE))
        if _ascending(keys):
            return
        places = arrays.to_list(keys)
        order = arrays.ints(sorted(range(len(places)), key=places.__getitem__))
        if not _ascending(arrays.take(keys, order)):
            raise EvidenceWrong("The same usage of a work or site is counted twice.")
        for name in ("subjects", "cells", "requests", "evidence"):
            if (column := getattr(self, name)) is not None:
                object.__setattr__(self, name, arrays.take(column, order))


def _beside(first: Ints, second: Ints, width: int) -> Ints:
    """Two columns in one number each, ``second`` below ``width``."""
    return arrays.plus(arrays.times(first, arrays.alike(width, len(first))), second)


def _ascending(keys: Ints) -> bool:
    if isinstance(keys, list):
        return all(map(lt, keys, islice(keys, 1, None)))
    return bool((keys[1:] > keys[:-1]).all())


@dataclass(frozen=True, slots=True)
class Hold:
    """What this subject or this party earns is held; of both, what the party owns of the subject, wherever
    it is passed on to.

    Of both it may be of a ``part`` alone, and of use on the days from ``starts`` alone (None: of all): as
    much as is in dispute, and no more. Raises EvidenceWrong where it is of nothing, or a part of one thing.
    """

    id: str
    subject: str | None
    party: str | None
    part: Fraction = Fraction(1)
    starts: date | None = None

    def __post_init__(self) -> None:
        if self.subject is None and self.party is None:
            raise EvidenceWrong(f"The hold {self.id} must be on a subject, on a party, or on both.")
        if not 0 < self.part <= 1:
            raise EvidenceWrong(f"The hold {self.id} must be of a part above 0 and at most 1.")
        if not self.both and (self.part != 1 or self.starts is not None):
            raise EvidenceWrong(f"The hold {self.id} must name a party and a subject to hold a part of it.")

    @property
    def both(self) -> bool:
        """Whether it is on what one party owns of one subject."""
        return self.subject is not None and self.party is not None

    @property
    def ends(self) -> date | None:
        """It stands until it is released: in the evidence for ever."""
        return None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that the pots of a run depend on."""

    plan: Plan
    pots: tuple[Pot, ...]
    parties: tuple[Party, ...]
    answers: tuple[terms.Answer, ...]
    direct: tuple[terms.DirectLicence, ...]
    subjects: Subjects
    counts: Mapping[str, Counts]
    holds: tuple[Hold, ...] = ()
    agreements: tuple[chains.Agreement, ...] = ()
    classes: tuple[Class, ...] = ()
    surveys: tuple[survey.Head, ...] = ()
    survey_units: tuple[survey.UnitRow, ...] = ()
    survey_reports: tuple[survey.ReportRow, ...] = ()
    weighings: tuple[Weighing, ...] = ()
    weights: tuple[Weight, ...] = ()
    corrections: tuple[Correction, ...] = ()
    debts: tuple[Debt, ...] = ()

    def __post_init__(self) -> None:
        chains.check(self.agreements)
        survey.gathered(self.surveys, self.survey_units, self.survey_reports)
        weighings.check(self.weighings, self.weights)
        corrections.check(self.corrections, self.debts)

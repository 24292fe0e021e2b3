"""The design of a sample: whom it may ask, in which strata, how many of each, and how it will be reckoned.

Owns what a design must be, the sizes of the strata, and its digest. Everything that decides an estimate is
in it before anybody is asked: the method too, so that nobody chooses it by what comes out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from quire.core import canonical
from quire.core.allocation import allocate
from quire.core.errors import Invalid
from quire.core.money import QUANTA, decimal_of

MEASURES = ("requests", "value")
METHODS = ("ratio", "ht")
AUXILIARIES = ("fee", "requests")
LEAST = 2
"""Units that are asked in each stratum that has as many: of one alone no variance can be told."""

_SHA256 = re.compile(r"sha256:[0-9a-f]{64}")


class SurveyWrong(Invalid):
    """A design, seed or report that cannot be, or evidence of a survey that contradicts itself."""

    code = "survey.wrong"


class TooFewReports(Invalid):
    """Fewer than two units have reported: nothing can be said of how far an estimate is off."""

    code = "survey.too-few-reports"


@dataclass(frozen=True, slots=True)
class Unit:
    """A licensee or outlet that may be asked. ``fee`` is quanta, above zero; ``requests``, where it is known
    for every unit of the design, all that it requested."""

    id: str
    fee: int
    requests: int | None = None


@dataclass(frozen=True, slots=True)
class Stratum:
    """Units that are alike, by what they pay above all. With ``take_all`` every one of them is asked."""

    name: str
    units: tuple[Unit, ...]
    take_all: bool = False

    @property
    def fees(self) -> int:
        """Quanta that its units pay together."""
        return sum(unit.fee for unit in self.units)


@dataclass(frozen=True)
class Design:
    """What is published before anybody is asked.

    ``size`` units in all are asked. ``measure`` is "requests", or "value": the unit's fee, divided among the
    works it used. ``method`` is "ratio", against what ``auxiliary`` names, or "ht" (Horvitz–Thompson).
    ``commitment`` is the digest of the seed (``drawing.commitment``); ``beacon`` names, where there is one, a
    public number that does not exist yet and that is mixed into the draw. Units are put in the order of their
    ids; the order of the strata, neighbours alike, is the designer's and matters where reports are missing.

    Raises SurveyWrong.
    """

    name: str
    starts: date
    ends: date
    strata: tuple[Stratum, ...]
    size: int
    commitment: str
    currency: str = "EUR"
    measure: str = "requests"
    method: str = "ratio"
    auxiliary: str = "fee"
    beacon: str = ""
    sizes: Mapping[str, int] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        ordered = tuple(
            Stratum(one.name, tuple(sorted(one.units, key=lambda unit: unit.id)), one.take_all)
            for one in self.strata
        )
        object.__setattr__(self, "strata", ordered)
        _check_words(self)
        _check_units(self)
        object.__setattr__(self, "sizes", sizes(self.strata, self.size))

    @cached_property
    def digest(self) -> str:
        """``sha256:…`` of the design's records as canonical JSON Lines: its head, then every unit."""
        return canonical.digest(b"".join(canonical.write_lines(self.records())))

    def records(self) -> Iterator[dict[str, Any]]:
        """The design as it is published: a head, then its units stratum by stratum."""
        yield self.head()
        for stratum in self.strata:
            for unit in stratum.units:
                yield unit_record(self.name, stratum.name, unit)

    def head(self) -> dict[str, Any]:
        """All but the units."""
        return {
            "survey": self.name,
            "from": self.starts.isoformat(),
            "until": self.ends.isoformat(),
            "currency": self.currency,
            "measure": self.measure,
            "method": self.method,
            "auxiliary": self.auxiliary,
            "size": self.size,
            "commitment": self.commitment,
            "beacon": self.beacon,
            "strata": [[one.name, "all" if one.take_all else "sample"] for one in self.strata],
        }

    def known(self, unit: Unit) -> int:
        """What the auxiliary is of this unit; above zero."""
        return unit.fee if self.auxiliary == "fee" else unit.requests or 0

    @property
    def scale(self) -> int:
        """How many of what ``measured`` counts are one of the measure: quanta in a major unit, or one."""
        return QUANTA if self.measure == "value" else 1

    def measured(self, unit: Unit, report: Mapping[str, int]) -> Mapping[str, int]:
        """A unit's report in the measure: requests by subject, or quanta, its fee divided by them."""
        if self.measure == "requests" or not report:
            return report
        return {subject: part for subject, part in allocate(unit.fee, report).items() if part}


def unit_record(survey: str, stratum: str, unit: Unit) -> dict[str, Any]:
    """A unit as it is published in a design."""
    told = {"survey": survey, "stratum": stratum, "unit": unit.id, "fee": decimal_of(unit.fee)}
    return told if unit.requests is None else {**told, "requests": unit.requests}


def _check_words(design: Design) -> None:
    names = [design.name, *(one.name for one in design.strata)]
    names += [unit.id for one in design.strata for unit in one.units]
    for text in (*names, design.beacon or "-"):
        if not text or len(text) > 200 or not text.isprintable() or text != text.strip():
            raise SurveyWrong(f"{text[:60]!r} is no name; write 1 to 200 printable characters on one line.")
    for what, known in (("measure", MEASURES), ("method", METHODS), ("auxiliary", AUXILIARIES)):
        if getattr(design, what) not in known:
            raise SurveyWrong(f"The {what} is {getattr(design, what)!r}; it can be {' or '.join(known)}.")
    if not _SHA256.fullmatch(design.commitment):
        raise SurveyWrong("The commitment to the seed is sha256: and 64 hexadecimal digits.")
    if not re.fullmatch(r"[A-Z]{3}", design.currency):
        raise SurveyWrong(f"{design.currency[:10]!r} is no currency; write it like EUR.")
    if design.ends <= design.starts:
        raise SurveyWrong("A survey covers a day at least: its end comes after its start.")
    if len(set(names[1 : len(design.strata) + 1])) < len(design.strata):
        raise SurveyWrong("Two strata have one name.")


def _check_units(design: Design) -> None:
    seen: set[str] = set()
    for stratum in design.strata:
        if not stratum.units:
            raise SurveyWrong(f"The stratum {stratum.name} has no units.")
        for unit in stratum.units:
            if unit.id in seen:
                raise SurveyWrong(f"The unit {unit.id} stands in the design twice.")
            seen.add(unit.id)
            if type(unit.fee) is not int or unit.fee <= 0:
                raise SurveyWrong(f"The unit {unit.id} pays nothing; only one with a fee can be asked.")
            if unit.requests is None and design.auxiliary == "requests":
                raise SurveyWrong(f"The requests of {unit.id} are not known, but the ratio is against them.")
            if unit.requests is not None and not 0 < unit.requests <= canonical.MAX_INT:
                raise SurveyWrong(f"The requests of {unit.id} are {unit.requests}; they are 1 or more.")
    if not seen:
        raise SurveyWrong("A design has at least one stratum of units.")


def sizes(strata: tuple[Stratum, ...], size: int) -> dict[str, int]:
    """How many units of each stratum are asked, ``size`` in all: in proportion to the strata's fees.

    The share of a stratum's units that is asked is then in proportion to their mean fee. A stratum taken
    whole takes its places first. Of the others each has two at least (all, where it has fewer) and not more
    than it has; where ``allocate`` gives too many to some and too few to others, those whose excess or lack
    is the larger in sum are set to their bound, and the rest is allocated again.
    Raises SurveyWrong where ``size`` is less than these bounds need or more than there are units.
    """
    least = {one.name: len(one.units) if one.take_all else min(LEAST, len(one.units)) for one in strata}
    most = {one.name: len(one.units) for one in strata}
    if not sum(least.values()) <= size <= sum(most.values()):
        raise SurveyWrong(
            f"The sample has {size} units; these strata need {sum(least.values())} at least and have "
            f"{sum(most.values())}."
        )
    found = {one.name: most[one.name] for one in strata if one.take_all}
    fees = {one.name: one.fees for one in strata if not one.take_all}
    while fees:
        given = allocate(size - sum(found.values()), fees)
        over = {name: most[name] for name, number in given.items() if number > most[name]}
        under = {name: least[name] for name, number in given.items() if number < least[name]}
        excess = sum(given[name] - bound for name, bound in over.items())
        lack = sum(bound - given[name] for name, bound in under.items())
        bound = (over if excess >= lack else under) or given
        found |= bound
        fees = {name: fee for name, fee in fees.items() if name not in bound}
    return {one.name: found[one.name] for one in strata}

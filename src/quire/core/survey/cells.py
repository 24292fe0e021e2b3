"""Strata as they can be estimated: those of which too few units reported are put together.

Owns that rule (Cochran, Sampling Techniques, 3rd edition 1977, §5A.12, has others), and how biased a ratio
can be. Does not own the estimates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from quire.core.survey.design import Design, TooFewReports
from quire.core.survey.held import SurveyEvidence
from quire.core.survey.intervals import root_up


@dataclass(frozen=True, slots=True)
class Cell:
    """One or more strata estimated as one: units in all, their auxiliary, and that of each that reported."""

    units: int
    whole: int
    known: Mapping[str, int]
    strata: int = 1

    @property
    def complete(self) -> bool:
        """Whether every unit reported."""
        return len(self.known) == self.units


def cells(survey: SurveyEvidence) -> list[Cell]:
    """The design's strata as they can be estimated.

    A stratum of which not all units, and fewer than two, have reported is put together with the one that
    follows it, the last with the one before, until all have enough. Raises TooFewReports.
    """
    if len(survey.reports) < 2:
        raise TooFewReports(
            f"{len(survey.reports)} of {len(survey.drawn)} units reported to {survey.design.name}; an "
            "estimate needs two at least. Wait for more, or ask again."
        )
    made: list[Cell] = []
    waiting: Cell | None = None
    for one in _strata(survey):
        cell = one if waiting is None else _together(waiting, one)
        waiting = None if cell.complete or len(cell.known) > 1 else cell
        if waiting is None:
            made.append(cell)
    while waiting is not None:
        cell = _together(made.pop(), waiting)
        waiting = None if len(cell.known) > 1 else cell
        if waiting is None:
            made.append(cell)
    return made


def _strata(survey: SurveyEvidence) -> Iterator[Cell]:
    design = survey.design
    for stratum in design.strata:
        known = {unit.id: design.known(unit) for unit in stratum.units}
        reported = {unit: known[unit] for unit in known if unit in survey.reports}
        yield Cell(len(known), sum(known.values()), reported)


def _together(one: Cell, other: Cell) -> Cell:
    return Cell(
        one.units + other.units,
        one.whole + other.whole,
        {**one.known, **other.known},
        one.strata + other.strata,
    )


def bias_bound(design: Design) -> Fraction:
    """How many standard errors the bias of a ratio estimate of this design can be at most: the coefficient of
    variation of the auxiliary's own estimate (Hartley and Ross 1954), rounded up. It is known before anybody
    is asked, as the auxiliary is known for all; and it is of the design, as if everybody reported.
    """
    variance, whole = Fraction(0), 0
    for stratum in design.strata:
        values = [design.known(unit) for unit in stratum.units]
        number, size = len(values), design.sizes[stratum.name]
        if size == number:
            continue
        whole += sum(values)
        scatter = (sum(v * v for v in values) - Fraction(sum(values) ** 2, number)) / (number - 1)
        variance += number * (number - size) * scatter / size
    return root_up(variance / (whole * whole)) if whole else Fraction(0)

"""When the census comes: what was estimated, beside what was counted.

Owns the comparison, not the correction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from quire.core.survey.design import Design, SurveyWrong
from quire.core.survey.estimating import Estimate


@dataclass(frozen=True, slots=True)
class Difference:
    """One subject's weight by the survey and by the census. ``within`` says whether the interval held it."""

    subject: str
    estimated: Fraction
    counted: Fraction
    within: bool

    @property
    def change(self) -> Fraction:
        """What the census adds; below zero where the survey had estimated more."""
        return self.counted - self.estimated


def census(design: Design, reports: Mapping[str, Mapping[str, int]]) -> dict[str, Fraction]:
    """What all units of a design used, by subject, sorted: of its measure, requests or major units.

    ``reports`` has the requests by subject of every unit. Raises SurveyWrong where one is missing, or is of
    no unit of the design.
    """
    units = {unit.id: unit for stratum in design.strata for unit in stratum.units}
    for name, units_named in (("no unit of", reports.keys() - units), ("missing in", units.keys() - reports)):
        if units_named:
            raise SurveyWrong(
                f"{min(units_named)} is {name} the census of {design.name} ({len(units_named)} in all)."
            )
    sums: dict[str, int] = {}
    for name, report in reports.items():
        for subject, count in design.measured(units[name], report).items():
            sums[subject] = sums.get(subject, 0) + count
    return {subject: Fraction(sums[subject], design.scale) for subject in sorted(sums)}


def reconcile(estimates: Mapping[str, Estimate], census: Mapping[str, int | Fraction]) -> list[Difference]:
    """Every subject of either, sorted. One without an estimate was estimated at 0, without an interval.

    ``census`` is of the same measure: requests, or major units of currency. Raises SurveyWrong for a count
    below zero.
    """
    found = []
    for subject in sorted(estimates.keys() | census.keys()):
        one, counted = estimates.get(subject), Fraction(census.get(subject, 0))
        if counted < 0:
            raise SurveyWrong(f"The census counts {counted} of {subject}; a count is not below zero.")
        within = one is not None and one.low <= counted <= one.high
        found.append(Difference(subject, one.estimate if one else Fraction(0), counted, within))
    return found

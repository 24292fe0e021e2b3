"""When the census comes: what was estimated, beside what was counted.

Owns the comparison, not the correction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from quire.core.survey.design import SurveyWrong
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

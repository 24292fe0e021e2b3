"""A survey as it was held: design, seed and reports, which fit one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from quire.core import canonical
from quire.core.survey.design import Design, SurveyWrong
from quire.core.survey.drawing import draw


@dataclass(frozen=True, slots=True)
class SurveyEvidence:
    """A survey as it was held: its design, the seed, and what the units that were asked have reported.

    ``reports`` has for each unit that reported its requests by subject (nothing used is an empty report; a
    unit that is not there has not reported). ``beacon_value`` is what the beacon of the design came to.
    Raises SurveyWrong: a seed that is not the one committed to, a report of a unit that was not drawn, a
    count that is not a whole number above zero.
    """

    design: Design
    seed: str
    reports: Mapping[str, Mapping[str, int]]
    beacon_value: str = ""
    drawn: Mapping[str, str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "drawn", draw(self.design, self.seed, self.beacon_value))
        for unit, report in self.reports.items():
            if unit not in self.drawn:
                raise SurveyWrong(
                    f"The unit {unit} was not drawn for {self.design.name}, so it has no report."
                )
            for subject, count in report.items():
                if type(count) is not int or not 0 < count <= canonical.MAX_INT:
                    raise SurveyWrong(f"{unit} reports {count!r} of {subject}; a count is 1 or more.")

    @property
    def missing(self) -> tuple[str, ...]:
        """Units that were asked and have not reported, in order."""
        return tuple(unit for unit in self.drawn if unit not in self.reports)

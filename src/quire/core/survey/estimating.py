"""Estimates of totals from a stratified sample, with their variances: exact fractions, subject by subject.

Sources: Cochran, Sampling Techniques, 3rd edition 1977 (stratified totals §5.3–5.4, combined ratio §6.11,
collapsed strata §5A.12); Särndal, Swensson and Wretman 1992, §7.3 (the factor of the ratio's variance).

A *cell* is a stratum, or several that had to be put together (``cells``). Where all
of a cell reported, its total is known and has no variance. Elsewhere, with N units of which r reported,
Horvitz–Thompson multiplies what they reported by N/r: units that did not report are given the mean of those
of their cell that did (proxies). Its variance is N² (1 − r/N) s²/r, s² among those that reported.

The ratio is the combined one, over the cells that are not known: their auxiliary is known for every unit,
and their total is estimated as auxiliary × (Horvitz–Thompson of the measure ÷ Horvitz–Thompson of the
auxiliary). The separate ratio, one for each stratum, would add up the biases of many small samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from quire.core.survey.cells import Cell, bias_bound, cells
from quire.core.survey.held import SurveyEvidence
from quire.core.survey.intervals import degrees, down, root_up, student, up


@dataclass(frozen=True, slots=True)
class Estimate:
    """The total of one subject over all units of the design, in requests or in major units of currency.

    ``se`` is rounded up, ``low`` down and ``high`` up to 10⁻¹². What was reported was used: ``high`` is no
    less, and ``low`` only where the estimate itself is, as a ratio's can be.
    ``reported`` of ``sampled`` units have reported, ``seen`` of them this subject. ``proxied`` where proxies
    stand for some; ``collapsed`` where strata were put together. ``bias_bound`` is how many standard errors
    the ratio's bias can be at most (0 for Horvitz–Thompson, which has none).
    """

    subject: str
    estimate: Fraction
    variance: Fraction
    se: Fraction
    low: Fraction
    high: Fraction
    degrees: int
    seen: int
    reported: int
    sampled: int
    method: str
    proxied: bool
    collapsed: bool
    bias_bound: Fraction


def weights(survey: SurveyEvidence) -> dict[str, Fraction]:
    """What each subject weighs by this survey: its estimate. Raises TooFewReports."""
    return {subject: one.estimate for subject, one in estimates(survey).items()}


def estimates(survey: SurveyEvidence) -> dict[str, Estimate]:
    """The estimate of every subject that some unit reported, sorted by subject. Raises TooFewReports."""
    made = _Sample(survey)
    return {subject: made.estimate(subject) for subject in sorted(made.sums)}


class _Open:
    """A cell that is not known: N units of which r reported. L and C are common to all cells of a sample.

    A unit's count is raised by N L/r; r times the sum of squared deviations, times C N (N − r)/(r² (r − 1)),
    is C times the variance. Whole numbers, as millions of works may pass here.
    """

    __slots__ = ("coefficient", "known", "own", "raise_by", "reported", "scatter")

    def __init__(self, cell: Cell, common: int, over: int) -> None:
        size, values = len(cell.known), cell.known.values()
        self.reported, self.own = size, size - 1
        self.raise_by = cell.units * common // size
        self.coefficient = cell.units * (cell.units - size) * over // (size * size * (size - 1))
        self.known = sum(values)
        self.scatter = size * sum(value * value for value in values) - self.known**2


@dataclass(slots=True)
class _Sums:
    """Of one subject in one cell: units that saw it, its requests, their squares, and times the auxiliary."""

    seen: int = 0
    counts: int = 0
    squares: int = 0
    both: int = 0

    def add(self, count: int, known: int) -> None:
        self.seen += 1
        self.counts += count
        self.squares += count * count
        self.both += count * known


_NONE = _Sums()


class _Sample:
    """What all subjects of a survey share, and the sums of each."""

    def __init__(self, survey: SurveyEvidence) -> None:
        self.survey, self.design = survey, survey.design
        self.cells = cells(survey)
        missing = [(place, cell) for place, cell in enumerate(self.cells) if not cell.complete]
        sizes = [len(cell.known) for _, cell in missing]
        self.common, self.over = lcm(*sizes), lcm(*(size * size * (size - 1) for size in sizes))
        self.open = {place: _Open(cell, self.common, self.over) for place, cell in missing}
        self.ratio = self.design.method == "ratio" and bool(self.open)
        self.whole = sum(cell.whole for _, cell in missing)
        self.raised = sum(one.raise_by * one.known for one in self.open.values())
        self.scale = self.design.scale
        self.bound = bias_bound(self.design) if self.ratio else Fraction(0)
        self.sums: dict[str, dict[int, _Sums]] = {}
        self._add_up()

    def _add_up(self) -> None:
        units = {unit.id: unit for one in self.design.strata for unit in one.units}
        for place, cell in enumerate(self.cells):
            for unit, known in cell.known.items():
                measured = self.design.measured(units[unit], self.survey.reports[unit])
                for subject, count in measured.items():
                    self.sums.setdefault(subject, {}).setdefault(place, _Sums()).add(count, known)

    def estimate(self, subject: str) -> Estimate:
        """The subject's total, from the sums of its cells."""
        found = self.sums[subject]
        certain = sum(sums.counts for place, sums in found.items() if place not in self.open)
        raised = sum(one.raise_by * found.get(place, _NONE).counts for place, one in self.open.items())
        if not self.ratio:
            parts = self._variances(found, 0, 1)
            variance = Fraction(sum(part for part, _ in parts), self.over)
            return self._told(subject, certain + Fraction(raised, self.common), variance, parts)
        shared = gcd(raised, self.raised)
        over, under = raised // shared, self.raised // shared
        parts = self._variances(found, over, under)
        # (X/X̂)² of the ratio's variance, and the square of the ratio's own denominator
        factor = Fraction(self.whole * self.common, self.raised * under) ** 2
        variance = factor * Fraction(sum(part for part, _ in parts), self.over)
        return self._told(subject, certain + Fraction(self.whole * over, under), variance, parts)

    def _variances(self, found: Mapping[int, _Sums], over: int, under: int) -> list[tuple[int, int]]:
        """Of each cell the variance of y − (over/under) x, times ``under``² and ``self.over``, and its own
        degrees of freedom."""
        parts = []
        for place, one in self.open.items():
            sums = found.get(place, _NONE)
            squares = one.reported * sums.squares - sums.counts**2
            both = one.reported * sums.both - sums.counts * one.known
            scatter = under * under * squares - 2 * over * under * both + over * over * one.scatter
            parts.append((one.coefficient * scatter, one.own))
        return parts

    def _told(
        self, subject: str, total: Fraction, variance: Fraction, parts: list[tuple[int, int]]
    ) -> Estimate:
        found = self.sums[subject].values()
        total, variance = total / self.scale, variance / self.scale**2
        se, own = root_up(variance), degrees(parts)
        reach, told = student(own) * se, Fraction(sum(sums.counts for sums in found), self.scale)
        return Estimate(
            subject=subject,
            estimate=total,
            variance=variance,
            se=se,
            low=max(down(total - reach), min(down(total), told)),
            high=max(up(total + reach), told),
            degrees=own,
            seen=sum(sums.seen for sums in found),
            reported=len(self.survey.reports),
            sampled=len(self.survey.drawn),
            method="ratio" if self.ratio else "ht",
            proxied=len(self.survey.reports) < len(self.survey.drawn),
            collapsed=any(cell.strata > 1 for cell in self.cells),
            bias_bound=self.bound,
        )

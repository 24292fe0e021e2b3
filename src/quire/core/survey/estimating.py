"""Estimates of totals from a stratified sample, with their variances: exact fractions, subject by subject.

Sources: Cochran, Sampling Techniques, 3rd edition 1977 (stratified totals §5.3–5.4, combined ratio §6.11,
collapsed strata §5A.12); Särndal, Swensson and Wretman 1992, §7.3 (the factor of the ratio's variance).

A *cell* is a stratum, or several that had to be put together because too few units of one reported. Where all
of a cell reported, its total is known and has no variance. Elsewhere, with N units of which r reported,
Horvitz–Thompson multiplies what they reported by N/r: units that did not report are given the mean of those
of their cell that did (proxies). Its variance is N² (1 − r/N) s²/r, s² among those that reported.

The ratio is the combined one, over the cells that are not known: their auxiliary is known for every unit,
and their total is estimated as auxiliary × (Horvitz–Thompson of the measure ÷ Horvitz–Thompson of the
auxiliary). The separate ratio, one for each stratum, would add up the biases of many small samples.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from quire.core.allocation import allocate
from quire.core.money import QUANTA
from quire.core.survey.design import Design, TooFewReports
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

    @property
    def raised(self) -> Fraction:
        """How many units each of those that reported stands for."""
        return Fraction(self.units, len(self.known))

    def variance(self, total: int | Fraction, squares: int | Fraction) -> Fraction:
        """Of the estimated total, from sum and sum of squares over the units that reported."""
        size = len(self.known)
        if self.complete:
            return Fraction(0)
        scatter = (squares - Fraction(total * total, size)) / (size - 1)
        return self.units * (self.units - size) * scatter / size


def weights(survey: SurveyEvidence) -> dict[str, Fraction]:
    """What each subject weighs by this survey: its estimate. Raises TooFewReports."""
    return {subject: one.estimate for subject, one in estimates(survey).items()}


def estimates(survey: SurveyEvidence) -> dict[str, Estimate]:
    """The estimate of every subject that some unit reported, sorted by subject. Raises TooFewReports."""
    made = _Sample(survey)
    return {subject: made.estimate(subject) for subject in sorted(made.seen)}


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


class _Sample:
    """What all subjects of a survey share, and the sums of each."""

    def __init__(self, survey: SurveyEvidence) -> None:
        self.survey, self.design = survey, survey.design
        self.cells = cells(survey)
        self.fees = {unit.id: unit.fee for one in self.design.strata for unit in one.units}
        self.open = [place for place, cell in enumerate(self.cells) if not cell.complete]
        self.ratio = self.design.method == "ratio" and bool(self.open)
        self.scale = QUANTA if self.design.measure == "value" else 1
        self.seen: defaultdict[str, dict[int, list[tuple[int, int]]]] = defaultdict(dict)
        for place, unit, known in self._reporting():
            for subject, count in self._measured(unit).items():
                self.seen[subject].setdefault(place, []).append((count, known))
        self.known = [(sum(c.known.values()), sum(x * x for x in c.known.values())) for c in self.cells]
        self.whole = sum(self.cells[place].whole for place in self.open)
        self.raised = sum(
            (self.cells[place].raised * self.known[place][0] for place in self.open), Fraction(0)
        )
        self.bound = bias_bound(self.design) if self.ratio else Fraction(0)

    def _reporting(self) -> Iterator[tuple[int, str, int]]:
        for place, cell in enumerate(self.cells):
            for unit, known in cell.known.items():
                yield place, unit, known

    def _measured(self, unit: str) -> Mapping[str, int]:
        """Requests by subject, or quanta: the unit's fee, divided in proportion to its requests."""
        report = self.survey.reports[unit]
        if self.design.measure == "requests" or not report:
            return report
        return {subject: part for subject, part in allocate(self.fees[unit], report).items() if part}

    def estimate(self, subject: str) -> Estimate:
        """The subject's total, from the sums of its cells."""
        found = self.seen[subject]
        certain = sum(count for place, rows in found.items() if place not in self.open for count, _ in rows)
        total, parts = self._ratio(found) if self.ratio else self._plain(found)
        variance = sum((part for part, _ in parts), Fraction(0))
        reported = sum(count for rows in found.values() for count, _ in rows)
        own = degrees(parts)
        return self._told(subject, found, total + certain, variance, reported, own)

    def _plain(
        self, found: Mapping[int, Sequence[tuple[int, int]]]
    ) -> tuple[Fraction, list[tuple[Fraction, int]]]:
        total, parts = Fraction(0), []
        for place in self.open:
            cell, counts = self.cells[place], [count for count, _ in found.get(place, ())]
            total += cell.raised * sum(counts)
            variance = cell.variance(sum(counts), sum(count * count for count in counts))
            parts.append((variance, len(cell.known) - 1))
        return total, parts

    def _ratio(
        self, found: Mapping[int, Sequence[tuple[int, int]]]
    ) -> tuple[Fraction, list[tuple[Fraction, int]]]:
        raised = self._plain(found)[0]
        ratio, factor = raised / self.raised, self.whole / self.raised
        parts = []
        for place in self.open:
            cell, rows, (known, squares) = self.cells[place], found.get(place, ()), self.known[place]
            total = sum(count for count, _ in rows) - ratio * known
            both = sum(count * x for count, x in rows)
            rest = sum(count * count for count, _ in rows) - 2 * ratio * both + ratio * ratio * squares
            parts.append((factor * factor * cell.variance(total, rest), len(cell.known) - 1))
        return self.whole * ratio, parts

    def _told(
        self,
        subject: str,
        found: Mapping[int, Sequence[tuple[int, int]]],
        total: Fraction,
        variance: Fraction,
        reported: int,
        own: int,
    ) -> Estimate:
        total, variance = total / self.scale, variance / self.scale**2
        se = root_up(variance)
        reach, told = student(own) * se, Fraction(reported, self.scale)
        return Estimate(
            subject=subject,
            estimate=total,
            variance=variance,
            se=se,
            low=max(down(total - reach), min(down(total), told)),
            high=max(up(total + reach), told),
            degrees=own,
            seen=sum(len(rows) for rows in found.values()),
            reported=len(self.survey.reports),
            sampled=len(self.survey.drawn),
            method="ratio" if self.ratio else "ht",
            proxied=bool(self.survey.missing),
            collapsed=any(cell.strata > 1 for cell in self.cells),
            bias_bound=self.bound,
        )

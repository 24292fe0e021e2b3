"""What the tests of surveys share: small designs, and estimates made the slow way, unit by unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from itertools import combinations, product
from math import comb
from typing import Any

from quire.core.survey import Design, Stratum, SurveyEvidence, Unit, commitment

SEED = "5e" * 32
Report = Mapping[str, int]


def design(strata: Sequence[tuple[str, Sequence[Unit]]], size: int | None = None, **other: Any) -> Design:
    """A design of these strata; where no size is given, every unit is asked."""
    given: dict[str, Any] = {
        "name": "bars",
        "starts": date(2026, 1, 1),
        "ends": date(2026, 4, 1),
        "commitment": commitment(SEED),
        "strata": tuple(Stratum(name, tuple(units)) for name, units in strata),
        "size": size if size is not None else sum(len(units) for _, units in strata),
    }
    return Design(**{**given, **other})


def held(
    strata: Sequence[tuple[str, Sequence[Unit]]], reports: Mapping[str, Report], **other: Any
) -> SurveyEvidence:
    """A survey that asked everybody and heard from these: what is estimated depends on who reported alone."""
    return SurveyEvidence(design(strata, **other), SEED, reports)


def every_sample(
    strata: Sequence[tuple[str, Sequence[Unit]]], sizes: Sequence[int], population: Mapping[str, Report]
) -> Iterator[dict[str, Report]]:
    """The reports of every sample with so many units of each stratum; each is as likely as any other."""
    ways = [combinations([unit.id for unit in units], n) for (_, units), n in zip(strata, sizes, strict=True)]
    for chosen in product(*ways):
        yield {unit: population[unit] for part in chosen for unit in part}


def number_of_samples(strata: Sequence[tuple[str, Sequence[Unit]]], sizes: Sequence[int]) -> int:
    """How many ``every_sample`` gives."""
    found = 1
    for (_, units), size in zip(strata, sizes, strict=True):
        found *= comb(len(units), size)
    return found


def slow(survey: SurveyEvidence, subject: str) -> tuple[Fraction, Fraction]:
    """Estimate and variance of requests by the textbook, with deviations of every unit from the mean."""
    design = survey.design
    groups: list[list[Unit]] = []
    gathering: list[Unit] = []
    for stratum in design.strata:
        gathering = [*gathering, *stratum.units]
        if enough(survey, gathering):
            groups.append(gathering)
            gathering = []
    while gathering:
        gathering = [*groups.pop(), *gathering]
        if enough(survey, gathering):
            groups.append(gathering)
            gathering = []
    certain = Fraction(0)
    sampled = []
    for units in groups:
        there = [unit for unit in units if unit.id in survey.reports]
        ys = [Fraction(survey.reports[unit.id].get(subject, 0)) for unit in there]
        if len(there) == len(units):
            certain += sum(ys)
        else:
            sampled.append((units, [Fraction(design.known(unit)) for unit in there], ys))
    raised = sum((Fraction(len(units), len(ys)) * sum(ys) for units, _, ys in sampled), Fraction(0))
    if design.method == "ht" or not sampled:
        return certain + raised, sum((_variance(len(units), ys) for units, _, ys in sampled), Fraction(0))
    known = sum((Fraction(len(units), len(xs)) * sum(xs) for units, xs, _ in sampled), Fraction(0))
    whole = sum(design.known(unit) for units, _, _ in sampled for unit in units)
    ratio = raised / known
    residuals = [
        (len(units), [y - ratio * x for x, y in zip(xs, ys, strict=True)]) for units, xs, ys in sampled
    ]
    variance = sum((_variance(number, ds) for number, ds in residuals), Fraction(0))
    return certain + ratio * whole, variance * (whole / known) ** 2


def enough(survey: SurveyEvidence, units: Sequence[Unit]) -> bool:
    """Whether these units can be estimated by themselves."""
    there = sum(unit.id in survey.reports for unit in units)
    return there == len(units) or there > 1


def _variance(number: int, values: Sequence[Fraction]) -> Fraction:
    mean = sum(values, Fraction(0)) / len(values)
    scatter = sum(((one - mean) ** 2 for one in values), Fraction(0)) / (len(values) - 1)
    return number**2 * (1 - Fraction(len(values), number)) * scatter / len(values)

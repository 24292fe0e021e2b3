"""Surveys again, slowly: who was to be asked, the draw, the estimates with their intervals, by the textbook.
Part of ``oracle.py``, and like it imports nothing of Quire. The rules in words: docs/algorithms/survey.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from math import atan, ceil, cos, isqrt, pi, sin, sqrt
from typing import Any

from oracle_algebra import Record, fraction, split
from oracle_money import QUANTA, quanta

TWELVE = 10**12


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Survey:
    """One survey of a bundle: its head, its strata of units in their order, and the reports."""

    def __init__(self, bundle: Any, name: str) -> None:
        [self.head] = [one for one in bundle.surveys if one["survey"] == name]
        units = [one for one in bundle.survey_units if one["survey"] == name]
        units.sort(key=lambda one: one["unit"])
        self.strata = [
            (stratum, take == "all", [one for one in units if one["stratum"] == stratum])
            for stratum, take in self.head["strata"]
        ]
        self.reports: dict[str, dict[str, int]] = {one["unit"]: {} for one in units if one["reported"]}
        for one in bundle.survey_reports:
            if one["survey"] == name:
                self.reports[one["unit"]][one["subject"]] = one["requests"]

    # --- the draw ---

    def sizes(self) -> dict[str, int]:
        """How many of each stratum are asked: in proportion to the fees, within bounds."""
        most = {name: len(units) for name, _, units in self.strata}
        found = {name: len(units) for name, whole, units in self.strata if whole}
        fees = {
            name: sum(quanta(one["fee"]) for one in units) for name, whole, units in self.strata if not whole
        }
        while fees:
            rest = self.head["size"] - sum(found.values())
            names = sorted(fees)
            given = dict(zip(names, split(rest, [fees[name] for name in names]), strict=True))
            over = {name: most[name] for name in given if given[name] > most[name]}
            under = {name: min(2, most[name]) for name in given if given[name] < min(2, most[name])}
            too_many = sum(given[name] - most[name] for name in over)
            too_few = sum(under[name] - given[name] for name in under)
            found |= (over if too_many >= too_few else under) or given
            fees = {name: fee for name, fee in fees.items() if name not in found}
        return found

    def digest(self) -> str:
        """Of the design as it was published: its head, then every unit."""
        design = {
            name: told for name, told in self.head.items() if name not in ("digest", "seed", "beacon value")
        }
        told = [design]
        for _, _, units in self.strata:
            told += [{name: value for name, value in one.items() if name != "reported"} for one in units]
        texts = (json.dumps(one, sort_keys=True, separators=(",", ":"), ensure_ascii=False) for one in told)
        return "sha256:" + sha256("".join(f"{text}\n" for text in texts))

    def drawn(self) -> set[str]:
        sizes, found = self.sizes(), set[str]()
        for name, _, units in self.strata:
            lines = [self.head["seed"], self.head["beacon value"], self.head["digest"], name]
            numbers = [(sha256("\n".join([*lines, str(number)])), number) for number in range(len(units))]
            found |= {units[number]["unit"] for _, number in sorted(numbers)[: sizes[name]]}
        return found

    def faults(self) -> Iterator[str]:
        name = self.head["survey"]
        if self.head["commitment"] != "sha256:" + sha256(self.head["seed"]):
            yield f"The seed of {name} is not the one committed to."
        if self.head["digest"] != self.digest():
            yield f"The design of {name} has the digest {self.digest()}."
        if not {*self.reports} <= self.drawn():
            yield f"{sorted({*self.reports} - self.drawn())} were not drawn for {name}."

    # --- the estimates ---

    def used(self, unit: Record) -> dict[str, Fraction]:
        """What a unit that reported used, in the measure: requests, or its fee divided by them."""
        report = self.reports[unit["unit"]]
        if self.head["measure"] == "requests" or not report:
            return {subject: Fraction(count) for subject, count in report.items()}
        names = sorted(report)
        parts = split(quanta(unit["fee"]), [report[name] for name in names])
        return {name: Fraction(part, QUANTA) for name, part in zip(names, parts, strict=True) if part}

    def known(self, unit: Record) -> int:
        return quanta(unit["fee"]) if self.head["auxiliary"] == "fee" else unit["requests"]

    def enough(self, units: Sequence[Record]) -> bool:
        there = sum(unit["reported"] for unit in units)
        return there == len(units) or there > 1

    def groups(self) -> list[list[Record]]:
        """Strata, put together with the next one (the last with the one before) until each has enough."""
        found: list[list[Record]] = []
        gathering: list[Record] = []
        for _, _, units in self.strata:
            gathering = [*gathering, *units]
            if self.enough(gathering):
                found.append(gathering)
                gathering = []
        while gathering:
            gathering = [*found.pop(), *gathering]
            if self.enough(gathering):
                found.append(gathering)
                gathering = []
        return found

    def estimates(self) -> list[Record]:
        """Each subject that somebody reported, with its estimate and its interval of 95 %."""
        there = [unit for group in self.groups() for unit in group if unit["reported"]]
        used = {unit["unit"]: self.used(unit) for unit in there}
        return [
            self.estimate(subject, used)
            for subject in sorted({name for one in used.values() for name in one})
        ]

    def estimate(self, subject: str, used: dict[str, dict[str, Fraction]]) -> Record:
        def of(unit: Record) -> Fraction:
            return used[unit["unit"]].get(subject, Fraction(0))

        certain, groups = Fraction(0), []
        for units in self.groups():
            there = [unit for unit in units if unit["reported"]]
            if len(there) == len(units):
                certain += sum(map(of, there), Fraction(0))
            else:
                groups.append((len(units), units, there))
        raised = sum((Fraction(n, len(there)) * sum(map(of, there)) for n, _, there in groups), Fraction(0))
        if self.head["method"] == "ht" or not groups:
            total, ratio, factor = certain + raised, Fraction(0), Fraction(1)
        else:
            whole = sum(self.known(unit) for _, units, _ in groups for unit in units)
            known = sum(Fraction(n, len(there)) * sum(map(self.known, there)) for n, _, there in groups)
            ratio, factor = raised / known, (whole / known) ** 2
            total = certain + ratio * whole
        variances = [
            (variance(n, [of(unit) - ratio * self.known(unit) for unit in there]), len(there) - 1)
            for n, _, there in groups
        ]
        told = sum((one.get(subject, Fraction(0)) for one in used.values()), Fraction(0))
        low, high = interval(total, factor, variances, told)
        return {"of": subject, "weight": fraction(total), "low": fraction(low), "high": fraction(high)}


def variance(number: int, values: Sequence[Fraction]) -> Fraction:
    """Of the total of so many units, of which these were seen: N² (1 − r/N) s²/r."""
    mean = sum(values, Fraction(0)) / len(values)
    scatter = sum(((one - mean) ** 2 for one in values), Fraction(0)) / (len(values) - 1)
    return number**2 * (1 - Fraction(len(values), number)) * scatter / len(values)


def interval(
    total: Fraction, factor: Fraction, variances: Sequence[tuple[Fraction, int]], told: Fraction
) -> tuple[Fraction, Fraction]:
    """The estimate ± t × standard error, rounded outward; not below what was reported, nor above itself."""
    whole = sum((one for one, _ in variances), Fraction(0))
    under = sum((one**2 / own for one, own in variances), Fraction(0))
    degrees = int(whole**2 / under) if under else 0
    reach = student(degrees) * root_up(whole * factor)
    low = max(down(total - reach), min(down(total), told))
    return low, max(-down(-total - reach), told)


def down(value: Fraction) -> Fraction:
    return Fraction(value * TWELVE // 1, TWELVE)


def root_up(value: Fraction) -> Fraction:
    """The smallest multiple of 10⁻¹² whose square is no less."""
    root = isqrt(int(value * TWELVE**2))
    while Fraction(root, TWELVE) ** 2 < value:
        root += 1
    return Fraction(root, TWELVE)


@cache
def student(degrees: int) -> Fraction:
    """The 97.5 % point of Student's t, its fourth decimal rounded up: for 1 to 30 degrees of freedom, and
    for 40, 50, 60, 80, 100, 200, 500, 1000; between two of these that of the fewer."""
    steps = [*range(1, 31), 40, 50, 60, 80, 100, 200, 500, 1000]
    number = max(one for one in steps if one <= max(1, degrees))
    low, high = 1.0, 20.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if within(middle, number) < 0.95 else (low, middle)
    return Fraction(ceil(high * 10000 - 1e-6), 10000)


def within(t: float, degrees: int) -> float:
    """How likely Student's t lies between -t and t (Abramowitz and Stegun 26.7.3 and 26.7.4)."""
    angle = atan(t / sqrt(degrees))
    odd = degrees % 2
    term, total = (cos(angle), 0.0) if odd else (1.0, 0.0)
    for place in range(1 + odd, degrees, 2):
        total += term
        term *= cos(angle) ** 2 * place / (place + 1)
    return (angle + sin(angle) * total) * 2 / pi if odd else sin(angle) * total

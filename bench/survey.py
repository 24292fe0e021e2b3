"""How often a survey's 95 % intervals hold: samples of known populations, each drawn by its own seed.

Run ``python bench/survey.py [draws]``. It prints the tables that docs/algorithms/survey.md publishes. The
populations are 240 licensees whose fees are heavy-tailed, and four kinds of works. A draw's coverage is the
mean over the works of a kind; its error that of the mean over draws, which are independent.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from math import exp, sqrt
from pathlib import Path
from statistics import mean, stdev

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from quire.core.survey import Design, Stratum, SurveyEvidence, Unit, commitment, draw, estimates

DRAWS = 1000
WORKS = 6
SIZES = (24, 48, 96)
METHODS = ("ht", "ratio")
KINDS = {
    "steady": "use follows the fee, give or take a third",
    "skewed": "use follows the fee, times a log-normal of σ = 1",
    "heavy": "use follows no fee: a Pareto tail of exponent 1.2",
    "rare": "used by 3 % of the licensees, else not at all",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Coverage and its error, works not seen; bias and mean half width as parts of the total."""

    coverage: float
    error: float
    unseen: float
    bias: float
    half: float


def population(seed: int) -> tuple[tuple[Stratum, ...], dict[str, dict[str, int]]]:
    """240 licensees in four strata by fee, the eight largest taken whole; and what each used."""
    rng = random.Random(seed)
    fees = sorted((int(100 * rng.paretovariate(1.3)) for _ in range(240)), reverse=True)
    units = [Unit(f"u{place:03}", fee) for place, fee in enumerate(fees)]
    cuts = (("largest", 0, 8), ("large", 8, 40), ("middle", 40, 110), ("small", 110, 240))
    strata = tuple(Stratum(name, tuple(units[a:b]), take_all=a == 0) for name, a, b in cuts)
    used: dict[str, dict[str, int]] = {unit.id: {} for unit in units}
    for unit in units:
        for kind in KINDS:
            for number in range(WORKS):
                if count := _use(rng, kind, unit.fee):
                    used[unit.id][f"{kind} {number}"] = count
    return strata, used


def _use(rng: random.Random, kind: str, fee: int) -> int:
    if kind == "steady":
        return max(0, round(fee * rng.normalvariate(1, 1 / 3)))
    if kind == "skewed":
        return round(fee * exp(rng.normalvariate(0, 1)))
    if kind == "heavy":
        return min(10**9, round(10 * rng.paretovariate(1.2)))
    return round(50 * rng.expovariate(1)) + 1 if rng.random() < 0.03 else 0


def simulate(
    size: int, *, draws: int = DRAWS, seed: int = 1, missing: float = 0.0, first: int = 0
) -> dict[tuple[str, str], Outcome]:
    """Coverage by kind and method; of each sample ``missing`` of the units, at random, do not report.

    ``seed`` makes the populations, the numbers from ``first`` on the seeds of the draws.
    """
    strata, used = population(seed)
    totals = {
        f"{kind} {n}": sum(report.get(f"{kind} {n}", 0) for report in used.values())
        for kind in KINDS
        for n in range(WORKS)
    }
    design = _design(strata, size)
    rng = random.Random(seed + 1 + first)
    found: dict[tuple[str, str], list[Outcome]] = {(kind, method): [] for kind in KINDS for method in METHODS}
    for number in range(first, first + draws):
        said = sha256(f"{seed} {size} {number}".encode()).hexdigest()
        asked = replace(design, commitment=commitment(said))
        silent = {unit for unit in used if rng.random() < missing}
        for method in METHODS:
            one = replace(asked, method=method)
            reports = {unit: used[unit] for unit in draw(one, said) if unit not in silent}
            for kind, outcome in _outcomes(SurveyEvidence(one, said, reports), totals).items():
                found[kind, method].append(outcome)
    return {key: _summed(outcomes) for key, outcomes in found.items()}


def _design(strata: tuple[Stratum, ...], size: int) -> Design:
    first, last = date(2026, 1, 1), date(2026, 4, 1)
    return Design("coverage", first, last, strata, size, commitment("0" * 64))


def _outcomes(survey: SurveyEvidence, totals: Mapping[str, int]) -> dict[str, Outcome]:
    """One draw's outcome by kind. A work that nobody asked has used has no interval: it is not covered."""
    told = estimates(survey)
    several: dict[str, list[Outcome]] = {kind: [] for kind in KINDS}
    for subject, total in totals.items():
        one = told.get(subject)
        if one is None:
            several[subject.split()[0]].append(Outcome(float(total == 0), 0, 1, -1 if total else 0, 0))
            continue
        covered = float(one.low <= total <= one.high)
        half = float(one.high - one.low) / 2 / total
        several[subject.split()[0]].append(Outcome(covered, 0, 0, float(one.estimate) / total - 1, half))
    return {kind: _summed(each) for kind, each in several.items()}


def _summed(outcomes: Sequence[Outcome]) -> Outcome:
    covered = [one.coverage for one in outcomes]
    error = stdev(covered) / sqrt(len(covered)) if len(covered) > 1 else 0.0
    parts = (mean(getattr(one, name) for one in outcomes) for name in ("unseen", "bias", "half"))
    return Outcome(mean(covered), error, *parts)


def rows(size: int, found: Mapping[tuple[str, str], Outcome], note: str = "") -> list[str]:
    """The rows of the table of one size."""
    made = []
    for kind in KINDS:
        cells = [kind, f"{size}{note}"]
        for method in METHODS:
            one = found[kind, method]
            cells += [f"{one.coverage:.1%} ± {one.error:.1%}", f"{one.bias:+.1%}", f"{one.half:.0%}"]
        cells.append(f"{found[kind, 'ht'].unseen:.0%}")
        made.append("| " + " | ".join(cells) + " |")
    return made


def main() -> None:
    """Print the whole table."""
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else DRAWS
    print(f"{draws} draws, {WORKS} works of each kind, 240 licensees. Nominal coverage 95 %.\n")
    print("| use | asked | HT covers | bias | half width | ratio covers | bias | half width | not seen |")
    print("|---|---|---|---|---|---|---|---|---|")
    for size in SIZES:
        print("\n".join(rows(size, simulate(size, draws=draws))))
    print("\n".join(rows(48, simulate(48, draws=draws, missing=0.2), ", 20 % silent")))


if __name__ == "__main__":
    main()

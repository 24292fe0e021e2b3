"""The tables of docs/algorithms/survey.md are what the core does, and what the simulation finds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from hashlib import sha256
from math import sqrt
from pathlib import Path

import pytest

from bench import survey as coverage
from quire.core import survey
from quire.core.money import QUANTA, decimal_of
from quire.core.survey import Design, Stratum, SurveyEvidence, Unit, intervals
from tests.core.surveying import held

PAGE = (Path(__file__).parents[2] / "docs/algorithms/survey.md").read_text("utf-8")
Row = list[str]


def tables(heading: str) -> Iterator[list[Row]]:
    """The rows of each table below a heading, without its head."""
    part = re.split(r"\n##+ ", PAGE.partition(f"# {heading}\n")[2])[0]
    for block in re.findall(r"(?:^\|.*\n)+", part, re.MULTILINE):
        yield [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in block.splitlines()][
            2:
        ]


def test_the_sizes_of_the_page() -> None:
    found = list(tables("Worked example: sizes"))
    assert len(found) == 2
    for rows in found:
        strata = tuple(
            Stratum(name, tuple(Unit(f"{name} {n}", int(fee)) for n in range(int(units))), whole == "yes")
            for name, units, fee, whole, _ in rows
        )
        asked = {row[0]: int(row[4]) for row in rows}
        assert survey.sizes(strata, 50) == asked


def example() -> tuple[Design, str]:
    """The design whose draw the page shows, and its seed."""
    (rows,) = tables("Worked example: a draw")
    digest, committed, seed = re.findall(r"`((?:sha256:)?[0-9a-f]{64})`", PAGE)
    strata: dict[str, list[Unit]] = {}
    for stratum, _, unit, fee, *_ in rows:
        strata.setdefault(stratum, []).append(Unit(unit, int(fee) * QUANTA))
    design = Design(
        "example",
        date(2026, 1, 1),
        date(2026, 4, 1),
        tuple(Stratum(name, tuple(units), name == "chains") for name, units in strata.items()),
        5,
        committed,
    )
    assert design.digest == digest
    return design, seed


def test_the_draw_of_the_page() -> None:
    (rows,) = tables("Worked example: a draw")
    design, seed = example()
    assert list(survey.draw(design, seed)) == [row[2] for row in rows if row[5] == "yes"]
    for stratum, number, _, _, begins, _ in rows:
        text = "\n".join([seed, "", design.digest, stratum, number])
        assert sha256(text.encode()).hexdigest()[:16] == begins or begins == "all"


def test_the_estimates_of_the_page() -> None:
    (rows,) = tables("Worked example: estimates")
    design, seed = example()
    assert len(rows) == 4
    for method, *cells in rows:
        used = dict(zip("abceg", cells[:5], strict=True))
        reports = {unit: {"work": int(count)} for unit, count in used.items() if count != "–"}
        if method == "ratio":
            (one,) = survey.estimates(SurveyEvidence(design, seed, reports)).values()
        else:  # another design, which might draw others; its estimate hangs on who reported alone
            strata = [(stratum.name, stratum.units) for stratum in design.strata]
            (one,) = survey.estimates(held(strata, reports, method=method)).values()
        told = survey.estimate_record(one)
        assert [told["estimate"], told["se"], str(told["degrees"]), told["low"], told["high"]] == cells[5:]
    bound = re.search(r"bias is at most ([0-9.]+) standard errors", PAGE)
    assert bound is not None
    assert bound[1] == decimal_of(int(survey.bias_bound(design) * intervals.PLACES))


def published() -> dict[tuple[str, str, str], tuple[float, float]]:
    """Coverage and its error in parts of one, by kind, size and method."""
    (rows,) = tables("How often the intervals hold")
    found = {}
    for kind, asked, *cells in rows:
        for method, cell in (("ht", cells[0]), ("ratio", cells[3])):
            covered, error = (float(Fraction(part.strip("% ")) / 100) for part in cell.split("±"))
            found[kind, asked, method] = covered, error
    return found


def test_the_page_publishes_every_kind_size_and_method() -> None:
    asked = [*map(str, coverage.SIZES), "48, 20 % silent"]
    wanted = {
        (kind, size, method) for kind in coverage.KINDS for size in asked for method in coverage.METHODS
    }
    assert published().keys() == wanted


@pytest.mark.more
@pytest.mark.parametrize(("size", "missing"), [(24, 0.0), (96, 0.0), (48, 0.2)])
def test_the_intervals_hold_as_often_as_the_page_says(size: int, missing: float) -> None:
    """Other seeds than the bench's, of the same populations: within five standard errors of both."""
    told = published()
    found = coverage.simulate(size, draws=150, missing=missing, first=10**6)
    asked = f"{size}, 20 % silent" if missing else str(size)
    for (kind, method), one in found.items():
        covered, error = told[kind, asked, method]
        assert abs(one.coverage - covered) < 5 * sqrt(error**2 + one.error**2), (kind, method)

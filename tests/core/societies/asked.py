"""Weighings and surveys at random: weights that are not counted."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from quire.core import survey
from quire.core.money import QUANTA
from quire.core.survey import Design, Stratum, SurveyEvidence, Unit
from quire.core.weighings import Weighing, Weight
from tests.core import plans
from tests.core.societies.folk import day, mostly

SEED = "5e" * 32


@st.composite
def weighed(draw: st.DrawFn, ids: Sequence[str]) -> tuple[tuple[Weighing, ...], tuple[Weight, ...]]:
    """A weighing of each kind, at times one more for the first licence alone."""
    heads, rows = [], []
    for kind, name in plans.NAMES.items():
        for licence in ["", "lic_0"][: draw(st.integers(1, 2))]:
            heads.append(Weighing(name, kind, "sha256:" + "0" * 64, "by looking", "", licence))
            for one in sorted(draw(st.sets(st.sampled_from([*ids, "wrk_elsewhere"]), max_size=6))):
                weight = draw(st.sampled_from([Fraction(0), Fraction(1), Fraction(7, 3), Fraction(10**9)]))
                bounds = draw(st.sampled_from([(None, None), (weight / 2, weight + 1)]))
                rows.append(Weight(name, licence, one, weight, *bounds))
    return tuple(heads), tuple(rows)


@st.composite
def surveys(draw: st.DrawFn, works: Sequence[str]) -> dict[str, Any]:
    """The evidence of one survey, by field: up to three strata, units of which some did not report."""
    strata = tuple(
        Stratum(f"stratum {place}", tuple(draw(units(place))), not draw(mostly))
        for place in range(draw(st.integers(1, 3)))
    )
    least = sum(len(one.units) if one.take_all else min(2, len(one.units)) for one in strata)
    beacon = draw(st.sampled_from(["", "", "the lottery of 1 May"]))
    design = Design(
        plans.SURVEY, day(0), day(30), strata,
        draw(st.integers(least, sum(len(one.units) for one in strata))), survey.commitment(SEED),
        measure=draw(st.sampled_from(["requests", "value"])), method=draw(st.sampled_from(["ratio", "ht"])),
        auxiliary=draw(st.sampled_from(["fee", "requests"])), beacon=beacon,
    )  # fmt: skip
    drawn = sorted(survey.draw(design, SEED, "4 8 15" if beacon else ""))
    there = [unit for unit in drawn if draw(mostly)]
    reports = {unit: draw(report(works)) for unit in (there if len(there) > 1 else drawn)}
    told = SurveyEvidence(design, SEED, reports, "4 8 15" if beacon else "")
    head, rows, lines = survey.rows_of(told)
    return {"surveys": (head,), "survey_units": tuple(rows), "survey_reports": tuple(lines)}


@st.composite
def units(draw: st.DrawFn, place: int) -> list[Unit]:
    """Two at least in the first stratum, so that something can be estimated."""
    fees = st.one_of(st.integers(1, 50), st.integers(1, 900 * QUANTA))
    number = draw(st.integers(1 if place else 2, 5))
    return [Unit(f"u{place}-{n}", draw(fees), draw(st.integers(1, 10**6))) for n in range(number)]


def report(works: Sequence[str]) -> st.SearchStrategy[dict[str, int]]:
    """What a unit used, at times nothing."""
    names = st.sampled_from([*works, "wrk_elsewhere"])
    return st.dictionaries(names, st.one_of(st.integers(1, 9), st.integers(1, 10**9)), max_size=4)

"""Surveys: estimates against the textbook done slowly, and every sample of small populations."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import atan, cos, pi, sin, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import survey
from quire.core.money import QUANTA
from quire.core.survey import SurveyEvidence, TooFewReports, Unit, estimates, intervals
from tests.core.surveying import design, every_sample, held, number_of_samples, slow

STRATA = [
    ("large", [Unit("a", 40), Unit("b", 55), Unit("c", 70), Unit("d", 90), Unit("e", 45)]),
    ("small", [Unit("v", 5), Unit("w", 9), Unit("x", 7), Unit("y", 12)]),
]
SIZES = (3, 2)
POPULATION = {
    "a": {"wrk_1": 41, "wrk_2": 3}, "b": {"wrk_1": 60}, "c": {"wrk_1": 12, "wrk_3": 1}, "d": {"wrk_1": 95},
    "e": {"wrk_1": 30, "wrk_2": 8}, "v": {"wrk_1": 4}, "w": {"wrk_2": 1}, "x": {"wrk_1": 7}, "y": {},
}  # fmt: skip
TOTALS = {"wrk_1": 249, "wrk_2": 12, "wrk_3": 1}


def expected(method: str, of: Callable[[survey.Estimate], Fraction], subject: str) -> Fraction:
    """The mean over every sample; a subject that a sample has not seen is estimated at 0 without an error."""
    found = Fraction(0)
    for reports in every_sample(STRATA, SIZES, POPULATION):
        one = estimates(held(STRATA, reports, method=method)).get(subject)
        found += of(one) if one else 0
    return found / number_of_samples(STRATA, SIZES)


@pytest.mark.parametrize("subject", TOTALS)
def test_over_every_sample_horvitz_thompson_and_its_variance_are_unbiased(subject: str) -> None:
    total = Fraction(TOTALS[subject])
    assert expected("ht", lambda one: one.estimate, subject) == total
    squares = expected("ht", lambda one: one.estimate**2, subject)
    assert expected("ht", lambda one: one.variance, subject) == squares - total**2


@pytest.mark.parametrize("subject", TOTALS)
def test_the_bias_of_the_ratio_is_within_the_bound_that_the_design_publishes(subject: str) -> None:
    total = Fraction(TOTALS[subject])
    mean = expected("ratio", lambda one: one.estimate, subject)
    true = expected("ratio", lambda one: one.estimate**2, subject) - mean**2
    asked = design(STRATA, size=5, method="ratio")
    # The bound is reckoned from the fees alone; here from every sample.
    known = {unit.id: {"known": unit.fee} for _, units in STRATA for unit in units}
    raised = [
        estimates(held(STRATA, reports, method="ht"))["known"].estimate
        for reports in every_sample(STRATA, SIZES, known)
    ]
    whole = sum(unit.fee for _, units in STRATA for unit in units)
    spread = sum((one - whole) ** 2 for one in raised) / len(raised) / whole**2
    assert mean != total  # it has a bias,
    assert (mean - total) ** 2 <= true * spread  # and not a larger one (Hartley and Ross)
    assert tuple(asked.sizes.values()) == SIZES
    bound = survey.bias_bound(asked)
    assert (bound - Fraction(1, QUANTA)) ** 2 < spread <= bound**2


def test_where_use_follows_the_fee_the_ratio_is_exact_whoever_is_asked() -> None:
    used = {unit.id: {"wrk_1": 3 * unit.fee} for _, units in STRATA for unit in units}
    for reports in every_sample(STRATA, SIZES, used):
        one = estimates(held(STRATA, reports))["wrk_1"]
        assert (one.estimate, one.variance) == (3 * 333, 0)
        assert (one.low, one.high, one.se) == (999, 999, 0)


def test_a_census_is_certain() -> None:
    found = estimates(held(STRATA, POPULATION, method="ratio"))
    assert {subject: one.estimate for subject, one in found.items()} == TOTALS
    assert {(one.se, one.method, one.proxied, one.degrees) for one in found.values()} == {(0, "ht", False, 0)}
    assert all(one.low == one.estimate == one.high for one in found.values())


def test_money_that_follows_its_licensee_adds_up_to_the_fees() -> None:
    def paying(unit: Unit) -> Unit:
        return Unit(unit.id, unit.fee * QUANTA + 1)

    strata = [(name, [paying(unit) for unit in units]) for name, units in STRATA]
    whole = Fraction(sum(unit.fee for _, units in strata for unit in units), QUANTA)
    busy = {**POPULATION, "y": {"wrk_2": 1}}
    for reports in every_sample(strata, SIZES, busy):
        found = estimates(held(strata, reports, measure="value"))
        assert sum(one.estimate for one in found.values()) == whole
    found = estimates(held(strata, busy, measure="value"))
    assert found["wrk_3"].estimate == Fraction(5384615384615, QUANTA)  # 70 and a quantum, 1 of 13


counts = st.dictionaries(st.sampled_from(["wrk_1", "wrk_2", "wrk_3"]), st.integers(1, 9), max_size=3)


@st.composite
def surveys(draw: st.DrawFn) -> SurveyEvidence:
    """Any survey that can be estimated, with units missing here and there."""
    strata, reports = [], {}
    for place in range(draw(st.integers(1, 4))):
        units = [
            Unit(f"{place}-{number}", draw(st.integers(1, 60)), draw(st.integers(1, 99)))
            for number in range(draw(st.integers(1, 5)))
        ]
        strata.append((f"stratum {place}", units))
        for unit in units:
            if draw(st.booleans()):
                reports[unit.id] = draw(counts)
    if len(reports) < 2:
        strata.append(("more", [Unit("one", 3, 5), Unit("two", 4, 6)]))
        reports |= {"one": draw(counts), "two": draw(counts)}
    method, auxiliary = draw(st.sampled_from(["ht", "ratio"])), draw(st.sampled_from(["fee", "requests"]))
    return held(strata, reports, method=method, auxiliary=auxiliary)


@given(surveys())
@settings(max_examples=200, deadline=None)
def test_estimates_are_those_of_the_textbook(one: SurveyEvidence) -> None:
    found = estimates(one)
    seen = {subject for report in one.reports.values() for subject in report}
    assert list(found) == sorted(seen)
    for subject, told in found.items():
        assert (told.estimate, told.variance) == slow(one, subject)
        reported = sum(report.get(subject, 0) for report in one.reports.values())
        assert told.low <= told.estimate <= told.high
        assert told.high >= reported
        assert told.low >= min(reported, intervals.down(told.estimate))
        assert told.seen == sum(subject in report for report in one.reports.values())
        assert told.proxied == bool(one.missing) == (len(one.reports) < told.sampled)
    assert survey.weights(one) == {subject: told.estimate for subject, told in found.items()}


@given(surveys())
@settings(max_examples=50, deadline=None)
def test_the_order_of_units_and_reports_makes_no_difference(one: SurveyEvidence) -> None:
    shuffled = dict(sorted(one.reports.items(), reverse=True))
    strata = [(stratum.name, stratum.units[::-1]) for stratum in one.design.strata]
    again = held(strata, shuffled, method=one.design.method, auxiliary=one.design.auxiliary)
    assert again.design.digest == one.design.digest
    assert list(estimates(again).items()) == list(estimates(one).items())


def test_a_stratum_that_hardly_reported_is_put_together_with_its_neighbour() -> None:
    strata = [(name, [Unit(f"{name}{number}", 10) for number in range(3)]) for name in "pqr"]

    def collapsed(*units: str) -> list[tuple[int, int]]:
        one = held(strata, {unit: {"wrk_1": 1} for unit in units})
        return [(cell.strata, len(cell.known)) for cell in survey.cells.cells(one)]

    assert collapsed("p0", "p1", "q0", "q1", "r0", "r1") == [(1, 2), (1, 2), (1, 2)]
    assert collapsed("p0", "q1", "r0", "r1") == [(2, 2), (1, 2)]
    assert collapsed("p0", "p1", "q0", "r0") == [(1, 2), (2, 2)]
    assert collapsed("p0", "p1", "q0", "q1", "r2") == [(1, 2), (2, 3)]
    assert collapsed("p0", "p1", "p2") == [(3, 3)]
    assert collapsed("q0", "r0") == [(3, 2)]


def test_proxies_are_the_mean_of_those_of_the_stratum_that_reported() -> None:
    """Four small payers were asked, two reported 6 and 10: the others are taken to have used 8 each."""
    reports = {**{unit: POPULATION[unit] for unit in "abcde"}, "v": {"wrk_1": 6}, "x": {"wrk_1": 10}}
    one = estimates(held(STRATA, reports, method="ht"))["wrk_1"]
    assert one.estimate == 41 + 60 + 12 + 95 + 30 + 6 + 10 + 8 + 8
    assert one.variance == 4**2 * (1 - Fraction(2, 4)) * 8 / 2
    assert (one.proxied, one.reported, one.sampled, one.degrees) == (True, 7, 9, 1)
    assert one.high == intervals.up(one.estimate + Fraction(127063, 10000) * one.se)


@pytest.mark.parametrize("reports", [{}, {"a": {"wrk_1": 3}}])
def test_fewer_than_two_reports_are_no_estimate(reports: dict[str, dict[str, int]]) -> None:
    with pytest.raises(TooFewReports, match="two at least"):
        estimates(held(STRATA, reports))


def cumulated(t: float, degrees: int) -> float:
    """P(|T| ≤ t) by the closed form (Abramowitz and Stegun 26.7.3 and 26.7.4)."""
    angle = atan(t / sqrt(degrees))
    term = whole = cos(angle) if degrees % 2 else 1.0
    for k in range(3 if degrees % 2 else 2, degrees - 1, 2):
        term *= cos(angle) ** 2 * (k - 1) / k
        whole += term
    if degrees % 2:
        return 2 / pi * (angle + (sin(angle) * whole if degrees > 1 else 0.0))
    return sin(angle) * whole


def test_the_table_of_student_is_the_closed_form_rounded_up() -> None:
    for degrees, rounded in intervals.STUDENT.items():
        assert cumulated(rounded / 10000, degrees) >= 0.95 > cumulated((rounded - 1) / 10000, degrees)


def test_between_two_rows_of_the_table_the_wider_serves() -> None:
    assert [intervals.student(n) for n in (0, 1, 35, 10**9)] == [
        Fraction(127063, 10000), Fraction(127063, 10000), Fraction(20423, 10000), Fraction(19624, 10000),
    ]  # fmt: skip


@given(st.fractions(min_value=0, max_value=10**30, max_denominator=10**30))
def test_a_root_is_rounded_up_and_by_less_than_a_step(value: Fraction) -> None:
    root = intervals.root_up(value)
    assert root**2 >= value
    assert root == 0 or (root - Fraction(1, intervals.PLACES)) ** 2 < value


@given(st.lists(st.tuples(st.fractions(0, 100, max_denominator=50), st.integers(1, 30)), max_size=5))
def test_degrees_of_freedom_are_between_the_fewest_and_all(parts: list[tuple[Fraction, int]]) -> None:
    seen = [own for variance, own in parts if variance]
    found = intervals.degrees(parts)
    assert (min(seen) <= found <= sum(seen)) if seen else found == 0

"""Whom a survey asks: the sizes of strata, the draw by seed, what is published, and the census that comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from hashlib import sha256
from math import comb
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import canonical, evidence, extras, survey
from quire.core.errors import QuireError
from quire.core.money import QUANTA
from quire.core.survey import Design, Stratum, SurveyEvidence, SurveyWrong, Unit, commitment, draw, records
from tests.core.societies import evidence_of
from tests.core.surveying import SEED, design, held

BARS = [("all bars", [Unit(f"bar-{number}", 10) for number in range(5)])]
TWO = [
    ("large", [Unit(f"L{number}", 100 + number) for number in range(4)]),
    ("small", [Unit(f"S{number}", 10 + number) for number in range(6)]),
]


def seed(number: int) -> str:
    return sha256(str(number).encode()).hexdigest()


def asked(number: int, *, size: int = 2, beacon_value: str = "", **other: Any) -> dict[str, str]:
    made = design(BARS, size=size, commitment=commitment(seed(number)), **other)
    return draw(made, seed(number), beacon_value)


# Sizes


@st.composite
def frames(draw_: st.DrawFn) -> tuple[tuple[Stratum, ...], int]:
    strata = tuple(
        Stratum(
            f"s{place}",
            tuple(
                Unit(f"{place}.{number}", draw_(st.integers(1, 10**6)))
                for number in range(draw_(st.integers(1, 12)))
            ),
            draw_(st.sampled_from([True, False, False, False])),
        )
        for place in range(draw_(st.integers(1, 6)))
    )
    least = sum(len(one.units) if one.take_all else min(2, len(one.units)) for one in strata)
    return strata, draw_(st.integers(least, sum(len(one.units) for one in strata)))


@given(frames())
@settings(max_examples=200)
def test_sizes_are_within_their_bounds_and_in_proportion_to_fees_where_they_can_be(
    frame: tuple[tuple[Stratum, ...], int],
) -> None:
    strata, size = frame
    found = survey.sizes(strata, size)
    assert sum(found.values()) == size
    free = []
    for one in strata:
        least = len(one.units) if one.take_all else min(2, len(one.units))
        assert least <= found[one.name] <= len(one.units)
        if least < found[one.name] < len(one.units):
            free.append(one)
    for one in free:
        for other in free:  # nobody has a whole unit more than its fees give it beside another
            assert found[one.name] - 1 < Fraction((found[other.name] + 1) * one.fees, other.fees)


def test_a_stratum_that_pays_twice_as_much_for_as_many_is_asked_twice_as_often() -> None:
    strata = tuple(
        Stratum(name, tuple(Unit(f"{name}{n}", fee) for n in range(50)))
        for name, fee in (("a", 20), ("b", 10))
    )
    assert survey.sizes(strata, 30) == {"a": 20, "b": 10}


@pytest.mark.parametrize("size", [3, 11])
def test_a_size_that_strata_cannot_have_is_refused(size: int) -> None:
    with pytest.raises(SurveyWrong, match="need 4 at least and have 10"):
        design(TWO, size=size)


# The draw


def test_the_draw_can_be_done_by_hand() -> None:
    made = design(TWO, size=4)
    start = f"{SEED}\n\n{made.digest}\n"
    wanted = {}
    for name, units in TWO:
        ranked = sorted(
            range(len(units)),
            key=lambda n: sha256(f"{start}{name}\n{n}".encode()).hexdigest(),
        )
        wanted |= {units[place].id: name for place in sorted(ranked[: made.sizes[name]])}
    assert draw(made, SEED) == wanted
    assert list(draw(made, SEED)) == list(wanted)


def test_every_sample_of_five_comes_up_as_often_as_any_other() -> None:
    """Two of five over 4,000 seeds: chi-square with 9 degrees of freedom stays below its 99.9 % point."""
    seen = Counter(tuple(asked(number)) for number in range(4000))
    assert len(seen) == comb(5, 2)
    assert sum((times - 400) ** 2 / 400 for times in seen.values()) < 27.88
    each = Counter(unit for units, times in seen.items() for unit in units for _ in range(times))
    assert all(abs(times - 1600) < 4 * 31 for times in each.values())  # σ = √(4000 · 0.4 · 0.6)


def test_the_draw_hangs_on_seed_design_and_beacon_alone() -> None:
    assert asked(1) == asked(1)
    assert len({tuple(asked(number)) for number in range(60)}) == 10
    assert len({tuple(asked(1, size=size)) for size in (2, 3, 4)}) == 3
    assert (
        len({tuple(asked(1, beacon="the first lottery of May", beacon_value=str(n))) for n in range(60)})
        == 10
    )
    assert len({tuple(asked(1, name=f"bars {n}")) for n in range(60)}) == 10


@pytest.mark.parametrize(
    ("made", "given_seed", "value", "why"),
    [
        (design(BARS), seed(9), "", "not the seed"),
        (design(BARS), SEED.upper(), "", "lower-case"),
        (design(BARS), "", "", "64"),
        (design(BARS), SEED, "17", "names no beacon"),
        (design(BARS, beacon="drand"), SEED, "", "has no value"),
        (design(BARS, beacon="drand"), SEED, "1\n2", "one line"),
    ],
)
def test_a_draw_that_was_not_committed_to_is_refused(
    made: Design, given_seed: str, value: str, why: str
) -> None:
    with pytest.raises(SurveyWrong, match=why):
        draw(made, given_seed, value)


# What a design must be


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"name": "two\nlines"}, "no name"),
        ({"name": ""}, "no name"),
        ({"measure": "hits"}, "requests or value"),
        ({"method": "best"}, "ratio or ht"),
        ({"auxiliary": "size"}, "fee or requests"),
        ({"auxiliary": "requests"}, "not known"),
        ({"commitment": "sha256:00"}, "64 hexadecimal"),
        ({"currency": "euro"}, "no currency"),
        ({"ends": date(2026, 1, 1)}, "a day at least"),
        ({"strata": ()}, "one stratum"),
        ({"strata": (Stratum("a", ()),)}, "no units"),
        ({"strata": (Stratum("a", (Unit("x", 1), Unit("x", 2))),)}, "twice"),
        ({"strata": (Stratum("a", (Unit("x", 1),)), Stratum("a", (Unit("y", 1),)))}, "one name"),
        ({"strata": (Stratum("a", (Unit("x", 0),)),)}, "pays nothing"),
        ({"strata": (Stratum("a", (Unit(" x", 1),)),)}, "no name"),
        ({"strata": (Stratum("a", (Unit("x", 1, 0),)),)}, "1 or more"),
    ],
)
def test_a_design_that_cannot_be_is_refused(change: dict[str, Any], why: str) -> None:
    with pytest.raises(SurveyWrong, match=why):
        replace(design(BARS), **{"size": 1, **change})


@pytest.mark.parametrize(
    ("reports", "why"),
    [
        ({"bar-9": {}}, "was not drawn"),
        ({"bar-1": {"wrk_1": 0}}, "1 or more"),
        ({"bar-1": {"wrk_1": -3}}, "1 or more"),
        ({"bar-1": {"wrk_1": True}}, "1 or more"),
        ({"bar-1": {"wrk_1": 1.5}}, "1 or more"),
        ({"bar-1": {"wrk_1": 2**53}}, "1 or more"),
    ],
)
def test_a_report_that_cannot_be_is_refused(reports: dict[str, Any], why: str) -> None:
    with pytest.raises(SurveyWrong, match=why):
        held(BARS, reports)


def test_who_was_asked_and_has_not_reported_is_named() -> None:
    assert held(BARS, {"bar-1": {}, "bar-3": {"wrk_1": 2}}).missing == ("bar-0", "bar-2", "bar-4")


# Published and read again

HELD = SurveyEvidence(
    design(TWO, size=6, beacon="the first lottery of May"),
    SEED,
    {unit: {"wrk_1": 3, "wrk_2": 1} if unit.endswith("1") else {} for unit in list(
        draw(design(TWO, size=6, beacon="the first lottery of May"), SEED, "17 4 33"))[:5]},
    "17 4 33",
)  # fmt: skip


def told(one: SurveyEvidence) -> dict[str, list[dict[str, Any]]]:
    """The records of a survey by file."""
    head, units, lines = survey.rows_of(one)
    return {
        "surveys.jsonl": [records.write_head(head)],
        "survey-units.jsonl": [records.write_unit(row) for row in units],
        "survey-reports.jsonl": [records.write_report(row) for row in lines],
    }


READ = {
    "surveys.jsonl": records.read_head,
    "survey-units.jsonl": records.read_unit,
    "survey-reports.jsonl": records.read_report,
}


def read(files: Mapping[str, list[dict[str, Any]]]) -> dict[str, SurveyEvidence]:
    """The surveys in records, after a way through bytes. One that cannot be read is a SurveyWrong here."""
    values: list[list[Any]] = []
    for name, reading in READ.items():
        lines = canonical.read_lines(b"".join(canonical.write_lines(files[name])))
        try:
            values.append([reading(record) for _, record in lines])
        except (QuireError, KeyError, TypeError, ValueError) as problem:
            raise SurveyWrong(str(problem)) from problem
    return survey.gathered(*values)


def test_a_survey_is_read_again_as_it_was_held() -> None:
    found = read(told(HELD))
    assert found == {"bars": HELD}
    assert survey.estimates(found["bars"]) == survey.estimates(HELD)


Change = Callable[[dict[str, list[dict[str, Any]]]], Any]


@pytest.mark.parametrize(
    "change",
    [
        lambda files: files["surveys.jsonl"][0].update(method="ht"),
        lambda files: files["surveys.jsonl"][0].update(size=7),
        lambda files: files["surveys.jsonl"][0].update(size=True),
        lambda files: files["surveys.jsonl"][0].update(seed=seed(1)),
        lambda files: files["surveys.jsonl"][0].update(digest="sha256:" + "0" * 64),
        lambda files: files["surveys.jsonl"][0].update({"beacon value": "17 4 34"}),
        lambda files: files["surveys.jsonl"][0].update(strata=[["large", "all"], ["small", "sample"]]),
        lambda files: files["surveys.jsonl"][0].update(strata=[["large", "some"], ["small", "sample"]]),
        lambda files: files["surveys.jsonl"][0].update(strata="large"),
        lambda files: files["surveys.jsonl"][0].update({"from": "January"}),
        lambda files: files["surveys.jsonl"][0].update(more=1),
        lambda files: files["surveys.jsonl"].append(files["surveys.jsonl"][0]),
        lambda files: files["surveys.jsonl"].clear(),
        lambda files: files["survey-units.jsonl"].pop(),
        lambda files: files["survey-units.jsonl"].clear(),
        lambda files: files["survey-units.jsonl"][0].update(fee="100.5"),
        lambda files: files["survey-units.jsonl"][0].update(fee="1.000000000000"),
        lambda files: files["survey-units.jsonl"][0].update(unit="L9"),
        lambda files: files["survey-units.jsonl"][0].update(reported="yes"),
        lambda files: files["survey-units.jsonl"][0].update(survey="cafés"),
        lambda files: files["survey-units.jsonl"][0].update(requests=None),
        lambda files: [row.update(reported=True) for row in files["survey-units.jsonl"]],
        lambda files: [row.update(reported=False) for row in files["survey-units.jsonl"]],
        lambda files: files["survey-reports.jsonl"][0].update(requests=0),
        lambda files: files["survey-reports.jsonl"][0].update(requests="3"),
        lambda files: files["survey-reports.jsonl"][0].update(survey="cafés"),
        lambda files: files["survey-reports.jsonl"].append(files["survey-reports.jsonl"][0]),
        lambda files: files["survey-reports.jsonl"][0].pop("subject"),
        lambda files: files["survey-reports.jsonl"][0].update(note="late"),
    ],
)
def test_a_survey_that_was_changed_is_refused(change: Change) -> None:
    files = told(HELD)
    change(files)
    with pytest.raises(QuireError):
        read(files)


junk = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 9) | st.sampled_from(["", "bars", "all", "L1", "2026-01-01"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
    ),
    max_leaves=6,
)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_whatever_stands_in_a_record_is_refused_or_read(data: st.DataObject) -> None:
    files = told(HELD)
    rows = files[data.draw(st.sampled_from(sorted(files)))]
    row = data.draw(st.sampled_from(rows))
    name = data.draw(st.sampled_from(sorted(row)))
    before, row[name] = row[name], data.draw(junk)
    try:
        found = read(files)
    except QuireError:
        return
    assert (row[name] == before) == (found == {"bars": HELD})


def test_the_facts_of_a_survey_are_files_of_a_bundle() -> None:
    listed = {extra.file: extra.field for extra in extras.EXTRAS}
    assert {fact[0]: fact[1] for fact in survey.FACTS}.items() <= listed.items()


@given(evidence_of())
@settings(max_examples=5, deadline=None)
def test_a_run_with_a_survey_is_read_again(run: Any) -> None:
    head, units, lines = survey.rows_of(HELD)
    run = replace(run, surveys=(head,), survey_units=tuple(units), survey_reports=tuple(lines))
    files = evidence.input_files(run, [])
    again = evidence.read(files)
    assert survey.gathered(again.surveys, again.survey_units, again.survey_reports) == {"bars": HELD}
    with pytest.raises(QuireError):
        evidence.read({**files, "survey-units.jsonl": b""})


# The census


def test_a_census_is_held_against_the_estimates() -> None:
    one = held(TWO, {"L0": {"wrk_1": 4}, "L1": {"wrk_1": 6}, "S0": {"wrk_2": 1}, "S1": {}}, method="ht")
    found = survey.reconcile(survey.estimates(one), {"wrk_1": 21, "wrk_3": Fraction(5, 2)})
    assert [(d.subject, d.estimated, d.counted, d.change, d.within) for d in found] == [
        ("wrk_1", 20, 21, 1, True),
        ("wrk_2", 3, 0, -3, False),  # less than was reported: no interval reaches below that
        ("wrk_3", 0, Fraction(5, 2), Fraction(5, 2), False),
    ]
    with pytest.raises(SurveyWrong, match="below zero"):
        survey.reconcile({}, {"wrk_1": -1})


def test_a_census_has_every_unit_and_is_of_the_measure() -> None:
    strata = [("all", [Unit("a", 10 * QUANTA), Unit("b", 3 * QUANTA), Unit("c", QUANTA)])]
    reports: dict[str, dict[str, int]] = {"a": {"wrk_1": 1, "wrk_2": 2}, "b": {"wrk_2": 9}, "c": {}}
    counted = survey.census(design(strata, 2), reports)
    assert counted == {"wrk_1": 1, "wrk_2": 11}
    paid = survey.census(design(strata, 2, measure="value"), reports)
    assert sum(paid.values()) == 13
    assert paid["wrk_1"] == Fraction(3_333_333_333_333, QUANTA)
    with pytest.raises(SurveyWrong, match=r"b is missing in the census of .* \(2 in all\)"):
        survey.census(design(strata, 2), {"a": {}})
    with pytest.raises(SurveyWrong, match="d is no unit of the census"):
        survey.census(design(strata, 2), {**reports, "d": {}})

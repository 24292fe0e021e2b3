"""Counts and lines by columns: the very bytes that they have record by record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings

from quire.core import arrays, bulk, canonical, evidence, terms
from quire.core.bulk import Passed
from quire.core.distribution import Evidence, divide_all
from quire.core.plan import EVIDENCE
from tests.core.published import FOUND
from tests.core.societies import evidence_of


def slow_lines(found: Evidence) -> bytes:
    return b"".join(canonical.write_lines(evidence.line_records(found, divide_all(found))))


def slow_counts(found: Evidence) -> Iterator[dict[str, Any]]:
    for pot in found.pots:
        counts = found.counts[pot.id]
        for row, requests in enumerate(arrays.to_list(counts.requests)):
            segment, use = divmod(arrays.to_list(counts.cells)[row], len(terms.USES))
            told = {
                "pot": pot.id,
                "subject": arrays.to_list(counts.subjects)[row],
                "from": counts.segments[segment][0].isoformat(),
                "use": terms.USES[use],
                "requests": requests,
            }
            shown = None if counts.evidence is None else arrays.to_list(counts.evidence)[row]
            yield told if shown is None else {**told, "evidence": EVIDENCE[shown]}


@settings(max_examples=60, deadline=None)
@given(found=evidence_of())
def test_every_society_has_the_same_bytes_both_ways(found: Evidence) -> None:
    inputs, results = evidence.input_files(found, ()), evidence.result_files(found, divide_all(found))
    assert results["lines.jsonl"] == slow_lines(found)
    assert inputs["counts.jsonl"] == b"".join(canonical.write_lines(slow_counts(found)))


@settings(max_examples=30, deadline=None)
@given(found=evidence_of())
def test_what_has_passed_is_what_going_line_by_line_finds(found: Evidence) -> None:
    told: list[Passed] = []
    for _, made in evidence.result_blocks(found, divide_all(found), lambda one, done: told.append(one)):
        list(made)
    passed = {one.division.id: one for one in told}
    for division in divide_all(found):
        slow = Passed(division)
        for line in division.lines:
            slow.take(line)
        mine = passed[division.id]
        assert (mine.count, mine.negative) == (slow.count, slow.negative)
        assert mine.outcomes == slow.outcomes
        assert mine.parties == slow.parties


@pytest.mark.parametrize("some", [1, 2, 3])
def test_wherever_the_blocks_begin(some: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "SOME", some)
    monkeypatch.setattr(bulk._some, "__defaults__", (some,))
    monkeypatch.setattr(bulk._Shape.plain, "__defaults__", (some,))
    assert evidence.result_files(FOUND, divide_all(FOUND))["lines.jsonl"] == slow_lines(FOUND)
    assert evidence.input_files(FOUND, ())["counts.jsonl"] == b"".join(
        canonical.write_lines(slow_counts(FOUND))
    )


def renamed(names: dict[str, str]) -> Evidence:
    """The small society whose works go by other names."""
    subjects = replace(FOUND.subjects, ids=[names.get(one, one) for one in FOUND.subjects.ids])
    return replace(FOUND, subjects=subjects, holds=())


@pytest.mark.parametrize("name", ['a"b', "a\\b", "é\u2028", "\x7f\x00", "x" * (bulk.LONG + 1)])
def test_a_name_that_json_writes_otherwise(name: str) -> None:
    found = renamed({"site_paper": name, "wrk_paper": name + "2"})
    assert evidence.result_files(found, divide_all(found))["lines.jsonl"] == slow_lines(found)


def test_what_has_no_canonical_form_is_refused_both_ways() -> None:
    found = renamed({"site_paper": "x" * canonical.MAX_LINE})
    with pytest.raises(canonical.NotCanonical, match="longer"):
        evidence.result_files(found, divide_all(found))
    [pot] = FOUND.pots
    counts = FOUND.counts[pot.id]
    many = replace(counts, requests=arrays.ints([2**53, *arrays.to_list(counts.requests)[1:]]))
    found = replace(FOUND, counts={pot.id: many})
    for make in (
        lambda: evidence.input_files(found, ()),
        lambda: evidence.result_files(found, divide_all(found)),
    ):
        with pytest.raises(canonical.NotCanonical, match="beyond"):
            make()


def test_weights_are_in_lowest_terms() -> None:
    for weight in range(1, 40):
        for scale in range(1, 13):
            told = Fraction(weight, scale)
            assert bulk._weight(weight, scale) == f"{told.numerator}/{told.denominator}"

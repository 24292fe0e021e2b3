"""Lines that are made when they are asked for, and the same sums as columns."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings

from quire.core import arrays
from quire.core.distribution import Evidence, columns, divide, divide_all
from tests.core import societies
from tests.core.by_hand import EUR, shipped, society


@settings(max_examples=80, deadline=None)
@given(societies.evidence_of())
def test_columns_have_every_line_of_a_party(found: Evidence) -> None:
    for pot in found.pots:
        told: Counter[tuple[int, int]] = Counter()
        for one in columns(found, pot):
            rows = zip(*map(arrays.to_list, (one.subjects, one.parties, one.amounts)), strict=True)
            for subject, party, amount in rows:
                told[subject, party] += amount
        owed: Counter[tuple[int, int]] = Counter()
        for line in divide(found, pot).lines:
            if line.party is not None:
                owed[-1 if line.subject is None else line.subject, line.party] += line.amount
        assert told == owed


@settings(max_examples=40, deadline=None)
@given(societies.evidence_of())
def test_lines_can_be_gone_through_again_and_looked_up(found: Evidence) -> None:
    for one in divide_all(found):
        lines = list(one.lines)
        assert list(one.lines) == lines
        assert len(one.lines) == len(lines)
        assert tuple(one.lines[1:3]) == tuple(lines[1:3])
        assert [one.lines[place] for place in range(len(lines))] == lines
        assert [one.lines[place - len(lines)] for place in range(len(lines))] == lines
        for beyond in (len(lines), -len(lines) - 1):
            with pytest.raises(IndexError):
                one.lines[beyond]


def test_a_division_is_small_until_its_lines_are_looked_at() -> None:
    found = society(shipped("hybrid"), 100 * EUR, {"wrk_blog": 1})
    assert [type(block).__name__ for block in divide(found, found.pots[0]).lines.blocks] == [
        "Single",
        "Rows",
        "Rows",
    ]

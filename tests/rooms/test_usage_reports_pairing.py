"""One to one, held against slow ways to say the same: no pair is wrong, and no way makes more of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.society.usage.reports import pairing

WINDOW = 10
Side = list[tuple[int, int]]
SIDES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 60)), max_size=14).map(sorted)


def paired(site: Side, lab: Side, window: int = WINDOW) -> list[tuple[int, int]]:
    columns = [np.array([row[n] for row in side], dtype=np.int64) for side in (site, lab) for n in (0, 1)]
    ours, theirs = pairing.pair(*columns, window)
    return list(zip(ours.tolist(), theirs.tolist(), strict=True))


def may(site: tuple[int, int], lab: tuple[int, int]) -> bool:
    return site[0] == lab[0] and abs(site[1] - lab[1]) <= WINDOW


def most(site: Side, lab: Side) -> int:
    """How many pairs there can be, by augmenting paths: each row of a side tried with each of the other."""
    partner: dict[int, int] = {}

    def place(i: int, seen: set[int]) -> bool:
        for j in range(len(lab)):
            if j not in seen and may(site[i], lab[j]):
                seen.add(j)
                if j not in partner or place(partner[j], seen):
                    partner[j] = i
                    return True
        return False

    return sum(place(i, set()) for i in range(len(site)))


def one_by_one(site: Side, lab: Side) -> list[tuple[int, int]]:
    """The rule as it is told: the earliest request takes the earliest report left that is near enough."""
    found, taken = [], set[int]()
    for i, row in enumerate(site):
        near = [j for j in range(len(lab)) if j not in taken and may(row, lab[j])]
        if near:
            taken.add(near[0])
            found.append((i, near[0]))
    return found


@settings(max_examples=200, deadline=None)
@given(site=SIDES, lab=SIDES, block=st.integers(1, 5))
def test_as_many_as_there_can_be_and_the_earliest_first(site: Side, lab: Side, block: int) -> None:
    before, pairing.BLOCK = pairing.BLOCK, block
    try:
        found = paired(site, lab)
    finally:
        pairing.BLOCK = before
    assert all(may(site[i], lab[j]) for i, j in found)
    assert len({i for i, _ in found}) == len({j for _, j in found}) == len(found) == most(site, lab)
    assert found == one_by_one(site, lab)


@settings(max_examples=100, deadline=None)
@given(site=SIDES, lab=SIDES)
def test_the_sides_may_be_exchanged(site: Side, lab: Side) -> None:
    assert len(paired(site, lab)) == len(paired(lab, site))


@pytest.mark.parametrize(
    ("site", "lab", "expected"),
    [
        ([], [], []),
        ([(1, 0)], [], []),
        ([(1, 0)], [(1, 10)], [(0, 0)]),
        ([(1, 0)], [(1, 11)], []),
        ([(1, 0)], [(2, 0)], []),
        ([(1, 0), (1, 9)], [(1, 9), (1, 19)], [(0, 0), (1, 1)]),
        ([(1, 5), (1, 5)], [(1, 5)], [(0, 0)]),
        ([(1, -2**62)], [(1, -2**62)], [(0, 0)]),
    ],
)  # fmt: skip
def test_cases_that_can_be_read(site: Side, lab: Side, expected: Any) -> None:
    assert paired(site, lab) == expected

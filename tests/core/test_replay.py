"""Replays of societies at random: sums that must hold whatever the two plans are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core.distribution import Pot, divide_all, payees
from quire.core.evidence import Evidence
from quire.core.replay import Comparison, Replay
from tests.core import societies


def compared(then: Evidence, proposed: Evidence, times: int = 1) -> list[Comparison]:
    found = Replay()
    for _ in range(times):
        found.take(then, proposed)
    return found.comparisons()


def _settled(found: Evidence) -> Evidence:
    """The same with nothing to correct: what a run takes back is no part of what a plan gives."""
    return replace(found, corrections=(), debts=())


runs = societies.evidence_of().map(_settled)


def _pools_by_value(found: Evidence, pots: Sequence[Pot]) -> bool:
    """Whether the plan of one pools by value what says no price in the currency of another's pots."""
    if not any(part.pooled and part.measure == "value" for part in found.plan.leaves):
        return False
    return any(pot.currency != pot.licence.currency or pot.licence.kind == "crawl" for pot in pots)


@given(runs, st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_the_same_plan_changes_nothing(found: Evidence, times: int) -> None:
    for one in compared(found, found, times):
        assert {row.difference for row in one.rows} <= {0}
        assert one.had == one.would
        assert (one.all.gain, one.all.gained, one.all.lose, one.all.lost) == (0, 0, 0, 0)
        assert all(had == would for had, would in one.outcomes.values())


@given(runs, runs)
@settings(max_examples=60, deadline=None)
def test_every_sum_is_that_of_the_lines(then: Evidence, other: Evidence) -> None:
    asked = ("plan", "weighings", "weights", "surveys", "survey_units", "survey_reports")
    proposed = replace(then, **{name: getattr(other, name) for name in asked})
    if _pools_by_value(other, then.pots):
        return
    if proposed.plan.weighs_evidence and not then.plan.weighs_evidence:
        return  # such a replay gathers its counts again
    if then.classes and any(part.measure == "value" for part in other.plan.leaves):
        return  # a lump sum has no prices, and is left out of what is replayed
    lines = {"had": payees(divide_all(then)), "would": payees(divide_all(proposed))}
    for one in compared(then, proposed):
        for row in one.rows:
            place = next(n for n, party in enumerate(then.parties) if party.id == row.party)
            for side, told in lines.items():
                assert getattr(row, side) == sum(told.get((place, one.currency), {}).values())
        sums = [sum(both[side] for both in one.outcomes.values()) for side in (0, 1)]
        # What went into a pool is divided there once more.
        pooled = one.outcomes.get("pooled", (0, 0))
        came_in = sum(pot.amount for pot in then.pots if pot.currency == one.currency)
        assert [sums[0] - pooled[0], sums[1] - pooled[1]] == [came_in, came_in]
        for groups in (one.tenths, one.before, one.after):
            assert sum(group.people for group in groups) == len(one.rows)
            assert sum(group.gained - group.lost for group in groups) == one.all.would - one.all.had

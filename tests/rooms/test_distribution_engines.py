"""A run is frozen to the same bytes whichever engine counts, and in whatever order the files come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from tests.rooms.distribution_desk import Desk, built, desk, january

__all__ = ["built", "desk", "january"]


def frozen(run: Any) -> dict[str, bytes]:
    """The evidence of a run as it would be written now."""
    from quire.core import evidence
    from quire.society.distribution import freezing

    found = freezing.gather(run)
    return evidence.input_files(found.evidence, found.receipts)


def opened(desk: Desk) -> Any:
    """A run with two pots, in which one path is kept out of a use."""
    from quire.society.mandates import actions

    desk.adopt("per-usage")
    desk.receive("R-1", "1000.00")
    actions.set_terms(
        site="gazette-site", pattern="/b$", use="ai-train", answer=False, starts=date(2026, 1, 4),
        by=desk.preparer,
    )  # fmt: skip
    return desk.opened()


def test_the_order_of_the_files_makes_no_difference(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from quire.society.usage import counting

    run = opened(desk)
    before, paths_of = frozen(run), counting.paths_of

    def turned(starts: date, ends: date) -> Sequence[str]:
        return paths_of(starts, ends)[::-1]

    monkeypatch.setattr(counting, "paths_of", turned)
    assert frozen(run) == before
    assert b'"requests":' in before["counts.jsonl"]


@pytest.mark.more
def test_spark_freezes_what_duckdb_freezes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    run = opened(desk)
    before = frozen(run)
    monkeypatch.setenv("QUIRE_ENGINE", "spark://local[2]")
    assert frozen(run) == before
    assert before["counts.jsonl"].count(b"\n") > 3

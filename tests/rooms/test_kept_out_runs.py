"""What is kept out of a use by path earns nothing in a distribution, and is not in the bundle's counts."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from tests.rooms.distribution_desk import Desk, audit, built, desk, eur, euros, january

__all__ = ["built", "desk", "january"]


def counts(run: Any) -> dict[str, int]:
    """Subject (its place in works.jsonl) to requests, of the licence in EUR, as a bundle publishes them."""
    from quire.core import evidence
    from quire.society.distribution import freezing

    frozen = freezing.gather(run)
    files = evidence.input_files(frozen.evidence, frozen.receipts)
    ids = [json.loads(row)["id"] for row in files["works.jsonl"].splitlines()]
    found: dict[str, int] = {}
    for row in map(json.loads, files["counts.jsonl"].splitlines()):
        found[ids[row["subject"]]] = found.get(ids[row["subject"]], 0) + row["requests"]
    return found


def test_a_kept_out_path_is_neither_counted_nor_paid(desk: Desk) -> None:
    """The gazette keeps /b out of training from 4 January: three of its six requests stay, all of one lab."""
    from quire.society.distribution import actions as actions_of_runs
    from quire.society.mandates import actions

    desk.adopt("per-usage")
    desk.receive("R-1", "1000.00")
    run = desk.opened()
    before = counts(run)
    actions.set_terms(
        site="gazette-site", pattern="/b$", use="ai-train", answer=False, starts=date(2026, 1, 4),
        by=desk.preparer,
    )  # fmt: skip
    actions_of_runs.work(run, by=desk.preparer)
    after = counts(run)
    assert [before[one] - after.get(one, 0) for one in before if before[one] != after.get(one, 0)] == [3]
    desk.close(run)
    assert sum(amount for (_, outcome), amount in euros(run).items() if outcome == "payable") == eur("850")
    assert audit() == []

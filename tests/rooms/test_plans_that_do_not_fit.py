"""A plan that pools by value beside a licence paid by the crawl is refused before any money is in a run."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from quire.cli import main
from quire.society.distribution.errors import PlanUnfit
from tests.rooms.distribution_desk import Desk, built, desk

__all__ = ["built", "desk"]

POOLED = """name = "pooled by value"
[[share]]
label = "use"
portion = "100%"
key = "usage"
measure = "value"
income = "pooled"
"""
SENTENCE = r"“use” pools by value, and the licence north-crawl has no prices of its own"


def crawl(desk: Desk, starts: date = date(2026, 1, 1), ends: date = date(2027, 1, 1)) -> Any:
    from quire.society.licensing import actions

    return actions.grant_licence(
        code="north-crawl", licensee="lab-north", kind="crawl", uses=["ai-input"], starts=starts, ends=ends,
        currency="EUR", by=desk.preparer,
    )  # fmt: skip


def test_it_is_not_adopted(desk: Desk) -> None:
    from quire.society.distribution.models import PlanVersion

    crawl(desk)
    with pytest.raises(PlanUnfit, match=SENTENCE):
        desk.adopt(POOLED)
    assert not PlanVersion.objects.exists()
    desk.adopt(POOLED.replace('"value"', '"requests"'))
    desk.adopt(POOLED.replace('"pooled"\n', '"own"\n'), starts=date(2026, 1, 2))


def test_a_licence_that_is_over_does_not_matter(desk: Desk) -> None:
    crawl(desk, ends=date(2026, 2, 1))
    with pytest.raises(PlanUnfit):
        desk.adopt(POOLED)
    desk.adopt(POOLED, starts=date(2026, 2, 1))


def test_the_check_says_so_too(desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "plan.toml"
    place.write_text(POOLED)
    assert main(["plan", "check", str(place)]) == 0
    crawl(desk, ends=date(2040, 1, 1))
    capsys.readouterr()
    assert main(["plan", "check", str(place)]) == 4
    assert "the licence north-crawl has no prices of its own" in capsys.readouterr().err


def test_a_licence_granted_later_is_refused_when_a_run_is_opened(desk: Desk) -> None:
    from quire.society.distribution.models import Pot, Run

    desk.adopt(POOLED)
    crawl(desk)
    desk.receive("R-1", "10.00", "north-crawl")
    with pytest.raises(PlanUnfit, match=SENTENCE):
        desk.opened()
    assert not Run.objects.exists()
    assert not Pot.objects.exists()

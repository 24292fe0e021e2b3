"""Histories longer than anybody has."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from quire.core import standings, terms
from quire.core.distribution import Evidence, EvidenceWrong, divide_all
from tests.core.by_hand import EUR, shipped, society, yes

DAYS = [date(2026, 1, 2) + timedelta(days=n) for n in range(20)]


def answering(use: str) -> Evidence:
    """A member who answers anew on twenty days, each time yes."""
    said = tuple(terms.Answer("paper", None, use, True, day, None) for day in DAYS)
    return society(
        shipped("per-usage"), 100 * EUR, {}, rows=[("wrk_paper", 0, 1)], answers=(*yes("paper"), *said)
    )


def test_a_history_too_long_to_be_looked_through_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = answering("ai-train")
    assert sum(line.amount for line in divide_all(found)[0].lines) == 100 * EUR
    monkeypatch.setattr(standings, "MOST_LOOKS", 20 * 20)
    with pytest.raises(EvidenceWrong, match="too many different histories"):
        divide_all(found)


def test_answers_about_another_use_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standings, "MOST_LOOKS", 20)
    found = answering("search")
    parts = divide_all(found)[0].sums
    assert parts["payable"] == 85 * EUR
    assert divide_all(replace(found, answers=yes("paper")))[0].sums == parts

"""How one joins: the criteria that are in force, for everybody to read."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.web import desk


def test_the_criteria_are_read_by_everybody_and_those_to_come(house: Any, monkeypatch: Any) -> None:
    from quire.society.membership import actions
    from quire.society.membership.rules import Rule

    monkeypatch.setenv("QUIRE_TODAY", "2026-03-01")
    empty = desk.text(desk.visitor().get("/joining/"))
    assert "No criteria are in force yet." in empty
    rules = [
        Rule("articles", "at-least", 10, "Ten at least."),
        Rule("good_standing", "is", True, "In good standing."),
    ]
    actions.adopt_criteria(rules=rules, starts=date(2026, 1, 1), decision="Assembly of 2025")
    later = [Rule("articles", "at-least", 25, "More.")]
    actions.adopt_criteria(rules=later, starts=date(2027, 1, 1), decision="Assembly of 2026")
    page = desk.text(desk.visitor().get("/joining/"))
    assert "at least 10" in page
    assert "Good standing" in page
    assert "Assembly of 2025" in page
    assert "Articles: at least 25" in page

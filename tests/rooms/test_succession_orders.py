"""Deaths, sales, holds and agreements in whatever order they are recorded: everybody gets the same."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from tests.rooms.distribution_desk import Desk, audit, built, desk, eur, january, of
from tests.rooms.test_succession import GAZETTE, LANTERN, agree, coast, halves, holds_up, succeed

__all__ = ["built", "coast", "desk", "january"]

SOLD = date(2026, 1, 5)
AFTER, BEFORE = eur("340") // 3 + 1 + eur("100"), GAZETTE - eur("340") // 3 - 1 - eur("100")
"""Of the newspaper's 413.33…: the floor, which is judged by the month's last day, and five works' uses."""


def sold(desk: Desk, **more: Any) -> None:
    succeed(desk, "gazette", kind="acquirer", starts=SOLD, **more)


@pytest.mark.parametrize("first", ["clear", "release"])
def test_a_hold_and_an_unclear_sale_end_in_any_order_and_the_buyer_has_what_came_after(
    coast: Desk, first: str
) -> None:
    hold = coast.hold(party="gazette")
    sold(coast, unclear="The register is not public")
    coast.closed()
    assert of("held", "gazette") == GAZETTE
    if first == "release":
        coast.release(hold)
        assert (of("payable", "gazette"), of("held", "gazette")) == (BEFORE, AFTER)
        assert audit() == []
    sold(coast, takers=halves("reef"))
    if first == "clear":
        assert (of("payable", "reef"), of("held", "gazette")) == (0, GAZETTE)
        coast.release(hold)
    assert (of("payable", "gazette"), of("held", "gazette"), of("payable", "reef")) == (BEFORE, 0, AFTER)


def test_what_is_in_dispute_stays_so_when_it_becomes_clear_who_inherits(coast: Desk) -> None:
    hold = coast.hold(party="lantern", work="https://lantern.example/p/1", part=Fraction(1, 2))
    succeed(coast, "lantern", unclear="Two wills were found")
    assert holds_up(coast.closed())
    succeed(coast, "lantern", takers=halves("reef"))
    assert (of("held", "lantern"), of("payable", "reef")) == (eur("30"), LANTERN - eur("30"))
    assert audit() == []
    coast.release(hold)
    assert (of("held", "lantern"), of("payable", "lantern"), of("payable", "reef")) == (0, 0, LANTERN)


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_an_heir_owes_by_agreement_is_paid_whenever_it_becomes_clear_that_it_inherits(
    coast: Desk, when: str
) -> None:
    agree(coast, "reef", "otter:author:1", "50%", uses="ai-train")
    if when == "after":
        succeed(coast, "lantern", unclear="No will was found")
        coast.closed()
    succeed(coast, "lantern", takers=halves("reef"))
    if when == "before":
        coast.closed()
    # The floor is the heir's as a member; of the 120 by use half is the writer's.
    assert (of("payable", "reef"), of("payable", "otter")) == (LANTERN - eur("60"), eur("60"))
    assert (of("payable", "lantern"), of("held", "lantern")) == (0, 0)


def test_what_would_come_to_nobody_known_stays_held(coast: Desk) -> None:
    agree(coast, "reef", "unknown:author:1", "50%")
    succeed(coast, "lantern", unclear="No will was found")
    coast.closed()
    succeed(coast, "lantern", takers=halves("reef"))
    assert (of("held", "lantern"), of("payable", "reef")) == (eur("120"), LANTERN - eur("120"))


def test_an_heir_whose_own_heirs_are_unclear_waits_with_what_was_held(coast: Desk) -> None:
    succeed(coast, "lantern", unclear="No will was found")
    coast.closed()
    succeed(coast, "reef", unclear="Nor of the heir")
    succeed(coast, "lantern", takers=halves("reef"))
    assert (of("held", "lantern"), of("payable", "reef")) == (LANTERN, 0)
    assert audit() == []
    succeed(coast, "reef", takers=halves("cliff"))
    assert (of("held", "lantern"), of("payable", "reef"), of("payable", "cliff")) == (0, 0, LANTERN)


def test_what_was_held_for_days_before_the_sale_is_the_sellers_once_its_day_is_known(coast: Desk) -> None:
    sold(coast, unclear="The register is not public")
    coast.closed()
    succeed(coast, "gazette", kind="acquirer", starts=date(2026, 2, 1), takers=halves("reef"))
    assert (of("payable", "gazette"), of("payable", "reef")) == (GAZETTE, 0)

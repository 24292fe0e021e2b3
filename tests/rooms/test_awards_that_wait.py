"""A share is in dispute, and its owner has sold its catalogue to somebody whom nobody knows yet."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.rooms.distribution_desk import Desk, audit, built, desk, eur, january, of
from tests.rooms.test_disputes import Court
from tests.rooms.test_succession import account, coast, succeed

__all__ = ["built", "coast", "desk", "january"]

SOLD = date(2026, 1, 5)
HALVES = "gazette:publisher:2/3; marsh:photographer:1/6; lantern:photographer:1/6"


@pytest.fixture
def court(coast: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Court:
    """Of 60.00 that the lantern's third earned in six days, 20.00 were from the fifth of January on."""
    return Court(coast, tmp_path, monkeypatch)


def sold(court: Court, **more: Any) -> None:
    succeed(court.desk, "lantern", kind="acquirer", **{"starts": SOLD, **more})


def ended(court: Court) -> dict[str, int]:
    """What was held is divided, half and half; what each has more by it, payable."""
    made = court.file(kind="share")
    sold(court, unclear="The register of companies is not public")
    court.desk.closed()
    before = {code: of("payable", code) for code in ("lantern", "marsh", "reef")}
    held = of("held", "lantern")
    court.decide(made, HALVES)
    assert of("held", "lantern") == held - eur("50"), "10.00 of the 60.00 wait"
    assert audit() == []
    return {code: of("payable", code) - was for code, was in before.items()}


def test_what_is_the_sellers_is_awarded_and_what_is_the_buyers_waits(court: Court) -> None:
    from quire.society.distribution import queries
    from quire.society.parties import queries as parties

    assert ended(court) == {"lantern": eur("20"), "marsh": eur("30"), "reef": 0}
    told = [one for one in queries.awards_of(parties.party("lantern").id) if one.currency == "EUR"]
    assert sorted((one.text.startswith("Held until it is clear"), one.amount) for one in told) == [
        (False, eur("20")), (True, eur("10")),
    ]  # fmt: skip
    before = of("payable", "reef"), of("held", "lantern")
    sold(court, takers={"reef": Fraction(1)})
    assert of("held", "lantern") == 0
    assert of("payable", "reef") == before[0] + before[1]
    assert account("reef").credited == of("payable", "reef")
    assert not any(one.text.startswith("Held") for one in queries.awards_of(parties.party("lantern").id))


def test_a_sale_that_turns_out_to_be_later_is_judged_by_days(court: Court) -> None:
    """Of the line's sixteen days, the fifth until the twentieth, the last eight are the buyer's."""
    ended(court)
    before = of("payable", "lantern"), of("held", "lantern")
    sold(court, starts=date(2026, 1, 13), takers={"reef": Fraction(1)})
    assert of("held", "lantern") == 0
    gained = of("payable", "lantern") - before[0]
    assert gained + of("payable", "reef") == before[1]
    assert eur("5") <= gained < before[1]


def test_a_buyer_who_is_known_is_awarded_its_days(court: Court) -> None:
    made = court.file(kind="share")
    court.desk.closed()
    sold(court, takers={"reef": Fraction(1)})
    before = of("payable", "lantern")
    court.decide(made, HALVES)
    # Nobody knew of the sale when the run was frozen: of its one segment four days are the seller's.
    assert of("payable", "lantern") + of("payable", "reef") == before + eur("30")
    assert of("payable", "reef") == eur("24")
    assert audit() == []


def test_what_is_awarded_to_a_claimant_who_was_sold_waits_too(court: Court) -> None:
    made = court.file(kind="share")
    court.desk.closed()
    succeed(court.desk, "marsh", kind="acquirer", starts=date(2025, 12, 1), unclear="Nobody said who")
    before = of("payable", "marsh"), of("held", "marsh")
    court.settle(made, "gazette:publisher:2/3; marsh:photographer:1/3")
    assert of("payable", "marsh") == before[0]
    assert of("held", "marsh") == before[1] + eur("60")
    succeed(court.desk, "marsh", kind="acquirer", starts=date(2025, 12, 1), takers={"dune": Fraction(1)})
    assert of("payable", "dune") == eur("60")
    assert account("dune").adds_up


def test_a_line_that_was_held_is_divided_by_days_when_the_sale_is_clear(coast: Desk) -> None:
    succeed(coast, "gazette", kind="acquirer", starts=SOLD, unclear="The register is not public")
    coast.closed()
    before, held = of("payable", "gazette"), of("held", "gazette")
    succeed(coast, "gazette", kind="acquirer", starts=date(2026, 1, 13), takers={"reef": Fraction(1)})
    assert of("held", "gazette") == 0
    assert of("payable", "gazette") == before + eur("50"), "eight of sixteen days, of 100.00"
    assert of("payable", "reef") == held - eur("50")
    assert account("reef").adds_up

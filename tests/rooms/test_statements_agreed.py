"""What a statement says of an amount that came by an agreement: of how much, who kept what, and by whom."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from quire.core import bundle as bundles
from quire.core.verify import verify_statement
from tests.rooms.distribution_desk import Desk, built, desk, january
from tests.rooms.test_succession import agree, coast, halves, succeed

__all__ = ["built", "coast", "desk", "january"]


def agreed(run: Any, party: str) -> set[str]:
    """The sentences of a party's lines in euros, but for those credited at once."""
    from quire.society.statements import queries

    lines = queries.statement(run, party).lines
    return {line.agreed for line in lines if line.pot.currency == "EUR" and line.agreed}


def test_each_link_reads_what_the_giver_kept_and_passed_on(coast: Desk) -> None:
    agree(coast, "gazette", "otter:author:3/4; reef:author:1/4", "40%")
    agree(coast, "otter", "dune:author:1", "1/3")
    run = coast.closed()
    assert agreed(run, "gazette") == {
        "of €180.00 that came to you, you keep 40 % under gazette-1",
        "of €120.00 that came to you, you keep 40 % under gazette-1",
    }
    assert agreed(run, "reef") == {
        "of €180.00 that Harbour Gazette earned, 40 % is kept and 15 % is passed on to you under gazette-1",
        "of €120.00 that Harbour Gazette earned, 40 % is kept and 15 % is passed on to you under gazette-1",
    }
    assert "of €81.00 that came to you by way of Harbour Gazette, you keep 1/3 under otter-1" in agreed(
        run, "otter"
    )
    assert (
        "of €81.00 that The otter earned by way of Harbour Gazette, 1/3 is kept and 2/3 is passed on to you "
        "under otter-1"
    ) in agreed(run, "dune")
    assert agreed(run, "marsh") == set()


def test_heirs_read_in_whose_place_they_stand_and_the_dead_why_it_is_held(coast: Desk) -> None:
    from quire.society.statements import queries

    succeed(coast, "lantern", takers={"reef": Fraction(3, 4), "cliff": Fraction(1, 4)})
    succeed(coast, "marsh", unclear="No will was found")
    run = coast.closed()
    assert "of €60.00 that Lantern Photo earned, 75 % is yours, in whose place you stand" in agreed(
        run, "reef"
    )
    told = queries.statement(run, "marsh")
    assert {line.held_because for line in told.lines} == {
        "who succeeds it since 2026-01-20 is not clear: No will was found"
    }
    assert agreed(run, "marsh") == set()


def test_it_stands_on_the_page_in_the_table_and_in_the_file_and_the_file_holds(coast: Desk) -> None:
    from quire.society.distribution import publishing
    from quire.society.statements import queries, render

    succeed(coast, "lantern", takers=halves("reef"))
    run = coast.closed()
    told = queries.statement(run, "reef")
    files = render.files(told)
    sentence = "that Lantern Photo earned, 100 % is yours, in whose place you stand"
    assert sentence in files["reef.html"].decode()
    assert sentence in files["reef.csv"].decode()
    assert all(sentence in line["agreed"] for line in json.loads(files["reef.json"])["lines"])
    assert verify_statement(bundles.read(publishing.folder(run)), files["reef.json"]).findings == ()


@pytest.mark.parametrize("party", ["gazette", "marsh"])
def test_whoever_has_no_agreement_reads_of_none(coast: Desk, party: str) -> None:
    from quire.society.statements import queries, render

    files = render.files(queries.statement(coast.closed(), party))
    assert all("agreed" not in line for line in json.loads(files[f"{party}.json"])["lines"])

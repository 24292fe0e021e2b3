"""An invoice as a page of its own: from whom, to whom, and what its amount was made of."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Furnished
from tests.web import desk, lab_named


@pytest.fixture
def before(january: Furnished) -> Furnished:
    """The small society's January."""
    return january


def test_an_invoice_says_what_it_is_made_of_and_is_nobody_elses(house: Any) -> None:
    from quire.core.money import Money
    from quire.society.invoicing import actions, owing
    from quire.society.kit import periods
    from quire.society.parties import queries as parties

    browser = desk.seated("north", "lab-north")
    tid = lab_named.invoice()
    address = f"/lab/lab-north/invoices/{tid}/"
    assert f'href="{address}"' in desk.text(browser.get("/lab/lab-north/invoices/"))
    row = owing.invoice_of(parties.party("lab-north").id, tid)
    page = desk.text(browser.get(address))
    for told in ("Small Society", "north-2026", tid, Money(row.amount, row.currency).grouped(), "12,000"):
        assert told in page, told
    by = parties.acting("preparer")
    south = actions.issue_invoice(licence="south-2026", period=periods.parse("2026-01"), by=by)
    counted = desk.text(desk.seated("south", "lab-south").get(f"/lab/lab-south/invoices/{south.tid}/"))
    assert "Requests" in counted
    assert "0.002" in counted
    assert browser.get(f"/lab/lab-north/invoices/{south.tid}/").status_code == 404

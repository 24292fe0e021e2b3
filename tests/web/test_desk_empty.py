"""The desk of a society in which nothing has happened: every list says what to do next."""

from __future__ import annotations

from typing import Any

from tests.web import desk

SAYS = {
    "": "The society has no member yet",
    "runs/": "Nothing has been distributed yet",
    "plans/": "No plan has been adopted yet",
    "applications/": "Nobody has applied yet",
    "members/": "no member yet",
    "licences/": "Nobody has a licence yet",
    "tariffs/": "No tariff is published yet",
    "receipts/": "Nothing has come in yet",
    "invoices/": "Nothing has been invoiced yet",
    "invoices/open/": "Everything that was invoiced has come in",
    "deposits/": "No licensee has put money",
    "lumps/": "No lump sum has been agreed",
    "usage/": "No usage has been imported yet",
    "edges/": "No site has an edge yet",
    "surveys/": "No survey has been drafted yet",
    "payments/": "Nothing has been paid yet",
    "payments/all/": "Nothing has been paid yet",
    "payments/returned/": "Nothing that came back waits",
    "disputes/": "Nobody disputes anything",
    "corrections/": "Nobody has found a closed run to be wrong",
    "corrections/debts/": "Nobody owes anything",
    "holds/": "Nothing is held back",
    "unclaimed/": "Nothing is unclaimed",
    "unclaimed/claims/": "Nobody has claimed anything yet",
}


def test_every_list_says_what_to_do_where_there_is_nothing(house: Any) -> None:
    from tests import small

    small.quire("init", "--name", "Empty Society", "--town", "Vienna", "--country", "AT", "--iban",
                "AT611904300234573201", "--operator", "preparer")  # fmt: skip
    browser = desk.signed_in("preparer")
    for address, words in SAYS.items():
        assert words in desk.text(browser.get(f"/desk/{address}")), address


def test_a_desk_before_a_society_is_founded_says_how(house: Any) -> None:
    from quire.society.parties import actions

    actions.add_user(name="first", roles=["operator"])
    assert "No society has been founded here yet" in desk.text(desk.signed_in("first").get("/desk/"))

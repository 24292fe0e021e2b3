"""A member declares for tax; the desk reads it, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Furnished
from tests.web import desk

SAID = {
    "country": "at", "number": "93-173 6581", "none_because": "", "treaty": "no",
    "signed": "The publishing house", "true": "on",
}  # fmt: skip


@pytest.fixture
def before(january: Furnished) -> Furnished:
    """The small society's January."""
    return january


@pytest.fixture
def browser(house: Any) -> Any:
    """An admin's of the Gazette."""
    return desk.seated("gazette-admin", "gazette")


def test_a_declaration_is_shown_masked_to_the_member_and_whole_to_the_desk_alone(browser: Any) -> None:
    from quire.society.kit.acts import history
    from quire.society.parties import queries

    assert "Nothing yet" in desk.text(browser.get("/member/gazette/tax/"))
    assert browser.post("/member/gazette/tax/", SAID).status_code == 302
    page = desk.text(browser.get("/member/gazette/tax/"))
    assert "93…6581" in page
    assert "931736581" not in page
    assert "931736581" in desk.text(desk.signed_in("preparer").get("/desk/parties/gazette/"))
    listed = desk.text(desk.signed_in("preparer").get("/desk/taxes/"))
    assert "93…6581" in listed
    assert "931736581" not in listed
    act = history(queries.party("gazette").tid)[0]
    assert (act.verb, act.detail["number"]) == ("parties.declare-tax", "93…6581")


def test_a_later_declaration_stands_in_place_of_the_earlier_which_keeps_its_day(browser: Any) -> None:
    from quire.society.parties import queries

    browser.post("/member/gazette/tax/", SAID)
    browser.post("/member/gazette/tax/", SAID)
    again = SAID | {"country": "KY", "number": "", "none_because": "There are no such numbers."}
    assert browser.post("/member/gazette/tax/", again | {"treaty": "yes"}).status_code == 302
    told = queries.tax_forms(queries.party("gazette").id)
    assert [(one.country, one.number, one.treaty) for one in told] == [
        ("KY", "", True), ("AT", "931736581", False),
    ]  # fmt: skip
    page = desk.text(browser.get("/member/gazette/tax/"))
    assert "There are no such numbers." in page
    assert "What was declared before" in page


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"number": "931736582"}, "no tax number of AT"),
        ({"number": "=cmd()"}, "A tax number has letters"),
        ({"number": ""}, "Give the tax number, or say why"),
        ({"none_because": "None."}, "Give the tax number, or say why"),
        ({"country": "ZZ"}, "is not a code of two letters"),
        ({"signed": "A\x00B"}, "Null characters"),
        ({"true": ""}, "This field is required"),
    ],
)
def test_what_cannot_be_declared_stands_beside_the_form(
    browser: Any, wrong: dict[str, str], sentence: str
) -> None:
    from quire.society.parties.models import TaxForm

    assert sentence in desk.text(browser.post("/member/gazette/tax/", SAID | wrong))
    assert TaxForm.objects.count() == 0


def test_who_only_manages_does_not_declare_and_another_member_sees_nothing(browser: Any) -> None:
    from quire.society.kit import walls
    from quire.society.parties import queries
    from quire.society.parties.models import TaxForm

    browser.post("/member/gazette/tax/", SAID)
    manager = desk.seated("gazette-manager", "gazette", "manager")
    assert manager.get("/member/gazette/tax/").status_code == 403
    assert desk.seated("lens", "lantern").get("/member/gazette/tax/").status_code == 404
    with walls.looking_as(queries.party("lantern").id):
        assert TaxForm.objects.count() == 0
    auditor = desk.signed_in("preparer")
    assert auditor.post("/member/gazette/tax/", SAID).status_code == 403

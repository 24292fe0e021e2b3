"""A party is put on record at the desk: the first thing that a first-time operator does there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web import desk


@pytest.fixture
def operator(house: Any) -> Any:
    """The browser of a young society's operator."""
    from tests import small

    small.quire(
        "init", "--name", "A Young Society", "--town", "Graz", "--country", "AT", "--operator", "preparer"
    )
    return desk.signed_in("preparer")


REED = {"name": "Reed Review", "code": "reed-review", "kind": "magazine", "country": "AT"}


def test_a_party_is_registered_and_applies(operator: Any) -> None:
    from quire.society.parties import queries

    assert 'href="/desk/parties/new/"' in desk.text(operator.get("/desk/parties/"))
    there = operator.post("/desk/parties/new/", REED)["Location"]
    assert "Reed Review" in desk.text(operator.get(there))
    assert queries.party("reed-review").kind == "magazine"
    assert operator.post("/desk/parties/new/", REED)["Location"] == there
    shown = {"rule-works": "150", "rule-authority": "30", "rule-quality": "80", "rule-good_standing": "yes"}
    made = operator.post("/desk/applications/new/", {"party": "reed-review", "on": "2026-01-01", **shown})
    assert "admitted" in desk.text(operator.get(made["Location"]))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"name": ""}, "This field is required"),
        ({"code": "Reed Review"}, "code"),
        ({"kind": "club"}, "Select a valid choice"),
        ({"country": "AUT"}, "at most 2 characters"),
    ],
)
def test_what_is_wrong_stands_beside_the_form(operator: Any, said: dict[str, str], told: str) -> None:
    page = desk.text(operator.post("/desk/parties/new/", REED | said))
    assert told in page
    assert 'role="alert"' in page or "errors" in page


def test_another_of_the_same_code_is_refused(operator: Any) -> None:
    operator.post("/desk/parties/new/", REED)
    page = desk.text(operator.post("/desk/parties/new/", REED | {"name": "Reed Quarterly"}))
    assert "is on record already" in page
    assert "Reed Quarterly" in page

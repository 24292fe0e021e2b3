"""Forms of the desk sent empty and full of rubbish: a sentence, never a failure."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Furnished
from tests.web import desk, desk_named, named

RUBBISH = "\x00\u202e<b>'; DROP TABLE --" + "9" * 60
FIELDS = (
    "act", "kept", "period", "plan", "text", "runs", "starts", "decision", "reason", "note", "shares",
    "settle-text", "settle-shares", "decide-who", "decide-result", "decide-text", "paper-party",
    "withdraw-text", "work", "party", "claimant", "kind", "since", "wanted", "amount", "currency",
    "licence", "licensee", "received_on", "reference", "on", "way", "year", "reserve", "evidence",
    "accept", "beacon_value", "rule-works", "run", "amend_from",
)  # fmt: skip
ACTS = " open forecast adopt replay check settle decide withdraw paper accept refuse look prepare take close"


@pytest.fixture(scope="module")
def before(january: Furnished) -> Furnished:
    """A small society whose January is closed."""
    return january


@pytest.mark.more
def test_every_form_takes_rubbish_with_a_sentence(house: Any) -> None:
    from quire.society.parties import actions
    from quire.society.web.audiences import audience

    actions.add_user(name="operator", roles=["operator", "approver"])
    browser = desk.signed_in("operator")
    parts = {**named.parts("operator"), **desk_named.parts()}
    wrong = []
    for page in audience("operator").pages:
        if not page.writes or page.name == "desk-checks":
            continue
        address = "/desk/" + page.path
        for part, value in parts.items():
            address = address.replace(part, value)
        for act in ACTS.split(" "):
            for told in ({}, dict.fromkeys(FIELDS, RUBBISH)):
                answer = browser.post(address, {**told, "act": act})
                if answer.status_code not in {200, 302, 403, 404, 409, 422}:
                    wrong.append((page.name, act, answer.status_code))
    assert not wrong

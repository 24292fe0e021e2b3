"""Keys of the API on the pages: made and shown once, seen afterwards without the secret, ended."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.conftest import Furnished
from tests.rooms.api_desk import asking
from tests.web import desk


@pytest.fixture
def before(january: Furnished) -> Furnished:
    return january


def test_a_manager_makes_a_key_that_may_what_they_may(house: Any) -> None:
    browser = desk.seated("max", "gazette", "manager")
    page = "/member/gazette/api-keys/"
    assert "No program has a key yet" in desk.text(browser.get(page))
    offered = desk.text(browser.get(f"{page}new/"))
    assert 'value="manage"' in offered
    assert 'value="admin"' not in offered
    said = {"name": "statements", "mode": "live", "scopes": ["manage"]}
    answer = browser.post(f"{page}new/", said)
    (secret,) = set(re.findall(r"quire_live_[\w-]{43}", desk.text(answer)))
    assert answer["Cache-Control"] == "private, no-store"
    told = asking(secret).get("/me").json()
    assert (told["may"], told["party"]["code"]) == (["manage", "read"], "gazette")
    shown = desk.text(browser.get(page))
    assert secret not in shown
    (there,) = re.findall(r'href="(/member/gazette/api-keys/key_\w+/)"', shown)
    assert secret[-4:] in desk.text(browser.get(there))
    browser.post(there)
    assert asking(secret).get("/me").status_code == 401
    assert "revoked" in desk.text(browser.get(there))


def test_more_than_one_may_is_not_to_be_had(house: Any) -> None:
    browser = desk.seated("max", "gazette", "manager")
    refused = browser.post(
        "/member/gazette/api-keys/new/", {"name": "x", "mode": "live", "scopes": ["admin"]}
    )
    assert "quire_live_" not in desk.text(refused)


def test_the_house_has_keys_of_its_own_and_no_key_of_a_members(house: Any) -> None:
    from quire.society.parties import actions, queries

    actions.add_user(name="aud", roles=["auditor"])
    mine = actions.make_api_key(audience="member", party="gazette", name="m", by=queries.acting("preparer"))
    browser = desk.signed_in("aud")
    answer = browser.post("/audit/api-keys/new/", {"name": "ledger", "mode": "live"})
    (secret,) = set(re.findall(r"quire_live_[\w-]{43}", desk.text(answer)))
    assert asking(secret).get("/ledger").status_code == 200
    assert asking(secret).get("/parties").status_code == 403
    operator = desk.signed_in("preparer")
    assert operator.get(f"/desk/api-keys/{mine.key.tid}/").status_code == 404
    (theirs,) = queries.api_keys(party=None).rows
    operator.post("/desk/api-keys/new/", {"name": "bank", "mode": "test", "scopes": ["prepare"]})
    assert queries.api_keys(party=None).rows.count() == 2
    ours = queries.api_keys(party=None).rows.exclude(id=theirs.id).get()
    browser.post(f"/audit/api-keys/{ours.tid}/")
    assert queries.api_key(ours.tid, party=None).revoked is None, "an auditor changes nothing of others'"

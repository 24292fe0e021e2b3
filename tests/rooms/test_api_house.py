"""The society's house over the API: a month divided by two people's programs, and the books read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Furnished
from tests.rooms.api_desk import asking, good, key_of


@pytest.fixture
def before(small_january: Furnished) -> Furnished:
    return small_january


def desk(name: str, *scopes: str, **more: Any) -> asking:
    from quire.society.parties import queries

    return asking(key_of(queries.acting(name), "operator", None, *scopes, **more))


def done(job: dict[str, Any]) -> None:
    """Do a job as the worker would."""
    from quire.society.kit import ids, jobs

    jobs.perform(ids.read("job", job["id"]))


def test_a_month_is_divided_by_two_programs(house: Any) -> None:
    preparing, approving = desk("preparer", "prepare"), desk("approver", "approve")
    started = good(preparing.post("/runs", {"period": "2026-01"}, idempotency_key="january"), 202)
    again = good(preparing.post("/runs", {"period": "2026-01"}, idempotency_key="january"), 202)
    assert again == started, "a run is opened once, however often it is asked for"
    assert started["job"]["state"] == "waiting"
    done(started["job"])
    job = good(preparing.get(f"/jobs/{started['job']['id']}"))
    assert (job["state"], job["kind"]) == ("done", "distribution.run")
    path = f"/runs/{started['id']}"
    seen = preparing.get(path)
    assert good(seen)["state"] == "reviewed"
    own = preparing.post(f"{path}/approval", if_match=seen["ETag"])
    assert (own.status_code, own.json()["code"]) == (403, "api.scope")
    blind = approving.post(f"{path}/approval")
    assert blind.status_code == 428, "who approves says what they saw"
    approved = good(approving.post(f"{path}/approval", if_match=seen["ETag"]), 202)
    done(approved["job"])
    assert good(approving.get(path))["state"] == "closed"
    late = preparing.post(f"{path}/cancellation", {"reason": "Too late."}, if_match=seen["ETag"])
    assert late.status_code == 412


def test_who_prepared_does_not_approve_though_they_may_both(house: Any) -> None:
    from quire.society.parties import actions

    actions.grant_role(user="preparer", role="approver")
    both = desk("preparer", "prepare", "approve")
    started = good(both.post("/runs", {"period": "2026-01"}), 202)
    done(started["job"])
    path = f"/runs/{started['id']}"
    refused = both.post(f"{path}/approval", if_match=both.get(path)["ETag"])
    assert (refused.status_code, refused.json()["code"]) == (403, "parties.second-person")


def test_a_test_key_opens_no_run_and_asks_for_no_job(house: Any) -> None:
    trying = desk("preparer", "prepare", mode="test")
    told = good(trying.post("/runs", {"period": "2026-01"}), 202)
    assert told["run"]["state"] == "open"
    assert good(trying.get("/runs"))["data"] == []
    assert good(trying.get("/jobs"))["data"] == []


def test_a_plan_is_checked_before_it_is_adopted(house: Any) -> None:
    program = desk("preparer", "prepare")
    (plan,) = good(program.get("/plans"))["data"]
    told = good(program.post("/plans/checks", {"text": plan["text"]}))
    assert (told["works"], told["name"], told["problems"]) == (True, plan["name"], [])
    assert told["sentences"]
    wrong = good(program.post("/plans/checks", {"text": "name = 1"}))
    assert not wrong["works"]
    assert wrong["problems"]


def test_the_books_are_read(house: Any) -> None:
    program = desk("preparer")
    transactions = good(program.get("/ledger"))["data"]
    number = transactions[0]["number"]
    whole = good(program.get(f"/ledger/{number}"))
    assert whole["digest"] == transactions[0]["digest"]
    assert sum(int(one["amount"]["amount"].replace(".", "")) for one in whole["entries"]) == 0
    lines = good(program.get("/trial-balance"))["data"]
    of_eur = [one["balance"] for one in lines if one["balance"]["currency"] == "EUR"]
    assert sum(int(one["amount"].replace(".", "")) for one in of_eur) == 0
    account = lines[0]["code"]
    assert good(program.get(f"/ledger/accounts/{account}"))["data"]
    assert program.get("/ledger/accounts/nothing").status_code == 404
    assert program.get("/ledger/nothing").status_code == 404


def test_a_receipt_is_recorded_once(house: Any) -> None:
    program = desk("preparer", "prepare")
    before_ = good(program.get("/receipts"))["counted"]
    said = {
        "licence": "north-2026", "period": "2026-02", "amount": {"amount": "12.34", "currency": "EUR"},
        "received_on": "2026-03-02", "reference": "R-9",
    }  # fmt: skip
    made = good(program.post("/receipts", said), 201)
    assert made["amount"] == {"amount": "12.340000000000", "currency": "EUR"}
    good(program.post("/receipts", said), 201)  # the bank's reference says that it is the same
    assert good(program.get("/receipts"))["counted"] == before_ + 1
    wrong = program.post("/receipts", said | {"amount": {"amount": 12.34, "currency": "EUR"}})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "amount")


def test_keys_are_made_and_ended_by_commands(house: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.small import quire

    words = ("create", "ledger", "--scope", "prepare", "--by", "preparer")
    made = quire("api-keys", *words, capsys=capsys)
    assert asking(made["secret"]).get("/runs").status_code == 200
    (listed,) = quire("api-keys", "list", capsys=capsys)
    assert (listed["key"], listed["may"]) == (made["key"], "read prepare")
    assert made["secret"] not in str(listed)
    quire("api-keys", "revoke", made["key"], "--by", "preparer", capsys=capsys)
    assert asking(made["secret"]).get("/runs").status_code == 401

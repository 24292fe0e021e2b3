"""A run at the desk: opened, worked by a job, looked at, approved by a second person; or given up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests import small
from tests.conftest import Furnished, furnished
from tests.web import desk

KILLED = """
import os, signal, sys
import django
django.setup()
from uuid import UUID
from quire.society.distribution.actions import stages
from quire.society.kit import jobs
from dataclasses import replace
def dies(*_given, **_named):
    os.kill(os.getpid(), signal.SIGKILL)
stages.STAGES = tuple(replace(one, do=dies) if one.after == "frozen" else one for one in stages.STAGES)
jobs.perform(UUID(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def before(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """A small society whose January waits to be distributed."""
    folder = tmp_path_factory.mktemp("runs")

    def furnish(people: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
        from quire.society.parties import actions

        small.found(folder)
        small.use(folder)
        small.receive(folder)
        actions.add_user(name="both", roles=["operator", "approver"])

    with furnished(postgres, folder, furnish, staffed=False) as made:
        yield made


def opened(browser: Any, **said: str) -> str:
    """Open January; the address of its run."""
    answer = browser.post("/desk/runs/new/", {"period": "2026-01", "act": "open", **said})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def work() -> None:
    small.quire("worker", "--once")


def test_a_run_goes_from_receipts_to_its_bundle_by_two_people(house: Any) -> None:
    from quire.society.distribution import queries

    operator, approver = desk.signed_in("preparer"), desk.signed_in("approver")
    page = desk.text(operator.get("/desk/runs/"))
    assert "Waits to be distributed" in page
    assert "1,000.00 EUR" in page
    run = opened(operator)
    assert "It waits for a worker" in desk.text(operator.get(run))
    work()
    page = desk.text(operator.get(run))
    assert "It waits for a second person" in page or "You prepared this run" in page
    assert "north-2026: 1000.00 EUR came in; by its yearly fee 1019.17 EUR is due." in page
    assert "850.00 EUR" in page
    assert operator.get(f"{run}approve/").status_code == 403
    assert "Approve the run of 2026-01" in desk.text(approver.get("/desk/"))
    assert "preparer prepared it" in desk.text(approver.get(f"{run}approve/"))
    assert approver.post(f"{run}approve/")["Location"] == run
    assert queries.runs()[0].state == "approved"
    work()
    page = desk.text(operator.get(run))
    assert "closed" in page
    assert queries.runs()[0].state == "closed"
    assert "no run" not in desk.text(operator.get("/desk/"))
    rows = json.loads(b"".join(operator.get(f"{run}?potformat=json")))
    assert {row["licence"] for row in rows} == {"north-2026", "south-2026"}
    job = operator.post(f"{run}statements/")["Location"]
    work()
    assert "3 payees have their statement" in desk.text(operator.get(job))


def test_whoever_prepared_a_run_does_not_approve_it(house: Any) -> None:
    from quire.society.distribution import queries

    browser = desk.signed_in("both")
    run = opened(browser)
    work()
    page = desk.text(browser.post(f"{run}approve/"))
    assert "You prepared this run; somebody else approves it." in page
    assert queries.runs()[0].state == "reviewed"


def test_a_run_is_given_up_with_a_reason_and_its_receipts_wait_again(house: Any) -> None:
    browser = desk.signed_in("preparer")
    run = opened(browser)
    work()
    assert "This field is required" in desk.text(browser.post(f"{run}cancel/", {"reason": ""}))
    assert browser.post(f"{run}cancel/", {"reason": "A receipt is missing."})["Location"] == run
    assert "This run was given up" in desk.text(browser.get(run))
    assert "What came in for 2026-01 is in no run" in desk.text(browser.get("/desk/"))


def test_what_cannot_be_distributed_is_said_beside_the_form(house: Any) -> None:
    browser = desk.signed_in("preparer")
    page = desk.text(browser.post("/desk/runs/new/", {"period": "2031-05", "act": "open"}))
    assert 'value="2031-05"' in page
    assert 'role="alert"' in page
    assert "is not a period" in desk.text(browser.post("/desk/runs/new/", {"period": "May", "act": "open"}))


def test_a_forecast_says_what_a_run_would_give_and_keeps_nothing(house: Any) -> None:
    from quire.society.distribution import queries

    browser = desk.signed_in("preparer")
    job = browser.post("/desk/runs/new/", {"period": "2026-01", "act": "forecast"})["Location"]
    work()
    page = desk.text(browser.get(job))
    shown = page.partition('class="button" href="')[2].partition('"')[0]
    page = desk.text(browser.get(shown))
    assert "Forecast of 2026-01" in page
    assert "850.00 EUR" in page
    assert queries.runs() == []
    assert browser.get("/desk/runs/forecasts/none/").status_code == 404


def test_a_run_stands_beside_the_last_one_with_whose_money_changed(house: Any) -> None:
    from quire.society.invoicing import actions
    from quire.society.parties import queries as parties

    small.distribute()
    actions.record_receipt(
        licence="north-2026", period="2026-02", amount="500.00", received_on=_day(), reference="feb",
        by=parties.acting("preparer"),
    )  # fmt: skip
    browser = desk.signed_in("preparer")
    run = opened(browser, period="2026-02")
    work()
    page = desk.text(browser.get(run))
    assert "2026-01" in page
    assert "−500.00 EUR" in page
    rows = json.loads(b"".join(browser.get(f"{run}changes/?format=json")))
    assert rows
    assert all(row["more"].startswith(("+", "−")) for row in rows)


def _day() -> Any:
    from datetime import date

    return date(2026, 3, 1)


@pytest.mark.more
def test_a_worker_that_is_killed_in_the_middle_of_a_run_is_followed_by_another(house: Any) -> None:
    from quire.society.distribution import queries
    from quire.society.kit import jobs
    from quire.society.kit.models import Job

    browser = desk.signed_in("preparer")
    run = opened(browser)
    job = Job.objects.get(kind="distribution.run")
    env = {**os.environ, **house.env, "DJANGO_SETTINGS_MODULE": "quire.society.settings"}
    died = subprocess.run([sys.executable, "-c", KILLED, str(job.id)], env=env, capture_output=True)
    assert died.returncode == -9, died.stderr.decode()
    assert queries.runs()[0].state == "frozen"
    assert jobs.find(job.tid).state == "running"
    jobs.perform(job.id)
    assert jobs.find(job.tid).state == "done"
    assert queries.runs()[0].review["currencies"]["EUR"]["allocated"] == "850.000000000000"
    assert "second person" in desk.text(browser.get(run))

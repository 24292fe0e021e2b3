"""Notices: what happened is told once to each whom it concerns, whatever breaks meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests import small
from tests.conftest import Furnished, furnished


@pytest.fixture(scope="module")
def before(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """A small society whose January is closed."""
    folder = tmp_path_factory.mktemp("notices")

    def furnish(people: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
        small.found(folder)
        small.use(folder)
        small.receive(folder)
        small.distribute()

    with furnished(postgres, folder, furnish, staffed=False) as made:
        yield made


def box(code: str = "", audience: str = "member") -> Any:
    from quire.society.notices.queries import Box
    from quire.society.parties import queries as parties

    return Box(audience, parties.party(code).id, code) if code else Box(audience)


def told(code: str = "", audience: str = "member") -> list[Any]:
    from quire.society.kit.paging import Asked
    from quire.society.notices import queries
    from quire.society.parties import queries as parties

    return list(queries.notice_list(box(code, audience), parties.acting("preparer")).every(Asked()))


def events(code: str = "", audience: str = "member") -> list[str]:
    return sorted(row.event for row in told(code, audience))


def everything() -> int:
    from quire.society.notices.models import Notice

    return Notice.objects.count()


def test_the_database_hears_exactly_the_acts_that_are_in_the_catalogue(postgres: Any) -> None:
    from quire.society.notices import catalogue

    rules = (Path(catalogue.__file__).parent / "rules.sql").read_text()
    listed = rules.split("ARRAY[")[1].split("]")[0]
    assert [one.strip().strip("'") for one in listed.split(",")] == catalogue.verbs()


def test_every_act_that_is_heard_has_somebody_who_says_what_it_means(postgres: Any) -> None:
    from quire.society.kit import clock
    from quire.society.kit.acts import ActRow
    from quire.society.notices import catalogue, whom

    whom.meant(ActRow(clock.now(), "", "nothing.at-all", "-", {}))
    told = {verb for one in catalogue.EVENTS.values() for verb in one.verbs}
    assert set(whom.TELLERS) == told


def test_every_event_leads_to_a_page_for_each_of_its_audiences(postgres: Any) -> None:
    from quire.society.notices import catalogue
    from quire.society.notices.queries import address

    parts = dict.fromkeys(
        (
            "offer",
            "disposal",
            "run",
            "correction",
            "licence",
            "work",
            "dispute",
            "claim",
            "site",
            "edge",
            "client",
        ),
        "x",
    )
    for event in catalogue.EVENTS.values():
        assert event.pages, event.name
        for audience in event.pages:
            assert audience in catalogue.AUDIENCES
            assert address(event.name, audience, "gazette", parts).startswith("/")
        assert event.category in catalogue.CATEGORIES


def test_a_closed_run_is_told_to_its_payees_and_to_who_keeps_the_books(house: Any) -> None:
    from quire.society.notices import actions

    actions.tell()
    assert "statement.ready" in events("gazette")
    assert "statement.ready" in events("lantern")
    assert "run.to-approve" in events(audience="operator")
    assert events(audience="auditor").count("run.closed") == 1
    (ready,) = [row for row in told("gazette") if row.event == "statement.ready"]
    assert ready.words == "Your statement of 2026-01 is ready."
    assert ready.address.startswith("/member/gazette/statements/dst_")
    assert {"licence.granted", "payment.received"} <= set(events("lab-north", "licensee"))
    (paid,) = [row for row in told("lab-north", "licensee") if row.event == "payment.received"]
    assert paid.words == "Your payment of 1,000.00 EUR for 2026-01 has come in."


def test_who_said_nothing_to_a_use_is_asked_when_somebody_takes_a_licence_for_it(house: Any) -> None:
    from quire.society.notices import actions

    actions.tell()
    asked = {row.words for row in told("lantern") if row.event == "licence.decide"}
    assert len(asked) == 1
    assert "Lab South has taken a licence for ai-input" in asked.pop()
    assert "licence.decide" not in events("gazette")


def test_nothing_is_told_twice(house: Any) -> None:
    from quire.society.notices import actions

    assert actions.tell() == everything() > 10
    actions.look()
    count = everything()
    assert (actions.tell(), actions.look()) == (0, 0)
    assert everything() == count


def test_an_act_that_was_rolled_back_is_not_told(house: Any) -> None:
    from django.db import transaction

    from quire.society.notices.models import Waiting
    from quire.society.parties import actions as parties

    before = Waiting.objects.count()
    with transaction.atomic():
        parties.seat(user=parties.add_user(name="ghost"), party="gazette", role="reader")
        transaction.set_rollback(True)
    assert Waiting.objects.count() == before
    parties.seat(user=parties.add_user(name="guest"), party="gazette", role="reader")
    assert Waiting.objects.count() == before + 1


def test_an_act_that_cannot_be_told_does_not_stand_in_the_way(house: Any) -> None:
    from quire.society.kit import acts
    from quire.society.notices import actions, checks
    from quire.society.notices.actions.telling import TRIES

    actions.tell()
    acts.record("distribution.close", "dst_01h2xcejqtf2nbrexx3vqjhp41", by=None)
    acts.record("parties.grant-role", "somebody", by=None, role="auditor")
    assert actions.tell() == 2  # the role, to the desk and to the auditors
    assert list(checks.every_act_could_be_told()) == []
    for _ in range(TRIES):
        actions.tell()
    (sentence,) = checks.every_act_could_be_told()
    assert "distribution.close" in sentence
    assert "No run has the id" in sentence


def test_a_killed_teller_loses_nothing_and_doubles_nothing(house: Any) -> None:
    """Killed again and again at moments that nobody chose, tellers still tell everything once."""
    from quire.society.kit import acts
    from quire.society.notices import actions
    from quire.society.notices.models import Notice, Waiting

    actions.tell()
    for number in range(400):
        acts.record("parties.grant-role", f"user-{number}", by=None, role="auditor")
    waiting = Waiting.objects.count()
    for patience in (0.02, 0.05, 0.1, 0.2):
        _killed(house, patience)
    assert Waiting.objects.count() <= waiting
    actions.tell()
    subjects = Notice.objects.filter(event="role.granted", audience="operator", subject__startswith="user-")
    assert subjects.count() == subjects.values("subject").distinct().count() == 400
    assert Waiting.objects.count() == 0


_TELLER = """
import django
django.setup()
from quire.society.notices import actions
from quire.society.notices.actions import telling
telling.BATCH = 7
print("ready", flush=True)
actions.tell()
"""


def _killed(house: Any, patience: float) -> None:
    env = {**os.environ, **house.env, "DJANGO_SETTINGS_MODULE": "quire.society.settings"}
    teller = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _TELLER], env=env, stdout=subprocess.PIPE
    )
    assert teller.stdout is not None
    teller.stdout.readline()
    time.sleep(patience)
    teller.send_signal(signal.SIGKILL)
    teller.wait()
    teller.stdout.close()


def test_reading_is_each_users_own(house: Any) -> None:
    from quire.core.errors import NotFound
    from quire.society.notices import actions, queries
    from quire.society.parties import queries as parties

    actions.tell()
    one, other = parties.acting("preparer"), parties.acting("approver")
    mine = box("gazette")
    count = queries.unread_count(mine, one)
    assert count == queries.unread_count(mine, other) == len(told("gazette")) > 1
    first = told("gazette")[0]
    actions.read(mine, first.tid, by=one)
    actions.read(mine, first.tid, by=one)
    assert (queries.unread_count(mine, one), queries.unread_count(mine, other)) == (count - 1, count)
    with pytest.raises(NotFound):
        actions.read(box("lantern"), first.tid, by=one)
    assert actions.read_all(mine, by=one) == count - 1
    assert (queries.unread_count(mine, one), queries.unread_count(mine, other)) == (0, count)


def test_inside_a_partys_wall_its_notices_alone_are_there(house: Any) -> None:
    from quire.society.kit.walls import looking_as
    from quire.society.notices import actions
    from quire.society.notices.models import Notice

    actions.tell()
    with looking_as(box("lantern").party):
        assert set(Notice.objects.values_list("party", flat=True)) == {box("lantern").party}


def test_days_alone_bring_notices_once_for_each_threshold(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quire.society.notices import actions

    monkeypatch.setenv("QUIRE_TODAY", "2026-11-10")
    actions.look()
    assert events("lab-north", "licensee").count("licence.ending") == 1
    actions.look()
    assert events("lab-north", "licensee").count("licence.ending") == 1
    monkeypatch.setenv("QUIRE_TODAY", "2026-12-20")
    actions.look()
    rows = [row for row in told("lab-north", "licensee") if row.event == "licence.ending"]
    assert [row.due for row in rows] == [date(2027, 1, 1)] * 2
    assert rows[0].words == "Licence north-2026 ends on 1 Jan 2027, and none follows it."


def test_what_is_not_paid_is_open_then_overdue_and_then_over(
    house: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quire.society.notices import actions

    monkeypatch.setenv("QUIRE_TODAY", "2026-02-05")
    small.quire("invoice", "issue", "north-2026", "--period", "2026-Q2", "--by", "preparer")
    monkeypatch.setenv("QUIRE_TODAY", "2026-02-20")
    actions.tell()
    actions.look()
    assert {"invoice.issued", "invoice.due"} <= set(events("lab-north", "licensee"))
    assert "invoice.overdue" not in events("lab-north", "licensee")
    monkeypatch.setenv("QUIRE_TODAY", "2026-03-20")
    actions.look()
    assert "invoice.overdue" in events("lab-north", "licensee")
    assert "invoice.overdue" in events(audience="operator")
    waits = {row.event: row.state for row in told("lab-north", "licensee")}
    assert (waits["invoice.due"], waits["invoice.overdue"]) == ("done", "needs you")
    place = tmp_path / "receipts.csv"
    place.write_text(
        "reference,licence,period,amount,currency,received\nR-9,north-2026,2026-Q2,9000.00,EUR,2026-03-19\n"
    )
    small.quire("receipts", "import", place, "--by", "preparer")
    actions.look()
    waits = {row.event: row.state for row in told("lab-north", "licensee")}
    assert waits["invoice.overdue"] == "done"


def test_an_offered_part_is_told_to_whom_it_is_offered_and_its_answer_to_who_offered(house: Any) -> None:
    from quire.society.kit import clock
    from quire.society.notices import actions
    from quire.society.parties import queries as parties
    from quire.society.repertoire import actions as repertoire
    from quire.society.repertoire import queries as works

    work = works.work("https://gazette.example/b")
    by = parties.acting("preparer")
    offer = repertoire.offer_share(
        work=work.id, giver=parties.party("gazette").id, taker="marsh", role="author", share="1/6",
        starts=clock.today(), by=by,
    )  # fmt: skip
    actions.tell()
    (row,) = [row for row in told("marsh") if row.event == "share.offered"]
    assert row.words == "Harbour Gazette offers you a part of “The lock keeper”. It is yours once you accept."
    assert (row.address, row.state) == (f"/member/marsh/shares/{offer.tid}/", "needs you")
    repertoire.answer_offer(offer.id, party=parties.party("marsh").id, accept=True, by=by)
    actions.tell()
    assert "share.answered" in events("gazette")
    (row,) = [row for row in told("marsh") if row.event == "share.offered"]
    assert row.state == "done"
    assert "share.withdrawn" not in events("marsh")
    for owner in ("gazette", "lantern", "marsh"):
        assert "shares.changed" in events(owner), owner


def test_what_touches_money_or_keys_is_told_as_a_matter_of_security(house: Any) -> None:
    from quire.society.notices import actions
    from quire.society.parties import queries as parties
    from quire.society.parties.actions import make_api_key

    make_api_key(audience="member", party="gazette", name="reports", by=parties.acting("preparer"))
    make_api_key(audience="operator", party=None, name="nightly", by=parties.acting("preparer"))
    actions.tell()
    (row,) = [row for row in told("gazette") if row.event == "key.made"]
    assert (row.words, row.category) == ("A key of the API was made: reports.", "security")
    (row,) = [row for row in told(audience="operator") if row.event == "key.made"]
    assert "nightly" in row.words


def test_a_worker_tells_what_waits_without_being_asked(house: Any) -> None:
    from quire.society.notices import tasks
    from quire.society.notices.models import Waiting

    assert Waiting.objects.exists()
    tasks.tell.defer(timestamp=0)
    small.quire("worker", "--once")
    assert not Waiting.objects.exists()
    assert everything() > 10


def test_what_is_done_needs_nobody_and_what_another_must_do_does_not_need_me(house: Any) -> None:
    from quire.society.notices import actions, queries
    from quire.society.notices.models import Notice, Settled
    from quire.society.parties import queries as parties

    actions.tell()
    (row,) = [row for row in told(audience="operator") if row.event == "run.to-approve"]
    assert row.state == "done"  # the run was approved, and closed
    preparer, approver = parties.acting("preparer"), parties.acting("approver")
    assert "run.to-approve" not in [row.event for row in queries.first(box(audience="operator"), approver)]
    Notice.objects.bulk_create(
        [Notice(at=row.at, event=row.event, audience="operator", subject="-", parts={"run": "dst_x"},
                facts={"period": "2026-02"}, needs=True, cause="test")]
    )  # fmt: skip
    assert Settled.objects.count() >= 1
    assert "run.to-approve" in [row.event for row in queries.first(box(audience="operator"), approver)]
    assert "run.to-approve" not in [row.event for row in queries.first(box(audience="operator"), preparer)]


def test_a_members_answer_ends_the_question(house: Any) -> None:
    from quire.society.notices import actions

    actions.tell()
    (row,) = [row for row in told("lantern") if row.event == "licence.decide"]
    assert row.state == "needs you"
    small.quire(
        "mandates", "answer", "lantern", "ai-input", "yes", "--from", "2026-06-01", "--by", "preparer"
    )
    actions.tell()
    (row,) = [row for row in told("lantern") if row.event == "licence.decide"]
    assert row.state == "done"


def test_what_a_job_did_is_told_when_it_has_ended(house: Any) -> None:
    from quire.society.kit import acts, jobs
    from quire.society.notices.models import Notice

    def work(running: Any, *, by: Any) -> None:
        acts.record("parties.grant-role", "somebody", by=None, role="auditor")

    jobs.kind("test.grants")(work)
    jobs.ask("test.grants", "Grant", by=None)
    small.quire("worker", "--once")
    del jobs._KINDS["test.grants"]
    assert Notice.objects.filter(event="role.granted", subject="somebody").count() == 2

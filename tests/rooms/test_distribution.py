"""A run: opened, taken through its stages, approved by a second person, cancelled, forecast."""

from __future__ import annotations

import json
import threading
import time
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, connections, transaction

from quire.core.errors import Invalid
from tests.rooms.distribution_desk import (
    FEBRUARY,
    Desk,
    audit,
    balance,
    built,
    desk,
    eur,
    everything,
    january,
)

__all__ = ["built", "desk", "january"]


# Plans


def test_a_plan_is_adopted_by_a_decision_once_and_never_edited(desk: Desk) -> None:
    from quire.society.distribution.models import PlanVersion

    first = desk.adopt("hybrid")
    assert desk.adopt("hybrid", decision="Another day").id == first.id
    assert (first.decision, PlanVersion.objects.count()) == ("Assembly of December 2025", 1)
    with pytest.raises(Invalid, match="which decision adopted"):
        desk.adopt("per-usage", decision=" ")
    for change in ("UPDATE distribution_planversion SET text = ''", "DELETE FROM distribution_planversion"):
        with pytest.raises(Exception, match="permission denied"), transaction.atomic():
            connection.cursor().execute(change)


def test_the_plan_in_force_on_the_last_day_of_the_period_divides_it(desk: Desk) -> None:
    from quire.society.distribution.errors import NoPlan

    desk.adopt("per-usage", date(2026, 1, 1))
    desk.adopt("hybrid", date(2026, 2, 1))
    desk.receive("R-1", "1")
    desk.receive("R-2", "1", period=FEBRUARY)
    assert desk.opened().plan.name == "per-usage"
    assert desk.opened(FEBRUARY).plan.name == "hybrid"
    desk.receive("R-3", "1", period=FEBRUARY)
    assert desk.opened(FEBRUARY, plan="per-usage").plan.name == "per-usage"
    desk.receive("R-4", "1")
    with pytest.raises(NoPlan, match="No plan called hybrid is in force for 2026-01"):
        desk.opened(plan="hybrid")


# Opened


def test_nothing_received_nothing_opened(desk: Desk) -> None:
    from quire.society.distribution.errors import NothingToDistribute
    from quire.society.distribution.models import Run

    desk.adopt()
    with pytest.raises(NothingToDistribute, match="No money has come in for 2026-02: record a receipt"):
        desk.opened(FEBRUARY)
    assert Run.objects.count() == 0


def test_receipts_that_a_run_has_are_in_no_other_and_it_is_named(january: Desk) -> None:
    from quire.society.distribution.errors import NothingToDistribute

    run = january.opened()
    with pytest.raises(NothingToDistribute) as told:
        january.opened()
    assert told.value.sentence == f"All receipts of 2026-01 are already in the run {run.tid}, which is open."


def test_what_comes_in_later_for_the_same_licence_and_period_is_another_pot_in_another_run(
    january: Desk,
) -> None:
    from quire.society.licensing import queries as licensing

    first = january.closed()
    pot = f"rights:pot:{licensing.licence('north-2026').tid}:2026-01-01:2026-02-01"
    assert balance(pot) == 0
    january.receive("R-9", "7.00")
    assert (balance(pot), audit()) == (eur("7"), [])
    second = january.opened()
    assert audit() == []
    [one] = second.pots.all()
    assert (one.amount, one.starts) == (eur("7"), date(2026, 1, 1))
    from quire.society.distribution import actions

    january.close(actions.work(second, by=january.preparer))
    assert balance(pot) == 0
    assert first.pots.count() == 2


def test_receipts_of_one_licence_and_period_are_one_pot_and_two_currencies_never_mix(january: Desk) -> None:
    january.receive("R-3", "0.000000000001")
    run = january.closed()
    told = run.pots.order_by("currency").values_list("licence__code", "currency", "amount")
    assert list(told) == [("north-2026", "EUR", eur("1000") + 1), ("south-2026", "USD", eur("0.05"))]
    assert list(run.review["currencies"]) == ["EUR", "USD"]


def test_an_operator_opens_and_an_auditor_only_reads(january: Desk) -> None:
    from quire.society.distribution import actions
    from quire.society.kit import periods
    from quire.society.parties import actions as parties
    from quire.society.parties.errors import ReadsOnly, RoleMissing

    auditor = parties.add_user(name="auditor", roles=["auditor"])
    with pytest.raises(RoleMissing):
        actions.open_run(period=periods.parse("2026-01"), by=auditor)
    run = january.opened()
    for act in (
        lambda: actions.work(run, by=auditor),
        lambda: actions.place_hold(party="marsh", reason="Why not", by=auditor),
        lambda: actions.adopt_plan(
            text='name = "x"\n[[share]]\nlabel = "a"\nportion = "100%"\nkey = "equal"\n',
            starts=date(2026, 1, 1),
            decision="Nobody's",
            by=auditor,
        ),
    ):
        with pytest.raises(ReadsOnly):
            act()
    with pytest.raises(RoleMissing):
        actions.cancel(run, reason="Why not", by=auditor)


# Stage by stage


def test_every_stage_can_be_left_and_taken_up_and_working_twice_is_harmless(january: Desk) -> None:
    from quire.society.distribution import actions, store
    from quire.society.distribution.actions import stages

    run = january.opened()
    seen = []
    for _ in range(3):
        step = stages.next_of(run)
        assert step is not None
        step.do(run, by=january.preparer, place=store.standing())
        run.refresh_from_db()
        seen.append(run.state)
        assert audit() == []
    assert (seen, stages.next_of(run)) == (["frozen", "allocated", "reviewed"], None)
    before = everything()
    assert actions.work(run, by=january.preparer).state == "reviewed"
    assert everything() == before
    actions.approve(run, by=january.approver)
    told: list[str] = []
    actions.work(run, by=january.preparer, tell=told.append)
    assert told == ["posting to the ledger", "signing and publishing the bundle"]
    closed = everything()
    assert actions.work(run, by=january.preparer, tell=told.append).state == "closed"
    assert (everything(), len(told)) == (closed, 2)


def test_a_stage_out_of_its_turn_is_refused_and_touches_nothing(january: Desk) -> None:
    from quire.society.distribution import store
    from quire.society.distribution.actions import stages
    from quire.society.distribution.errors import WrongStage
    from quire.society.distribution.models import Run

    stale = january.opened()
    from quire.society.distribution import actions

    actions.work(Run.objects.get(id=stale.id), by=january.preparer)
    january.receive("R-3", "5")  # what a second freeze would see, were there one
    before = everything()
    for stage in (stages.freeze, stages.post):
        with pytest.raises(WrongStage, match="is reviewed; this stage follows only where it is"):
            stage(stale, by=january.preparer, place=store.standing())
    assert everything() == before


def test_a_freeze_sees_the_books_as_they_were_when_it_began(january: Desk) -> None:
    """Another command places a hold while the freeze is under way, just before holds are read."""
    from quire.society.distribution import store
    from quire.society.distribution.actions import stages
    from quire.society.parties import queries as parties

    run = january.opened()
    done: list[Any] = []

    def freeze() -> None:
        try:
            stages.freeze(run, by=january.preparer, place=store.standing())
            done.append("frozen")
        finally:
            connections.close_all()

    thread = threading.Thread(target=freeze)
    with psycopg.connect(january.house.env["DATABASE_URL"]) as other:
        other.execute("LOCK TABLE distribution_hold IN ACCESS EXCLUSIVE MODE")
        thread.start()
        _wait_for_a_lock()
        other.execute(
            "INSERT INTO distribution_hold (id, party_id, reason, starts) "
            "VALUES (gen_random_uuid(), %s, 'late', '2026-01-01')",
            (parties.party("gazette").id,),
        )
        other.commit()
    thread.join(timeout=20)
    assert done == ["frozen"]
    run.refresh_from_db()
    frozen = store.standing().load(run.tid, "inputs", run.inputs_digest)
    assert frozen["holds.jsonl"] == b""


def _wait_for_a_lock() -> None:
    for _ in range(400):
        with connection.cursor() as sql:
            sql.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if sql.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("the freeze never came to read the holds")


@pytest.mark.parametrize(("stage", "part", "file"), [("frozen", "inputs", "counts.jsonl"),
                                                     ("allocated", "results", "lines.jsonl")])  # fmt: skip
def test_files_altered_on_the_disk_are_never_computed_from(
    january: Desk, stage: str, part: str, file: str
) -> None:
    from quire.society.distribution import actions, store
    from quire.society.distribution.actions import stages
    from quire.society.distribution.errors import EvidenceChanged

    run = january.opened()
    while run.state != stage:
        step = stages.next_of(run)
        assert step is not None
        step.do(run, by=january.preparer, place=store.standing())
        run.refresh_from_db()
    place = Path(january.house.home) / "runs" / run.tid / part / file
    good = place.read_bytes()
    for bad in (good.replace(b"1", b"2", 1), None):
        place.unlink() if bad is None else place.write_bytes(bad)
        with pytest.raises(EvidenceChanged, match=f"The {part} of {run.tid} under"):
            actions.work(run, by=january.preparer)
        assert [one for one in audit() if f"The {part} of {run.tid}" in one]
    place.write_bytes(good)
    assert actions.work(run, by=january.preparer).state == "reviewed"


def test_lines_that_are_not_those_of_the_files_are_not_reviewed(january: Desk) -> None:
    """Only the owner of the tables could do it; the review would see it, and so does the audit."""
    from quire.society.distribution import actions, store
    from quire.society.distribution.actions import stages
    from quire.society.distribution.errors import DoesNotAdd

    run = january.opened()
    for stage in (stages.freeze, stages.allocate):
        stage(run, by=january.preparer, place=store.standing())
        run.refresh_from_db()
    _as_owner(january, "UPDATE distribution_line SET amount = amount + 1 WHERE number = 1")
    with pytest.raises(DoesNotAdd, match="in the database are not those of its files"):
        actions.work(run, by=january.preparer)
    assert any("The lines of" in one for one in audit())
    _as_owner(january, "UPDATE distribution_line SET amount = amount - 1 WHERE number = 1")
    assert actions.work(run, by=january.preparer).state == "reviewed"


def _as_owner(desk: Desk, change: str) -> None:
    with psycopg.connect(desk.house.env["QUIRE_OWNER_DATABASE_URL"]) as owner:
        owner.execute("ALTER TABLE distribution_line DISABLE TRIGGER USER")
        owner.execute(change)
        owner.execute("ALTER TABLE distribution_line ENABLE TRIGGER USER")


# Approved


def test_who_prepared_it_cannot_approve_nor_anybody_without_the_role(january: Desk) -> None:
    from quire.society.distribution import actions
    from quire.society.distribution.errors import WrongStage
    from quire.society.parties import actions as parties
    from quire.society.parties.errors import RoleMissing, SecondPerson

    run = january.opened()
    with pytest.raises(WrongStage, match="is open; a reviewed run is approved"):
        actions.approve(run, by=january.approver)
    actions.work(run, by=january.preparer)
    clerk = parties.add_user(name="clerk", roles=["operator"])
    with pytest.raises(RoleMissing):
        actions.approve(run, by=clerk)
    parties.grant_role(user="preparer", role="approver")
    with pytest.raises(SecondPerson, match="You prepared this run; somebody else approves it"):
        actions.approve(run, by=january.preparer)
    actions.approve(run, by=january.approver)
    with pytest.raises(WrongStage, match="is approved; a reviewed run is approved"):
        actions.approve(run, by=january.approver)
    assert actions.work(run, by=january.preparer).state == "closed"


APPROVE = (
    "INSERT INTO distribution_approval (id, run_id, by_id, at, results_digest) "
    "SELECT gen_random_uuid(), run.id, {by}, now(), {digest} FROM distribution_run AS run"
)
PREPARER = "(SELECT id FROM parties_user WHERE username = 'preparer')"
APPROVER = "(SELECT id FROM parties_user WHERE username = 'approver')"
CLERK = "(SELECT id FROM parties_user WHERE username = 'clerk')"
BEHIND_THE_CODE = {
    "the preparer approves": (
        APPROVE.format(by=PREPARER, digest="run.results_digest"),
        "the preparer of a run cannot approve it",
    ),
    "somebody without the role approves": (
        APPROVE.format(by=CLERK, digest="run.results_digest"),
        "only an approver approves a run",
    ),
    "a table of one's own stands in for the roles": (
        "CREATE TEMP TABLE parties_rolegrant (user_id bigint, role text); "
        f"INSERT INTO pg_temp.parties_rolegrant SELECT {CLERK}, 'approver'; "
        + APPROVE.format(by=CLERK, digest="run.results_digest"),
        "only an approver approves a run",
    ),
    "other results are approved": (APPROVE.format(by=APPROVER, digest="'sha256:other'"), "for the results"),
    "approved without an approval": (
        "UPDATE distribution_run SET state = 'approved'",
        "a run is approved by an approval",
    ),
    "a stage is left out": ("UPDATE distribution_run SET state = 'posted'", "goes from reviewed to the next"),
    "a stage is gone back": (
        "UPDATE distribution_run SET state = 'frozen'",
        "goes from reviewed to the next",
    ),
    "another has prepared it": (
        f"UPDATE distribution_run SET prepared_by_id = {CLERK}",
        "what a run is, is never rewritten",
    ),
    "other inputs": ("UPDATE distribution_run SET inputs_digest = 'x'", "never computed again"),
    "other results": ("UPDATE distribution_run SET results_digest = ''", "never computed again"),
    "another review": ("UPDATE distribution_run SET review = '{}'", "never computed again"),
    "the run is deleted": ("DELETE FROM distribution_run", "a run is cancelled, never deleted"),
    "a run begins approved": (
        (
            "INSERT INTO distribution_run (id, starts, ends, state, opened_at, inputs_digest, "
            "results_digest, review, bundle_root, plan_id, prepared_by_id) "
            "SELECT gen_random_uuid(), starts, ends, 'reviewed', opened_at, inputs_digest, results_digest, "
            "review, bundle_root, plan_id, prepared_by_id FROM distribution_run"
        ),
        "a run begins open",
    ),
    "a pot grows": ("UPDATE distribution_pot SET amount = amount * 2", "a pot is made while its run is open"),
    "a pot is added": (
        (
            "INSERT INTO distribution_pot (id, starts, ends, currency, amount, licence_id, run_id) "
            "SELECT gen_random_uuid(), starts, ends, currency, amount, licence_id, run_id "
            "FROM distribution_pot LIMIT 1"
        ),
        "a pot is made while its run is open",
    ),
    "a receipt changes pots": (
        "UPDATE distribution_potreceipt SET pot_id = (SELECT max(id::text)::uuid FROM distribution_pot)",
        "joins a pot of its own licence",
    ),
    "a line is added": (
        (
            "INSERT INTO distribution_line "
            "(id, number, outcome, amount, detail, hold_id, party_id, pot_id, run_id) "
            "SELECT gen_random_uuid(), 999, outcome, amount, detail, hold_id, party_id, pot_id, run_id "
            "FROM distribution_line LIMIT 1"
        ),
        "while their run is being divided",
    ),
    "a line is changed": ("UPDATE distribution_line SET amount = 0", "permission denied"),
    "what is not held is released": (
        (
            "INSERT INTO distribution_release (id, released_on, line_id) "
            "SELECT gen_random_uuid(), '2026-03-01', id FROM distribution_line"
        ),
        "only what a posted run held",
    ),
}


def test_the_database_refuses_what_the_code_would_never_do(january: Desk) -> None:
    from quire.society.parties import actions as parties

    parties.add_user(name="clerk", roles=["operator"])
    parties.grant_role(user="preparer", role="approver")
    run = january.reviewed()
    for what, (statement, why) in BEHIND_THE_CODE.items():
        with pytest.raises(Exception, match=why) as told, transaction.atomic():
            connection.cursor().execute(statement)
        assert told.value.__class__.__module__ == "django.db.utils", what
    run.refresh_from_db()
    assert run.state == "reviewed"
    january.close(run)
    for statement, why in (
        ("DELETE FROM distribution_potreceipt", "leaves its run only before it is approved"),
        ("UPDATE distribution_run SET bundle_root = 'x'", "never computed again"),
        ("UPDATE distribution_run SET state = 'cancelled'", "goes from closed to the next stage"),
        ("DELETE FROM distribution_approval", "permission denied"),
    ):
        with pytest.raises(Exception, match=why), transaction.atomic():
            connection.cursor().execute(statement)


# Cancelled


def test_a_cancelled_run_stays_and_its_receipts_wait_for_another(january: Desk) -> None:
    from quire.society.distribution import actions
    from quire.society.distribution.errors import WrongStage
    from quire.society.kit.models import Act

    run = january.reviewed()
    with pytest.raises(Invalid, match="Say why"):
        actions.cancel(run, reason="", by=january.preparer)
    actions.cancel(run, reason="A log was missing", by=january.preparer)
    run.refresh_from_db()
    assert (run.state, run.lines.count() > 0, run.pots.count()) == ("cancelled", True, 2)
    act = Act.objects.get(verb="distribution.cancel", subject=run.tid)
    assert (act.detail["reason"], sorted(act.detail["receipts"])) == ("A log was missing", ["R-1", "R-2"])
    assert actions.work(run, by=january.preparer).state == "cancelled"
    with pytest.raises(WrongStage):
        actions.approve(run, by=january.approver)
    second = january.closed()
    assert second.id != run.id
    with pytest.raises(WrongStage, match="is closed; only a run not yet approved is cancelled"):
        actions.cancel(second, reason="Too late", by=january.preparer)


def test_a_run_that_is_being_worked_on_is_not_cancelled_meanwhile(january: Desk) -> None:
    from quire.society.distribution import actions
    from quire.society.distribution.errors import RunBusy

    run = january.opened()
    told: list[str] = []

    def cancel(_: str) -> None:
        def elsewhere() -> None:
            try:
                actions.cancel(run, reason="Changed my mind", by=january.preparer)
            except RunBusy as busy:
                told.append(busy.sentence)
            finally:
                connections.close_all()

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()

    actions.work(run, by=january.preparer, tell=cancel)
    assert set(told) == {f"The run {run.tid} is being worked on by another process; wait until it is done."}
    assert (len(told), run.state) == (3, "reviewed")


# Forecast


def test_a_forecast_says_what_the_run_will_and_leaves_no_trace(january: Desk) -> None:
    from quire.society.distribution import queries

    before = everything()
    told = january.forecast()
    assert everything() == before
    run = january.reviewed()
    assert told.plan == run.plan.name == "hybrid"
    assert _without_pots(told.review) == _without_pots(run.review)
    january.close(run)
    assert queries.row(run).period == told.period


def _without_pots(review: dict[str, Any]) -> dict[str, Any]:
    """A pot's id is the run's own; everything else is the same."""
    plain = json.loads(json.dumps(review))
    for told in plain["totals"]:
        del told["pot"]
    return dict(plain)


def test_a_forecast_of_what_is_already_in_a_run_says_so(january: Desk) -> None:
    from quire.society.distribution.errors import NothingToDistribute

    run = january.opened()
    with pytest.raises(NothingToDistribute, match=run.tid):
        january.forecast()

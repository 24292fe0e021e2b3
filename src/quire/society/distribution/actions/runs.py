"""Open a run, work it as far as it goes, approve it, cancel it; or forecast one and leave no trace."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from quire.core.errors import Invalid
from quire.society.distribution import errors, pots, store
from quire.society.distribution.actions import stages
from quire.society.distribution.corrections import counted, taking
from quire.society.distribution.models import Approval, PlanVersion, PotReceipt, Run
from quire.society.distribution.progress import Count, quietly
from quire.society.kit import acts, clock, locks
from quire.society.kit.periods import Period
from quire.society.parties import queries as parties

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run would do, as its review says it; nothing of it was kept."""

    period: Period
    plan: str
    review: dict[str, Any]


def open_run(*, period: Period, by: Any, plan: str = "", lump: str = "") -> Run:
    """Take every receipt of the period that no run has taken, as pots by licence, period and currency.

    ``plan`` names a plan version by name or digest; else the one in force on the period's last day is used.
    ``lump`` names a round of a lump sum (``lrd_…``), whose receipts alone are taken, by the plan of that name
    in force today; without it no lump sum is touched. Raises ``NothingToDistribute`` (naming the run that has
    the receipts, if one has), ``NoPlan``, invoicing.NoRate.
    """
    parties.need_role(by, "operator")
    with transaction.atomic():
        locks.wait("distribution:open")
        version = _plan(plan, Period(period.starts, clock.today() + timedelta(days=1)) if lump else period)
        groups = pots.waiting(period, lump)
        run = Run.objects.create(
            starts=period.starts, ends=period.ends, plan=version, opened_at=clock.now(), prepared_by=by
        )
        pots.make(run, groups)
        acts.record("distribution.open", run, by=by, period=str(period), plan=version.digest)
    return run


def _plan(name: str, period: Period) -> PlanVersion:
    versions = PlanVersion.objects.filter(starts__lt=period.ends).order_by("-starts", "-id")
    if name:
        versions = versions.filter(digest=name) if name.startswith("sha256:") else versions.filter(name=name)
    else:
        versions = versions.filter(by_name=False)
    found = versions.first()
    if found is None:
        raise errors.NoPlan(
            f"No plan{f' called {name}' if name else ''} is in force for {period}. "
            "Adopt one: quire plan adopt FILE --from DATE --decision TEXT."
        )
    return found


@contextmanager
def _alone(run: Run) -> Iterator[None]:
    """Nobody else works on the run meanwhile; ``RunBusy`` where somebody does."""
    name = f"distribution:{run.tid}"
    if not locks.try_session(name):
        raise errors.RunBusy(
            f"The run {run.tid} is being worked on by another process; wait until it is done.", run=run.tid
        )
    try:
        yield
    finally:
        locks.leave_session(name)


def work(
    run: Run,
    *,
    by: Any,
    tell: Progress | None = None,
    place: store.Store | None = None,
    count: Count = quietly,
) -> Run:
    """Take a run through every stage that follows, until it waits for a person or is closed.

    May be killed at any moment and called again. One process at a time: another gets ``RunBusy``. ``tell``
    is told in words what each stage is doing as it begins, and ``count`` how far a long one is. Raises
    parties.ReadsOnly, ``EvidenceChanged``, ``DoesNotAdd``.
    """
    parties.may_write(by)
    with _alone(run):
        run.refresh_from_db()
        while step := stages.next_of(run):
            if tell:
                tell(step.doing)
            step.do(run, by=by, place=place or store.standing(), count=count)
            run.refresh_from_db()
    return run


def approve(run: Run, *, by: Any) -> Approval:
    """A second person says yes to the results as they stand. Raises parties.RoleMissing and SecondPerson,
    ``WrongStage``."""
    parties.need_role(by, "approver")
    # Looked at before the row is waited for: whoever approves too early is told so at once.
    _may_approve(Run.objects.get(id=run.id), by)
    with transaction.atomic():
        run = Run.objects.select_for_update().get(id=run.id)
        _may_approve(run, by)
        given = Approval.objects.create(run=run, by=by, at=clock.now(), results_digest=run.results_digest)
        stages.move(run, "approved")
        acts.record("distribution.approve", run, by=by, results=run.results_digest)
    return given


def _may_approve(run: Run, by: Any) -> None:
    parties.second_person(by, run.prepared_by_id, "prepared this run", "approves it")
    if run.state != "reviewed":
        raise errors.WrongStage(f"The run {run.tid} is {run.state}; a reviewed run is approved.")


def cancel(run: Run, *, reason: str, by: Any) -> None:
    """Give a run up before it is approved; its receipts wait for another run. The run stays on record.

    Raises parties.RoleMissing, Invalid without a reason, ``RunBusy``, ``WrongStage``.
    """
    parties.need_role(by, "operator")
    if not reason.strip():
        raise Invalid("Say why the run is given up: --reason TEXT.")
    with _alone(run), transaction.atomic():
        run = Run.objects.select_for_update().get(id=run.id)
        if run.state not in {"open", "frozen", "allocated", "reviewed"}:
            raise errors.WrongStage(
                f"The run {run.tid} is {run.state}; only a run not yet approved is cancelled."
            )
        held = PotReceipt.objects.filter(pot__run=run)
        freed = [one.receipt.reference for one in held.select_related("receipt").order_by("receipt_id")]
        held.delete()
        taking.leave(run)
        counted.leave(run)
        stages.move(run, "cancelled")
        acts.record("distribution.cancel", run, by=by, reason=reason, receipts=freed)


def forecast(*, period: Period, by: Any, plan: str = "") -> Forecast:
    """What a run of the period would give: the same code, rolled back, its files thrown away."""
    with tempfile.TemporaryDirectory() as folder, transaction.atomic():
        with connection.cursor() as run_sql:
            run_sql.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        run = open_run(period=period, by=by, plan=plan)
        while (step := stages.next_of(run)) and run.state != "reviewed":
            step.do(run, by=by, place=store.Store(Path(folder)))
        told = Forecast(period, run.plan.name, dict(run.review))
        transaction.set_rollback(True)
    return told

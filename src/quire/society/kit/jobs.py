"""Work that takes longer than anybody waits for a page: asked for, done by a worker, watched, returned to.

A room names a ``kind`` of job and the function that does it, in its ``jobs.py``. ``ask`` writes the job and
hands it to procrastinate in one transaction, so that work asked for by what was rolled back is never done. A
job is done again from the start when its worker was killed: what it does must be fit for that, as every
action here is.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connections, transaction
from django.db.models import Count, Q

from quire.core.errors import Invalid, QuireError
from quire.society.kit import clock, ids, trail
from quire.society.kit.models import Job
from quire.society.kit.nouns import one
from quire.society.kit.paging import Filter, Listing, Sort

TASK = "quire.job"
_EVERY = 0.5
"""Seconds between two notes of how far a job is."""
SILENT = timedelta(seconds=60)
"""A job that runs and has not been heard of for so long has lost its worker."""

Work = Callable[..., Mapping[str, Any] | None]
_KINDS: dict[str, Work] = {}
AFTER: list[Callable[[], None]] = []
"""What a worker does besides whenever a job has ended; rooms above put it here."""


class JobUnknown(Invalid):
    """There is no such kind of job."""

    code = "job.unknown"


def kind(name: str) -> Callable[[Work], Work]:
    """Register the function that does jobs of this kind: ``work(running, **given)``; what it returns, a
    mapping of texts, is the job's result (``address`` leads to what was made)."""

    def registered(work: Work) -> Work:
        _KINDS[name] = work
        return work

    return registered


def ask(
    name: str, title: str, *, by: Any, party: UUID | None = None, **given: str | int | bool | None
) -> Job:
    """Have a job done: ``title`` is what it says on its page, ``given`` what its function gets. ``party``'s
    team may watch it, and ``by``, and the society's own people. JobUnknown for a kind that nobody registered.
    """
    from procrastinate.contrib.django import app

    _load()
    if name not in _KINDS:
        raise JobUnknown(f"There is no kind of job called {name}.")
    with transaction.atomic():
        job = Job.objects.create(
            kind=name, title=title[:200], by=by, party=party, given=given, asked_at=clock.now()
        )
        app.configure_task(TASK).defer(job=str(job.id))
    return job


def perform(job: UUID) -> None:
    """Do a job, from the start; a job that has ended is left as it is. Called by the worker."""
    _load()
    row = Job.objects.filter(id=job).first()
    if row is None or row.state in {"done", "failed"}:
        return
    running, began = Running(row.id), time.monotonic()
    running.note(state="running", started_at=clock.now(), done=0, whole=0)
    try:
        with trail.because(row.by.username if row.by else "", f"job {row.kind} {row.tid}"):
            result = _KINDS[row.kind](running, by=row.by, **row.given) or {}
    except QuireError as problem:
        running.note(state="failed", ended_at=clock.now(), sentence=str(problem)[:500])
    except Exception:
        # Whatever it was: the job says that it failed, and the log has the cause.
        logging.getLogger("quire.jobs").exception("job %s failed", row.tid)
        sentence = "This failed in a way nobody foresaw; the society's log has the cause. Nothing was lost."
        running.note(state="failed", ended_at=clock.now(), sentence=sentence)
    else:
        running.note(state="done", ended_at=clock.now(), result=dict(result), sentence="")
    finally:
        running.close()
        row.refresh_from_db(fields=["state"])
        told = {"kind": row.kind, "state": row.state, "seconds": round(time.monotonic() - began, 1)}
        logging.getLogger("quire.jobs").info("job", extra=told)


class Running:
    """What a job's function tells of itself while it works; on a connection of its own, so that it is seen
    while the work's transaction is still open. While it says nothing, it is said that it lives."""

    def __init__(self, job: UUID) -> None:
        self._job = job
        self._told = 0.0
        self._beside = connections.create_connection("default")
        self._beside.inc_thread_sharing()
        self._one_at_a_time = threading.Lock()
        self._ended = threading.Event()
        self._heart = threading.Thread(target=self._beat, daemon=True)
        self._heart.start()

    @property
    def tid(self) -> str:
        """The job's id as people see it."""
        return ids.show(Job.prefix, self._job)

    def _beat(self) -> None:
        while not self._ended.wait(SILENT.total_seconds() / 6):
            self.note()

    def count(self, done: int, whole: int, unit: str = "") -> None:
        """So much of the whole is done; said as often as one likes, kept twice a second."""
        now = time.monotonic()
        if now - self._told >= _EVERY or done >= whole:
            self._told = now
            self.note(done=done, whole=whole, unit=unit)

    def say(self, sentence: str) -> None:
        """What the job is doing now."""
        self.note(sentence=sentence[:500])

    def note(self, **changes: Any) -> None:
        """Write these columns of the job."""
        changes["beat_at"] = clock.now()
        fields = {name: Job._meta.get_field(name) for name in changes}
        names = ", ".join(f"{field.column} = %s" for field in fields.values())
        values = [field.get_db_prep_save(changes[name], self._beside) for name, field in fields.items()]
        # sql: the table and its columns are the model's own names
        update = f"UPDATE {Job._meta.db_table} SET {names} WHERE id = %s"  # noqa: S608
        with self._one_at_a_time, self._beside.cursor() as run:
            run.execute(update, [*values, self._job])

    def close(self) -> None:
        """Say no more, and give the connection back."""
        self._ended.set()
        self._heart.join()
        self._beside.close()


def _load() -> None:
    """Have every room register its kinds."""
    for room in apps.get_app_configs():
        name = f"{room.name}.jobs"
        if room.name.startswith("quire.society.") and room.label != "kit":
            try:
                import_module(name)
            except ModuleNotFoundError as missing:
                if missing.name != name:
                    raise


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as others see it. ``state`` is waiting, running, silent (its worker was lost; it is begun
    again), done or failed; ``sentence`` what it is doing, or why it failed; ``left`` the seconds it may
    still take."""

    tid: str
    kind: str
    title: str
    by: str
    party: UUID | None
    state: str
    sentence: str
    done: int
    whole: int
    unit: str
    asked_at: datetime
    ended_at: datetime | None
    left: float | None
    result: Mapping[str, str]


def find(tid: str, *, party: UUID | None = None, by: Any = None) -> JobRow:
    """A job by its id; with ``party``, only of that party, or asked by the user ``by``. Unknown."""
    rows = Job.objects.select_related("by").filter(id=ids.read(Job.prefix, tid))
    if party is not None:
        rows = rows.filter(Q(party=party) | Q(by=by))
    return _row(one(rows, f"There is no job {tid[:60]}."))


def job_list(*, party: UUID | None = None) -> Listing[JobRow]:
    """Jobs, the newest first: a party's, or everybody's."""
    states = {"waiting": "waiting", "running": "running", "done": "done", "failed": "failed"}
    rows = Job.objects.select_related("by")
    return Listing(
        rows if party is None else rows.filter(party=party),
        lambda found: map(_row, found),
        {"asked_at": Sort("asked_at", descending=True)},
        {"state": Filter("State", states, lambda state: Q(state=state))},
        lambda words: Q(title__icontains=words),
    )


def waiting() -> int:
    """Jobs that nobody has begun."""
    return Job.objects.filter(state="waiting").count()


def counts() -> dict[str, int]:
    """State to how many jobs are in it, of those that were asked for within the last thirty days."""
    recent = Job.objects.filter(asked_at__gte=clock.now() - timedelta(days=30)).order_by()
    found = dict(recent.values_list("state").annotate(Count("id")))
    return {state: found.get(state, 0) for state in ("waiting", "running", "done", "failed")}


def _row(row: Job) -> JobRow:
    state = row.state
    if state == "running" and row.beat_at is not None and row.beat_at < clock.now() - SILENT:
        state = "silent"
    return JobRow(
        row.tid, row.kind, row.title, row.by.username if row.by else "", row.party, state, row.sentence,
        row.done, row.whole, row.unit, row.asked_at, row.ended_at, _left(row), row.result,
    )  # fmt: skip


def _left(row: Job) -> float | None:
    """At the rate so far; None while that says nothing."""
    if row.state != "running" or row.started_at is None or row.done * 50 <= row.whole:
        return None
    seconds = (clock.now() - row.started_at).total_seconds()
    return seconds * (row.whole - row.done) / row.done if seconds >= 2 else None


def last(kinds: Sequence[str], **given: str) -> JobRow | None:
    """The newest job of one of these kinds that was given this; None where there is none."""
    rows = Job.objects.select_related("by").filter(kind__in=kinds, given__contains=given)
    found = rows.order_by("-asked_at", "-id").first()
    return _row(found) if found else None

"""What a worker does for notices: each minute what waits, each hour what days bring."""

from __future__ import annotations

from datetime import timedelta

from django.db import connections
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from quire.society.kit import clock, jobs
from quire.society.notices import actions

QUEUE = "jobs"
_SOON = timedelta(minutes=1)


@app.periodic(cron="* * * * *")
@app.task(name="quire.notices.tell", queue=QUEUE, queueing_lock="quire.notices.tell", pass_context=False)
def tell(timestamp: int = 0) -> None:
    """Tell the acts that wait, and send what is due."""
    try:
        actions.tell()
        actions.send()
        _sent()
    finally:
        connections.close_all()


@app.periodic(cron="7 * * * *")
@app.task(name="quire.notices.look", queue=QUEUE, queueing_lock="quire.notices.look", pass_context=False)
def look(timestamp: int = 0) -> None:
    """Find what the days brought, and send what has gathered."""
    try:
        actions.look()
        actions.gather()
    finally:
        connections.close_all()


@app.task(name="quire.notices.deliver", queue=QUEUE, queueing_lock="quire.notices.deliver")
def deliver() -> None:
    """Send what is due, sooner than the next minute."""
    try:
        _sent()
    finally:
        connections.close_all()


def _sent() -> None:
    """Send; and where a message is due before the next minute begins, be there then."""
    actions.deliver()
    due = actions.next_due()
    if due is not None and due < clock.now() + _SOON:
        wait = max(due - clock.now(), timedelta(seconds=1))
        try:
            deliver.configure(schedule_in={"seconds": int(wait.total_seconds()) + 1}).defer()
        except AlreadyEnqueued:
            pass  # somebody is there already


def soon() -> None:
    """Have what waits told as soon as the worker is free: a job may have done much that people wait for."""
    try:
        tell.defer(timestamp=0)
    except AlreadyEnqueued:
        pass  # it will be


jobs.AFTER.append(soon)

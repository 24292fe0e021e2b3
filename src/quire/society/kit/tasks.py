"""What procrastinate knows: do a job; now and then begin again what a lost worker left, and sweep."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog
from django.core.management import call_command
from django.db import connection, connections
from procrastinate.contrib.django import app

from quire.society.kit import answered, jobs


@app.task(name=jobs.TASK, queue="jobs")
def job(job: str) -> None:
    """Do the job of this id, in a thread of its own, whose connections end with it."""
    try:
        with structlog.contextvars.bound_contextvars(job=job):
            jobs.perform(UUID(job))
        for then in jobs.AFTER:
            then()
    finally:
        connections.close_all()


@app.periodic(cron="* * * * *")
@app.task(name="quire.again", queue="jobs", pass_context=False)
async def again(timestamp: int) -> None:
    """Begin again the jobs whose worker has not been heard of."""
    manager: Any = app.job_manager
    for stalled in await manager.get_stalled_jobs(seconds_since_heartbeat=jobs.SILENT.total_seconds()):
        await manager.retry_job(stalled)


@app.periodic(cron="17 * * * *")
@app.task(name="quire.sweep", queue="jobs", pass_context=False)
def sweep(timestamp: int) -> None:
    """Take away what nobody asks for again: counts of past minutes, what the cache no longer remembers,
    answers that are kept no longer, and sessions that have ended."""
    try:
        with connection.cursor() as run:
            run.execute("DELETE FROM kit_minute WHERE minute < %s", [timestamp // 60 - 60])
            run.execute("DELETE FROM kit_cache WHERE expires < now()")
        answered.sweep()
        call_command("clearsessions")
    finally:
        connections.close_all()

"""The one task that procrastinate knows: do a job; and, now and then, begin again what a lost worker left."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connections
from procrastinate.contrib.django import app

from quire.society.kit import jobs


@app.task(name=jobs.TASK, queue="jobs")
def job(job: str) -> None:
    """Do the job of this id, in a thread of its own, whose connections end with it."""
    try:
        jobs.perform(UUID(job))
    finally:
        connections.close_all()


@app.periodic(cron="* * * * *")
@app.task(name="quire.again", queue="jobs", pass_context=False)
async def again(timestamp: int) -> None:
    """Begin again the jobs whose worker has not been heard of."""
    manager: Any = app.job_manager
    for stalled in await manager.get_stalled_jobs(seconds_since_heartbeat=jobs.SILENT.total_seconds()):
        await manager.retry_job(stalled)

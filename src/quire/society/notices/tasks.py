"""What a worker does for notices: each minute what waits, each hour what days bring."""

from __future__ import annotations

from django.db import connections
from procrastinate.contrib.django import app

from quire.society.notices import actions

QUEUE = "jobs"


@app.periodic(cron="* * * * *")
@app.task(name="quire.notices.tell", queue=QUEUE, queueing_lock="quire.notices.tell", pass_context=False)
def tell(timestamp: int) -> None:
    """Tell the acts that wait."""
    try:
        actions.tell()
    finally:
        connections.close_all()


@app.periodic(cron="7 * * * *")
@app.task(name="quire.notices.look", queue=QUEUE, queueing_lock="quire.notices.look", pass_context=False)
def look(timestamp: int) -> None:
    """Find what the days brought."""
    try:
        actions.look()
    finally:
        connections.close_all()

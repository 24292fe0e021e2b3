"""The worker, which does what takes longer than a page waits."""

from __future__ import annotations

from typing import Annotated

import typer

from quire.cli import frame
from quire.cli.house import talkative


def register(app: typer.Typer) -> None:
    """The command of the worker."""
    frame.command(app, "worker", before=talkative)(worker)


def worker(
    once: Annotated[bool, typer.Option("--once", help="End when nothing waits any more.")] = False,
) -> None:
    """Do the jobs that pages asked for, one at a time, until it is stopped (Ctrl-C lets the job end)."""
    from procrastinate.contrib.django import app

    connector: object = app.connector
    if not once:
        frame.out.print("Waiting for jobs (Ctrl-C ends it).")
    with app.replace_connector(connector.get_worker_connector()) as working:  # type: ignore[attr-defined]
        working.run_worker(
            queues=["jobs"], wait=not once, concurrency=1, listen_notify=not once, delete_jobs="successful"
        )

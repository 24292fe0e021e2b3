"""A command that stays and does its work again and again, until the service that runs it is told to stop."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from threading import Event
from types import FrameType

from quire.cli import frame
from quire.core.errors import QuireError


def run(seconds: float, work: Callable[[Callable[[], bool]], None]) -> None:
    """Do ``work``, wait so many seconds, and again, until SIGTERM or SIGINT; what was begun is finished.

    ``work`` is given a function that says whether it should come to its end. What goes wrong in one round is
    a line on stderr, and is tried again in the next: the database may be restarted meanwhile, or a disk full.
    """
    from django.db import Error, close_old_connections

    told = Event()

    def stop(number: int, where: FrameType | None) -> None:
        told.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        while not told.is_set():
            try:
                work(told.is_set)
            except (QuireError, OSError, Error) as problem:
                sentence = problem.sentence if isinstance(problem, QuireError) else str(problem).strip()
                frame.err.print(f"quire: {sentence}", markup=False)
            sys.stdout.flush()
            close_old_connections()
            told.wait(seconds)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""What a process of its own does in a simulation, to be killed while it does it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Say = Callable[[str], None]


class Death:
    """Kills this process, as ``kill -9`` does, at one of its steps: a statement that it is about to give the
    database, or a file that it is about to open for writing or to rename.

    Steps are counted from when ``begin`` was called, so that a seed tells the same death again.
    """

    def __init__(self, at: int) -> None:
        self.left, self.begun = at, False

    def watch(self) -> None:
        from django.db import connection

        connection.execute_wrappers.append(self._statement)
        sys.addaudithook(self._file)

    def begin(self) -> None:
        self.begun = True

    def _statement(self, execute: Callable[..., Any], *told: Any) -> Any:
        self._step()
        return execute(*told)

    def _file(self, event: str, told: tuple[Any, ...]) -> None:
        if event == "os.rename" or (event == "open" and told[2] & (os.O_WRONLY | os.O_RDWR)):
            self._step()

    def _step(self) -> None:
        self.left -= self.begun
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)


def work(say: Say, run: str, today: str, stage: str, at: int) -> str:
    """Take a run as far as it goes, or until the step ``at`` of a stage, or of one after it."""
    from quire.society.distribution import actions, queries
    from quire.society.parties import queries as parties

    os.environ["QUIRE_TODAY"] = today
    death = Death(at)
    death.watch()

    def tell(doing: str) -> None:
        if doing == stage:
            death.begin()

    return str(actions.work(queries.find(run), by=parties.acting("preparer"), tell=tell).state)


def take(say: Say, path: str, today: str, at: int) -> str:
    """Import a log, until the step ``at``."""
    from quire.society.parties import queries as parties
    from quire.society.usage import actions

    os.environ["QUIRE_TODAY"] = today
    death = Death(at)
    death.watch()
    death.begin()
    return str(actions.import_file(Path(path), by=parties.acting("preparer")).imported.tid)


ACTIONS: dict[str, Callable[..., Any]] = {"work": work, "take": take}

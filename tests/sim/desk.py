"""What a process of its own does in a simulation, to be killed while it does it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

Say = Callable[[str], None]


def work(say: Say, run: str, today: str) -> str:
    """Take a run as far as it goes."""
    from quire.society.distribution import actions, queries
    from quire.society.parties import queries as parties

    os.environ["QUIRE_TODAY"] = today
    return str(actions.work(queries.find(run), by=parties.acting("preparer"), tell=say).state)


ACTIONS: dict[str, Callable[..., Any]] = {"work": work}

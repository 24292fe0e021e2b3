"""How often somebody comes: counted in PostgreSQL, so that it holds whatever process they come to.

Count outside of transactions: whoever counts the same key meanwhile waits for the row.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.db import connection

SECONDS = 60
_COUNT = """
INSERT INTO kit_minute (key, minute, count) VALUES (%s, %s, 1)
ON CONFLICT (key, minute) DO UPDATE SET count = kit_minute.count + 1 RETURNING count
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """How a key stands in this minute: of ``most`` times so many are ``left``, and in ``seconds`` it counts
    anew. ``over``: this time was one too many."""

    most: int
    left: int
    seconds: int
    over: bool


def count(key: str, most: int) -> Rate:
    """Count ``key`` (100 characters at most) once more, by the machine's clock, whatever day a rehearsal is
    on."""
    minute, within = divmod(int(time.time()), SECONDS)
    with connection.cursor() as run:
        run.execute(_COUNT, [key, minute])
        (had,) = run.fetchone()
        if had == 1:
            run.execute("DELETE FROM kit_minute WHERE key = %s AND minute < %s", [key, minute])
    return Rate(most, max(most - had, 0), SECONDS - within, had > most)

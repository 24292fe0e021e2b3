"""Moments as they stand in what is signed and sent: UTC, ``2026-11-21T10:00:00Z``, or with microseconds.

Owns the writing and the reading of a moment. Does not own clocks: nothing in the core knows what time it is.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from quire.core.errors import Invalid

_MOMENT = re.compile(
    r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](?:\.[0-9]{6})?Z", re.ASCII
)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class BadMoment(Invalid):
    """The text is no moment in the form that is sent, or the datetime does not say of which zone it is."""

    code = "moment.invalid"


def write(at: datetime) -> str:
    """``at`` in UTC to the second, the rest cut off. Raises BadMoment for a datetime without a zone."""
    since = _since(at)
    return _second(since.days, since.seconds) + "Z"


def write_exactly(at: datetime) -> str:
    """``at`` in UTC, always with six decimals. Raises BadMoment for a datetime without a zone."""
    since = _since(at)
    return f"{_second(since.days, since.seconds)}.{since.microseconds:06d}Z"


def read(text: object) -> datetime:
    """The moment, in UTC, that either of the two forms stands for. Raises BadMoment."""
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        raise BadMoment(f"{str(text)[:40]!a} is no moment: write it like 2026-11-21T10:00:00Z.")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise BadMoment(f"{text!a} is no moment: there is no such day or hour.") from None


def _since(at: datetime) -> timedelta:
    try:
        return at - _BEGINNING
    except TypeError:
        raise BadMoment("A moment needs its time zone: give it in UTC.") from None


@lru_cache(maxsize=64)
def _second(days: int, seconds: int) -> str:
    """Remembered, because an edge writes thousands of events in one second, and dates are slow to write."""
    return (_BEGINNING + timedelta(days, seconds)).isoformat()[:19]

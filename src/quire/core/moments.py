"""Moments as they stand in what is signed and sent: UTC, ``2026-11-21T10:00:00Z``, or with microseconds.

Owns the writing and the reading of a moment. Does not own clocks: nothing in the core knows what time it is.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from quire.core.errors import Invalid

_MOMENT = re.compile(
    r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](?:\.[0-9]{6})?Z", re.ASCII
)


class BadMoment(Invalid):
    """The text is no moment in the form that is sent, or the datetime does not say of which zone it is."""

    code = "moment.invalid"


def write(at: datetime) -> str:
    """``at`` in UTC to the second, the rest cut off. Raises BadMoment for a datetime without a zone."""
    return _in_utc(at).isoformat(timespec="seconds")[:19] + "Z"


def write_exactly(at: datetime) -> str:
    """``at`` in UTC, always with six decimals. Raises BadMoment for a datetime without a zone."""
    return _in_utc(at).isoformat(timespec="microseconds")[:26] + "Z"


def read(text: object) -> datetime:
    """The moment, in UTC, that either of the two forms stands for. Raises BadMoment."""
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        raise BadMoment(f"{str(text)[:40]!a} is no moment: write it like 2026-11-21T10:00:00Z.")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise BadMoment(f"{text!a} is no moment: there is no such day or hour.") from None


def _in_utc(at: datetime) -> datetime:
    if at.tzinfo is UTC:
        return at
    if at.utcoffset() is None:
        raise BadMoment("A moment needs its time zone: give it in UTC.")
    return at.astimezone(UTC)

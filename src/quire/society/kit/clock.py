"""What day it is: the machine's, or ``QUIRE_TODAY`` where a rehearsal says otherwise."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from quire.society.kit.config import SettingWrong, text


def today() -> date:
    """The date in UTC, or the one that ``QUIRE_TODAY`` names."""
    said = text("QUIRE_TODAY")
    if not said:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(said)
    except ValueError as problem:
        raise SettingWrong(f"QUIRE_TODAY is {said!r}; write a date as 2026-01-31.") from problem


def now() -> datetime:
    """This moment, UTC; at ``QUIRE_TODAY`` the machine's time of day on that date."""
    moment = datetime.now(UTC)
    return datetime.combine(today(), time(moment.hour, moment.minute, moment.second, moment.microsecond), UTC)

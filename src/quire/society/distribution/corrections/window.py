"""Until when claims about a run are taken, and from which amount on: settings of the society."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from quire.core.money import Money
from quire.society.distribution.models import Run
from quire.society.kit import acts, config


def until(run: Run) -> date:
    """The last day on which a claim about a closed run is taken."""
    closed = acts.newest("distribution.close", run.tid)
    return months_after(closed.date() if closed else run.ends, config.correction_months())


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def minimum(currency: str) -> int:
    """Quanta below which nothing is corrected; nothing where the society does not say."""
    said = config.correction_minimums().get(currency)
    return Money.parse(said, currency).quanta if said else 0

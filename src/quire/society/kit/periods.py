"""Spans of days, half-open: ``starts`` is in, ``ends`` is the first day that is out, ``None`` is for ever."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from quire.core.errors import Invalid


class BadPeriod(Invalid):
    """A text that names no period."""

    code = "period.wrong"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """From ``starts`` until, not including, ``ends``."""

    starts: date
    ends: date

    def __str__(self) -> str:
        if self == month(self.starts.year, self.starts.month):
            return f"{self.starts:%Y-%m}"
        for quarter in range(4):
            if self == quarter_of(self.starts.year, quarter + 1):
                return f"{self.starts:%Y}-Q{quarter + 1}"
        if self == Period(date(self.starts.year, 1, 1), date(self.starts.year + 1, 1, 1)):
            return f"{self.starts:%Y}"
        return f"{self.starts}..{self.ends}"


def month(year: int, number: int) -> Period:
    """The month, as a period."""
    return Period(date(year, number, 1), date(year + number // 12, number % 12 + 1, 1))


def quarter_of(year: int, number: int) -> Period:
    """The quarter, 1 to 4, as a period."""
    return Period(date(year, 3 * number - 2, 1), month(year, 3 * number).ends)


def parse(text: str) -> Period:
    """``2026`` (a year), ``2026-Q2``, ``2026-03`` or ``2026-03-01..2026-03-15`` (the last day is out)."""
    try:
        if re.fullmatch(r"\d{4}", text):
            return Period(date(int(text), 1, 1), date(int(text) + 1, 1, 1))
        if found := re.fullmatch(r"(\d{4})-(\d{2})", text):
            return month(int(found[1]), int(found[2]))
        if found := re.fullmatch(r"(\d{4})-[Qq]([1-4])", text):
            return quarter_of(int(found[1]), int(found[2]))
        starts, ends = (date.fromisoformat(part) for part in text.split(".."))
    except ValueError as problem:
        raise BadPeriod(
            f"{text!r} is not a period: write 2026, 2026-Q2, 2026-03 or 2026-03-01..2026-03-15."
        ) from problem
    if ends <= starts:
        raise BadPeriod(f"The period {text} ends before it has begun.")
    return Period(starts, ends)


def overlapping(starts: date, ends: date | None) -> Q:
    """Rows whose ``starts``/``ends`` share at least a day with this span."""
    rule = Q(ends__isnull=True) | Q(ends__gt=starts)
    return rule if ends is None else rule & Q(starts__lt=ends)

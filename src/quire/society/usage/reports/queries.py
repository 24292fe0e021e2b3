"""What may be read of labs' reports: which there are, what they say in sums, and how they compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.db.models import Count, Max, Min, Sum
from django.db.models.functions import TruncDate

from quire.society.usage.models import Report, ReportedEvent
from quire.society.usage.reports.gathering import licences_in_scope

__all__ = ["ReportRow", "Reported", "reported", "reports"]


@dataclass(frozen=True, slots=True)
class ReportRow:
    """The reports of one client, summed: how many, when the last came, and what became of their events.

    ``reasons`` counts refusals by code; ``starts`` and ``ends`` span what was taken, None where nothing was.
    """

    licensee: str
    client: str
    reports: int
    last: datetime
    taken: int
    again: int
    refused: int
    reasons: Mapping[str, int]
    starts: datetime | None
    ends: datetime | None


@dataclass(frozen=True, slots=True)
class Reported:
    """Events of one kind that a lab reported under a licence (its code), on a day in UTC, of one host.

    ``chars`` and ``tokens`` are the sums of what was told; events that told none add nothing.
    """

    licensee: str
    licence: str
    day: date
    host: str
    kind: str
    events: int
    chars: int
    tokens: int


def reports() -> tuple[ReportRow, ...]:
    """What each client reported, by licensee and client."""
    by = ("licensee__code", "client")
    reasons: dict[tuple[str, str], dict[str, int]] = {}
    refusals = Report.objects.filter(refused__gt=0).values_list(*by, "reasons")
    for licensee, client, codes in refusals.iterator(chunk_size=5000):
        sums = reasons.setdefault((licensee, client), {})
        for code, number in codes.items():
            sums[code] = sums.get(code, 0) + number
    rows = Report.objects.order_by(*by).values_list(*by).annotate(
        Count("id"), Max("received"), Sum("taken"), Sum("again"), Sum("refused"), Min("starts"), Max("ends")
    )  # fmt: skip
    return tuple(
        ReportRow(*row[:7], dict(sorted(reasons.get(row[:2], {}).items())), *row[7:]) for row in rows
    )


def reported(starts: date, ends: date, licence: str = "") -> tuple[Reported, ...]:
    """What labs reported for the days [starts, ends), by licence, day, host and kind.

    Of all licences or of one (code or TypeID). Raises ``Unknown``.
    """
    scope = [row for row in licences_in_scope(licence) if not licence or licence in (row.code, row.tid)]
    whose = {row.id: (row.licensee_code, row.code) for row in scope}
    first, last = (datetime.combine(day, time(), UTC) for day in (starts, ends))
    rows = (
        ReportedEvent.objects.filter(licence__in=list(whose), at__gte=first, at__lt=last)
        .annotate(day=TruncDate("at", tzinfo=UTC))
        .values_list("licence", "day", "host", "kind")
        .annotate(Count("id"), Sum("chars"), Sum("tokens"))
        .order_by()
    )
    found = [
        Reported(*whose[one], day, host, kind, events, int(chars or 0), int(tokens or 0))
        for one, day, host, kind, events, chars, tokens in rows
    ]
    return tuple(sorted(found, key=lambda one: (one.licensee, one.licence, one.day, one.host, one.kind)))

"""One lab's own reports, as lists: what it handed in, and each record that has no partner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Q

from quire.society.kit.paging import COUNTED, Asked, Filter, Listing, Page, Sort
from quire.society.usage.models import Report
from quire.society.usage.reports.reconciling import Unmatched, unmatched


@dataclass(frozen=True, slots=True)
class ReportShown:
    """A report that was handed in: what became of its events, and the span of those that were taken (None
    where none was). ``client`` is a TypeID; ``reasons`` counts refusals by code."""

    tid: str
    client: str
    received: datetime
    taken: int
    again: int
    refused: int
    reasons: Mapping[str, int]
    starts: datetime | None
    ends: datetime | None


def reports_of(licensee: UUID) -> Listing[ReportShown]:
    """The reports of one licensee's clients, the newest first."""
    return Listing(
        Report.objects.filter(licensee=licensee),
        _shown,
        {"received": Sort("received", descending=True), "taken": Sort("taken", descending=True)},
        {"refused": Filter("Refused", {"yes": "some", "no": "none"}, _refused)},
        lambda words: Q(client=words),
    )


def _refused(said: str) -> Q:
    return Q(refused__gt=0) if said == "yes" else Q(refused=0)


def _shown(some: Sequence[Report]) -> list[ReportShown]:
    return [
        ReportShown(
            row.tid, row.client, row.received, row.taken, row.again, row.refused, row.reasons, row.starts,
            row.ends,
        )
        for row in some
    ]  # fmt: skip


@dataclass(frozen=True)
class Unpaired:
    """The records of one of reconciling.SIDES without a partner, of one licence (its code), in [starts,
    ends): a list to take away, in the order of days, that neither sorts nor turns pages."""

    starts: date
    ends: date
    side: str
    licence: str
    sorts: Mapping[str, Any] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    searched: bool = False

    def page(self, asked: Asked) -> Page[Unmatched]:
        """The first rows, of as many as are counted."""
        rows = tuple(islice(self.every(asked), COUNTED + 1))
        return Page(rows[: asked.size], "", min(len(rows), COUNTED), more=len(rows) > COUNTED)

    def every(self, asked: Asked) -> Iterator[Unmatched]:
        """Every row. NoSuchList for another side, Unknown, LakeDamaged."""
        yield from unmatched(self.starts, self.ends, self.side, self.licence)

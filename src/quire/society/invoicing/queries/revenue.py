"""What licensees reported of their revenue. Amounts are quanta of the licence's currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from quire.society.invoicing.models import RevenueReport
from quire.society.licensing import queries as licensing


@dataclass(frozen=True, slots=True)
class RevenueRow:
    """One report: ``stands`` unless a later one for the same period restates it."""

    tid: str
    licence_tid: str
    licence_code: str
    starts: date
    ends: date
    currency: str
    amount: int
    reported_on: date
    reason: str
    stands: bool


@dataclass(frozen=True, slots=True)
class Revenue:
    """What is reported for a period: the sum of the reports within it, and the days of it without one."""

    amount: int
    reports: tuple[str, ...]
    missing: int


def revenue_reports(licence: licensing.Ref | None = None) -> list[RevenueRow]:
    """Every report, of one licence if it is named, by licence and period, the last for a period standing."""
    rows = RevenueReport.objects.select_related("licence").order_by("licence__code", "starts", "ends", "id")
    if licence is not None:
        rows = rows.filter(licence=licensing.licence(licence).id)
    found = list(rows)
    last = {(row.licence_id, row.starts, row.ends): row.id for row in found}
    return [
        RevenueRow(
            row.tid, row.licence.tid, row.licence.code, row.starts, row.ends, row.licence.currency,
            row.amount, row.reported_on, row.reason, last[row.licence_id, row.starts, row.ends] == row.id,
        )
        for row in found
    ]  # fmt: skip


def revenue(licence: licensing.Ref, starts: date, ends: date) -> Revenue:
    """What a licensee reported for periods that lie within [starts, ends), each as it was last stated."""
    rows = [
        row for row in revenue_reports(licence) if row.stands and starts <= row.starts and row.ends <= ends
    ]
    days = sum((row.ends - row.starts).days for row in rows)
    return Revenue(
        sum(row.amount for row in rows), tuple(row.tid for row in rows), (ends - starts).days - days
    )

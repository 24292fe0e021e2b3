"""Licensees report their revenue where a licence is a share of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import transaction

from quire.core.money import Money, decimal_of
from quire.society.invoicing.actions.receipts import LOCK, day_of_cell, quanta_of_amount, within_term
from quire.society.invoicing.errors import BadRevenue, RevenueDiffers
from quire.society.invoicing.models import RevenueReport
from quire.society.kit import acts, locks, periods, tables
from quire.society.kit.periods import Period
from quire.society.kit.tables import Registered
from quire.society.licensing import queries as licensing
from quire.society.licensing.queries import LicenceRow
from quire.society.parties import queries as parties
from quire.society.parties.models import User

REVENUE_COLUMNS = ("licence", "period", "amount", "currency", "reported", "reason")
NEEDED = REVENUE_COLUMNS[:-1]


@dataclass(frozen=True, slots=True)
class _Draft:
    licence: LicenceRow
    period: Period
    amount: int
    reported_on: date
    reason: str


def report_revenue(
    *,
    licence: licensing.Ref,
    period: Period | str,
    amount: str | int,
    reported_on: date,
    reason: str = "",
    by: User | None,
) -> RevenueReport:
    """Record a licensee's revenue of a period, in the licence's currency; the same again is no news.

    Another amount for the same period restates it, with a ``reason``; nothing on record is changed. Refuses:
    a licence that is no share of revenue, a period not within its term, an amount below nothing, a period
    that shares days with another one reported, a restatement without a reason, a reason with nothing to
    restate.
    """
    parties.may_write(by)
    draft = _draft(licensing.licence(licence), period, amount, reported_on, reason)
    with transaction.atomic():
        locks.wait(LOCK)
        return _known(draft) or _write(draft, by)


def import_revenue(
    path: Path, *, by: User | None, dry_run: bool = False, skip_refused: bool = False
) -> Registered:
    """Revenue reports from a CSV or JSON file with REVENUE_COLUMNS; those on record stay.

    Raises TableRefused with every refused line unless ``skip_refused``.
    """
    parties.may_write(by)
    rows = tables.read(Path(path), REVENUE_COLUMNS, NEEDED)
    with transaction.atomic():
        locks.wait(LOCK)
        lines: dict[tuple[str, Period], int] = {}

        def settle(row: tables.Row) -> _Draft | None:
            draft = _of_row(row)
            first = lines.setdefault((draft.licence.code, draft.period), row.line)
            if first != row.line:
                raise RevenueDiffers(f"This licence and period are on line {first} already.")
            return None if _known(draft) else draft

        settled, taken = tables.judge(rows, settle, skip_refused=skip_refused)
        drafts = [draft for draft in settled if draft]
        if not dry_run:
            for draft in drafts:
                _write(draft, by)
    same = len(settled) - len(drafts)
    return Registered(taken.taken, taken.refused, added=len(drafts), unchanged=same)


def _of_row(row: tables.Row) -> _Draft:
    licence = licensing.licence(row.need("licence"))
    if row.need("currency") != licence.currency:
        raise BadRevenue(f"Licence {licence.code} is in {licence.currency}; its revenue is reported in that.")
    reported = day_of_cell("reported", row.need("reported"))
    return _draft(licence, row.need("period"), row.need("amount"), reported, row.get("reason"))


def _draft(
    licence: LicenceRow, period: Period | str, amount: str | int, reported_on: date, reason: str
) -> _Draft:
    if licence.kind != "revenue":
        raise BadRevenue(f"Licence {licence.code} is {licence.kind}; no revenue is asked for.")
    span = within_term(licence, periods.parse(period) if isinstance(period, str) else period)
    quanta = quanta_of_amount(amount)
    if quanta < 0:
        raise BadRevenue("Revenue is nothing or more; say 0 where there was none.")
    why = reason.strip()
    if len(why) > 300 or not why.isprintable():
        raise BadRevenue("The reason has at most 300 characters, all of which can be shown.")
    return _Draft(licence, span, quanta, reported_on, why)


def _known(draft: _Draft) -> RevenueReport | None:
    """The report that says the same already; RevenueDiffers where the draft contradicts what is on record."""
    span, code = draft.period, draft.licence.code
    rows = RevenueReport.objects.filter(licence=draft.licence.id, starts__lt=span.ends, ends__gt=span.starts)
    same = rows.filter(starts=span.starts, ends=span.ends).order_by("-id").first()
    other = rows.exclude(starts=span.starts, ends=span.ends).first()
    if other:
        raise RevenueDiffers(
            f"{code} has reported {Period(other.starts, other.ends)}, which shares days with {span}; report "
            "the days that are left, or restate that period."
        )
    if same and same.amount == draft.amount:
        return same
    if same and not draft.reason:
        raise RevenueDiffers(
            f"{code} has reported {Money(same.amount, draft.licence.currency)} for {span}; to restate it, "
            "give the reason: --reason TEXT."
        )
    if not same and draft.reason:
        raise RevenueDiffers(f"{code} has reported nothing for {span} yet: there is nothing to restate.")
    return None


def _write(draft: _Draft, by: User | None) -> RevenueReport:
    made: RevenueReport = RevenueReport.objects.create(
        licence_id=draft.licence.id,
        starts=draft.period.starts,
        ends=draft.period.ends,
        amount=draft.amount,
        reported_on=draft.reported_on,
        reason=draft.reason,
    )
    acts.record(
        "invoicing.report-revenue", made, by=by, licence=draft.licence.tid, period=str(draft.period),
        amount=decimal_of(draft.amount), currency=draft.licence.currency, reason=draft.reason,
    )  # fmt: skip
    return made

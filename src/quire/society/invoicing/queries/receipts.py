"""Invoices, receipts, and what is open. Amounts are quanta of the currency beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum

from quire.core.money import Money
from quire.society.invoicing.models import Invoice, Receipt, Round
from quire.society.kit import ids
from quire.society.licensing import queries as licensing


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """Money that came in under a licence for [starts, ends)."""

    id: UUID
    tid: str
    licence_id: UUID
    licence_tid: str
    licence_code: str
    starts: date
    ends: date
    currency: str
    amount: int
    received_on: date
    reference: str


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """What is due under a licence for [starts, ends), and what the amount was made of."""

    id: UUID
    tid: str
    licence_id: UUID
    licence_tid: str
    licence_code: str
    starts: date
    ends: date
    currency: str
    amount: int
    issued_on: date
    basis: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outstanding:
    """All that was invoiced under a licence, and all that has come in; what came in other currencies is in
    ``foreign`` and does not count against what is due.
    """

    licence_tid: str
    due: Money
    received: Money
    foreign: tuple[Money, ...] = ()

    @property
    def open(self) -> Money:
        """Due less received; negative where more has come in than was due."""
        return self.due - self.received


def receipts(starts: date, ends: date) -> list[ReceiptRow]:
    """Receipts for periods that lie within [starts, ends), by licence, period and reference.

    A receipt for a longer period is not among them: it is distributed with the whole of its period.
    """
    return _receipts(Receipt.objects.filter(starts__gte=starts, ends__lte=ends))


def distributable(starts: date, ends: date, lump: str = "") -> list[ReceiptRow]:
    """The receipts of ``receipts`` that an ordinary run takes: none of a lump sum. ``lump`` names a round
    (``lrd_…``) of one: then its receipts alone.
    """
    rows = Receipt.objects.filter(starts__gte=starts, ends__lte=ends)
    if lump:
        return _receipts(rows.filter(round__round=ids.read(Round.prefix, lump)))
    return _receipts(rows.exclude(licence__kind="lump"))


def _receipts(rows: QuerySet[Receipt]) -> list[ReceiptRow]:
    return [
        ReceiptRow(
            row.id,
            row.tid,
            row.licence_id,
            row.licence.tid,
            row.licence.code,
            row.starts,
            row.ends,
            row.currency,
            row.amount,
            row.received_on,
            row.reference,
        )
        for row in rows.select_related("licence").order_by("licence__code", "starts", "ends", "reference")
    ]


def invoices(starts: date, ends: date) -> list[InvoiceRow]:
    """Invoices for periods that share a day with [starts, ends), by licence and period."""
    rows = Invoice.objects.filter(starts__lt=ends, ends__gt=starts).select_related("licence")
    return [
        InvoiceRow(
            row.id,
            row.tid,
            row.licence_id,
            row.licence.tid,
            row.licence.code,
            row.starts,
            row.ends,
            row.licence.currency,
            row.amount,
            row.issued_on,
            row.basis,
        )
        for row in rows.order_by("licence__code", "starts")
    ]


def outstanding(licence: licensing.Ref) -> Outstanding:
    """What was invoiced under a licence and what has come in, over the whole of its term."""
    row = licensing.licence(licence)
    due = Invoice.objects.filter(licence=row.id).aggregate(total=Sum("amount"))["total"] or 0
    sums = Receipt.objects.filter(licence=row.id).order_by("currency").values_list("currency")
    received = {currency: Money(total, currency) for currency, total in sums.annotate(total=Sum("amount"))}
    own = received.pop(row.currency, Money.zero(row.currency))
    return Outstanding(row.tid, Money(due, row.currency), own, tuple(received.values()))

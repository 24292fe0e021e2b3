"""What was invoiced and what came in, as lists; and under which licences something is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, TruncMonth

from quire.core.money import Money
from quire.society.invoicing.models import Deposit, Invoice, Receipt
from quire.society.invoicing.queries import InvoiceRow, ReceiptRow
from quire.society.kit.fields import QuantaField
from quire.society.kit.paging import Filter, Listing, Sort
from quire.society.licensing import watching as licensing


@dataclass(frozen=True, slots=True)
class DepositRow:
    """Money that a licensee put on its balance."""

    tid: str
    licensee: str
    name: str
    amount: Money
    received_on: date
    reference: str


@dataclass(frozen=True, slots=True)
class Open:
    """A licence under which less came in than was invoiced."""

    licence: str
    licensee: str
    due: Money
    received: Money
    last: date

    @property
    def open(self) -> Money:
        """Due less received."""
        return self.due - self.received


def receipts_list() -> Listing[ReceiptRow]:
    """Every receipt, the newest first."""
    return Listing(
        Receipt.objects.select_related("licence"),
        lambda some: [
            ReceiptRow(
                r.id,
                r.tid,
                r.licence_id,
                r.licence.tid,
                r.licence.code,
                r.starts,
                r.ends,
                r.currency,
                r.amount,
                r.received_on,
                r.reference,
            )
            for r in some
        ],
        {
            "received_on": Sort("received_on", descending=True),
            "amount": Sort("amount"),
            "starts": Sort("starts"),
        },
        {
            "currency": Filter("Currency", {}, lambda unit: Q(currency=unit.upper())),
            "run": Filter(
                "In a run", {"yes": "yes", "no": "not yet"}, lambda said: Q(potreceipt__isnull=said == "no")
            ),
        },
        lambda words: Q(licence__code__icontains=words) | Q(reference__icontains=words),
    )


def invoices_list() -> Listing[InvoiceRow]:
    """Every invoice, the newest first."""
    return Listing(
        Invoice.objects.select_related("licence"),
        lambda some: [
            InvoiceRow(
                i.id,
                i.tid,
                i.licence_id,
                i.licence.tid,
                i.licence.code,
                i.starts,
                i.ends,
                i.licence.currency,
                i.amount,
                i.issued_on,
                i.basis,
            )
            for i in some
        ],
        {"issued_on": Sort("issued_on", descending=True), "amount": Sort("amount"), "starts": Sort("starts")},
        {"currency": Filter("Currency", {}, lambda unit: Q(licence__currency=unit.upper()))},
        lambda words: Q(licence__code__icontains=words) | Q(licence__licensee__name__icontains=words),
    )


def deposits_list() -> Listing[DepositRow]:
    """Every deposit, the newest first."""
    return Listing(
        Deposit.objects.select_related("licensee"),
        lambda some: [
            DepositRow(
                d.tid,
                d.licensee.code,
                d.licensee.name,
                Money(d.amount, d.currency),
                d.received_on,
                d.reference,
            )
            for d in some
        ],
        {"received_on": Sort("received_on", descending=True), "amount": Sort("amount")},
        search=lambda words: Q(licensee__name__icontains=words) | Q(reference__icontains=words),
    )


def open_list() -> Listing[Open]:
    """Licences under which less came in than was invoiced, the largest rest first."""
    return Listing(
        _open(),
        _opened,
        {"open": Sort("open", descending=True), "licence": Sort("code")},
        {"currency": Filter("Currency", {}, lambda unit: Q(currency=unit.upper()))},
        lambda words: Q(code__icontains=words) | Q(licensee__name__icontains=words),
    )


def _open() -> QuerySet[Any]:
    nothing = Value(0, output_field=QuantaField())
    mine = {"licence": OuterRef("id")}
    due = (
        Invoice.objects.filter(**mine).order_by().values("licence").annotate(sum=Sum("amount")).values("sum")
    )
    came = Receipt.objects.filter(**mine, currency=OuterRef("currency")).order_by().values("licence")
    last = Invoice.objects.filter(**mine).order_by("-issued_on").values("issued_on")[:1]
    sums = {
        "due": Coalesce(Subquery(due), nothing),
        "came": Coalesce(Subquery(came.annotate(sum=Sum("amount")).values("sum")), nothing),
        "last": Subquery(last),
    }
    rest = ExpressionWrapper(F("due") - F("came"), output_field=QuantaField())
    rows = licensing.every().annotate(**sums)
    return rows.annotate(open=rest).filter(open__gt=0)


def _opened(some: Sequence[Any]) -> list[Open]:
    return [
        Open(
            row.code, row.licensee.name, Money(row.due, row.currency), Money(row.came, row.currency), row.last
        )
        for row in some
    ]


def by_month(besides: QuerySet[Any]) -> list[tuple[date, str, int, int]]:
    """First day of a month, currency, sum and number of its receipts, but for those in ``besides`` (a query
    of their ids) and those of lump sums; the oldest month first."""
    rows = Receipt.objects.exclude(licence__kind="lump").exclude(id__in=besides).order_by()
    sums = rows.values_list(TruncMonth("starts"), "currency")
    return sorted(sums.annotate(amount=Sum("amount"), number=Count("id")))

"""What one licensee owes, paid, put on its balance and spent. Nothing of anybody else's is found by these,
whoever looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from django.db.models import Q, Sum
from django.db.models.functions import TruncMonth

from quire.core.money import Money
from quire.society.invoicing import watching
from quire.society.invoicing.models import Allowance, CrawlCharge, Invoice
from quire.society.invoicing.queries import AllowanceRow, InvoiceRow, ReceiptRow
from quire.society.invoicing.watching import DepositRow, Open
from quire.society.kit import ids
from quire.society.kit.nouns import one
from quire.society.kit.paging import Filter, Listing, Sort
from quire.society.usage import queries as usage


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent for a month (its first day) in one currency: ``invoiced`` for periods that begin in it,
    and ``charged`` request by request, from the balance."""

    month: date
    currency: str
    invoiced: int
    charged: int

    @property
    def amount(self) -> Money:
        """Both together; nothing where more was taken back than charged."""
        return Money(max(self.invoiced + self.charged, 0), self.currency)


def invoices_of(licensee: UUID) -> Listing[InvoiceRow]:
    """The invoices to a licensee, the newest first."""
    every = watching.invoices_list()
    rows = every.rows.filter(licence__licensee=licensee)
    return replace(every, rows=rows, search=lambda words: Q(licence__code__icontains=words))


def receipts_of(licensee: UUID) -> Listing[ReceiptRow]:
    """What came in from a licensee, the newest first."""
    every = watching.receipts_list()
    filters = {name: one for name, one in every.filters.items() if name == "currency"}
    return replace(every, rows=every.rows.filter(licence__licensee=licensee), filters=filters)


def open_of(licensee: UUID) -> list[Open]:
    """The licensee's licences under which less came in than was invoiced, the largest rest first."""
    every = watching.open_list()
    return list(every.make(list(every.rows.filter(licensee=licensee).order_by("-open", "code"))))


def deposits_of(licensee: UUID) -> Listing[DepositRow]:
    """What a licensee put on its balance, the newest first."""
    every = watching.deposits_list()
    rows = every.rows.filter(licensee=licensee)
    return replace(every, rows=rows, search=lambda words: Q(reference__icontains=words))


def allowances_of(licensee: UUID) -> Listing[AllowanceRow]:
    """What of a licensee's balance was set aside for edges, the newest first."""
    return Listing(
        Allowance.objects.filter(licensee=licensee).select_related("licensee", "edge"),
        _allowances,
        {"issued_at": Sort("issued_at", descending=True), "amount": Sort("amount", descending=True)},
        {
            "open": Filter(
                "State", {"yes": "open", "no": "closed"}, lambda said: Q(closed_at__isnull=said == "yes")
            )
        },
    )


def _allowances(some: Sequence[Allowance]) -> list[AllowanceRow]:
    sums = CrawlCharge.objects.filter(allowance__in=[row.id for row in some]).order_by()
    spent = dict(sums.values_list("allowance").annotate(total=Sum("amount")))
    return [
        AllowanceRow(
            row.tid, row.licensee.code, row.edge.tid, row.spool, row.currency, row.amount,
            spent.get(row.id, 0), row.issued_at, row.expires_at, row.closed_at, row.closed_reason,
        )
        for row in some
    ]  # fmt: skip


def spent_by(licensee: UUID, tid: str, since: date) -> list[Spent]:
    """What a licensee (its UUID and its TypeID) spent for each month from that of ``since`` on, by month and
    currency. Two queries."""
    first = since.replace(day=1)
    rows = Invoice.objects.filter(licence__licensee=licensee, starts__gte=first).order_by()
    by_month = rows.annotate(month=TruncMonth("starts")).values_list("month", "licence__currency")
    sums: dict[tuple[date, str], list[int]] = {}
    for month, currency, total in by_month.annotate(total=Sum("amount")):
        sums.setdefault((month, currency), [0, 0])[0] = int(total)
    for month, currency, total in usage.charged_to(tid, first):
        sums.setdefault((month, currency), [0, 0])[1] = total
    return [Spent(month, currency, *both) for (month, currency), both in sorted(sums.items())]


def invoice_of(licensee: UUID, tid: str) -> InvoiceRow:
    """One invoice to this licensee. Unknown."""
    every = invoices_of(licensee)
    found = one(every.rows.filter(id=ids.read(Invoice.prefix, tid)), "You have no such invoice.")
    [row] = every.make([found])
    return row

"""Batches, their transfers, and what came back, as lists that do not grow with the society."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from quire.society.kit import ids
from quire.society.kit.nouns import one
from quire.society.kit.paging import Filter, Listing, Sort
from quire.society.payouts.models import Batch, Payment
from quire.society.payouts.queries import BatchRow, PaymentRow, _payment


def batches_list() -> Listing[BatchRow]:
    """Every batch, the newest first."""
    states = {"waits": "to be settled", "settled": "settled"}
    return Listing(
        Batch.objects.select_related("settled"),
        _batches,
        {"on": Sort("on", descending=True)},
        {
            "state": Filter("State", states, lambda said: Q(settled__isnull=said == "waits")),
            "currency": Filter("Currency", {}, lambda unit: Q(currency=unit.upper())),
        },
    )


def batch(tid: str) -> BatchRow:
    """One batch by its id. kit.nouns.Unknown where there is none."""
    rows = Batch.objects.select_related("settled").filter(id=ids.read(Batch.prefix, tid))
    return _batches([one(rows, f"No payment batch has the id {tid[:60]}.")])[0]


def payments_in(tid: str) -> Listing[PaymentRow]:
    """The transfers of a batch, by the name they were made to."""
    rows = Payment.objects.filter(batch=ids.read(Batch.prefix, tid))
    return Listing(
        rows.select_related("batch__settled", "returned"),
        lambda some: [_payment(payment) for payment in some],
        {"name": Sort("name"), "amount": Sort("amount", descending=True)},
        {"back": Filter("Came back", {"yes": "yes"}, lambda _: Q(returned__isnull=False))},
        lambda words: Q(name__icontains=words) | Q(iban=words) | Q(text__icontains=words),
    )


def came_back() -> Listing[PaymentRow]:
    """Returned payments to payees who were sent nothing in that currency since, the largest first: somebody
    has to ask for another account."""
    return Listing(
        _waiting().select_related("batch__settled", "returned"),
        lambda some: [_payment(payment) for payment in some],
        {"amount": Sort("amount", descending=True), "returned": Sort("returned__on", descending=True)},
    )


def _waiting() -> QuerySet[Payment]:
    later = Payment.objects.filter(
        party=OuterRef("party"), batch__currency=OuterRef("batch__currency"), id__gt=OuterRef("id")
    )
    return Payment.objects.filter(returned__isnull=False).exclude(Exists(later))


def _batches(some: Sequence[Batch]) -> list[BatchRow]:
    sums = Payment.objects.filter(batch__in=some).order_by().values_list("batch")
    found = {key: (total, number) for key, total, number in sums.annotate(Sum("amount"), Count("id"))}
    return [
        BatchRow(
            row.id,
            row.tid,
            row.currency,
            row.on,
            *found.get(row.id, (0, 0)),
            len(row.carried),
            row.settled.date if row.settled else None,
        )
        for row in some
    ]

"""Payments that came back and were not made again since: somebody has to ask for another account."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from quire.society.kit.paging import Listing, Sort
from quire.society.payouts.models import Payment
from quire.society.payouts.queries import PaymentRow, _payment


def _waiting() -> QuerySet[Payment]:
    later = Payment.objects.filter(
        party=OuterRef("party"), batch__currency=OuterRef("batch__currency"), id__gt=OuterRef("id")
    )
    return Payment.objects.filter(returned__isnull=False).exclude(Exists(later))


def came_back() -> Listing[PaymentRow]:
    """Returned payments to payees who were sent nothing in that currency since, the largest first."""
    return Listing(
        _waiting().select_related("batch__settled", "returned"),
        lambda some: [_payment(one) for one in some],
        {"amount": Sort("amount", descending=True), "on": Sort("returned__on", descending=True)},
    )

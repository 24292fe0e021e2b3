"""What a licensee owes for a period, and what has come in."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from quire.society.kit.fields import QuantaField
from quire.society.kit.nouns import AppendOnly, Noun
from quire.society.ledger.models import Transaction
from quire.society.licensing.models import Licence


class Invoice(Noun):
    """The fee due under a licence for a period, in whole minor units of the licence's currency."""

    prefix = "inv"
    walled = "licence_id IN (SELECT id FROM licensing_licence WHERE licensee_id = :party)"

    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="invoices")
    starts = models.DateField()
    ends = models.DateField()
    amount = QuantaField()
    basis = models.JSONField()
    issued_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["licence", "starts", "ends"], name="invoicing_once_a_period"),
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="invoicing_span"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="invoicing_not_negative"),
        ]


class Receipt(AppendOnly):
    """Money that came in for a licence and a period, booked in the transaction named."""

    prefix = "rec"

    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="receipts")
    starts = models.DateField()
    ends = models.DateField()
    currency = models.CharField(max_length=3)
    amount = QuantaField()
    received_on = models.DateField()
    reference = models.CharField(max_length=64, unique=True)
    transaction = models.OneToOneField(Transaction, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="invoicing_receipt_span"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="invoicing_receipt_not_negative"),
            models.CheckConstraint(
                condition=Q(amount=0, transaction__isnull=True) | Q(amount__gt=0, transaction__isnull=False),
                name="invoicing_receipt_booked",
            ),
        ]

"""The balances that crawling is paid from."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from quire.society.invoicing.models.receipts import Receipt
from quire.society.kit.fields import QuantaField
from quire.society.kit.nouns import AppendOnly, Noun
from quire.society.ledger.models import Transaction
from quire.society.parties.models import Party
from quire.society.usage.models import Edge


class Deposit(AppendOnly):
    """Money that a licensee put on its balance, booked in the transaction named."""

    prefix = "dep"
    walled = "licensee_id = :party"

    licensee = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="deposits")
    currency = models.CharField(max_length=3)
    amount = QuantaField()
    received_on = models.DateField()
    reference = models.CharField(max_length=64, unique=True)
    transaction = models.OneToOneField(Transaction, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="invoicing_deposit_positive")]


class CreditLimit(AppendOnly):
    """How far below nothing a licensee's balance may go, from the moment it was set; the last one holds."""

    prefix = "crl"
    walled = "licensee_id = :party"

    licensee = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="credit_limits")
    currency = models.CharField(max_length=3)
    amount = QuantaField()
    reason = models.CharField(max_length=300)
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="invoicing_limit_not_negative")
        ]


class Allowance(Noun):
    """A part of a licensee's balance that one spool of one edge may spend without asking.

    It is open, and set aside, until ``closed_at``: when everything that the spool can have spent of it has
    arrived, or an operator gives up waiting.
    """

    prefix = "alw"
    walled = "licensee_id = :party"

    licensee = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="allowances")
    edge = models.ForeignKey(Edge, on_delete=models.PROTECT, related_name="allowances")
    spool = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    amount = QuantaField()
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="invoicing_allowance_positive"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("issued_at")), name="invoicing_allowance_span"
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_reason="")
                | Q(closed_at__isnull=False) & ~Q(closed_reason=""),
                name="invoicing_closed_with_reason",
            ),
        ]
        indexes = [models.Index(fields=["licensee", "closed_at"], name="invoicing_open_allowances")]


class CrawlCharge(AppendOnly):
    """A part of a receipt: what was charged to one allowance. Below nothing where charges were taken back."""

    prefix = "cch"

    allowance = models.ForeignKey(Allowance, on_delete=models.PROTECT, related_name="charges")
    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="crawls")
    amount = QuantaField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["allowance", "receipt"], name="invoicing_charge_once"),
            models.CheckConstraint(condition=~Q(amount=0), name="invoicing_charge_not_nothing"),
        ]

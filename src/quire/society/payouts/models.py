"""Payment batches: what leaves the society's account, to whom, and whether it arrived."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from quire.society.kit.fields import QuantaField
from quire.society.kit.nouns import Noun
from quire.society.ledger.models import Transaction
from quire.society.parties.models import Party


class Batch(Noun):
    """Payments of one currency on one day. ``transit`` moved the money out of the payees' balances,
    ``settled`` records that the bank executed it."""

    prefix = "pay"

    currency = models.CharField(max_length=3)
    on = models.DateField()
    transit = models.OneToOneField(Transaction, on_delete=models.PROTECT, related_name="+")
    settled = models.OneToOneField(Transaction, null=True, on_delete=models.PROTECT, related_name="+")
    carried = models.JSONField(default=list)


class Payment(Noun):
    """One transfer, in whole minor units, with the account it went to as it was then."""

    prefix = "pmt"

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="payments")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="payments")
    amount = QuantaField()
    name = models.CharField(max_length=70)
    iban = models.CharField(max_length=34)
    bic = models.CharField(max_length=11, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "party"], name="payouts_once_a_batch"),
                       models.CheckConstraint(condition=Q(amount__gt=0), name="payouts_positive")]

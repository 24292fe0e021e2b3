"""Payment batches: what leaves the society's account, to whom, and whether it arrived."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from quire.society.kit.fields import QuantaField
from quire.society.kit.nouns import AppendOnly, Noun
from quire.society.ledger.models import Transaction
from quire.society.parties.models import Party


class Batch(Noun):
    """Payments of one currency on one day. ``transit`` moved the money out of the payees' balances,
    ``settled`` records that the bank executed it. Nothing else of it ever changes (``rules.sql``)."""

    prefix = "pay"

    currency = models.CharField(max_length=3)
    on = models.DateField()
    transit = models.OneToOneField(Transaction, on_delete=models.PROTECT, related_name="+")
    settled = models.OneToOneField(Transaction, null=True, on_delete=models.PROTECT, related_name="+")
    carried = models.JSONField(default=list)


class Payment(AppendOnly):
    """One transfer, in whole minor units, with the account, address and text it was sent with.

    ``runs`` are the distributions that this is the first payment in its currency after, by TypeID: those the
    text names.
    """

    prefix = "pmt"
    walled = "party_id = :party"

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="payments")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="payments")
    amount = QuantaField()
    name = models.CharField(max_length=70)
    iban = models.CharField(max_length=34)
    bic = models.CharField(max_length=11, blank=True)
    street = models.CharField(max_length=70, blank=True, default="")
    building = models.CharField(max_length=16, blank=True, default="")
    postcode = models.CharField(max_length=16, blank=True, default="")
    town = models.CharField(max_length=35, default="")
    country = models.CharField(max_length=2, default="")
    text = models.CharField(max_length=140, default="")
    runs = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "party"], name="payouts_once_a_batch"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payouts_positive"),
            models.CheckConstraint(
                condition=~Q(town="") & ~Q(country="") & ~Q(text=""), name="payouts_payment_addressed"
            ),
        ]


class Return(AppendOnly):
    """The bank gave a payment back: its money is the payee's balance again, booked in the transaction named.

    ``reason`` is a code of ISO 20022 (ExternalReturnReason1Code), ``info`` what the bank wrote beside it.
    """

    prefix = "rtn"

    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, related_name="returned")
    on = models.DateField()
    reason = models.CharField(max_length=4)
    info = models.CharField(max_length=140, blank=True)
    transaction = models.OneToOneField(Transaction, on_delete=models.PROTECT, related_name="+")

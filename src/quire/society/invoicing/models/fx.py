"""Rates of exchange as they were stated, and what the bank really gave."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from quire.society.kit.fields import FractionField, QuantaField
from quire.society.kit.nouns import AppendOnly
from quire.society.ledger.models import Transaction


class ExchangeRate(AppendOnly):
    """One unit of ``have`` is ``rate`` of ``want``, as ``source`` stated it on ``day``."""

    prefix = "fxr"

    have = models.CharField(max_length=3)
    want = models.CharField(max_length=3)
    rate = FractionField()
    source = models.CharField(max_length=100)
    day = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["have", "want", "source", "day"], name="invoicing_rate_once"),
            models.CheckConstraint(condition=~Q(have=F("want")), name="invoicing_rate_of_two"),
            models.CheckConstraint(condition=~Q(source=""), name="invoicing_rate_sourced"),
        ]


class Exchange(AppendOnly):
    """What the bank exchanged: ``sold`` quanta of ``have`` for ``bought`` of ``want``.

    ``booked`` is what the runs had made of the sum sold, by the rates that they stated; ``bought`` less
    ``booked`` is the difference, realised in this transaction.
    """

    prefix = "fxe"

    reference = models.CharField(max_length=64, unique=True)
    have = models.CharField(max_length=3)
    sold = QuantaField()
    want = models.CharField(max_length=3)
    bought = QuantaField()
    booked = QuantaField()
    on = models.DateField()
    transaction = models.OneToOneField(Transaction, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(have=F("want")), name="invoicing_exchange_of_two"),
            models.CheckConstraint(
                condition=Q(sold__gt=0, bought__gt=0, booked__gte=0), name="invoicing_exchange_moves"
            ),
        ]

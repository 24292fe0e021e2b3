"""Licences: with whom, for which uses, from when until when, and what they cost."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from quire.society.kit.fields import QuantaField
from quire.society.kit.nouns import Noun
from quire.society.parties.models import Party

KINDS = {
    "blanket": "blanket: a yearly fee for the whole repertoire",
    "per-request": "a price for each request",
    "per-work": "a price for each work used in a period",
}


class Operator(models.Model):
    """The name under which the list of AI agents knows a licensee ("OpenAI")."""

    name = models.CharField(max_length=80, unique=True)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="operators")


class Licence(Noun):
    """A licence in force from ``starts`` until ``ends``.

    ``fee`` is for a year; ``prices`` are by content tier
    (``"*"`` for any other), as twelve-decimal texts of ``currency``."""

    prefix = "lic"

    code = models.CharField(max_length=64, unique=True)
    licensee = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="licences")
    kind = models.CharField(max_length=12, choices=list(KINDS.items()))
    uses = ArrayField(models.CharField(max_length=10))
    starts = models.DateField()
    ends = models.DateField()
    currency = models.CharField(max_length=3)
    fee = QuantaField(default=0)
    prices = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="licensing_span"),
            models.CheckConstraint(condition=Q(fee__gte=0), name="licensing_fee_positive"),
            models.CheckConstraint(condition=Q(uses__len__gt=0), name="licensing_some_use"),
        ]

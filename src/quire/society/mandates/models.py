"""A member's yes and no. Silence is no; where a yes and a no meet, the no holds."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from quire.core.terms import USES
from quire.society.kit.fields import QuantaField
from quire.society.kit.nouns import Noun
from quire.society.parties.models import Party
from quire.society.repertoire.models import Site

_SPAN = Q(ends__isnull=True) | Q(ends__gt=F("starts"))
# An answer withdrawn before it began ends where it starts: it stays on record and was never in force.
_SPAN_OR_NONE = Q(ends__isnull=True) | Q(ends__gte=F("starts"))


class Mandate(Noun):
    """``member`` answers yes or no for a use, to one licensee or (``licensee`` empty) to all."""

    prefix = "man"

    member = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="mandates")
    licensee = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="+")
    use = models.CharField(max_length=10, choices=[(use, use) for use in USES])
    answer = models.BooleanField()
    starts = models.DateField()
    ends = models.DateField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=_SPAN_OR_NONE, name="mandates_span")]
        indexes = [models.Index(fields=["member", "use"], name="mandates_member_use")]


class DirectLicence(Noun):
    """A member licensed this licensee beside the society: that usage is counted, and not billed here."""

    prefix = "dir"

    member = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="direct_licences")
    licensee = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    starts = models.DateField()
    ends = models.DateField(null=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=_SPAN, name="mandates_direct_span")]


class PathTerm(Noun):
    """The owner of ``site`` says yes or no to a use of what lies under ``pattern``, to one licensee or to
    all.

    It narrows the owner's mandate and never widens it: a yes only takes back a no of a wider pattern.
    ``member`` is the owner who said it; the word of one owner does not bind the next.
    """

    prefix = "ptm"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="path_terms")
    member = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    pattern = models.CharField(max_length=500)
    licensee = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="+")
    use = models.CharField(max_length=10, choices=[(use, use) for use in USES])
    answer = models.BooleanField()
    starts = models.DateField()
    ends = models.DateField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=_SPAN_OR_NONE, name="mandates_path_span")]
        indexes = [models.Index(fields=["site"], name="mandates_path_site")]


class PathPrice(Noun):
    """What one request under ``pattern`` costs by pay-per-crawl, in quanta of ``currency``."""

    prefix = "ppr"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="path_prices")
    member = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    pattern = models.CharField(max_length=500)
    amount = QuantaField()
    currency = models.CharField(max_length=3)
    starts = models.DateField()
    ends = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=_SPAN_OR_NONE, name="mandates_price_span"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="mandates_price_positive"),
        ]
        indexes = [models.Index(fields=["site"], name="mandates_price_site")]

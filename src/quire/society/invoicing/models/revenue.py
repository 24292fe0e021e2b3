"""What licensees report of their revenue, where a licence is a share of it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from quire.society.kit.fields import QuantaField
from quire.society.kit.nouns import AppendOnly
from quire.society.licensing.models import Licence


class RevenueReport(AppendOnly):
    """A licensee's revenue of a period, in quanta of the licence's currency. A later row for the same period
    restates it, for the ``reason`` given; the first has none."""

    prefix = "rvr"
    walled = "licence_id IN (SELECT id FROM licensing_licence WHERE licensee_id = :party)"

    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="revenue_reports")
    starts = models.DateField()
    ends = models.DateField()
    amount = QuantaField()
    reported_on = models.DateField()
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="invoicing_revenue_span"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="invoicing_revenue_not_negative"),
            models.UniqueConstraint(
                fields=["licence", "starts", "ends"],
                condition=Q(reason=""),
                name="invoicing_revenue_restated_with_reason",
            ),
        ]

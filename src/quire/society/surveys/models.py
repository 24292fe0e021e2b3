"""Designs, samples and reports."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from quire.society.kit.fields import QuantaField
from quire.society.kit.nouns import AppendOnly, Noun
from quire.society.parties.models import Party


class Survey(Noun):
    """One survey and its stage. ``seed`` is said to nobody before the sample is drawn."""

    prefix = "svy"

    name = models.CharField(max_length=64, unique=True)
    starts = models.DateField()
    ends = models.DateField()
    currency = models.CharField(max_length=3)
    measure = models.CharField(max_length=16)
    method = models.CharField(max_length=16)
    auxiliary = models.CharField(max_length=16)
    size = models.PositiveIntegerField()
    beacon = models.CharField(max_length=200, blank=True)
    seed = models.CharField(max_length=64)
    drafted_at = models.DateTimeField()
    digest = models.CharField(max_length=71, blank=True)
    published_at = models.DateTimeField(null=True)
    beacon_value = models.CharField(max_length=1000, blank=True)
    drawn_at = models.DateTimeField(null=True)
    estimates_digest = models.CharField(max_length=71, blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="surveys_span"),
            models.CheckConstraint(
                condition=Q(published_at=None, digest="") | Q(published_at__isnull=False) & ~Q(digest=""),
                name="surveys_published_with_digest",
            ),
            models.CheckConstraint(
                condition=Q(drawn_at=None) | Q(published_at__isnull=False), name="surveys_published_first"
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, estimates_digest="")
                | Q(closed_at__isnull=False, drawn_at__isnull=False) & ~Q(estimates_digest=""),
                name="surveys_drawn_first",
            ),
        ]

    @property
    def stage(self) -> str:
        """drafted, published, drawn or closed."""
        if self.closed_at:
            return "closed"
        if self.drawn_at:
            return "drawn"
        return "published" if self.published_at else "drafted"


class Stratum(Noun):
    """Units that are alike; ``place`` keeps neighbours beside one another."""

    prefix = "str"

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="strata")
    name = models.CharField(max_length=200)
    place = models.PositiveIntegerField()
    take_all = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["survey", "name"], name="surveys_stratum_once"),
            models.UniqueConstraint(fields=["survey", "place"], name="surveys_stratum_place"),
        ]


class Unit(Noun):
    """A licensee or outlet that may be asked, with its fee for the survey's period."""

    prefix = "unt"

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="units")
    stratum = models.ForeignKey(Stratum, on_delete=models.CASCADE, related_name="units")
    code = models.CharField(max_length=200)
    licensee = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="survey_units")
    fee = QuantaField()
    requests = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["survey", "code"], name="surveys_unit_once"),
            models.CheckConstraint(condition=Q(fee__gt=0), name="surveys_unit_pays"),
        ]


class Drawn(AppendOnly):
    """A unit of the sample."""

    prefix = "drw"

    unit = models.OneToOneField(Unit, on_delete=models.PROTECT, related_name="drawn")


class Report(AppendOnly):
    """What a unit says that it used, as it stood in a file; of several the last number counts."""

    prefix = "svr"

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="reports")
    number = models.PositiveIntegerField()
    file = models.CharField(max_length=255)
    digest = models.CharField(max_length=71)
    at = models.DateTimeField()
    refused = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "number"], name="surveys_report_number")]


class ReportLine(AppendOnly):
    """The requests of a work in a report. ``subject``: a TypeID, or ``other:`` and an address."""

    prefix = "svl"

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="lines")
    subject = models.CharField(max_length=2400)
    requests = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["report", "subject"], name="surveys_subject_once"),
            models.CheckConstraint(condition=Q(requests__gt=0), name="surveys_requests_positive"),
        ]


class Census(AppendOnly):
    """What all units of a closed survey used, as a file told it later: ``counted`` has each subject's weight
    as "n/d", requests or major units of currency. The same file is one census."""

    prefix = "cns"

    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="censuses")
    file = models.CharField(max_length=255)
    digest = models.CharField(max_length=71)
    at = models.DateTimeField()
    counted = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["survey", "digest"], name="surveys_census_once")]

"""Claims that a closed run divided something wrongly, the rows that an accepted one corrects, debts; which
files of usage runs have counted, and what was taken back after it was divided."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from quire.society.kit.fields import FractionField, QuantaField
from quire.society.kit.nouns import AppendOnly, Noun
from quire.society.licensing.models import Licence
from quire.society.parties.models import Party
from quire.society.repertoire.models import Work
from quire.society.surveys.models import Census
from quire.society.usage.models import LakeFile

KINDS = {
    "shares": "the shares were wrong",
    "owner": "the work belonged to another member",
    "usage": "usage did not take place",
    "survey": "a census counted other than a survey had estimated",
}
STATES = ("filed", "accepted", "refused")
_USER = settings.AUTH_USER_MODEL


class Correction(Noun):
    """A claim that a closed run divided what a work earned wrongly. Decided once, by a second person.

    ``shares`` are the owners in truth ([party, role, share]); empty: those whom the repertoire has on record
    when it is accepted. They own the ``part`` that was earned in truth, the rest goes ``to`` a fund. A claim
    by a ``census`` is about no one work, but about all that the run divided by the survey.
    """

    prefix = "cor"

    run = models.ForeignKey("distribution.Run", on_delete=models.PROTECT, related_name="+")
    work = models.ForeignKey(Work, null=True, on_delete=models.PROTECT, related_name="+")
    census = models.ForeignKey(Census, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=list(KINDS.items()))
    shares = models.JSONField(default=list)
    part = FractionField(default=1)
    to = models.CharField(max_length=90, blank=True)
    reason = models.CharField(max_length=300)
    filed_on = models.DateField()
    filed_by = models.ForeignKey(_USER, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, default="filed")
    decided_on = models.DateField(null=True)
    decided_by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="filed", decided_on=None, decided_by=None)
                | Q(state__in=STATES[1:], decided_on__isnull=False, decided_by__isnull=False),
                name="distribution_correction_decided_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted", decided_by=F("filed_by")),
                name="distribution_correction_second_person",
            ),
            models.CheckConstraint(
                condition=Q(kind="survey", work=None, census__isnull=False)
                | ~Q(kind="survey") & Q(work__isnull=False, census=None),
                name="distribution_correction_about",
            ),
            models.UniqueConstraint(
                fields=["run", "census"], condition=~Q(state="refused"), name="distribution_reconciled_once"
            ),
        ]

    @property
    def about(self) -> str:
        """The key of the work, or the survey, for people."""
        return self.work.key if self.work else f"survey {self.census.survey.name}"


class Corrected(AppendOnly):
    """One row of the closed run as an accepted claim corrects it: ``record`` is that of the bundle, with the
    society's own ids of parties. Its id is the correction's in bundles."""

    prefix = "crd"

    correction = models.ForeignKey(Correction, on_delete=models.PROTECT, related_name="rows")
    run = models.ForeignKey("distribution.Run", on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    first_line = models.BigIntegerField()
    record = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["run", "first_line"], name="distribution_corrected_row")]


class CorrectedIn(models.Model):
    """The run, by its pot of adjustments, that posts a corrected row; undone where the run is cancelled."""

    corrected = models.OneToOneField(
        Corrected, primary_key=True, on_delete=models.PROTECT, related_name="taken"
    )
    pot = models.ForeignKey("distribution.Pot", on_delete=models.PROTECT, related_name="+")


class Owed(AppendOnly):
    """What a debtor owed for a corrected row after a run was posted: to a party, or to a ``fund``.

    The rows of the last posted run with adjustments in a currency are what is owed in it now.
    """

    prefix = "owd"

    pot = models.ForeignKey("distribution.Pot", on_delete=models.PROTECT, related_name="owed")
    corrected = models.ForeignKey(Corrected, on_delete=models.PROTECT, related_name="+")
    debtor = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    creditor = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="+")
    fund = models.CharField(max_length=90, blank=True)
    amount = QuantaField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(creditor=None) ^ Q(fund=""), name="distribution_owed_to_one")
        ]


class Settlement(Noun):
    """Debts of one debtor settled outside of a run: ``repaid`` into the bank, by the bank's ``reference``; or
    ``written-off`` for a ``reason``, which somebody proposes and a second person approves or refuses."""

    prefix = "stl"

    kind = models.CharField(max_length=11, choices=[(one, one) for one in ("repaid", "written-off")])
    debtor = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    amount = QuantaField()
    on = models.DateField()
    reference = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=8, choices=[(one, one) for one in ("proposed", "done", "refused")])
    recorded_by = models.ForeignKey(_USER, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="distribution_settlement_positive"),
            models.CheckConstraint(
                condition=Q(kind="repaid", state="done", decided_by=None, reason="") & ~Q(reference="")
                | Q(kind="written-off", reference="") & ~Q(reason=""),
                name="distribution_settlement_told",
            ),
            models.CheckConstraint(
                condition=Q(kind="repaid")
                | Q(state="proposed", decided_by=None)
                | Q(state="refused", decided_by__isnull=False)
                | Q(state="done", decided_by__isnull=False) & ~Q(decided_by=F("recorded_by")),
                name="distribution_settlement_second_person",
            ),
            models.UniqueConstraint(
                fields=["reference"], condition=~Q(reference=""), name="distribution_settlement_reference"
            ),
        ]


class SettledDebt(AppendOnly):
    """What a settlement, once done, took of one debt as it was owed after a run."""

    prefix = "sdb"

    settlement = models.ForeignKey(Settlement, on_delete=models.PROTECT, related_name="debts")
    owed = models.ForeignKey(Owed, on_delete=models.PROTECT, related_name="settled")
    amount = QuantaField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["settlement", "owed"], name="distribution_settled_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="distribution_settled_positive"),
        ]


class Counted(models.Model):
    """A run has counted for a licence what a file tells of the days from ``starts`` (None: from ever) until
    ``until``: as usage of its own period, or ``late``. Without a file, it keeps which it counted.

    What counted late counts in no other run (``rules.sql``).
    """

    trailed = False

    run = models.ForeignKey("distribution.Run", on_delete=models.PROTECT, related_name="+")
    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="+")
    file = models.ForeignKey(LakeFile, null=True, on_delete=models.PROTECT, related_name="+")
    starts = models.DateField(null=True)
    until = models.DateField()
    late = models.BooleanField(default=False, db_default=False)

    class Meta:
        indexes = [
            models.Index(fields=["licence", "until"], name="distribution_counted_until"),
            models.Index(fields=["licence", "file"], name="distribution_counted_file"),
        ]


class TakenBack(Noun):
    """Usage of a subject that an earlier run divided and files listed later take back: requests, above zero.

    The run of ``pot`` has counted those files; nothing was taken from anybody.
    """

    prefix = "tkb"
    trailed = False

    pot = models.ForeignKey("distribution.Pot", on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=60)
    starts = models.DateField()
    ends = models.DateField()
    use = models.CharField(max_length=10)
    requests = models.BigIntegerField()

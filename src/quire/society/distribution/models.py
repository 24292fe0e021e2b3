"""Plans adopted, runs through their stages, the lines they made, and what is held back."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from quire.society.invoicing.models import Receipt
from quire.society.kit.fields import FractionField, QuantaField
from quire.society.kit.nouns import AppendOnly, Noun
from quire.society.licensing.models import Licence
from quire.society.parties.models import Party, Succession
from quire.society.repertoire.models import Work

STATES = ("open", "frozen", "allocated", "reviewed", "approved", "posted", "closed", "cancelled")
_USER = settings.AUTH_USER_MODEL


class PlanVersion(AppendOnly):
    """A plan as adopted: its exact text, its digest, and the decision that adopted it. Never edited."""

    prefix = "pln"

    name = models.CharField(max_length=80)
    text = models.TextField()
    digest = models.CharField(max_length=71)
    starts = models.DateField()
    decision = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(decision=""), name="distribution_plan_decided"),
            models.UniqueConstraint(fields=["digest", "starts"], name="distribution_plan_once"),
        ]


class Run(Noun):
    """One distribution. ``state`` is the last stage that is done."""

    prefix = "dst"

    starts = models.DateField()
    ends = models.DateField()
    plan = models.ForeignKey(PlanVersion, on_delete=models.PROTECT)
    state = models.CharField(max_length=10, default="open", choices=[(s, s) for s in STATES])
    opened_at = models.DateTimeField()
    prepared_by = models.ForeignKey(_USER, on_delete=models.PROTECT, related_name="+")
    inputs_digest = models.CharField(max_length=71, blank=True)
    results_digest = models.CharField(max_length=71, blank=True)
    review = models.JSONField(default=dict)
    bundle_root = models.CharField(max_length=71, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="distribution_run_span"),
            models.CheckConstraint(condition=Q(state__in=STATES), name="distribution_run_state"),
        ]


class Pot(Noun):
    """One licence's receipts of one period in one currency; what a run distributes.

    Where the plan has a currency and the receipts another, ``amount`` and ``currency`` are what was made of
    ``received`` by the rate stated; otherwise the fields of the conversion are empty.
    """

    prefix = "pot"

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="pots")
    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="pots")
    starts = models.DateField()
    ends = models.DateField()
    currency = models.CharField(max_length=3)
    amount = QuantaField()
    received = QuantaField(null=True)
    received_currency = models.CharField(max_length=3, blank=True, default="", db_default="")
    rate = FractionField(null=True)
    rate_source = models.CharField(max_length=100, blank=True, default="", db_default="")
    rate_date = models.DateField(null=True)

    @property
    def came_in(self) -> tuple[int, str]:
        """Quanta received, and their currency."""
        return (
            (self.amount, self.currency) if self.received is None else (self.received, self.received_currency)
        )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(received=None, received_currency="", rate=None, rate_source="", rate_date=None)
                | Q(received__isnull=False, rate__isnull=False, rate_date__isnull=False)
                & ~Q(received_currency="")
                & ~Q(rate_source=""),
                name="distribution_pot_converted_whole",
            )
        ]


class PotReceipt(models.Model):
    """A receipt is distributed once, whatever runs start at the same time."""

    receipt = models.OneToOneField(Receipt, primary_key=True, on_delete=models.PROTECT)
    pot = models.ForeignKey(Pot, on_delete=models.CASCADE, related_name="receipts")


class Approval(AppendOnly):
    """A second person's yes to exactly these results. The database refuses the preparer."""

    prefix = "apv"

    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="approval")
    by = models.ForeignKey(_USER, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    results_digest = models.CharField(max_length=71)


class Hold(Noun):
    """Money that a work or a party earns is held from when this is set until it is released."""

    prefix = "hld"

    work = models.ForeignKey(Work, null=True, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    starts = models.DateField()
    released_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(work__isnull=True) ^ Q(party__isnull=True), name="distribution_hold_one_thing"
            )
        ]


class Line(AppendOnly):
    """One amount's story: pot, portion, work or site, owner; quanta of the pot's currency.

    ``outcome`` is one of ``quire.core.distribution.OUTCOMES``. ``detail`` is its line in the bundle.
    """

    prefix = "lin"

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="lines")
    pot = models.ForeignKey(Pot, on_delete=models.PROTECT, related_name="lines")
    number = models.BigIntegerField()
    outcome = models.CharField(max_length=10)
    party = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="+")
    hold = models.ForeignKey(Hold, null=True, on_delete=models.PROTECT, related_name="lines")
    amount = QuantaField()
    detail = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="distribution_line_number")]
        indexes = [models.Index(fields=["party", "run"], name="distribution_line_party")]


class Release(AppendOnly):
    """A held line, once no hold stands on its party or its work any more: it has become payable, once."""

    prefix = "rel"

    line = models.OneToOneField(Line, on_delete=models.PROTECT, related_name="release")
    released_on = models.DateField()


class Passing(AppendOnly):
    """A part of what one party was credited with, gone to one who stands in its place: quanta of a currency.

    It counts as credited to ``taker``, and no longer to ``giver``.
    """

    prefix = "psg"

    succession = models.ForeignKey(Succession, on_delete=models.PROTECT, related_name="+")
    giver = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    taker = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    amount = QuantaField()
    passed_on = models.DateField()

"""A sum paid for a class of works: whose it may be, who claimed, what was decided, which rounds pay it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from quire.society.invoicing.models.receipts import Receipt
from quire.society.kit.fields import FractionField, QuantaField
from quire.society.kit.nouns import AppendOnly
from quire.society.licensing.models import Licence
from quire.society.parties.models import Party
from quire.society.repertoire.models import Work

ROUNDS = {
    "instalment": "money that the payer paid, among all works accepted",
    "late": "the reserve, among works accepted since the money they missed was divided",
    "release": "what is left of the reserve, among all works accepted",
}


class LumpSum(AppendOnly):
    """A settlement or a deal made once, about a class of works and a period.

    It is paid under ``licence``, of kind "lump", whose licensee is the payer, and whose days are the period
    of the class. ``criteria`` say what works are in the class; where there are none, ``LumpWork`` lists them.
    Claims are taken in time until, not including, ``claims_until``; ``reserve`` of every instalment is kept
    for later ones until ``reserve_until``. ``plan`` names the plan that divides it, ``decision`` who agreed.
    """

    prefix = "lmp"

    name = models.CharField(max_length=64, unique=True)
    licence = models.OneToOneField(Licence, on_delete=models.PROTECT, related_name="lump")
    about = models.CharField(max_length=500)
    amount = QuantaField()
    criteria = models.JSONField(default=dict)
    claims_until = models.DateField()
    reserve = FractionField()
    reserve_until = models.DateField()
    plan = models.CharField(max_length=80)
    decision = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="invoicing_lump_positive"),
            models.CheckConstraint(
                condition=Q(reserve_until__gte=F("claims_until")), name="invoicing_lump_reserve_span"
            ),
            models.CheckConstraint(
                condition=~Q(plan="") & ~Q(decision="") & ~Q(about=""), name="invoicing_lump_decided"
            ),
        ]


class LumpWork(AppendOnly):
    """A work that the list of the class names."""

    prefix = "lwk"

    lump = models.ForeignKey(LumpSum, on_delete=models.PROTECT, related_name="works")
    work = models.ForeignKey(Work, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lump", "work"], name="invoicing_lump_work_once")]


class Instalment(AppendOnly):
    """A part of the sum, and the day on which the payer owes it."""

    prefix = "ins"

    lump = models.ForeignKey(LumpSum, on_delete=models.PROTECT, related_name="instalments")
    due_on = models.DateField()
    amount = QuantaField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lump", "due_on"], name="invoicing_instalment_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="invoicing_instalment_positive"),
        ]


class LumpClaim(AppendOnly):
    """A member says that a work of its own is in the class. ``late`` after the deadline."""

    prefix = "lcl"
    walled = "member_id = :party"

    lump = models.ForeignKey(LumpSum, on_delete=models.PROTECT, related_name="claims")
    work = models.ForeignKey(Work, on_delete=models.PROTECT, related_name="+")
    member = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    made_on = models.DateField()
    late = models.BooleanField()
    note = models.CharField(max_length=300, blank=True)


class Judgement(AppendOnly):
    """What the society decided of a claim, once, and why."""

    prefix = "ljd"

    claim = models.OneToOneField(LumpClaim, on_delete=models.PROTECT, related_name="judgement")
    accepted = models.BooleanField()
    reason = models.CharField(max_length=300)
    on = models.DateField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="invoicing_judged_with_reason")]


class Round(AppendOnly):
    """Receipts of a lump sum that are distributed together, among the works named (``RoundWork``)."""

    prefix = "lrd"

    lump = models.ForeignKey(LumpSum, on_delete=models.PROTECT, related_name="rounds")
    kind = models.CharField(max_length=10, choices=list(ROUNDS.items()))
    made_on = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=list(ROUNDS)), name="invoicing_round_kind")
        ]


class RoundWork(AppendOnly):
    """A work that stands in a round."""

    prefix = "lrw"

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="works")
    work = models.ForeignKey(Work, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "work"], name="invoicing_round_work_once")]


class RoundReceipt(AppendOnly):
    """A receipt of a round; none is in two."""

    prefix = "lrr"

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="receipts")
    receipt = models.OneToOneField(Receipt, on_delete=models.PROTECT, related_name="round")

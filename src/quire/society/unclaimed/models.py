"""What was decided about unclaimed money: matches with their evidence, and disposals by two people."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from quire.society.distribution.models import Award
from quire.society.kit.fields import FractionField
from quire.society.kit.nouns import AppendOnly, Noun
from quire.society.parties.models import Party
from quire.society.repertoire.models import Work

CLAIM_STATES = ("open", "accepted", "refused", "withdrawn")
STATES = ("prepared", "done", "withdrawn")
_USER = settings.AUTH_USER_MODEL


class Match(AppendOnly):
    """Somebody was found to own it: the award that paid it, and the evidence it was paid on."""

    prefix = "mtc"

    award = models.OneToOneField(Award, on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=60)
    evidence = models.CharField(max_length=500)


class Disposal(Noun):
    """Unclaimed money of ``year`` or before, prepared by one person to go the ``way`` that a decision names,
    and done by another: exactly what was prepared (``digest``), or not at all. ``reserve`` stays back for
    later claims."""

    prefix = "dps"

    way = models.CharField(max_length=80)
    decision = models.CharField(max_length=300)
    year = models.IntegerField()
    reserve = FractionField()
    digest = models.CharField(max_length=71)
    state = models.CharField(max_length=10, default="prepared", choices=[(one, one) for one in STATES])
    prepared_by = models.ForeignKey(_USER, on_delete=models.PROTECT, related_name="+")
    prepared_on = models.DateField()
    approved_by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    done_on = models.DateField(null=True)
    award = models.OneToOneField(Award, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=STATES), name="unclaimed_disposal_state"),
            models.CheckConstraint(condition=~Q(decision=""), name="unclaimed_disposal_decided"),
            models.CheckConstraint(
                condition=~Q(state="done")
                | Q(award__isnull=False, approved_by__isnull=False, done_on__isnull=False)
                & ~Q(approved_by=F("prepared_by")),
                name="unclaimed_disposal_by_two",
            ),
        ]


class Claim(Noun):
    """A party says that what is unclaimed of a work's class of right is its own, and why. Somebody of the
    society accepts it, which is a match, or refuses it with a reason (``note``)."""

    prefix = "clm"
    walled = "party_id = :party"

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    work = models.ForeignKey(Work, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    evidence = models.CharField(max_length=500)
    state = models.CharField(max_length=10, default="open", choices=[(one, one) for one in CLAIM_STATES])
    filed_by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    filed_on = models.DateField()
    ended_by = models.ForeignKey(_USER, null=True, on_delete=models.PROTECT, related_name="+")
    ended_on = models.DateField(null=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CLAIM_STATES), name="unclaimed_claim_state"),
            models.CheckConstraint(
                condition=Q(state="open", ended_on=None) | ~Q(state="open") & Q(ended_on__isnull=False),
                name="unclaimed_claim_ended",
            ),
            models.UniqueConstraint(
                fields=["party", "work", "role"], condition=Q(state="open"), name="unclaimed_claim_once"
            ),
        ]

"""Disputes about works: what is claimed, by whom, with what documents, what is held, and the steps taken."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from quire.core.disputes import KINDS
from quire.society.distribution.models import Hold
from quire.society.kit.fields import FractionField
from quire.society.kit.nouns import AppendOnly, Noun
from quire.society.parties.models import Party
from quire.society.repertoire.models import Work

OPEN = ("filed", "documented", "disputed")
ENDS = ("lapsed", "amended", "settled", "decided", "withdrawn")
STATES = (*OPEN, *ENDS)
WHATS = ("present", "claimed", "final")


class Dispute(Noun):
    """A claim about a work, and where it stands. ``since`` is the day of use from which it is claimed (None:
    from the beginning); ``wanted`` the tier or type, where the claim is about that. Days are last days."""

    prefix = "dsp"

    kind = models.CharField(max_length=14, choices=[(one, one) for one in KINDS])
    work = models.ForeignKey(Work, on_delete=models.PROTECT, related_name="+")
    claimant = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    since = models.DateField(null=True)
    wanted = models.CharField(max_length=32, blank=True)
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=[(one, one) for one in STATES])
    filed_on = models.DateField()
    document_by = models.DateField(null=True)
    documented_on = models.DateField(null=True)
    answer_by = models.DateField(null=True)
    answered_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    applies_from = models.DateField(null=True)
    applied_on = models.DateField(null=True)
    ended_by = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="disputes_kind"),
            models.CheckConstraint(condition=Q(state__in=STATES), name="disputes_state"),
            models.CheckConstraint(
                condition=Q(state__in=OPEN, ended_on=None) | Q(state__in=ENDS, ended_on__isnull=False),
                name="disputes_ended",
            ),
            models.UniqueConstraint(
                fields=["work", "claimant"], condition=Q(state__in=OPEN), name="disputes_one_at_a_time"
            ),
        ]


class StatedShare(AppendOnly):
    """One owner's share as it was when the claim was filed (``present``), as it is claimed, or as the dispute
    ended (``final``). No ``party``: nobody knows whose it is."""

    prefix = "dss"

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="shares")
    what = models.CharField(max_length=8, choices=[(one, one) for one in WHATS])
    party = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    share = FractionField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dispute", "what", "party", "role"], nulls_distinct=False, name="disputes_share_once"
            )
        ]


class DisputeHold(AppendOnly):
    """What is held of one respondent because of a dispute: of the work, and of each copy of it."""

    prefix = "dsh"

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="holds")
    respondent = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, related_name="dispute")


class Document(AppendOnly):
    """A document that a party handed in: its title and digest. The file is private to the society."""

    prefix = "doc"

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="documents")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)
    digest = models.CharField(max_length=71)
    size = models.BigIntegerField()
    on = models.DateField()


class Step(AppendOnly):
    """What happened in a dispute, and when."""

    prefix = "stp"

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="steps")
    on = models.DateField()
    text = models.CharField(max_length=700)

"""Criteria as data, applications with every reason, memberships with their dates."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from quire.society.kit.nouns import AppendOnly, Noun
from quire.society.parties.models import Party


class Criteria(AppendOnly):
    """One version of what an applicant must show, with the decision that adopted it."""

    prefix = "cri"

    starts = models.DateField()
    rules = models.JSONField()
    decision = models.CharField(max_length=200)


class Application(AppendOnly):
    """Somebody asks to join. Decided once; a refusal carries every reason."""

    prefix = "app"
    walled = "party_id = :party"

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="applications")
    on = models.DateField()
    shown = models.JSONField()
    criteria = models.ForeignKey(Criteria, on_delete=models.PROTECT)
    admitted = models.BooleanField()
    reasons = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(admitted=True, reasons=[]) | (Q(admitted=False) & ~Q(reasons=[])),
                name="membership_refused_with_reasons",
            ),
        ]


class Membership(Noun):
    """A party is a member from ``starts`` until ``ends``."""

    prefix = "mem"

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="memberships")
    starts = models.DateField()
    ends = models.DateField(null=True)
    notice_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__isnull=True) | Q(ends__gt=F("starts")), name="membership_span"
            ),
            models.UniqueConstraint(
                fields=["party"], condition=Q(ends__isnull=True), name="membership_once_open"
            ),
        ]


class Standing(Noun):
    """A member out of good standing from a date, with the reason; back in it when ``ends`` is set."""

    prefix = "std"

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="standings")
    reason = models.CharField(max_length=200)
    starts = models.DateField()
    ends = models.DateField(null=True)

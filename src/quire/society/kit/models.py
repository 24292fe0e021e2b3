"""The record of acts: who did what, to what, and why; one row an act, written in the act's transaction."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from quire.society.kit.nouns import AppendOnly


class Act(AppendOnly):
    """One thing that somebody did. Later rooms and notices read these rows as events."""

    prefix = "act"

    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    verb = models.CharField(max_length=64)
    subject = models.CharField(max_length=128)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["subject"], name="kit_act_subject"),
            models.Index(fields=["at", "id"], name="kit_act_at"),
        ]

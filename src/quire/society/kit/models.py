"""The record of acts: who did what, to what, and why; one row an act, written in the act's transaction. Jobs;
what the HTTP API has answered."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from quire.society.kit.nouns import AppendOnly, Noun


class Act(AppendOnly):
    """One thing that somebody did. Later rooms and notices read these rows as events."""

    prefix = "act"

    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    verb = models.CharField(max_length=64)
    subject = models.CharField(max_length=128)
    detail = models.JSONField(default=dict)
    transaction = models.BigIntegerField(null=True, editable=False)  # the database writes it

    class Meta:
        indexes = [
            models.Index(fields=["subject"], name="kit_act_subject"),
            models.Index(fields=["transaction"], name="kit_act_transaction"),
            models.Index(fields=["at", "id"], name="kit_act_at"),
        ]


class Change(AppendOnly):
    """What a row was before it was changed in place or removed, and what it became; written by the database
    itself (``kit.trail``). ``who`` and ``why`` are what the page, command or job said of itself; the acts of
    the same ``transaction`` say the rest. ``row`` is its primary key.
    """

    prefix = "chg"
    walled = "false"  # no party's pages read it

    at = models.DateTimeField()
    table = models.CharField(max_length=63)
    row = models.CharField(max_length=64)
    removed = models.BooleanField()
    was = models.JSONField()
    now = models.JSONField()
    who = models.CharField(max_length=150)
    why = models.CharField(max_length=200)
    transaction = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["table", "row", "at"], name="kit_change_row"),
            models.Index(fields=["row", "at"], name="kit_change_thing"),
            models.Index(fields=["at", "id"], name="kit_change_at"),
        ]


class Job(Noun):
    """Work that a worker does, see ``kit.jobs``. ``party`` is whose team may watch it (parties stand above
    the kit, so it is an id and no key); ``done`` of ``whole`` units are through."""

    prefix = "job"
    walled = "party = :party"

    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    party = models.UUIDField(null=True)
    given = models.JSONField(default=dict)
    state = models.CharField(max_length=8, default="waiting")
    sentence = models.CharField(max_length=500, blank=True)
    done = models.BigIntegerField(default=0)
    whole = models.BigIntegerField(default=0)
    unit = models.CharField(max_length=40, blank=True)
    result = models.JSONField(default=dict)
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["asked_at", "id"], name="kit_job_asked")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "running", "done", "failed"]), name="kit_job_state"
            )
        ]


class Answered(models.Model):
    """What a program was answered under an Idempotency-Key: the same again gets the same. See
    ``kit.answered``."""

    key = models.UUIDField()
    said = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    status = models.SmallIntegerField()
    headers = models.JSONField()
    body = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "said"], name="kit_answered_once")]
        indexes = [models.Index(fields=["at"], name="kit_answered_at")]


class Minute(models.Model):
    """How often somebody came in a minute (minutes since 1970), see ``kit.rates``. Unlogged: after a crash it
    counts anew."""

    key = models.CharField(max_length=100)
    minute = models.BigIntegerField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "minute"], name="kit_minute_once")]


class Remembered(models.Model):
    """What Django's cache remembers (``CACHES``): tries at signing in, above all. Every process of the server
    sees it; a crash of PostgreSQL empties it, a backup leaves it out."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "kit_cache"

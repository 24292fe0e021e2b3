"""Which files were imported, what became of every line, and which Parquet files make up the lake."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from quire.society.kit.nouns import AppendOnly, Noun


class Import(Noun):
    """One usage file, taken once. ``account`` counts lines and requests under each heading.

    ``line``/``offset`` say how far it has been read: an import that was killed goes on from there.
    ``withdrawn_at`` and ``withdrawn_reason`` are of an import that counts no more: its file may come again.
    """

    prefix = "imp"

    digest = models.CharField(max_length=71)
    host = models.CharField(max_length=253, blank=True)
    name = models.CharField(max_length=255)
    format = models.CharField(max_length=12)
    agents = models.CharField(max_length=71)
    line = models.BigIntegerField(default=0)
    offset = models.BigIntegerField(default=0)
    account = models.JSONField(default=dict)
    finished = models.BooleanField(default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["digest", "host"], condition=Q(withdrawn_at=None), name="usage_file_once"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_reason="")
                | Q(withdrawn_at__isnull=False, finished=True) & ~Q(withdrawn_reason=""),
                name="usage_withdrawn_whole_with_reason",
            ),
        ]


class LakeFile(AppendOnly):
    """A Parquet file that counts: listed in the transaction that moved its import on."""

    prefix = "lak"

    source = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="lake_files")
    path = models.CharField(max_length=255, unique=True)
    digest = models.CharField(max_length=71)
    rows = models.BigIntegerField()
    requests = models.BigIntegerField()
    starts = models.DateTimeField()
    ends = models.DateTimeField()


class SetAside(AppendOnly):
    """A line that could not be counted and must not be lost: unreadable, or conflicting with the lake."""

    prefix = "asd"

    source = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="set_aside")
    line = models.BigIntegerField()
    heading = models.CharField(max_length=16)
    reason = models.CharField(max_length=300)
    excerpt = models.CharField(max_length=1000)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "line"], name="usage_line_once")]

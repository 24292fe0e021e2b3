"""Which files were imported, what became of every line, and which Parquet files make up the lake."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from quire.society.kit.nouns import AppendOnly, Noun


class Import(Noun):
    """One usage file, taken once. ``account`` counts lines and requests under each heading.

    ``line``/``offset`` say how far it has been read: an import that was killed goes on from there.
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

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest", "host"], name="usage_file_once")]


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

"""Which files were imported, what became of every line, and which Parquet files make up the lake."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from quire.society.kit.fields import QuantaField
from quire.society.kit.nouns import AppendOnly, Noun
from quire.society.licensing.models import Licence
from quire.society.parties.models import Party
from quire.society.repertoire.models import Site

EDGE = "edge"
"""The format of an import that is no file: a spool of an edge. It goes on while the edge sends."""


class Import(Noun):
    """One usage file, taken once. ``account`` counts lines and requests under each heading.

    ``line``/``offset`` say how far it has been read: an import that was killed goes on from there.
    ``withdrawn_at`` and ``withdrawn_reason`` are of an import that counts no more: its file may come again.
    """

    prefix = "imp"
    trailed = False

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


class Edge(Noun):
    """What stands in front of a site and meters it: known by its public key, until it is revoked."""

    prefix = "edg"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="edges")
    name = models.CharField(max_length=80)
    key = models.JSONField()
    kid = models.CharField(max_length=64, unique=True)
    registered_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_reason="")
                | Q(revoked_at__isnull=False) & ~Q(revoked_reason=""),
                name="usage_revoked_with_reason",
            ),
        ]


class Spool(Noun):
    """One process's numbered events, as far as the society has them.

    ``record`` is the import its events are accounted for in: its ``line`` is the number compacted
    through, its ``offset`` the accepted bytes up to there. ``gaps``, ``replays``, ``differs`` count answers;
    ``skew`` is the largest distance between the edge's clock and ours, in milliseconds, ahead positive.
    ``forgotten`` are bytes of segments that are no more.
    """

    prefix = "spl"
    trailed = False

    edge = models.ForeignKey(Edge, on_delete=models.PROTECT, related_name="spools")
    spool = models.CharField(max_length=64)
    lane = models.IntegerField()
    began = models.DateTimeField()
    record = models.OneToOneField(Import, on_delete=models.PROTECT, related_name="spool")
    gaps = models.BigIntegerField(default=0)
    replays = models.BigIntegerField(default=0)
    differs = models.BigIntegerField(default=0)
    skew = models.BigIntegerField(default=0)
    forgotten = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edge", "spool"], name="usage_spool_once")]


class Piece(AppendOnly):
    """Events [first, last] of a spool, compacted together: what became of them, and of which bytes.

    ``digest`` is over the digests of their batches; ``account`` is what this piece added to the account of
    its import: [lines, requests] by heading, negative where a void moved an earlier decision. ``latest`` is
    the time of the last of its events.
    """

    prefix = "pce"

    spool = models.ForeignKey(Spool, on_delete=models.PROTECT, related_name="pieces")
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    digest = models.CharField(max_length=71)
    account = models.JSONField()
    received = models.DateTimeField()
    latest = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["spool", "first"], name="usage_piece_once")]


class Charge(AppendOnly):
    """What the events of a piece charged to one allowance, under one licence, in one month.

    ``amount`` is in quanta of ``currency``; what later events took back makes it less, below nothing too.
    ``allowance``, ``licence`` and ``licensee`` are the TypeIDs that the edge wrote down.
    """

    prefix = "chg"

    piece = models.ForeignKey(Piece, on_delete=models.PROTECT, related_name="charges")
    allowance = models.CharField(max_length=100)
    licence = models.CharField(max_length=100)
    licensee = models.CharField(max_length=100)
    month = models.DateField()
    currency = models.CharField(max_length=3)
    amount = QuantaField()
    requests = models.BigIntegerField()


class VisitFile(Noun):
    """A Parquet file of what agents asked for and did not count: refusals, and what is no work.

    ``forgotten_at`` says when it was deleted; its numbers stay.
    """

    prefix = "vis"
    trailed = False

    piece = models.OneToOneField(Piece, on_delete=models.PROTECT, related_name="visits")
    path = models.CharField(max_length=255, unique=True)
    digest = models.CharField(max_length=71)
    rows = models.BigIntegerField()
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    forgotten_at = models.DateTimeField(null=True)


class Report(AppendOnly):
    """What a lab said in one request of what it did: an event batch, whose body had this ``digest``.

    Every event of it was ``taken``, known before (``again``) or refused; ``reasons`` counts the refusals by
    code. ``starts`` and ``ends`` are the first and the last moment of what was taken.
    """

    prefix = "rpt"
    walled = "licensee_id = :party"

    licensee = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    client = models.CharField(max_length=40)
    received = models.DateTimeField()
    digest = models.CharField(max_length=71)
    taken = models.IntegerField()
    again = models.IntegerField()
    refused = models.IntegerField()
    reasons = models.JSONField(default=dict)
    starts = models.DateTimeField(null=True)
    ends = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["licensee", "digest"], name="usage_report_digest")]


class ReportedEvent(AppendOnly):
    """One event that a lab reported, kept once. Its id is a digest of the licensee and the lab's id of it.

    Nothing is in it of who asked, in which session, or what was answered.
    """

    prefix = "rpe"

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="events", db_index=False)
    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=12)
    at = models.DateTimeField()
    host = models.CharField(max_length=253, blank=True)
    path = models.CharField(max_length=8192, blank=True)
    content = models.CharField(max_length=300, blank=True)
    telemetry = models.CharField(max_length=300, blank=True)
    chars = models.BigIntegerField(null=True)
    tokens = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["licence", "at"], name="usage_reported_when")]

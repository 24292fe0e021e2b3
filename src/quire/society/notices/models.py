"""What happened, told to whom it concerns: acts still to be told, notices, and the three ways they go out."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from quire.society.kit.models import Act
from quire.society.kit.nouns import AppendOnly, Noun
from quire.society.parties.models import Party

_USER = settings.AUTH_USER_MODEL
_OF_A_NOTICE = "notice_id IN (SELECT id FROM notices_notice)"
_OF_AN_ENDPOINT = "endpoint_id IN (SELECT id FROM notices_endpoint)"
HOW = ("at-once", "daily", "weekly", "off")


class Waiting(models.Model):
    """An act that has still to be told. The database itself writes the row, in the act's transaction
    (``rules.sql``); who tells the act takes it away. ``problem`` is why that failed, after ``tries``."""

    trailed = False

    act = models.OneToOneField(Act, primary_key=True, on_delete=models.PROTECT, related_name="+")
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=300, default="")


class Notice(AppendOnly):
    """That something happened, for one party's team, or (``party`` None) for the society's own people.

    ``event`` is one of the ``catalogue``; ``parts`` are what its page's address needs, ``facts`` what its
    words say. ``cause`` is the act, or what a daily look found: the same is told to nobody twice.
    """

    prefix = "ntc"
    walled = "party_id = :party"

    at = models.DateTimeField()
    event = models.CharField(max_length=40)
    audience = models.CharField(max_length=10)
    party = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=128)
    parts = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)
    due = models.DateField(null=True)
    needs = models.BooleanField(default=False)
    cause = models.CharField(max_length=200)

    class Meta:
        indexes = [
            models.Index(fields=["audience", "party", "at", "id"], name="notices_notice_whose"),
            models.Index(fields=["subject"], name="notices_notice_subject"),
            models.Index(fields=["event"], condition=Q(needs=True), name="notices_notice_needs"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["cause", "event", "audience", "party"], nulls_distinct=False, name="notices_told_once"
            )
        ]


class ReadMark(AppendOnly):
    """A user has read a notice. Others of the team have not, for that."""

    prefix = "nrd"
    walled = _OF_A_NOTICE

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="marks")
    user = models.ForeignKey(_USER, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "user"], name="notices_read_once")]


class Settled(AppendOnly):
    """What a notice asked for is done, or is over: nobody need do it any more."""

    prefix = "nst"
    walled = _OF_A_NOTICE

    notice = models.OneToOneField(Notice, on_delete=models.PROTECT, related_name="settled")
    at = models.DateTimeField()


class Wish(Noun):
    """How a user wants the letters of one category; without a row as the category has it."""

    prefix = "nwi"

    user = models.ForeignKey(_USER, on_delete=models.PROTECT, related_name="+")
    category = models.CharField(max_length=12)
    how = models.CharField(max_length=8)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "category"], name="notices_one_wish"),
            models.CheckConstraint(condition=Q(how__in=HOW), name="notices_how"),
        ]


class Letter(Noun):
    """A notice that a user is to have by e-mail, at once or with the next digest; ``sent`` when it went."""

    prefix = "nlt"
    trailed = False
    walled = _OF_A_NOTICE

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="letters")
    user = models.ForeignKey(_USER, on_delete=models.PROTECT, related_name="+")
    how = models.CharField(max_length=8)
    tries = models.PositiveSmallIntegerField(default=0)
    sent = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["how", "user", "id"], condition=Q(sent=None), name="notices_letter_waits")
        ]
        constraints = [
            models.UniqueConstraint(fields=["notice", "user"], name="notices_letter_once"),
            models.CheckConstraint(condition=Q(how__in=HOW[:3]), name="notices_letter_how"),
        ]


class Endpoint(Noun):
    """An address of a party's own to which its notices are sent as webhooks. No ``events``: all of them.
    ``disabled`` says why nothing is sent there any more."""

    prefix = "whk"
    walled = "party_id = :party"

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    audience = models.CharField(max_length=10)
    url = models.CharField(max_length=500)
    events = ArrayField(models.CharField(max_length=40), default=list)
    created = models.DateTimeField()
    disabled = models.CharField(max_length=200, default="")
    removed = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["party", "audience", "url"], condition=Q(removed=None), name="notices_endpoint_once"
            )
        ]


class EndpointSecret(Noun):
    """One secret of an endpoint, good until ``ends``. What it is can be computed and is kept nowhere, see
    ``signing``."""

    prefix = "whs"
    walled = _OF_AN_ENDPOINT

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="secrets")
    created = models.DateTimeField()
    ends = models.DateTimeField(null=True)


class Delivery(Noun):
    """One message for one endpoint: its ``body`` never changes, however often it is sent. ``notice`` is None
    for a test. ``next`` is when it is tried, None when it is at its end: delivered, or failed."""

    prefix = "whd"
    trailed = False
    walled = _OF_AN_ENDPOINT

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="deliveries")
    notice = models.ForeignKey(Notice, null=True, on_delete=models.PROTECT, related_name="+")
    message = models.CharField(max_length=64)
    event = models.CharField(max_length=40)
    body = models.TextField()
    made = models.DateTimeField()
    state = models.CharField(max_length=9, default="waiting")
    tries = models.PositiveSmallIntegerField(default=0)
    next = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["next"], condition=Q(next__isnull=False), name="notices_delivery_waits"),
            models.Index(fields=["endpoint", "made", "id"], name="notices_delivery_of"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "notice"], name="notices_sent_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", next__isnull=False)
                | Q(state__in=["delivered", "failed"], next=None),
                name="notices_delivery_state",
            ),
        ]


class Attempt(AppendOnly):
    """One try to deliver: the status that was answered (None: nobody did) and how the answer began, or why
    there was none."""

    prefix = "wha"
    walled = "delivery_id IN (SELECT id FROM notices_delivery)"

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="attempts")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    excerpt = models.CharField(max_length=500)
    took_ms = models.PositiveIntegerField()

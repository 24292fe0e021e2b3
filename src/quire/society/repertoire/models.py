"""Sites, works, who owns them from when, and which works are copies of others."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from quire.society.kit.fields import FractionField
from quire.society.kit.nouns import AppendOnly, Noun
from quire.society.kit.searching import Words
from quire.society.parties.models import Party


def _span(name: str) -> models.CheckConstraint:
    """Where it ends, it ends after it began; of either day there may be none."""
    condition = Q(ends__isnull=True) | Q(starts__isnull=True) | Q(ends__gt=F("starts"))
    return models.CheckConstraint(condition=condition, name=name)


class Site(Noun):
    """A host, or a part of one, whose usage belongs to ``owner`` where no work is named."""

    prefix = "sit"

    code = models.CharField(max_length=64, unique=True)
    host = models.CharField(max_length=253)
    owner = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="sites")
    tier = models.CharField(max_length=32, default="standard")


class SitePattern(models.Model):
    """A path pattern of a site: a prefix, with ``*`` for any run of characters. ``/`` is the whole host."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="patterns")
    host = models.CharField(max_length=253)
    pattern = models.CharField(max_length=500)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["host", "pattern"], name="repertoire_pattern_once"),
            models.CheckConstraint(condition=Q(pattern__startswith="/"), name="repertoire_pattern_rooted"),
        ]


METHODS = {"well-known": "a file on the site", "dns": "a DNS record", "meta": "a tag on the front page"}
OUTCOMES = {"found": "the token was there", "missing": "it was not", "unreachable": "nobody answered"}


class SiteToken(AppendOnly):
    """What the owner of a site must show on its host: asked for once for each owner and method."""

    prefix = "stk"
    walled = "owner_id = :party"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="tokens")
    owner = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    host = models.CharField(max_length=253)
    method = models.CharField(max_length=10, choices=list(METHODS.items()))
    text = models.CharField(max_length=80, unique=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "owner", "host", "method"], name="repertoire_site_token_once"
            )
        ]


class SiteCheck(AppendOnly):
    """One look at a host for a token: what was found, and when. The newest that was answered holds."""

    prefix = "chk"

    token = models.ForeignKey(SiteToken, on_delete=models.PROTECT, related_name="checks")
    outcome = models.CharField(max_length=12, choices=list(OUTCOMES.items()))
    evidence = models.JSONField(default=dict)
    at = models.DateTimeField()


class Work(Noun):
    """A work, by URL or identifier. ``member`` registered it and speaks for it: mandates are theirs to give.

    ``key`` is the canonical form it is found by: ``example.org/path`` for a URL, ``isrc:…`` for a number.
    A work with a URL may have an identifier as well, and is found by either.
    A syndicated copy names its ``original`` and the share agreed for whoever publishes the copy.
    """

    prefix = "wrk"

    key = models.CharField(max_length=2000, unique=True)
    host = models.CharField(max_length=253, blank=True)
    path = models.CharField(max_length=2000, blank=True)
    identifier = models.CharField(max_length=300, blank=True)
    title = models.CharField(max_length=300)
    type = models.CharField(max_length=20, default="article")
    words = models.PositiveIntegerField(null=True)
    tier = models.CharField(max_length=32, default="standard")
    member = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="works")
    starts = models.DateField(null=True)
    ends = models.DateField(null=True)
    original = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="copies")
    syndicator_share = FractionField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(original__isnull=True) & Q(syndicator_share__isnull=True))
                | (Q(original__isnull=False) & Q(syndicator_share__isnull=False)),
                name="repertoire_copy_has_share",
            ),
            _span("repertoire_work_span"),
            models.UniqueConstraint(
                fields=["identifier"], condition=~Q(identifier=""), name="repertoire_identifier_once"
            ),
        ]
        indexes = [
            models.Index(fields=["host"], name="repertoire_work_host"),
            models.Index(fields=["title", "id"], name="repertoire_work_title"),
            models.Index(fields=["member", "title", "id"], name="repertoire_work_member_title"),
            GinIndex(Words("title", "key", "identifier"), name="repertoire_work_words"),
        ]


class _Part(models.Model):
    """One party's part of what several have, as what it has it; no ``party``: nobody knows whose it is."""

    party = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    share = FractionField()

    class Meta:
        abstract = True


class Ownership(Noun):
    """Who owns a work from a date (None: from the beginning): one version, replaced as a whole.

    No version in force: its member owns all of it.
    """

    prefix = "own"

    work = models.ForeignKey(Work, on_delete=models.CASCADE, related_name="ownerships")
    starts = models.DateField(null=True)
    ends = models.DateField(null=True)

    class Meta:
        constraints = [
            _span("repertoire_ownership_span"),
            models.UniqueConstraint(
                fields=["work", "starts"], nulls_distinct=False, name="repertoire_ownership_once"
            ),
        ]


class OwnershipShare(_Part):
    """One owner's part of a version; the parts of a version sum to exactly one."""

    ownership = models.ForeignKey(Ownership, on_delete=models.CASCADE, related_name="shares")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ownership", "party", "role"], nulls_distinct=False, name="repertoire_share_once"
            )
        ]


class Agreement(AppendOnly):
    """``giver`` keeps ``retention`` of what it earns and passes the rest on to its takers.

    For use on the days from ``starts`` (None: always) until ``ends`` (None: for ever), of the ``works`` named
    (none: all that it earns by), for these ``uses`` and ``roles`` (none: all). ``code`` is the society's own
    reference of the contract.
    """

    prefix = "agr"

    code = models.CharField(max_length=64, unique=True)
    giver = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    retention = FractionField()
    starts = models.DateField(null=True)
    ends = models.DateField(null=True)
    uses = models.JSONField(default=list)
    roles = models.JSONField(default=list)

    class Meta:
        constraints = [
            _span("repertoire_agreement_span"),
        ]


class AgreementTaker(AppendOnly, _Part):
    """One who takes a part of what is passed on."""

    prefix = "agt"

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="takers")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "party", "role"], nulls_distinct=False, name="repertoire_taker_once"
            )
        ]


class AgreementWork(AppendOnly):
    """A work that an agreement names."""

    prefix = "agw"

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="works")
    work = models.ForeignKey(Work, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agreement", "work"], name="repertoire_agreement_work_once")
        ]


class AgreementEnd(AppendOnly):
    """An agreement ended before its term: ``ends`` is the first day out."""

    prefix = "age"

    agreement = models.OneToOneField(Agreement, on_delete=models.PROTECT, related_name="ended")
    ends = models.DateField()
    reason = models.CharField(max_length=200, blank=True)


class ShareOffer(AppendOnly):
    """An owner offers a part of its own share of a work to another party, for use on the days from
    ``starts``. Nothing changes before the other says yes; the terms are never edited.
    """

    prefix = "off"
    walled = "giver_id = :party OR taker_id = :party"

    work = models.ForeignKey(Work, on_delete=models.PROTECT, related_name="offers")
    giver = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    taker = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    share = FractionField()
    starts = models.DateField()
    text = models.CharField(max_length=200, blank=True)
    on = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(giver=F("taker")), name="repertoire_offer_to_another")
        ]
        indexes = [
            models.Index(fields=["giver", "id"], name="repertoire_offer_giver"),
            models.Index(fields=["taker", "id"], name="repertoire_offer_taker"),
        ]


ANSWERS = {"accepted": "the taker said yes", "declined": "the taker said no", "withdrawn": "the giver did"}


class ShareAnswer(AppendOnly):
    """What became of an offer: once."""

    prefix = "ofa"
    walled = "offer_id IN (SELECT id FROM repertoire_shareoffer)"

    offer = models.OneToOneField(ShareOffer, on_delete=models.PROTECT, related_name="answer")
    answer = models.CharField(max_length=10, choices=list(ANSWERS.items()))
    on = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(answer__in=list(ANSWERS)), name="repertoire_offer_answer")
        ]

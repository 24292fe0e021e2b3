"""Licences, the tariffs they are taken under, and the clients that get tokens for them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from quire.society.kit.fields import FractionField, QuantaField
from quire.society.kit.nouns import AppendOnly, Noun
from quire.society.parties.models import Party

KINDS = {
    "blanket": "blanket: a yearly fee for the whole repertoire",
    "per-request": "a price for each request",
    "per-work": "a price for each work used in a period",
    "crawl": "pay per crawl: the site's own price for each request, from a balance",
    "revenue": "a share of the licensee's revenue, with a minimum for a year",
    "lump": "a sum for a class of works, a settlement or a deal made once; no token is given under it",
}
MODES = {"live": "tokens that sites honour", "sandbox": "tokens for trying out, which no site honours"}
ALGS = ("Ed25519", "EdDSA", "ES256")


class Operator(models.Model):
    """The name under which the list of AI agents knows a licensee ("OpenAI")."""

    name = models.CharField(max_length=80, unique=True)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="operators")


class PublishedTariff(AppendOnly):
    """One version of a tariff that anybody may take a licence under, from ``starts`` on.

    A version holds until the next one's first day, or until ``ends`` where the tariff is closed. ``terms``
    are ``conditions.Conditions`` as data; ``decision`` names who adopted it.
    """

    prefix = "tar"

    code = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=list(KINDS.items()))
    uses = ArrayField(models.CharField(max_length=10))
    currency = models.CharField(max_length=3)
    fee = QuantaField(default=0)
    prices = models.JSONField(default=dict)
    rate = FractionField(null=True)
    minimum = QuantaField(default=0)
    starts = models.DateField()
    ends = models.DateField(null=True)
    terms = models.JSONField(default=dict)
    sentence = models.CharField(max_length=500)
    decision = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="licensing_tariff_version"),
            models.UniqueConstraint(fields=["code", "starts"], name="licensing_tariff_starts"),
            models.CheckConstraint(
                condition=Q(ends__isnull=True) | Q(ends__gt=F("starts")), name="licensing_tariff_span"
            ),
            models.CheckConstraint(condition=Q(version__gt=0), name="licensing_tariff_counts"),
            models.CheckConstraint(condition=~Q(decision=""), name="licensing_tariff_decided"),
        ]


class Licence(Noun):
    """A licence in force from ``starts`` until ``ends``.

    ``fee`` is for a year; ``prices`` are by content tier
    (``"*"`` for any other), as twelve-decimal texts of ``currency``; ``rate`` is a share of revenue, at least
    ``minimum`` a year. ``tariff`` is the version it was taken
    under, none where it was agreed without one; ``deviation`` says why it is not as that tariff has it.
    ``terms`` are ``conditions.Conditions`` as data."""

    prefix = "lic"

    code = models.CharField(max_length=64, unique=True)
    licensee = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="licences")
    kind = models.CharField(max_length=12, choices=list(KINDS.items()))
    uses = ArrayField(models.CharField(max_length=10))
    starts = models.DateField()
    ends = models.DateField()
    currency = models.CharField(max_length=3)
    fee = QuantaField(default=0)
    prices = models.JSONField(default=dict)
    rate = FractionField(null=True)
    minimum = QuantaField(default=0)
    tariff = models.ForeignKey(PublishedTariff, null=True, on_delete=models.PROTECT, related_name="licences")
    deviation = models.CharField(max_length=500, blank=True, default="")
    terms = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="licensing_span"),
            models.CheckConstraint(condition=Q(fee__gte=0), name="licensing_fee_positive"),
            models.CheckConstraint(condition=Q(uses__len__gt=0), name="licensing_some_use"),
        ]


class Client(Noun):
    """A licensee's credentials for tokens: its id is the client id, its secrets are rows of their own.

    ``scopes`` are the uses it may ask for (none: all of its licences); ``key`` is a public JWK that every
    token is bound to. Neither ever changes: another client is made instead. ``revoked`` is set once.
    """

    prefix = "cli"
    walled = "licensee_id = :party"

    licensee = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="clients")
    name = models.CharField(max_length=80)
    mode = models.CharField(max_length=8, choices=list(MODES.items()), default="live")
    alg = models.CharField(max_length=8, choices=[(alg, alg) for alg in ALGS], default="Ed25519")
    scopes = ArrayField(models.CharField(max_length=10), default=list)
    key = models.JSONField(null=True)
    created = models.DateTimeField()
    revoked = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["licensee", "name"], name="licensing_client_name"),
            models.CheckConstraint(condition=Q(mode__in=list(MODES)), name="licensing_client_mode"),
            models.CheckConstraint(condition=Q(alg__in=ALGS), name="licensing_client_alg"),
        ]


class ClientSecret(Noun):
    """The SHA-256 of one secret, good until ``ends``; only that day may be set, once, and come nearer."""

    prefix = "sec"
    walled = "client_id IN (SELECT id FROM licensing_client)"

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="secrets")
    digest = models.CharField(max_length=64, unique=True)
    created = models.DateTimeField()
    ends = models.DateTimeField(null=True)


class IssuedToken(AppendOnly):
    """That a token was issued: whose, under which licence, until when. The token itself is kept nowhere."""

    prefix = "tok"
    walled = "client_id IN (SELECT id FROM licensing_client)"

    jti = models.CharField(max_length=64, unique=True)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="tokens")
    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="tokens")
    uses = ArrayField(models.CharField(max_length=10))
    expires = models.DateTimeField()


class Revocation(AppendOnly):
    """A token, a client or a licence whose tokens are void; ``subject`` is ``jti:…``, ``sub:…`` or
    ``lic:…``.
    """

    prefix = "rev"

    subject = models.CharField(max_length=128, unique=True)
    at = models.DateTimeField()
    reason = models.CharField(max_length=300)

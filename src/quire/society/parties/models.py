"""People and organisations, and the users who act for the society."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q

from quire.society.kit.fields import FractionField
from quire.society.kit.nouns import AppendOnly, Noun

KINDS = {
    "newspaper": "newspaper",
    "magazine": "magazine",
    "blogger": "blogger",
    "journalist": "journalist",
    "photographer": "photographer",
    "illustrator": "illustrator",
    "author": "author",
    "songwriter": "songwriter",
    "performer": "performer",
    "label": "record label",
    "music-publisher": "music publisher",
    "book-publisher": "book publisher",
    "academic": "academic publisher",
    "broadcaster": "broadcaster",
    "agency": "news or picture agency",
    "syndicator": "syndicator",
    "estate": "estate",
    "forum": "forum",
    "archive": "archive",
    "lab": "AI lab",
    "other": "other",
}
ROLES = {
    "operator": "prepares: admits, imports, runs",
    "approver": "approves what another prepared",
    "auditor": "reads everything, changes nothing",
}


class User(AbstractUser):
    """A person who signs in, or on whose behalf a command acts. ``language`` is what they chose to read
    (``kit.spoken.LANGUAGES``), or ""."""

    language = models.CharField(max_length=5, blank=True, default="")


class RoleGrant(models.Model):
    """A user holds a role. Approval looks here, and so does the database's own check of it."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=16, choices=list(ROLES.items()))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "role"], name="parties_role_once")]


SEATS = {
    "admin": "payment details, the team, and everything below",
    "manager": "works, terms, claims and licences",
    "reader": "sees everything, changes nothing",
}
"""What somebody may do for a party in whose team they are, from most to least."""


class Party(Noun):
    """A person or organisation: member, payee, licensee. ``code`` is the society's own stable reference."""

    prefix = "pty"

    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=140)
    kind = models.CharField(max_length=20, choices=list(KINDS.items()))
    email = models.EmailField(blank=True)
    street = models.CharField(max_length=70, blank=True)
    building = models.CharField(max_length=16, blank=True)
    postcode = models.CharField(max_length=16, blank=True)
    town = models.CharField(max_length=35, blank=True)
    country = models.CharField(max_length=2, blank=True)
    iban = models.CharField(max_length=34, blank=True)
    bic = models.CharField(max_length=11, blank=True)
    account_holder = models.CharField(max_length=70, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[a-z0-9][a-z0-9._-]*$"), name="parties_code_plain"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="parties_named"),
        ]

    def __str__(self) -> str:
        return self.name


class Seat(Noun):
    """A user is in a party's team: signs in and acts for it. Who leaves the team keeps the row, ``ended``."""

    prefix = "sea"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="seats")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="seats")
    role = models.CharField(max_length=8, choices=list(SEATS.items()))
    ended = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "party"], name="parties_seat_once"),
            models.CheckConstraint(condition=Q(role__in=list(SEATS)), name="parties_seat_role"),
        ]


class Invitation(Noun):
    """Somebody is asked, by e-mail, to come in: into a party's team, into the society's house (``party``
    None), or as a ``user`` who is on record and has never signed in. The link's secret is kept as its digest.
    """

    prefix = "ivt"
    walled = "party_id = :party"

    email = models.EmailField()
    party = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="invitations")
    role = models.CharField(max_length=16, blank=True)
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    expires = models.DateTimeField()
    accepted = models.DateTimeField(null=True)
    withdrawn = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted=None) | Q(withdrawn=None), name="parties_invitation_ends_once"
            ),
            models.CheckConstraint(
                condition=Q(party=None, role__in=["", *ROLES]) | Q(party__isnull=False, role__in=list(SEATS)),
                name="parties_invitation_role",
            ),
        ]


KEY_MODES = {"live": "what it does is done", "test": "what it does is tried, answered and undone"}
"""What a key of the API may be for."""


class ApiKey(Noun):
    """What a program shows at the HTTP API: it acts as ``user``, who made it, with no more than ``scopes`` of
    what that user may do at the moment for ``party`` (none: in the society's house). Its secret is kept as
    its digest.
    """

    prefix = "key"
    walled = "party_id = :party"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_keys")
    audience = models.CharField(max_length=10)
    party = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=80)
    mode = models.CharField(max_length=4, choices=list(KEY_MODES.items()))
    scopes = models.JSONField()
    digest = models.CharField(max_length=64, unique=True)
    ends_with = models.CharField(max_length=4)
    per_minute = models.PositiveIntegerField()
    made = models.DateTimeField()
    used = models.DateTimeField(null=True)
    revoked = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(party=None, audience__in=["operator", "auditor"])
                | Q(party__isnull=False, audience__in=["member", "licensee"]),
                name="parties_key_of_whom",
            ),
            models.CheckConstraint(condition=Q(mode__in=list(KEY_MODES)), name="parties_key_mode"),
            models.CheckConstraint(condition=Q(per_minute__gt=0), name="parties_key_rate"),
        ]


class Identifier(models.Model):
    """A number that others know the party by, checked by its own rule (ISO 27729, CISAC, VAT …)."""

    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="identifiers")
    scheme = models.CharField(max_length=12)
    value = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scheme", "value"], name="parties_identifier_once")]


class Society(models.Model):
    """The society itself: one row. Its own account is where members are paid from."""

    only = models.BooleanField(primary_key=True, default=True)
    name = models.CharField(max_length=140)
    form = models.CharField(
        max_length=20,
        choices=[
            ("association", "non-profit association"),
            ("intermediary", "for-profit intermediary"),
            ("cooperative", "cooperative"),
        ],
    )
    currency = models.CharField(max_length=3)
    street = models.CharField(max_length=70, blank=True)
    building = models.CharField(max_length=16, blank=True)
    postcode = models.CharField(max_length=16, blank=True)
    town = models.CharField(max_length=35)
    country = models.CharField(max_length=2)
    iban = models.CharField(max_length=34, blank=True)
    bic = models.CharField(max_length=11, blank=True)
    minimum_payout = models.JSONField(default=dict)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(only=True), name="parties_one_society")]


SUCCESSIONS = {
    "estate": "its estate",
    "heirs": "its heirs",
    "merger": "a party that it became part of",
    "acquirer": "a buyer",
}
UNIVERSAL = ("estate", "heirs", "merger")
"""Kinds of succession that take everything not yet paid: the party itself is no more."""


class Succession(AppendOnly):
    """Others stand in a party's place from ``starts``: by the shares of its ``takers``, or, while ``unclear``
    says why nobody knows them yet, nobody. A record is never edited: a further one ``clarifies`` it.
    """

    prefix = "scn"

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="successions")
    kind = models.CharField(max_length=10, choices=list(SUCCESSIONS.items()))
    starts = models.DateField()
    unclear = models.CharField(max_length=200, blank=True)
    clarifies = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="clarified_by")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=list(SUCCESSIONS)), name="parties_succession_kind"),
            models.UniqueConstraint(
                fields=["party"], condition=Q(clarifies__isnull=True), name="parties_succeeded_once"
            ),
        ]


class Successor(AppendOnly):
    """One who stands in the party's place, with an exact share; the shares of a succession sum to one."""

    prefix = "scr"

    succession = models.ForeignKey(Succession, on_delete=models.PROTECT, related_name="takers")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    share = FractionField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["succession", "party"], name="parties_successor_once")]


class Pseudonym(Noun):
    """What a party is called in published bundles, where it wishes to be: always the same name.

    The name stays on record when ``standing`` ends, because bundles have it.
    """

    prefix = "psd"

    party = models.OneToOneField(Party, on_delete=models.PROTECT, related_name="pseudonym")
    name = models.CharField(max_length=40, unique=True)
    standing = models.BooleanField(default=True)


class TaxForm(AppendOnly):
    """What a party declares for tax: where it is taxed, by which number, and whether it claims a treaty.

    Never edited: a later declaration stands in place of an earlier one, which keeps its day. Quire withholds
    nothing by itself; whoever files the society's returns reads it here.
    """

    prefix = "tax"
    walled = "party_id = :party"

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="tax_forms")
    country = models.CharField(max_length=2)
    number = models.CharField(max_length=30, blank=True)
    none_because = models.CharField(max_length=200, blank=True)
    treaty = models.BooleanField()
    signed = models.CharField(max_length=140)
    on = models.DateField()
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(number="", none_because__gt="") | Q(number__gt="", none_because=""),
                name="parties_tax_number_or_why",
            )
        ]
        indexes = [models.Index(fields=["party", "on", "id"], name="parties_tax_newest")]

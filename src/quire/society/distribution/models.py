"""Plans adopted, runs through their stages, the lines they made, and what is held back."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from quire.society.distribution.corrections import models as corrections  # noqa: F401 - of this app, too
from quire.society.invoicing.models import Receipt
from quire.society.kit.fields import FractionField, QuantaField
from quire.society.kit.nouns import AppendOnly, Noun
from quire.society.licensing.models import Licence
from quire.society.parties.models import Party, Succession
from quire.society.repertoire.models import Work

STATES = ("open", "frozen", "allocated", "reviewed", "approved", "posted", "closed", "cancelled")
_USER = settings.AUTH_USER_MODEL


class PlanVersion(AppendOnly):
    """A plan as adopted: its exact text, its digest, and the decision that adopted it. Never edited."""

    prefix = "pln"

    name = models.CharField(max_length=80)
    text = models.TextField()
    digest = models.CharField(max_length=71)
    starts = models.DateField()
    decision = models.CharField(max_length=200)
    by_name = models.BooleanField(default=False)
    """It divides runs that name it, such as a survey's or a lump sum's, and is not the plan in force."""

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(decision=""), name="distribution_plan_decided"),
            models.UniqueConstraint(fields=["digest", "starts"], name="distribution_plan_once"),
        ]


class Run(Noun):
    """One distribution. ``state`` is the last stage that is done, ``number`` its place among those closed."""

    prefix = "dst"

    starts = models.DateField()
    ends = models.DateField()
    plan = models.ForeignKey(PlanVersion, on_delete=models.PROTECT)
    state = models.CharField(max_length=10, default="open", choices=[(s, s) for s in STATES])
    opened_at = models.DateTimeField()
    prepared_by = models.ForeignKey(_USER, on_delete=models.PROTECT, related_name="+")
    inputs_digest = models.CharField(max_length=71, blank=True)
    results_digest = models.CharField(max_length=71, blank=True)
    review = models.JSONField(default=dict)
    bundle_root = models.CharField(max_length=71, blank=True)
    number = models.BigIntegerField(null=True, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="distribution_run_span"),
            models.CheckConstraint(condition=Q(state__in=STATES), name="distribution_run_state"),
        ]


class Pot(Noun):
    """One licence's receipts of one period in one currency; what a run distributes.

    Where the plan has a currency and the receipts another, ``amount`` and ``currency`` are what was made of
    ``received`` by the rate stated; otherwise the fields of the conversion are empty.

    A ``pool`` of the plan is one too, without licence and receipts: it stands for what the others put
    together, its amount is nothing, and its lines sum to what is pooled.
    """

    prefix = "pot"
    trailed = False

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="pots")
    licence = models.ForeignKey(Licence, null=True, on_delete=models.PROTECT, related_name="pots")
    pool = models.CharField(max_length=60, blank=True, default="", db_default="")
    starts = models.DateField()
    ends = models.DateField()
    currency = models.CharField(max_length=3)
    amount = QuantaField()
    received = QuantaField(null=True)
    received_currency = models.CharField(max_length=3, blank=True, default="", db_default="")
    rate = FractionField(null=True)
    rate_source = models.CharField(max_length=100, blank=True, default="", db_default="")
    rate_date = models.DateField(null=True)

    @property
    def came_in(self) -> tuple[int, str]:
        """Quanta received, and their currency."""
        return (
            (self.amount, self.currency) if self.received is None else (self.received, self.received_currency)
        )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(licence__isnull=False, pool="") | (Q(licence=None, amount=0) & ~Q(pool="")),
                name="distribution_pot_licensed_or_pooled",
            ),
            models.CheckConstraint(
                condition=Q(received=None, received_currency="", rate=None, rate_source="", rate_date=None)
                | Q(received__isnull=False, rate__isnull=False, rate_date__isnull=False)
                & ~Q(received_currency="")
                & ~Q(rate_source=""),
                name="distribution_pot_converted_whole",
            ),
        ]


class Weighing(AppendOnly):
    """A file of weights that plans divide by: what it is, how it was found, and the digest of its bytes."""

    prefix = "wgh"

    name = models.CharField(max_length=40)
    kind = models.CharField(max_length=12)
    digest = models.CharField(max_length=71)
    method = models.CharField(max_length=500)
    error = models.CharField(max_length=500, blank=True)
    licence = models.ForeignKey(Licence, null=True, on_delete=models.PROTECT, related_name="+")


class WeighingRow(AppendOnly):
    """What one work, site or party, by its TypeID, weighs; between which bounds, where the method says so."""

    prefix = "wgr"

    weighing = models.ForeignKey(Weighing, on_delete=models.PROTECT, related_name="rows")
    of = models.CharField(max_length=60)
    weight = FractionField()
    low = FractionField(null=True)
    high = FractionField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["weighing", "of"], name="distribution_weighing_row_once")
        ]


class PotReceipt(models.Model):
    """A receipt is distributed once, whatever runs start at the same time."""

    receipt = models.OneToOneField(Receipt, primary_key=True, on_delete=models.PROTECT)
    pot = models.ForeignKey(Pot, on_delete=models.CASCADE, related_name="receipts")


class Approval(AppendOnly):
    """A second person's yes to exactly these results. The database refuses the preparer."""

    prefix = "apv"

    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="approval")
    by = models.ForeignKey(_USER, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    results_digest = models.CharField(max_length=71)


class Hold(Noun):
    """What a work or a party earns is held from when this is set until it is released.

    Of both, it is a ``part`` of what the party owns of the work, of use from ``since`` on (None: all days).
    """

    prefix = "hld"
    walled = "party_id = :party OR party_id IS NULL"

    work = models.ForeignKey(Work, null=True, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    starts = models.DateField()
    released_on = models.DateField(null=True)
    part = FractionField(db_default="1/1")
    since = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(work__isnull=False, party__isnull=False)
                | (Q(work__isnull=False) | Q(party__isnull=False)) & Q(part="1/1", since__isnull=True),
                name="distribution_hold_something",
            )
        ]


class HoldAward(AppendOnly):
    """To whom what a released hold kept was awarded, and which share of it. What is the hold's own party's
    goes back to the party of each line."""

    prefix = "hla"
    walled = "party_id = :party"

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="awards")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    share = FractionField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hold", "party"], name="distribution_awarded_once")]


class Line(AppendOnly):
    """One amount's story: pot, portion, work or site, owner; quanta of the pot's currency.

    ``outcome`` is one of ``quire.core.distribution.OUTCOMES``. ``detail`` is its line in the bundle.
    """

    prefix = "lin"
    walled = "party_id = :party OR party_id IS NULL"
    """What went to nobody in particular stands in every published bundle: it is nobody's secret."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="lines")
    pot = models.ForeignKey(Pot, on_delete=models.PROTECT, related_name="lines")
    number = models.BigIntegerField()
    outcome = models.CharField(max_length=10)
    party = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="+")
    hold = models.ForeignKey(Hold, null=True, on_delete=models.PROTECT, related_name="lines")
    amount = QuantaField()
    detail = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="distribution_line_number")]
        indexes = [
            # A party's sums are read from the index alone; what is held of it is little, and found by itself.
            models.Index(
                fields=["party", "run"], include=["pot", "outcome", "amount"], name="distribution_line_sums"
            ),
            models.Index(fields=["party"], condition=Q(outcome="held"), name="distribution_line_held"),
            models.Index(
                fields=["amount", "id"],
                condition=Q(party=None, outcome__in=["held", "unclaimed"]),
                name="distribution_line_ownerless",
            ),
        ]


class PartySum(AppendOnly):
    """What a pot's lines of one outcome sum to for a party, and how many they are: written with them, because
    a party may have half a million."""

    prefix = "psm"
    walled = "party_id = :party"

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="+")
    pot = models.ForeignKey(Pot, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=10)
    amount = QuantaField()
    lines = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["party", "run", "pot", "outcome"], name="distribution_summed_once"
            )
        ]


class Credit(Noun):
    """That works of ``party`` were used by a licensee for a use in closed runs; ``works``, of how many it was
    known in any one pot at most. Kept beside the lines, of which there are too many to be counted for a page.
    """

    prefix = "crt"
    trailed = False

    licensee = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    use = models.CharField(max_length=10)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    works = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["licensee", "use", "party"], name="distribution_credited_once")
        ]


class Award(AppendOnly):
    """Lines that were held or unclaimed, given to others than the lines' own party: by the end of a dispute,
    a match, or a disposal (``kind``). ``text`` says it on a statement. Pot by pot the parts sum to the lines.
    """

    prefix = "awd"

    kind = models.CharField(max_length=10)
    text = models.CharField(max_length=200)
    on = models.DateField()


class AwardPart(AppendOnly):
    """What of an award, in quanta of the pot's currency, goes to a party, as what (``role``), or to a fund
    (``to``). It is ``waiting``, held under the party's name, while nobody knows who succeeds the party on its
    days: then it says of which days, work and use it is."""

    prefix = "awp"
    walled = "party_id = :party"

    award = models.ForeignKey(Award, on_delete=models.PROTECT, related_name="parts")
    pot = models.ForeignKey(Pot, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, blank=True)
    to = models.CharField(max_length=80, blank=True)
    amount = QuantaField()
    waiting = models.BooleanField(default=False, db_default=False)
    starts = models.DateField(null=True)
    ends = models.DateField(null=True)
    subject = models.CharField(max_length=60, blank=True, default="", db_default="")
    use = models.CharField(max_length=10, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(party__isnull=False, to="") | Q(party__isnull=True) & ~Q(to=""),
                name="distribution_award_to_one",
            ),
            models.CheckConstraint(
                condition=Q(waiting=False)
                | Q(party__isnull=False, starts__isnull=False, ends__gt=F("starts")),
                name="distribution_award_waits_whole",
            ),
        ]
        indexes = [models.Index(fields=["party"], name="distribution_award_party")]


class AwardRelease(AppendOnly):
    """A part of an award that had waited, once it was clear who succeeds its party: it went there, once."""

    prefix = "awr"

    part = models.OneToOneField(AwardPart, on_delete=models.PROTECT, related_name="release")
    released_on = models.DateField()


class Release(AppendOnly):
    """A held line, once no hold stands on its party or its work any more: it has become payable, once. With
    an ``award`` it, or an unclaimed line, went to those whom the award names instead."""

    prefix = "rel"

    line = models.OneToOneField(Line, on_delete=models.PROTECT, related_name="release")
    released_on = models.DateField()
    award = models.ForeignKey(Award, null=True, on_delete=models.PROTECT, related_name="releases")


class Passing(AppendOnly):
    """A part of what one party was credited with, gone to one who stands in its place: quanta of a currency.

    It counts as credited to ``taker``, and no longer to ``giver``.
    """

    prefix = "psg"

    succession = models.ForeignKey(Succession, on_delete=models.PROTECT, related_name="+")
    giver = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    taker = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    amount = QuantaField()
    passed_on = models.DateField()

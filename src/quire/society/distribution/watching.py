"""Runs as the desk watches them: the list, the pots of one, and whose money changed most against another."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import ExpressionWrapper, F, Max, Q, Sum, Value
from django.db.models.functions import Abs, Coalesce

from quire.core.money import Money
from quire.society.distribution import queries
from quire.society.distribution.models import STATES, Hold, Line, PlanVersion, Pot, PotReceipt, Run
from quire.society.distribution.queries import HoldRow, PlanRow, RunRow
from quire.society.invoicing import watching as invoicing
from quire.society.kit import ids
from quire.society.kit.fields import QuantaField
from quire.society.kit.nouns import one
from quire.society.kit.paging import Filter, Listing, Sort
from quire.society.kit.periods import Period, month

NEARLY = timedelta(days=3)
"""Months are as long as one another, and quarters."""
UNDER_WAY = ("open", "frozen", "allocated", "reviewed", "approved", "posted")


@dataclass(frozen=True, slots=True)
class Changed:
    """A party whose sum in a run differs most from what it had in another, in one currency."""

    party: UUID
    now: Money
    then: Money

    @property
    def difference(self) -> Money:
        """What it has more; less, where below nothing."""
        return self.now - self.then


@dataclass(frozen=True, slots=True)
class PotOf:
    """A pot of a run by its name in the run's files: whose licence it is of, and its money."""

    name: str
    licence: str
    licensee: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Undistributed:
    """Money of one month and currency that no run has taken."""

    period: Period
    amount: Money
    receipts: int


def runs_list() -> Listing[RunRow]:
    """Every run, the newest first."""
    return Listing(
        Run.objects.select_related("plan", "prepared_by", "approval__by"),
        lambda some: [queries.row(run) for run in some],
        {"opened_at": Sort("opened_at", descending=True), "period": Sort("starts", descending=True)},
        {"state": Filter("State", {state: state for state in STATES}, lambda state: Q(state=state))},
        lambda words: Q(plan__name__icontains=words) | Q(prepared_by__username__icontains=words),
    )


def under_way(most: int = 20) -> list[RunRow]:
    """Runs that are neither closed nor cancelled, the oldest first."""
    rows = Run.objects.filter(state__in=UNDER_WAY).select_related("plan", "prepared_by", "approval__by")
    return [queries.row(run) for run in rows.order_by("opened_at")[:most]]


def before(run: Run) -> RunRow | None:
    """The last closed run of an earlier period by the plan in force, of a period as long as this one's where
    there is such a run; of one whose plan is for runs that name it, of a plan of that name."""
    rows = Run.objects.filter(state="closed", starts__lt=run.starts, plan__by_name=run.plan.by_name)
    rows = rows.filter(plan__name=run.plan.name) if run.plan.by_name else rows
    some = list(
        rows.select_related("plan", "prepared_by", "approval__by").order_by("-starts", "-opened_at")[:12]
    )
    alike = [one for one in some if abs((one.ends - one.starts) - (run.ends - run.starts)) <= NEARLY]
    return next((queries.row(one) for one in (*alike, *some)), None)


def pots_of(run: Run) -> list[PotOf]:
    """The pots of a run, the largest first."""
    rows = run.pots.select_related("licence__licensee").order_by("-amount", "id")
    return [
        PotOf(
            pot.pool or pot.tid,
            pot.licence.code if pot.licence else "",
            pot.licence.licensee.name if pot.licence else pot.pool,
            Money(pot.amount, pot.currency),
        )
        for pot in rows
    ]


def changes(run: Run, other: UUID, most: int = 20) -> list[Changed]:
    """Whose sums (payable and held) differ most between two runs: so many in each currency, the greatest
    difference first."""
    units = Pot.objects.filter(run__in=[run.id, other]).order_by("currency")
    found = units.values_list("currency", flat=True).distinct()
    return [one for unit in found for one in _changes(run.id, other, unit, most)]


def _changes(run: UUID, other: UUID, unit: str, most: int) -> list[Changed]:
    def of(whose: UUID) -> Coalesce:
        nothing = Value(0, output_field=QuantaField())
        return Coalesce(Sum("amount", filter=Q(run=whose)), nothing)

    apart = ExpressionWrapper(F("now") - F("then"), output_field=QuantaField())
    lines = Line.objects.filter(run__in=[run, other], party__isnull=False, pot__currency=unit)
    sums = lines.order_by().values("party_id").annotate(now=of(run), then=of(other))
    rows = sums.annotate(apart=Abs(apart)).filter(apart__gt=0).order_by("-apart", "party_id")[:most]
    return [Changed(row["party_id"], Money(row["now"], unit), Money(row["then"], unit)) for row in rows]


def undistributed(most: int = 24) -> list[Undistributed]:
    """What came in of months that are over and that no run has taken, by month; lump sums apart."""
    taken = PotReceipt.objects.values("receipt")
    return [
        Undistributed(month(day.year, day.month), Money(amount, currency), number)
        for day, currency, amount, number in invoicing.by_month(besides=taken)[:most]
    ]


def plans_list() -> Listing[PlanRow]:
    """Every plan adopted, the latest first."""
    return Listing(
        PlanVersion.objects.all(),
        _plans,
        {"starts": Sort("starts", descending=True), "name": Sort("name")},
        {
            "by_name": Filter(
                "For", {"no": "every run", "yes": "runs that name it"}, lambda said: Q(by_name=said == "yes")
            )
        },
        lambda words: Q(name__icontains=words) | Q(decision__icontains=words),
    )


def plan(tid: str) -> PlanRow:
    """A plan adopted, by its id. kit.nouns.Unknown where there is none."""
    found = one(
        PlanVersion.objects.filter(id=ids.read(PlanVersion.prefix, tid)), f"No plan has the id {tid[:60]}."
    )
    return _plans([found])[0]


def _plans(some: Sequence[PlanVersion]) -> list[PlanRow]:
    return [
        PlanRow(row.tid, row.name, row.starts, row.decision, row.digest, row.text, row.by_name)
        for row in some
    ]


def collected(pots: Collection[UUID]) -> dict[UUID, date]:
    """The last day on which money of each of these pots came in; a pool's is its run's."""
    rows = Pot.objects.filter(id__in=pots).values_list("id", Max("receipts__receipt__received_on"), "run_id")
    found = list(rows)
    pools = {run for _pot, day, run in found if day is None}
    last = Max("pots__receipts__receipt__received_on")
    of_run = dict(Run.objects.filter(id__in=pools).values_list("id", last))
    return {pot: day or of_run[run] for pot, day, run in found if day or of_run.get(run)}


def holds_list() -> Listing[HoldRow]:
    """Every hold, the newest first."""
    return Listing(
        Hold.objects.select_related("work", "party"),
        _holds,
        {"starts": Sort("starts", descending=True)},
        {"state": Filter("State", {"stands": "stands", "ended": "ended"},
                         lambda said: Q(released_on__isnull=said == "stands"))},
        lambda words: Q(reason__icontains=words) | Q(party__name__icontains=words) | Q(party__code=words),
    )  # fmt: skip


def hold(tid: str) -> HoldRow:
    """One hold by its id. kit.nouns.Unknown where there is none."""
    rows = Hold.objects.select_related("work", "party").filter(id=ids.read(Hold.prefix, tid))
    return _holds([one(rows, f"No hold has the id {tid[:60]}.")])[0]


def _holds(some: Sequence[Hold]) -> list[HoldRow]:
    return [
        HoldRow(
            row.tid,
            " of ".join(x for x in (row.party and row.party.name, row.work and row.work.key) if x),
            None if row.work_id else row.party_id,
            row.reason,
            row.starts,
            row.released_on,
            row.part,
            row.since,
        )
        for row in some
    ]

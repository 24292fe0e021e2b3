"""What others may read of distributions."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import F, Q, Sum

from quire.core.distribution.adjusting import PREFIX as ADJUSTS
from quire.society.distribution import publishing
from quire.society.distribution.by_party import (  # noqa: F401
    BY,
    HeldSum,
    LineShown,
    Pivot,
    PivotRow,
    RunSum,
    credited_lines,
    deducted_of,
    held_of,
    party_line,
    party_lines,
    portion_sums,
    sums_of,
)
from quire.society.distribution.corrections import settlements as settling
from quire.society.distribution.corrections.queries import (  # noqa: F401
    Change,
    CorrectionRow,
    DebtRow,
    TakenBackRow,
    changes_of,
    correction,
    corrections,
    debts,
    left_out_of,
    register_differs,
    runs_by_survey,
    taken_back,
)
from quire.society.distribution.corrections.settlements import (  # noqa: F401
    SettlementRow,
    repaid,
    settlements,
    written_off,
)
from quire.society.distribution.models import AwardPart, Hold, Line, Passing, PlanVersion, Run
from quire.society.distribution.ownerless import (  # noqa: F401
    Given,
    Ownerless,
    awards_by_party,
    awards_of,
    disposed_of,
    earned,
    gone_to,
    held_for,
    ownerless,
    ownerless_lines,
)
from quire.society.kit import ids
from quire.society.kit.nouns import one
from quire.society.kit.periods import Period


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as others see it; ``review`` has its sums and notices."""

    id: UUID
    tid: str
    period: Period
    state: str
    plan: str
    plan_digest: str
    decision: str
    prepared_by: str
    approved_by: str
    opened_at: datetime
    review: dict[str, Any]
    bundle: Path


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line and its published record; ``amount`` in quanta of ``currency``."""

    number: int
    outcome: str
    amount: int
    currency: str
    pot: str
    licence: str
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A hold: ``of`` is the work's key or the party's code (``party`` its id), or both, where it is of a
    ``part`` of what that party owns of that work; ``released`` is None while it stands."""

    tid: str
    of: str
    party: UUID | None
    reason: str
    starts: date
    released: date | None
    part: Fraction = Fraction(1)
    since: date | None = None


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A plan as adopted: in force from ``starts``, by ``decision``, with its exact text; with ``by_name``
    only for runs that name it."""

    tid: str
    name: str
    starts: date
    decision: str
    digest: str
    text: str
    by_name: bool = False


def find(name: str) -> Run:
    """A run by id, or ``latest``."""
    runs = Run.objects.order_by("-opened_at", "-id")
    if name == "latest":
        return one(runs, "There is no run yet: quire distribution run --period 2026-01.")
    return one(runs.filter(id=ids.read(Run.prefix, name)), f"No run has the id {name}.")


def unfinished(period: Period) -> Run | None:
    """The run of exactly this period that is neither closed nor cancelled."""
    return (
        Run.objects.filter(starts=period.starts, ends=period.ends)
        .exclude(state__in=["closed", "cancelled"])
        .first()
    )


def row(run: Run) -> RunRow:
    """A run as others see it."""
    approval = getattr(run, "approval", None)
    return RunRow(
        run.id,
        run.tid,
        Period(run.starts, run.ends),
        run.state,
        run.plan.name,
        run.plan.digest,
        run.plan.decision,
        run.prepared_by.username,
        approval.by.username if approval else "",
        run.opened_at,
        run.review,
        publishing.folder(run),
    )


def runs() -> list[RunRow]:
    """Every run, by period."""
    found = Run.objects.select_related("plan", "prepared_by", "approval__by").order_by("starts", "opened_at")
    return [row(run) for run in found]


def lines_of(run: Run, party: UUID) -> Iterator[LineRow]:
    """A party's lines of a run, in their published order."""
    found = Line.objects.filter(run=run, party_id=party).select_related("pot__licence").order_by("number")
    for line in found.iterator(chunk_size=5_000):
        yield LineRow(
            line.number,
            line.outcome,
            line.amount,
            line.pot.currency,
            line.pot.pool or line.pot.tid,
            line.pot.licence.tid if line.pot.licence else "",
            line.detail,
        )


def payees(run: Run, currency: str = "") -> list[UUID]:
    """Everybody with a line in the run (in one currency, if it is named), in the order of their ids."""
    lines = Line.objects.filter(run=run, party__isnull=False)
    if currency:
        lines = lines.filter(pot__currency=currency)
    return list(lines.order_by("party_id").values_list("party_id", flat=True).distinct())


def earning_runs(wanted: Collection[UUID], currency: str) -> list[tuple[str, Period, UUID]]:
    """(run, its period, party) of every posted run that gave one of these parties a line in this currency, by
    period."""
    lines = Line.objects.filter(
        run__state__in=["posted", "closed"], pot__currency=currency, party__in=wanted
    ).order_by("run__starts", "run__opened_at", "run_id", "party_id")
    rows = lines.values_list("run_id", "run__starts", "run__ends", "party_id", "run__opened_at").distinct()
    return [(ids.show(Run.prefix, run), Period(starts, ends), party) for run, starts, ends, party, _ in rows]


def corrected_in(run: Run) -> dict[tuple[UUID, str], int]:
    """Party and currency to what the run gave it because an earlier one had been wrong, in quanta."""
    rows = Line.objects.filter(run=run, party__isnull=False, pot__pool__startswith=ADJUSTS).order_by()
    sums = rows.values_list("party_id", "pot__currency").annotate(sum=Sum("amount"))
    return {(party, currency): amount for party, currency, amount in sums}


def credited(party: UUID | None = None) -> dict[tuple[UUID, str], int]:
    """Per party (or of one) and currency: quanta made payable by all posted runs, by holds released, by
    awards and by debts repaid (less for whoever repaid them) or written off; what went to those who stand in
    a party's place is theirs, and no longer the party's."""
    mine = Q() if party is None else Q(party=party)
    moved = Q() if party is None else Q(giver=party) | Q(taker=party)
    sums = _credited_lines() if party is None else credited_lines(party)
    for giver, taker, currency, amount in Passing.objects.filter(moved).values_list(
        "giver_id", "taker_id", "currency", "amount"
    ):
        sums[giver, currency] = sums.get((giver, currency), 0) - amount
        sums[taker, currency] = sums.get((taker, currency), 0) + amount
    there = Q(waiting=False) | Q(release__isnull=False)
    awarded = AwardPart.objects.filter(mine, there, party__isnull=False).values_list(
        "party_id", "pot__currency"
    )
    for whom, currency, amount in awarded.order_by().annotate(sum=Sum("amount")):
        sums[whom, currency] = sums.get((whom, currency), 0) + amount
    for key, amount in settling.credited(party).items():
        sums[key] = sums.get(key, 0) + amount
    return sums if party is None else {key: sum for key, sum in sums.items() if key[0] == party}


def _credited_lines() -> dict[tuple[UUID, str], int]:
    found = (
        Line.objects.filter(run__state__in=["posted", "closed"], party__isnull=False)
        .filter(Q(outcome="payable") | Q(release__isnull=False, release__award=None))
        .order_by()
        .values_list("party_id", "pot__currency")
        .annotate(amount=Sum("amount"))
    )
    return {(whom, currency): amount for whom, currency, amount in found}


def on_hold() -> set[UUID]:
    """Parties on whom a hold stands: they are not paid."""
    standing = Hold.objects.filter(released_on=None, party__isnull=False, work=None)
    return set(standing.values_list("party_id", flat=True))


def holds() -> list[HoldRow]:
    """Every hold, the standing ones first."""
    found = Hold.objects.select_related("work", "party").order_by(
        F("released_on").asc(nulls_first=True), "starts", "id"
    )
    return [
        HoldRow(
            one.tid,
            " of ".join(x for x in (one.party and one.party.code, one.work and one.work.key) if x),
            None if one.work_id else one.party_id,
            one.reason,
            one.starts,
            one.released_on,
            one.part,
            one.since,
        )
        for one in found
    ]


def plans() -> list[PlanRow]:
    """Every plan adopted, the newest last."""
    found = PlanVersion.objects.order_by("starts", "id")
    return [
        PlanRow(one.tid, one.name, one.starts, one.decision, one.digest, one.text, one.by_name)
        for one in found
    ]

"""What others may read of debts settled outside of a run: who was credited by them, and who paid back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q, Sum

from quire.core.money import decimal_of
from quire.society.distribution.corrections.models import SettledDebt, Settlement
from quire.society.distribution.models import Pot

Sums = dict[tuple[UUID, str], int]
"""Party and currency to quanta."""


@dataclass(frozen=True, slots=True)
class SettlementRow:
    """A repayment or a write-off: ``amount`` in quanta; ``state`` is proposed, done or refused."""

    tid: str
    kind: str
    debtor: str
    currency: str
    amount: int
    on: date
    reference: str
    reason: str
    state: str
    recorded_by: str
    decided_by: str


def settlements() -> list[SettlementRow]:
    """Every one, the newest first."""
    found = Settlement.objects.select_related("debtor", "recorded_by", "decided_by").order_by("-id")
    return [
        SettlementRow(
            one.tid, one.kind, one.debtor.code, one.currency, one.amount, one.on, one.reference, one.reason,
            one.state, one.recorded_by.username, one.decided_by.username if one.decided_by else "",
        )
        for one in found
    ]  # fmt: skip


def repaid(party: UUID | None = None) -> Sums:
    """What each debtor (or one) has paid back: it counts neither as credited to it nor as paid."""
    rows = Settlement.objects.filter(kind="repaid").order_by()
    if party is not None:
        rows = rows.filter(debtor=party)
    summed = rows.values_list("debtor", "currency").annotate(sum=Sum("amount"))
    return {(whom, currency): amount for whom, currency, amount in summed}


def written_off(party: UUID | None = None) -> Sums:
    """What was written off of what each creditor (or one) awaited: it counts as credited, not as paid."""
    return _to_creditors("written-off", party)


def credited(party: UUID | None = None) -> Sums:
    """What settlements add to, or take from, what parties (or one) have been credited with."""
    sums = {key: -amount for key, amount in repaid(party).items()}
    for kind in ("repaid", "written-off"):
        for key, amount in _to_creditors(kind, party).items():
            sums[key] = sums.get(key, 0) + amount
    return sums


def _to_creditors(kind: str, party: UUID | None) -> Sums:
    rows = SettledDebt.objects.filter(settlement__kind=kind, owed__creditor__isnull=False).order_by()
    if party is not None:
        rows = rows.filter(owed__creditor=party)
    summed = rows.values_list("owed__creditor", "settlement__currency").annotate(sum=Sum("amount"))
    return {(whom, currency): amount for whom, currency, amount in summed}


@dataclass(frozen=True, slots=True)
class Told:
    """A part of a settlement as one party reads it; quanta, below zero for what the party paid back. ``pot``
    is that of the run after which it was owed."""

    kind: str
    text: str
    on: date
    pot: Pot
    amount: int
    party: UUID


def told(party: UUID | None = None) -> Iterator[Told]:
    """What settlements brought every party, or one: what was repaid to it or by it, or written off."""
    rows = SettledDebt.objects.select_related("settlement", "owed__pot", "owed__corrected__correction")
    if party is not None:
        rows = rows.filter(Q(owed__creditor=party) | Q(owed__debtor=party))
    for one in rows.order_by("id"):
        done, owed, amount = one.settlement, one.owed, one.amount
        because = owed.corrected.correction.reason
        back = done.kind == "repaid"
        if owed.creditor_id and party in (None, owed.creditor_id):
            text = f"Repaid by whom it was paid too much: {because}"
            lost = f"Written off, and not paid: {done.reason} (it was to be recovered: {because})"
            yield Told(done.kind, text if back else lost, done.on, owed.pot, amount, owed.creditor_id)
        if back and party in (None, owed.debtor_id):
            text = f"You paid it back, {done.reference}: {because}"
            yield Told(done.kind, text, done.on, owed.pot, -amount, owed.debtor_id)


def settlements_are_their_debts() -> Iterator[str]:
    """What was repaid or written off is, to the quantum, what it took of debts."""
    taken = dict(SettledDebt.objects.order_by().values_list("settlement").annotate(sum=Sum("amount")))
    for one in Settlement.objects.order_by("id"):
        wanted = one.amount if one.state == "done" else 0
        if taken.get(one.id, 0) != wanted:
            yield f"{one.tid} is {decimal_of(wanted)}, and takes {decimal_of(taken.get(one.id, 0))} of debts."

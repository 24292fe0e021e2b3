"""Lump sums, the claims made on them, and the rounds in which they are paid. Amounts are quanta."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db.models import Sum

from quire.society.invoicing.models import LumpClaim, LumpSum, Receipt, Round, RoundWork
from quire.society.kit.nouns import one
from quire.society.kit.periods import Period
from quire.society.ledger import accounts
from quire.society.ledger import queries as ledger


@dataclass(frozen=True, slots=True)
class LumpRow:
    """A lump sum with where it stands: ``received`` of the payer, ``reserve_left`` in its fund."""

    id: UUID
    tid: str
    name: str
    payer: str
    about: str
    currency: str
    amount: int
    uses: tuple[str, ...]
    period: Period
    criteria: Mapping[str, Any]
    works: int
    claims_until: date
    reserve: Fraction
    reserve_until: date
    plan: str
    decision: str
    instalments: tuple[tuple[date, int], ...]
    received: int
    reserve_left: int


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim on a work; ``accepted`` is None until it is judged."""

    tid: str
    work: UUID
    key: str
    member: str
    made_on: date
    late: bool
    note: str
    accepted: bool | None
    reason: str


@dataclass(frozen=True, slots=True)
class RoundRow:
    """Receipts that are distributed together: ``amount`` of them, the part ``reserve`` of it kept for late
    claims, among ``works``.
    """

    tid: str
    lump: str
    kind: str
    made_on: date
    works: tuple[UUID, ...]
    receipts: tuple[UUID, ...]
    amount: int
    reserve: Fraction
    fund: str


def fund_name(lump: str) -> str:
    """The fund of a lump sum's reserve, by its plain name."""
    return f"reserve-{lump}"


def lump_sum(name: str) -> LumpSum:
    """The lump sum of this name; kit.nouns.Unknown if there is none."""
    rows = LumpSum.objects.select_related("licence__licensee").filter(name=name.replace("\0", ""))
    found: LumpSum = one(rows, f"There is no lump sum {name[:60]!r}.")
    return found


def lump(name: str) -> LumpRow:
    """A lump sum as others see it."""
    return _row(lump_sum(name))


def lump_sums() -> list[LumpRow]:
    """Every lump sum, by name."""
    return [_row(found) for found in LumpSum.objects.select_related("licence__licensee").order_by("name")]


def claims(name: str) -> list[ClaimRow]:
    """The claims on a lump sum, in the order in which they were made."""
    rows = LumpClaim.objects.filter(lump=lump_sum(name)).select_related("work", "member", "judgement")
    return [_claim(found) for found in rows.order_by("made_on", "id")]


def accepted(name: str) -> frozenset[UUID]:
    """The works of which a claim was accepted."""
    rows = LumpClaim.objects.filter(lump__name=name, judgement__accepted=True)
    return frozenset(rows.values_list("work_id", flat=True))


def rounds(name: str) -> list[RoundRow]:
    """The rounds of a lump sum, the oldest first."""
    return [_round(found) for found in Round.objects.filter(lump__name=name).order_by("id")]


def round_of(receipts: Iterable[UUID]) -> RoundRow | None:
    """The round that these receipts are of; None where they are of no lump sum."""
    found = Round.objects.filter(receipts__receipt__in=list(receipts)).distinct().first()
    return _round(found) if found else None


def _row(found: LumpSum) -> LumpRow:
    licence = found.licence
    own = Receipt.objects.filter(licence=licence).exclude(round__round__kind__in=["late", "release"])
    return LumpRow(
        found.id, found.tid, found.name, licence.licensee.code, found.about, licence.currency, found.amount,
        tuple(licence.uses), Period(licence.starts, licence.ends), found.criteria, found.works.count(),
        found.claims_until, found.reserve, found.reserve_until, found.plan, found.decision,
        tuple(found.instalments.order_by("due_on").values_list("due_on", "amount")),
        own.aggregate(total=Sum("amount"))["total"] or 0,
        -ledger.balance(accounts.fund(fund_name(found.name)), licence.currency),
    )  # fmt: skip


def _claim(found: LumpClaim) -> ClaimRow:
    judged = getattr(found, "judgement", None)
    return ClaimRow(
        found.tid, found.work_id, found.work.key, found.member.code, found.made_on, found.late, found.note,
        judged.accepted if judged else None, judged.reason if judged else "",
    )  # fmt: skip


def _round(found: Round) -> RoundRow:
    receipts = list(found.receipts.order_by("id").values_list("receipt_id", "receipt__amount"))
    reserve = found.lump.reserve if found.kind == "instalment" else Fraction(0)
    return RoundRow(
        found.tid, found.lump.name, found.kind, found.made_on,
        tuple(RoundWork.objects.filter(round=found).order_by("work_id").values_list("work_id", flat=True)),
        tuple(receipt for receipt, _ in receipts), sum(amount for _, amount in receipts), reserve,
        f"fund:{fund_name(found.lump.name)}" if reserve else "",
    )  # fmt: skip

"""What of a lump sum is paid next: an instalment, late claims out of the reserve, or what is left of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from quire.core.classes import Class, kept
from quire.core.money import Money, decimal_of
from quire.society.invoicing.actions.lumps import LOCK
from quire.society.invoicing.actions.receipts import LOCK as RECEIPTS
from quire.society.invoicing.actions.receipts import Draft, book
from quire.society.invoicing.errors import NotYet
from quire.society.invoicing.models import LumpClaim, LumpSum, Receipt, Round, RoundReceipt, RoundWork
from quire.society.invoicing.queries import lumps
from quire.society.invoicing.queries.lumps import RoundRow
from quire.society.kit import acts, clock, locks
from quire.society.kit.periods import Period
from quire.society.ledger import accounts
from quire.society.ledger import queries as ledger
from quire.society.licensing import queries as licensing
from quire.society.parties import queries as parties
from quire.society.parties.models import User

SHOWN = 3


def open_round(name: str, *, by: User | None) -> RoundRow:
    """The next round of a lump sum, in this order of what there is to pay:

    money that came in since the last one, among all works accepted; late claims, out of the reserve, each
    work as much as every work had of the instalments that it missed, or its part of what is left; and from
    ``reserve_until`` on all that is left, among all works accepted. Works that missed the same instalments
    are a round. What is paid out of the reserve waits until every round before is posted. Refuses (NotYet)
    before the deadline, while claims made in time wait to be judged, where no claim is accepted, and where
    nothing is there to be paid.
    """
    parties.need_role(by, "operator")
    found = lumps.lump_sum(name)
    with transaction.atomic():
        locks.wait(LOCK)
        locks.wait(RECEIPTS)
        _must_be_time(found)
        works = lumps.accepted(name)
        if not works:
            raise NotYet(f"No claim on {name} is accepted: nobody stands in it.")
        if came := _instalment(found, works, by):
            return came
        _must_be_posted(found)
        return _late(found, works, by) or _release(found, works, by)


def _must_be_time(found: LumpSum) -> None:
    if clock.today() < found.claims_until:
        raise NotYet(
            f"Claims on {found.name} are taken until {found.claims_until}; it is divided after that."
        )
    open_ones = LumpClaim.objects.filter(lump=found, late=False, judgement=None).select_related("work")
    if waits := [one.work.key for one in open_ones.order_by("id")]:
        more = f" and {len(waits) - SHOWN} more" if len(waits) > SHOWN else ""
        raise NotYet(
            f"Claims made in time wait to be judged: {', '.join(waits[:SHOWN])}{more}.", claims=waits
        )


def _must_be_posted(found: LumpSum) -> None:
    """Nothing is drawn from a reserve to which a round under way has still to add its part: whoever came
    first would have less than is due."""
    pots = ledger.balances(f"rights:pot:{found.licence.tid}", found.licence.currency)
    if waits := -sum(pots.values()):
        raise NotYet(
            f"{Money(waits, found.licence.currency)} of {found.name} is being distributed; the reserve is "
            "paid out of once that run is posted."
        )


def _instalment(found: LumpSum, works: frozenset[UUID], by: User | None) -> RoundRow | None:
    came = Receipt.objects.filter(licence=found.licence_id, round=None, amount__gt=0)
    receipts = [row for row in came.order_by("id") if row.currency == found.licence.currency]
    return _write(found, "instalment", works, receipts, by) if receipts else None


def _late(found: LumpSum, works: frozenset[UUID], by: User | None) -> RoundRow | None:
    """Works that stood in no late round and missed an instalment; those that missed the same ones."""
    before = lumps.rounds(found.name)
    paid = {work for one in before if one.kind == "late" for work in one.works}
    missed: dict[tuple[str, ...], list[UUID]] = defaultdict(list)
    parts = {one.tid: _part(one) for one in before if one.kind == "instalment"}
    stood = {one.tid: frozenset(one.works) for one in before}
    for work in sorted(works - paid):
        if lacks := tuple(tid for tid in parts if work not in stood[tid]):
            missed[lacks].append(work)
    for lacks, several in sorted(missed.items()):
        wanted = sum(parts[tid] for tid in lacks) * len(several)
        return _draw(found, "late", several, wanted, by)
    return None


def _part(one: RoundRow) -> int:
    """What each work of an instalment had of it before deductions, cut to the quantum."""
    reserved = kept(Class(one.tid, ("any",), one.reserve, one.fund), one.amount)
    return (one.amount - reserved) // len(one.works)


def _release(found: LumpSum, works: frozenset[UUID], by: User | None) -> RoundRow:
    if clock.today() < found.reserve_until:
        raise NotYet(
            f"Nothing of {found.name} is there to be paid: no money has come in since the last round, no "
            f"late claim waits, and the reserve is kept until {found.reserve_until}."
        )
    return _draw(found, "release", works, None, by)


def _draw(found: LumpSum, kind: str, works: Iterable[UUID], wanted: int | None, by: User | None) -> RoundRow:
    """Out of the reserve what is wanted, or all of it, as a receipt like any other."""
    fund, currency = accounts.fund(lumps.fund_name(found.name)), found.licence.currency
    left = -ledger.balance(fund, currency)
    amount = left if wanted is None else min(left, wanted)
    if amount <= 0:
        raise NotYet(
            f"The reserve of {found.name} holds {Money(left, currency)}; what a run put into it is there "
            "once the run is posted."
        )
    row = licensing.licence(found.licence_id)
    number = Round.objects.filter(lump=found).count() + 1
    draft = Draft(row, Period(row.starts, row.ends), amount, clock.today(), _reference(found, kind, number))
    return _write(found, kind, works, [book(draft, by, fund)], by)


def _reference(found: LumpSum, kind: str, number: int) -> str:
    """A name for a receipt that no bank's has already."""
    wanted = f"{found.name}:{kind}:{number}"
    names = (wanted, *(f"{wanted}:{n}" for n in range(2, 1_000)))
    return next(name for name in names if not Receipt.objects.filter(reference=name).exists())


def _write(
    found: LumpSum, kind: str, works: Iterable[UUID], receipts: list[Receipt], by: User | None
) -> RoundRow:
    made: Round = Round.objects.create(lump=found, kind=kind, made_on=clock.today())
    RoundWork.objects.bulk_create(RoundWork(round=made, work_id=work) for work in sorted(works))
    RoundReceipt.objects.bulk_create(RoundReceipt(round=made, receipt=one) for one in receipts)
    row = next(one for one in lumps.rounds(found.name) if one.tid == made.tid)
    acts.record(
        "invoicing.open-round", made, by=by, lump=found.tid, kind=kind, works=len(row.works),
        amount=decimal_of(row.amount), currency=found.licence.currency,
    )  # fmt: skip
    return row

"""Pay per crawl: deposits, limits, allowances for edges, and the booking of what edges charged.

Nothing here is asked while a crawler waits. A part of a balance is set aside for one spool of one edge, which
spends it by itself; what it spent arrives with its events and is booked from the balance to the pot of the
licence and the month. All of it under one lock, so what is set aside and what was spent never exceed balance
and limit together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from quire.core.currencies import minor_digits
from quire.core.errors import QuireError
from quire.core.money import Money, decimal_of
from quire.society.invoicing.actions.receipts import LOCK, Draft, book, quanta_of_amount
from quire.society.invoicing.errors import NoCredit, ReceiptDiffers
from quire.society.invoicing.models import Allowance, CrawlCharge, CreditLimit, Deposit
from quire.society.invoicing.queries import credit
from quire.society.kit import acts, clock, ids, locks
from quire.society.kit.nouns import one
from quire.society.kit.periods import Period
from quire.society.ledger import accounts
from quire.society.ledger.actions import EntryIn, post
from quire.society.licensing import queries as licensing
from quire.society.licensing.queries import LicenceRow
from quire.society.parties import queries as parties
from quire.society.parties.models import User
from quire.society.usage import queries as usage
from quire.society.usage.edges import find_edge

LIFE = timedelta(hours=24)
"""How long an edge may spend an allowance."""
PART = 4
"""An allowance is at most this part of what is available, so that several edges get something."""
MOST = Money.parse("50", "EUR").quanta
"""Quanta of one allowance at most, of whatever currency: what a lost edge could cost is bounded."""
MOST_OPEN = 3
"""Allowances that one spool may hold for one licensee at a time. One of which half is booked counts no more,
or a brisk crawler would be refused until the first of them expires, whatever is on its balance."""
MOST_OF_EDGE = 24
"""The same for all spools of one edge: an edge that keeps naming new spools ties no balance up."""


@dataclass(frozen=True, slots=True)
class Deposited:
    """A deposit; ``again``: it was on record before, and nothing was booked now."""

    deposit: Deposit
    again: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of ``settle_crawls``: receipts booked, and a sentence for whatever could not be."""

    receipts: int
    amount: dict[str, int]
    problems: tuple[str, ...]


def deposit(
    *, licensee: parties.Ref, amount: str, currency: str, received_on: date, reference: str, by: User | None
) -> Deposited:
    """Book money that a licensee put on its balance; the same reference again returns the first, and says so.

    Refuses: an unknown licensee or currency, an amount that is not more than nothing, a reference that is
    empty, too long or another deposit's.
    """
    parties.may_write(by)
    who, quanta = parties.party(licensee), quanta_of_amount(amount)
    minor_digits(currency)
    if quanta <= 0:
        raise NoCredit("A deposit is more than nothing.")
    if not reference.strip() or len(reference) > 64 or not reference.isprintable():
        raise NoCredit(f"{reference[:70]!r} is no reference; give the bank's, at most 64 characters.")
    with transaction.atomic():
        locks.wait(LOCK)
        if known := Deposit.objects.filter(reference=reference).first():
            if (known.licensee_id, known.currency, known.amount) != (who.id, currency, quanta):
                raise ReceiptDiffers(
                    f"The reference {reference} is that of another deposit; it does not change."
                )
            return Deposited(known, again=True)
        booked = post(
            key=f"deposit:{reference}",
            date=received_on,
            kind="deposit",
            text=f"Deposit {reference} of {who.code}",
            entries=[
                EntryIn(accounts.bank(), currency, quanta),
                EntryIn(accounts.credit(who.tid), currency, -quanta),
            ],
            by=by,
        ).transaction
        made: Deposit = Deposit.objects.create(
            licensee_id=who.id,
            currency=currency,
            amount=quanta,
            received_on=received_on,
            reference=reference,
            transaction=booked,
        )
        acts.record(
            "invoicing.deposit", made, by=by, licensee=who.tid, amount=decimal_of(quanta), currency=currency
        )
    return Deposited(made, again=False)


def set_limit(
    *, licensee: parties.Ref, amount: str, currency: str, reason: str, by: User | None
) -> CreditLimit:
    """Let a licensee's balance go this far below nothing; the last limit set holds. Needs a reason.

    Refuses: an unknown licensee or currency, an amount below nothing, no reason.
    """
    parties.may_write(by)
    who, quanta = parties.party(licensee), quanta_of_amount(amount)
    minor_digits(currency)
    if quanta < 0:
        raise NoCredit("A limit is nothing or more.")
    if not reason.strip():
        raise NoCredit("Say why the limit is set: similarly situated licensees are treated alike.")
    with transaction.atomic():
        locks.wait(LOCK)
        made: CreditLimit = CreditLimit.objects.create(
            licensee_id=who.id,
            currency=currency,
            amount=quanta,
            reason=reason.strip()[:300],
            set_at=clock.now(),
        )
        acts.record(
            "invoicing.limit", made, by=by, licensee=who.tid, amount=decimal_of(quanta), currency=currency
        )
    return made


def allow(
    *, edge: str, spool: str, wanted: Iterable[str], held: Iterable[str] | None = None
) -> list[Allowance]:
    """Set something aside for each wanted licensee (``pty_…``) that has a balance; the new allowances.

    ``held`` are the ids of those that the spool has. One that was given and is not among them was lost on the
    way: it is given again, and no new one in its place, or money would lie aside that nobody can spend.
    A quarter of what is available, at most MOST; all of it where that is less than a minor unit. A licensee
    without a crawl licence in force or without money, or of which the spool holds MOST_OPEN already, gets
    none; so does one that nobody knows. Raises Unknown for the edge.
    """
    place = find_edge(edge)
    today, made = clock.today(), []
    licensees = {
        row.licensee_tid: row
        for row in licensing.in_force(today, today + timedelta(days=1))
        if row.kind == "crawl"
    }
    for tid in sorted(set(wanted) & licensees.keys()):
        row = licensees[tid]
        with transaction.atomic():
            locks.wait(LOCK)
            if lost := _lost(row, place.id, spool, held):
                made += lost
                continue
            if (amount := _part(row, place.id, spool)) is None:
                continue
            now = clock.now()
            one_ = Allowance.objects.create(
                licensee_id=row.licensee,
                edge=place,
                spool=spool,
                currency=row.currency,
                amount=amount,
                issued_at=now,
                expires_at=now + LIFE,
            )
            acts.record(
                "invoicing.allow", one_, by=None, licensee=tid, edge=place.tid, amount=decimal_of(amount),
                currency=row.currency,
            )  # fmt: skip
            made.append(one_)
    return made


def _open(row: LicenceRow, edge: UUID, spool: str = "") -> QuerySet[Allowance]:
    """The licensee's allowances that this spool, or any of the edge, may spend."""
    rows = Allowance.objects.filter(
        edge=edge, licensee=row.licensee, closed_at=None, expires_at__gt=clock.now()
    )
    return rows.filter(spool=spool) if spool else rows


def _lost(row: LicenceRow, edge: UUID, spool: str, held: Iterable[str] | None) -> list[Allowance]:
    """Those that were given to the spool and that it does not name; none where it did not say what it has."""
    if held is None:
        return []
    known = set(held)
    rows = _open(row, edge, spool).filter(currency=row.currency).select_related("licensee").order_by("id")
    return [one_ for one_ in rows if one_.tid not in known]


def _unspent(rows: QuerySet[Allowance]) -> int:
    """How many of them have less than half booked."""
    amounts = dict(rows.values_list("id", "amount"))
    booked = credit.charged(amounts)
    return sum(2 * booked.get(one_, 0) < amount for one_, amount in amounts.items())


def _part(row: LicenceRow, edge: UUID, spool: str) -> int | None:
    """How much is set aside now, in quanta; None for nothing."""
    if _unspent(_open(row, edge, spool)) >= MOST_OPEN or _unspent(_open(row, edge)) >= MOST_OF_EDGE:
        return None
    left = credit.available(row.licensee, row.currency)
    if left <= 0:
        return None
    small = 10 ** (12 - minor_digits(row.currency))
    return min(MOST, left // PART if left // PART >= small else left)


def settle_crawls(*, by: User | None) -> Settled:
    """Book what edges charged and has not been booked: from the licensee's balance to the licence's pot.

    One receipt for each licence and month that has something new. Safe at any time and as often as one likes.
    What cannot be booked (an allowance that nobody gave, more than it was for, a licence that is not the
    licensee's, less than was booked before) is left and told.
    """
    problems: list[str] = []
    with transaction.atomic():
        locks.wait(LOCK)
        due = _due(problems)
        booked: dict[str, int] = defaultdict(int)
        receipts = 0
        for licence, span, parts in sorted(due, key=lambda one: (one[0].code, one[1].starts)):
            total = sum(parts.values())
            if total < 0:
                problems.append(
                    f"{licence.code}, {span}: {Money(-total, licence.currency)} were taken back after they "
                    "were booked; they go off the next charges."
                )
            elif total > 0:
                _settle(licence, span, parts, total, by)
                receipts += 1
                booked[licence.currency] += total
    return Settled(receipts, dict(booked), tuple(problems))


def _due(problems: list[str]) -> list[tuple[LicenceRow, Period, dict[UUID, int]]]:
    """By licence and month: what each allowance was charged and is not booked."""
    known = {row.tid: row for row in Allowance.objects.select_related("licensee", "edge")}
    spent = credit.charged(row.id for row in known.values())
    taken = _booked()
    due: dict[tuple[UUID, date], tuple[LicenceRow, Period, dict[UUID, int]]] = {}
    licence_of = cache(licensing.licence)  # a licence has charges of many allowances
    for charge in usage.charges():
        allowance = known.get(charge.allowance)
        wrong, licence = _objection(charge, allowance, licence_of)
        if wrong or licence is None or allowance is None:
            problems.append(f"{Money(charge.amount, charge.currency)} charged to {charge.allowance}: {wrong}")
            continue
        span = _month(charge.month, licence)
        fresh = charge.amount - taken.get((allowance.id, licence.id, span.starts), 0)
        room = allowance.amount - spent.get(allowance.id, 0)
        if fresh > room:
            over = Money(fresh - room, charge.currency)
            problems.append(
                f"{allowance.tid} was charged {over} more than it was for; that part is not booked."
            )
            fresh = room
        if fresh:
            spent[allowance.id] = spent.get(allowance.id, 0) + fresh
            parts = due.setdefault((licence.id, span.starts), (licence, span, {}))[2]
            parts[allowance.id] = parts.get(allowance.id, 0) + fresh
    return list(due.values())


def _objection(
    charge: usage.Charged, allowance: Allowance | None, licence_of: Callable[[str], LicenceRow]
) -> tuple[str, LicenceRow | None]:
    if allowance is None:
        return "it is no allowance that was given.", None
    if (allowance.licensee.tid, allowance.currency) != (charge.licensee, charge.currency):
        return "the allowance is another licensee's, or of another currency.", None
    try:
        licence = licence_of(charge.licence)
    except QuireError as problem:
        return problem.sentence, None
    if (licence.licensee_tid, licence.kind, licence.currency) != (charge.licensee, "crawl", charge.currency):
        return f"{licence.code} is not the licensee's licence to pay by the request.", None
    last = charge.month + timedelta(days=31)
    if not (licence.starts < last and charge.month < licence.ends):
        return f"{licence.code} was not in force in that month.", None
    return "", licence


def _month(first: date, licence: LicenceRow) -> Period:
    """The month, cut to the licence's term."""
    after = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return Period(max(first, licence.starts), min(after, licence.ends))


def _booked() -> dict[tuple[UUID, UUID, date], int]:
    """What is booked already, by allowance, licence and the month's first day."""
    found: dict[tuple[UUID, UUID, date], int] = defaultdict(int)
    names = ("allowance_id", "receipt__licence_id", "receipt__starts", "amount")
    for allowance, licence, starts, amount in CrawlCharge.objects.values_list(*names):
        found[allowance, licence, starts] += amount
    return found


def _settle(licence: LicenceRow, span: Period, parts: dict[UUID, int], total: int, by: User | None) -> None:
    number = CrawlCharge.objects.filter(receipt__licence=licence.id).values("receipt").distinct().count() + 1
    reference = f"crawl:{licence.tid}:{span.starts:%Y-%m}:{number}"
    draft = Draft(licence, span, total, clock.today(), reference)
    receipt = book(draft, by, accounts.credit(licence.licensee_tid))
    CrawlCharge.objects.bulk_create(
        CrawlCharge(allowance_id=allowance, receipt=receipt, amount=amount)
        for allowance, amount in sorted(parts.items())
        if amount
    )


def close_allowances(*, by: User | None) -> int:
    """Give back what was not spent of allowances whose spools have told everything up to their end; how many.

    Settles first, so that nothing that was spent is given back.
    """
    settle_crawls(by=by)
    closed, now = 0, clock.now()
    for row in Allowance.objects.filter(closed_at=None, expires_at__lte=now).order_by("id"):
        heard = usage.heard_until(row.edge_id, row.spool)
        if heard is not None and heard >= row.expires_at:
            _close(row, "It has expired, and its spool has told everything up to then.", by)
            closed += 1
    return closed


def release(*, allowance: str, reason: str, by: User | None) -> None:
    """Give back what was not spent of an allowance whose spool will tell no more. Needs a reason.

    Refuses: one that is not on record, is closed already, or may still be spent.
    """
    parties.may_write(by)
    found = Allowance.objects.filter(id=ids.read(Allowance.prefix, allowance))
    row: Allowance = one(found, f"There is no allowance {allowance[:60]}.")
    if row.closed_at is not None:
        raise NoCredit(f"{row.tid} is closed: {row.closed_reason}")
    if row.expires_at > clock.now():
        raise NoCredit(f"{row.tid} may be spent until {row.expires_at:%Y-%m-%d %H:%M} UTC; wait until then.")
    if not reason.strip():
        raise NoCredit("Say why nothing more is expected of it.")
    settle_crawls(by=by)
    _close(row, reason.strip()[:300], by)


def _close(row: Allowance, reason: str, by: User | None) -> None:
    with transaction.atomic():
        locks.wait(LOCK)
        Allowance.objects.filter(id=row.id, closed_at=None).update(
            closed_at=clock.now(), closed_reason=reason
        )
        acts.record("invoicing.close-allowance", row, by=by, reason=reason)

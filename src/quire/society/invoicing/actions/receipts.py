"""What is due is stated, what has come in is booked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from django.db import transaction

from quire.core import tariff
from quire.core.currencies import minor_digits
from quire.core.errors import Invalid
from quire.core.money import DECIMALS, Money, decimal_of, quanta_of
from quire.core.shares import share_text
from quire.core.tariff import Count
from quire.society.invoicing.errors import (
    BadReceipt,
    BadRevenue,
    InvoiceDiffers,
    OutsideTerm,
    ReceiptDiffers,
)
from quire.society.invoicing.models import Invoice, Receipt
from quire.society.invoicing.queries.revenue import Revenue, revenue
from quire.society.kit import acts, clock, locks, periods, tables
from quire.society.kit.periods import Period
from quire.society.kit.tables import Registered
from quire.society.ledger import accounts
from quire.society.ledger.actions import EntryIn, post
from quire.society.licensing import queries as licensing
from quire.society.licensing.queries import LicenceRow
from quire.society.parties import queries as parties
from quire.society.parties.models import User
from quire.society.usage import queries as usage

COLUMNS = ("reference", "licence", "period", "amount", "currency", "received", "foreign")
REQUIRED = COLUMNS[:-1]
LOCK = "invoicing"
MOST = 10**38
"""Quanta beyond what NUMERIC(38,12) holds."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(slots=True)
class Received(Registered):
    """What came of a file of receipts. ``added`` were booked; ``stated`` are lines worth a look."""

    stated: list[tuple[int, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        stated = [{"line": line, "statement": what} for line, what in self.stated]
        return {**Registered.as_json(self), "stated": stated}


@dataclass(frozen=True, slots=True)
class Draft:
    """A receipt that can be booked, ``amount`` in quanta of ``currency`` (empty: the licence's)."""

    licence: LicenceRow
    period: Period
    amount: int
    received_on: date
    reference: str
    foreign: str = ""

    @property
    def currency(self) -> str:
        """What the money is in: the licence's currency, unless it came in another."""
        return self.foreign or self.licence.currency

    @property
    def finer(self) -> bool:
        """Whether the amount has more decimals than its currency."""
        return bool(self.amount % 10 ** (DECIMALS - minor_digits(self.currency)))


def issue_invoice(
    *, licence: licensing.Ref, period: Period | str, counts: Iterable[Count] | None = None, by: User | None
) -> Invoice:
    """State what is due under a licence for a period; the same again returns the first invoice.

    ``counts`` is the usage of the period by content tier: (tier, requests, distinct works); where it is not
    given, the usage counted under the licence is asked for. A blanket fee and a share of revenue need none.
    The amount is ``core.tariff.due``; what it was made of is kept in ``basis``.

    Refuses: an unknown licence, a period not within its term, a tier without a price, a share of revenue of
    which not every day is reported (BadRevenue), and (InvoiceDiffers) a period that was invoiced otherwise or
    overlaps one that was invoiced.
    """
    parties.may_write(by)
    row, span = licensing.licence(licence), within_term(licensing.licence(licence), period)
    if counts is None and row.kind not in tariff.FREE_OF_COUNTS:
        counts = usage.fee_counts(row.tid, span.starts, span.ends)
    used = [] if row.kind in tariff.FREE_OF_COUNTS else _merged(counts or ())
    earned = _reported(row, span)
    amount = tariff.due(row.tariff(), span.starts, span.ends, used, earned.amount if earned else 0)
    basis = _basis(row, used, earned)
    with transaction.atomic():
        locks.wait(LOCK)
        known = _invoiced(row, span)
        if known and (known.amount, known.basis) != (amount, basis):
            raise InvoiceDiffers(
                f"{row.code} was invoiced {Money(known.amount, row.currency)} for {span}; by what is counted "
                f"now it would be {Money(amount, row.currency)}. An invoice does not change.",
                invoice=known.tid,
            )
        if known:
            return known
        made = Invoice.objects.create(
            licence_id=row.id,
            starts=span.starts,
            ends=span.ends,
            amount=amount,
            basis=basis,
            issued_on=clock.today(),
        )
        acts.record(
            "invoicing.issue",
            made,
            by=by,
            licence=row.tid,
            period=str(span),
            amount=decimal_of(amount),
            currency=row.currency,
        )
    return made


def within_term(row: LicenceRow, period: Period | str) -> Period:
    """The period, where all of it is within the licence's term; OutsideTerm where not."""
    span = periods.parse(period) if isinstance(period, str) else period
    if not row.starts <= span.starts < span.ends <= row.ends:
        raise OutsideTerm(
            f"Licence {row.code} runs from {row.starts} until {row.ends}; {span} is not within that.",
            licence=row.tid,
        )
    return span


def _merged(counts: Iterable[Count]) -> list[Count]:
    """The counts by tier, each tier once."""
    found: dict[str, tuple[int, int]] = {}
    for tier, requests, works in counts:
        before = found.get(tier, (0, 0))
        found[tier] = before[0] + requests, before[1] + works
    return [(tier, *found[tier]) for tier in sorted(found)]


def _reported(row: LicenceRow, span: Period) -> Revenue | None:
    """The revenue of the period, every day of it; None where the licence is no share of it."""
    if row.kind != "revenue":
        return None
    found = revenue(row.id, span.starts, span.ends)
    if found.missing:
        raise BadRevenue(
            f"{row.code} has not reported its revenue for {found.missing} of the days of {span}; record it, "
            "0 where there was none, and then issue the invoice.",
            licence=row.tid,
        )
    return found


def _basis(row: LicenceRow, used: Sequence[Count], earned: Revenue | None) -> dict[str, Any]:
    """What the amount was made of, so that anybody can make it again."""
    share = earned and {
        "rate": share_text(row.rate),
        "minimum": decimal_of(row.minimum),
        "revenue": decimal_of(earned.amount),
        "reports": list(earned.reports),
    }
    prices = (
        {} if row.kind in tariff.FREE_OF_COUNTS else {tier: decimal_of(p) for tier, p in row.prices.items()}
    )
    counts = [{"tier": tier, "requests": requests, "works": works} for tier, requests, works in used]
    return {
        "kind": row.kind,
        "currency": row.currency,
        "fee": decimal_of(row.fee),
        "prices": prices,
        "counts": counts,
        **(share or {}),
    }


def _invoiced(row: LicenceRow, span: Period) -> Invoice | None:
    """The invoice of exactly this period; InvoiceDiffers where another one shares days with it."""
    rows = Invoice.objects.filter(periods.overlapping(span.starts, span.ends), licence=row.id)
    for known in rows.order_by("starts"):
        if (known.starts, known.ends) == (span.starts, span.ends):
            return known
        raise InvoiceDiffers(
            f"{row.code} was invoiced for {Period(known.starts, known.ends)}, which shares days with {span}; "
            "invoice the days that are left.",
            invoice=known.tid,
        )
    return None


def record_receipt(
    *,
    licence: licensing.Ref,
    period: Period | str,
    amount: str | int,
    received_on: date,
    reference: str,
    currency: str = "",
    foreign: bool = False,
    by: User | None,
) -> Receipt:
    """Book money that came in under a licence for a period; the same reference again returns the first.

    ``amount`` is text in major units ("1200.00") or an int of quanta, of the licence's currency, which
    ``currency``, if given, must be; unless it is said that the money is ``foreign``: then it is kept in the
    currency it came in. A receipt of zero is recorded and moves no money.

    Refuses: an unknown licence, a period not within its term, another currency that is not said to be foreign
    or is none, an amount that is negative or cannot be kept exactly, a reference that is empty, too long, or
    another receipt's (ReceiptDiffers).
    """
    parties.may_write(by)
    draft = _draft(licensing.licence(licence), period, amount, received_on, reference, currency, foreign)
    with transaction.atomic():
        locks.wait(LOCK)
        return _known(draft) or book(draft, by)


def import_receipts(
    path: Path, *, by: User | None, dry_run: bool = False, skip_refused: bool = False
) -> Received:
    """Receipts from a CSV or JSON file with COLUMNS; those on record stay. ``period`` as in kit.periods.

    Raises TableRefused with every refused line unless ``skip_refused``; writes nothing on ``dry_run``.
    """
    parties.may_write(by)
    rows = tables.read(Path(path), COLUMNS, REQUIRED)
    lines: dict[str, int] = {}
    stated: list[tuple[int, str]] = []
    with transaction.atomic():
        locks.wait(LOCK)

        def settle(row: tables.Row) -> Draft | None:
            draft = _of_row(row)
            known = _known(draft)
            first = lines.setdefault(draft.reference, row.line)
            if first != row.line:
                raise ReceiptDiffers(f"The reference {draft.reference} is on line {first} already.")
            if draft.finer:
                stated.append((row.line, _finer(draft)))
            return None if known else draft

        settled, taken = tables.judge(rows, settle, skip_refused=skip_refused)
        drafts = [draft for draft in settled if draft]
        if not dry_run:
            for draft in drafts:
                book(draft, by)
    same = len(settled) - len(drafts)
    return Received(taken.taken, taken.refused, added=len(drafts), unchanged=same, stated=stated)


def _of_row(row: tables.Row) -> Draft:
    day = day_of_cell("received", row.need("received"))
    said = row.get("foreign", "no")
    if said not in ("yes", "no"):
        raise BadReceipt(f"foreign is {said[:20]!r}; write yes where it came in another currency, or no.")
    return _draft(
        licensing.licence(row.need("licence")), row.need("period"), row.need("amount"), day,
        row.need("reference"), row.need("currency"), said == "yes",
    )  # fmt: skip


def day_of_cell(column: str, text: str) -> date:
    """The date in a cell, written as 2026-01-31; BadReceipt where it is none."""
    try:
        if not _DATE.fullmatch(text):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError as problem:
        raise BadReceipt(f"{column} is {text[:40]!r}; write a date as 2026-01-31.") from problem


def _draft(
    row: LicenceRow,
    period: Period | str,
    amount: str | int,
    received_on: date,
    reference: str,
    currency: str,
    foreign: bool = False,
) -> Draft:
    """A receipt that can be booked, or why not; whether the reference is free is not asked here."""
    span = within_term(row, period)
    if currency and currency != row.currency and not foreign:
        raise BadReceipt(
            f"Licence {row.code} is in {row.currency}, the receipt in {currency[:10]}; if it really came in "
            "that currency, say that it is foreign.",
            licence=row.tid,
        )
    if foreign and currency in ("", row.currency):
        raise BadReceipt(f"A foreign receipt names a currency other than the licence's, {row.currency}.")
    if foreign and row.kind == "lump":
        raise BadReceipt(f"The lump sum {row.code} is paid in {row.currency}, and divided in that.")
    minor_digits(currency or row.currency)
    quanta = quanta_of_amount(amount)
    if quanta < 0:
        raise BadReceipt("The amount is negative; a receipt is what has come in.")
    if not reference.strip() or len(reference) > 64 or not reference.isprintable():
        raise BadReceipt(f"{reference[:70]!r} is no reference; give the bank's, at most 64 characters.")
    return Draft(row, span, quanta, received_on, reference.strip(), currency if foreign else "")


def quanta_of_amount(amount: str | int) -> int:
    """Quanta of text in major units, or of an int of quanta. Raises BadReceipt and TypeError."""
    if type(amount) is not int and not isinstance(amount, str):
        raise TypeError(f"an amount is text or an int of quanta, not {type(amount).__name__}")
    if isinstance(amount, str):
        try:
            return quanta_of(amount)
        except Invalid as problem:
            raise BadReceipt(f"amount: {problem.sentence}") from problem
    if abs(amount) >= MOST:
        raise BadReceipt("The amount has more than 26 digits before the point.")
    return amount


def _known(draft: Draft) -> Receipt | None:
    """The receipt of this reference, if it is on record; ReceiptDiffers where it is another one."""
    known = Receipt.objects.filter(reference=draft.reference).select_related("licence").first()
    if known is None:
        return None
    span = Period(known.starts, known.ends)
    if (known.licence_id, span, known.amount, known.currency, known.received_on) != (
        draft.licence.id,
        draft.period,
        draft.amount,
        draft.currency,
        draft.received_on,
    ):
        raise ReceiptDiffers(
            f"The reference {draft.reference} is that of {Money(known.amount, known.currency)} received on "
            f"{known.received_on} for {known.licence.code}, {span}; a receipt does not change.",
            receipt=known.tid,
        )
    return known


def book(draft: Draft, by: User | None, source: str = accounts.bank()) -> Receipt:
    """Write the receipt and, unless it is of zero, its transaction: from ``source`` to the pot.

    The source is the bank or, of what crawlers were charged, a licensee's balance. Within a transaction.
    """
    row, span = draft.licence, draft.period
    booked = None
    if draft.amount:
        pot = accounts.pot(row.tid, span.starts, span.ends)
        booked = post(
            key=f"receipt:{draft.reference}",
            date=draft.received_on,
            kind="receipt",
            text=f"Receipt {draft.reference} for {row.code}, {span}",
            entries=[
                EntryIn(source, draft.currency, draft.amount),
                EntryIn(pot, draft.currency, -draft.amount),
            ],
            by=by,
        ).transaction
    receipt: Receipt = Receipt.objects.create(
        licence_id=row.id,
        starts=span.starts,
        ends=span.ends,
        currency=draft.currency,
        amount=draft.amount,
        received_on=draft.received_on,
        reference=draft.reference,
        transaction=booked,
    )
    notes = {"stated": _finer(draft)} if draft.finer else {}
    acts.record(
        "invoicing.receive",
        receipt,
        by=by,
        licence=row.tid,
        period=str(span),
        reference=draft.reference,
        amount=decimal_of(draft.amount),
        currency=draft.currency,
        **notes,
    )
    return receipt


def _finer(draft: Draft) -> str:
    money = Money(draft.amount, draft.currency)
    return f"{money} has more decimals than {money.currency}; it is booked as it stands."

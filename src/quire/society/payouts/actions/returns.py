"""A payment that the bank gives back goes to the balance that it came from."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from quire.core.errors import Invalid
from quire.core.money import Money, decimal_of, quanta_of
from quire.society.distribution import actions as distribution
from quire.society.kit import acts, clock, ids, locks, tables
from quire.society.kit.nouns import one
from quire.society.kit.tables import Registered
from quire.society.ledger import accounts
from quire.society.ledger import actions as ledger
from quire.society.parties import queries as parties
from quire.society.payouts.errors import BadReturn, ReturnedBefore
from quire.society.payouts.models import Payment, Return
from quire.society.payouts.reasons import REASONS

COLUMNS = ("payment", "amount", "currency", "reason", "on", "info")
REQUIRED = COLUMNS[:-1]
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class _Draft:
    payment: Payment
    reason: str
    on: dt.date
    info: str


def return_payment(payment: str, *, reason: str, on: dt.date, by: Any, info: str = "") -> Return:
    """The bank gave a payment back on the day ``on``: off the bank, to the payee's balance. Again is no news.

    ``payment`` is its id (``pmt_…``) or its reference at the bank (``pmt-…``), ``reason`` a code of ISO 20022
    such as AC04. The whole payment comes back. Raises parties.RoleMissing, Unknown, BadReturn for an unknown
    reason, a batch that is not settled, a day before it was or that has not come; ReturnedBefore where it
    came back on another day or for another reason.
    """
    parties.need_role(by, "operator")
    draft = _draft(payment, reason, on, info)
    with transaction.atomic():
        locks.wait("payouts")
        return _known(draft) or _book(draft, by)


def import_returns(path: Path, *, by: Any, dry_run: bool = False, skip_refused: bool = False) -> Registered:
    """A bank's list of returned payments, CSV or JSON with COLUMNS; those on record stay.

    ``amount`` must be the payment's: a bank that kept a charge has not given the whole of it back. Raises
    TableRefused with every refused line unless ``skip_refused``.
    """
    parties.need_role(by, "operator")
    rows = tables.read(Path(path), COLUMNS, REQUIRED)
    with transaction.atomic():
        locks.wait("payouts")
        lines: dict[Any, int] = {}

        def settle(row: tables.Row) -> _Draft | None:
            draft = _of_row(row)
            first = lines.setdefault(draft.payment.id, row.line)
            if first != row.line:
                raise ReturnedBefore(f"The payment {draft.payment.tid} is on line {first} already.")
            return None if _known(draft) else draft

        settled, taken = tables.judge(rows, settle, skip_refused=skip_refused)
        drafts = [draft for draft in settled if draft]
        if not dry_run:
            for draft in drafts:
                _book(draft, by)
    return Registered(taken.taken, taken.refused, added=len(drafts), unchanged=len(settled) - len(drafts))


def _of_row(row: tables.Row) -> _Draft:
    day = row.need("on")
    try:
        if not _DATE.fullmatch(day):
            raise ValueError(day)
        on = dt.date.fromisoformat(day)
    except ValueError as problem:
        raise BadReturn(f"on is {day[:40]!r}; write a date as 2026-01-31.") from problem
    draft = _draft(row.need("payment"), row.need("reason"), on, row.get("info"))
    paid = Money(draft.payment.amount, draft.payment.batch.currency)
    try:
        given = Money(quanta_of(row.need("amount")), row.need("currency"))
    except Invalid as problem:
        raise BadReturn(f"amount: {problem.sentence}") from problem
    if given != paid:
        raise BadReturn(
            f"{given} came back of the payment {draft.payment.tid}, which was {paid}; a charge that the bank "
            "kept is the society's own: book it as such, and return the whole payment."
        )
    return draft


def _draft(payment: str, reason: str, on: dt.date, info: str) -> _Draft:
    found = _find(payment)
    if reason not in REASONS:
        raise BadReturn(
            f"{reason[:20]!r} is no reason of a return; it is one of {', '.join(sorted(REASONS))}."
        )
    if len(info) > 140 or not info.isprintable():
        raise BadReturn(
            "What the bank wrote beside it has at most 140 characters, all of which can be shown."
        )
    settled = found.batch.settled
    if settled is None:
        raise BadReturn(
            f"The batch {found.batch.tid} is not settled: say first that the bank executed it, by "
            "quire payouts settle."
        )
    if not settled.date <= on <= clock.today():
        raise BadReturn(
            f"The payment left the bank on {settled.date}; it came back between then and today, not on {on}."
        )
    return _Draft(found, reason, on, info.strip())


def _find(payment: str) -> Payment:
    tid = payment.strip().replace("-", "_", 1) if payment.startswith("pmt-") else payment.strip()
    rows = Payment.objects.select_related("batch__settled", "party")
    found: Payment = one(
        rows.filter(id=ids.read(Payment.prefix, tid)), f"No payment has the id {payment[:60]}."
    )
    return found


def _known(draft: _Draft) -> Return | None:
    """The return on record; ReturnedBefore where it says otherwise."""
    known = Return.objects.filter(payment=draft.payment).first()
    if known and (known.reason, known.on) != (draft.reason, draft.on):
        raise ReturnedBefore(
            f"The payment {draft.payment.tid} came back on {known.on} already ({known.reason}, "
            f"{REASONS[known.reason].sentence})."
        )
    return known


def _book(draft: _Draft, by: Any) -> Return:
    payment, currency = draft.payment, draft.payment.batch.currency
    booked = ledger.post(
        key=f"payouts:{payment.tid}:returned",
        date=draft.on,
        kind="return",
        text=f"The bank returned the payment {payment.tid}, {draft.reason}",
        entries=[
            ledger.EntryIn(accounts.bank(), currency, payment.amount),
            ledger.EntryIn(accounts.payable(payment.party.tid), currency, -payment.amount),
        ],
        by=by,
    ).transaction
    made: Return = Return.objects.create(
        payment=payment, on=draft.on, reason=draft.reason, info=draft.info, transaction=booked
    )
    acts.record(
        "payouts.return", made, by=by, payment=payment.tid, party=payment.party.tid, reason=draft.reason,
        on=draft.on.isoformat(), amount=decimal_of(payment.amount), currency=currency,
    )  # fmt: skip
    # It may have come back because the payee has died: then others stand in its place.
    distribution.carry_over(by=by)
    return made

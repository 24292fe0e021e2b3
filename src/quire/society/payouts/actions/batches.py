"""Prepare a payment batch, settle it, write its files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from quire.core.currencies import minor_digits
from quire.core.money import Money, decimal_of
from quire.society.distribution import actions as distribution
from quire.society.kit import acts, locks, papers
from quire.society.kit.config import private
from quire.society.ledger import accounts
from quire.society.ledger import actions as ledger
from quire.society.ledger import queries as books
from quire.society.parties import queries as parties
from quire.society.payouts import bank, queries
from quire.society.payouts.errors import BankShort, NothingToPay, SettledBefore, TooEarly
from quire.society.payouts.models import Batch, Payment
from quire.society.payouts.paying import Carried, Due, Plan, plan, shown

files = bank.files

SHOWN = 3
"""How many carried balances an error spells out; its data has them all."""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What a batch pays and what it leaves. ``batch`` is None after a dry run, which wrote nothing."""

    batch: Batch | None
    currency: str
    on: dt.date
    payments: tuple[Due, ...]
    carried: tuple[Carried, ...]
    total: Money

    def sentence(self) -> str:
        """The account of it in a sentence."""
        done = "are paid" if self.batch else "would be paid"
        left = f"; {len(self.carried)} balances are carried" if self.carried else ""
        return f"{self.total} {done} to {len(self.payments)} payees on {self.on}{left}."

    def as_json(self) -> dict[str, Any]:
        """For ``--json``: amounts as twelve-decimal texts of ``currency``."""
        return {
            "batch": self.batch.tid if self.batch else None,
            "currency": self.currency,
            "on": self.on.isoformat(),
            "total": self.total.decimal(),
            "payments": [
                {"party": one.payee.code, "amount": decimal_of(one.amount), "residue": decimal_of(one.rest)}
                for one in self.payments
            ],
            "carried": [_carried(one) for one in self.carried],
        }


@dataclass(frozen=True, slots=True)
class Written:
    """Where a batch's files lie, and what there is to know about them. Going through it gives the paths."""

    folder: Path
    paths: tuple[Path, ...]
    notes: tuple[str, ...]

    def __iter__(self) -> Iterator[Path]:
        return iter(self.paths)


def prepare(*, currency: str, on: dt.date, by: Any, dry_run: bool = False) -> BatchResult:
    """Pay every payee who can be paid in this currency: out of their balances, into transit, to be executed
    on the day ``on``.

    Raises, in this order: parties.RoleMissing, UnknownCurrency, NothingToPay, BankShort. One batch is
    prepared at a time; a dry run raises the same and writes nothing.
    """
    parties.need_role(by, "operator")
    minor_digits(currency)
    with transaction.atomic():
        locks.wait("payouts")
        distribution.stand_still()
        found = plan(currency)
        _must_pay(found)
        _bank_must_have(found.total)
        batch = None if dry_run else _book(found, on, by)
    return BatchResult(batch, currency, on, found.due, found.carried, found.total)


def _must_pay(found: Plan) -> None:
    if found.due:
        return
    if not found.carried:
        raise NothingToPay(f"Nobody is owed anything in {found.currency}; post a distribution first.")
    told = " ".join(f"{one.code}: {one.reason}" for one in found.carried[:SHOWN])
    more = f" And {len(found.carried) - SHOWN} more." if len(found.carried) > SHOWN else ""
    total = Money(sum(one.amount for one in found.carried), found.currency)
    raise NothingToPay(
        f"Nobody can be paid in {found.currency} now; {shown(total)} is carried. {told}{more}",
        carried=[_carried(one) for one in found.carried],
    )


def _bank_must_have(total: Money) -> None:
    """What is in transit already is promised: it does not count."""
    on_way = sum(books.balances("rights:transit", total.currency).values())
    free = Money(books.balance(accounts.bank(), total.currency) + on_way, total.currency)
    if free < total:
        raise BankShort(
            f"The payments need {total}, and only {shown(free)} of rightsholders' money is free at the bank; "
            "nothing was paid. Ask `quire audit` what is wrong with the books.",
            needed=total.decimal(),
            free=free.decimal(),
        )


def _book(found: Plan, on: dt.date, by: Any) -> Batch:
    batch = Batch(currency=found.currency, on=on, carried=[_carried(one) for one in found.carried])
    entries = [
        ledger.EntryIn(accounts.payable(one.payee.tid), found.currency, one.amount) for one in found.due
    ]
    batch.transit = ledger.post(
        key=f"payouts:{batch.tid}",
        date=on,
        kind="payout",
        text=f"Payment batch {batch.tid}, {len(found.due)} payments",
        entries=[
            *entries,
            ledger.EntryIn(accounts.transit(batch.tid), found.currency, -found.total.quanta),
        ],
        by=by,
    ).transaction
    batch.save(force_insert=True)
    Payment.objects.bulk_create(_payment(batch, one) for one in found.due)
    acts.record(
        "payouts.prepare",
        batch,
        by=by,
        total=str(found.total),
        payments=len(found.due),
        carried=len(found.carried),
    )
    return batch


def _payment(batch: Batch, one: Due) -> Payment:
    payee = one.payee
    return Payment(
        batch=batch,
        party_id=payee.id,
        amount=one.amount,
        name=payee.holder[:70],
        iban=payee.iban,
        bic=payee.bic,
        street=payee.street,
        building=payee.building,
        postcode=payee.postcode,
        town=payee.town,
        country=payee.country,
        text=one.text,
        runs=list(one.runs),
    )


def _carried(one: Carried) -> dict[str, str]:
    return {"party": one.party, "code": one.code, "amount": one.amount_text, "reason": one.reason}


def settle(batch: Batch | str, *, on: dt.date, by: Any) -> Batch:
    """The bank has executed the batch: out of transit, off the bank account. Again changes nothing.

    Raises parties.RoleMissing, TooEarly for a day before the batch's, SettledBefore where it was settled on
    another day.
    """
    parties.need_role(by, "operator")
    with transaction.atomic():
        locks.wait("payouts")
        found = queries.find(batch)
        if found.settled:
            if found.settled.date != on:
                raise SettledBefore(f"The batch {found.tid} was settled on {found.settled.date} already.")
            return found
        if on < found.on:
            raise TooEarly(f"The batch {found.tid} is for {found.on}; it cannot have been executed on {on}.")
        total = -books.balance(accounts.transit(found.tid), found.currency)
        found.settled = ledger.post(
            key=f"payouts:{found.tid}:settled",
            date=on,
            kind="settlement",
            text=f"The bank executed the payment batch {found.tid}",
            entries=[
                ledger.EntryIn(accounts.transit(found.tid), found.currency, total),
                ledger.EntryIn(accounts.bank(), found.currency, -total),
            ],
            by=by,
        ).transaction
        found.save(update_fields=["settled"])
        acts.record("payouts.settle", found, by=by, on=on.isoformat())
    return found


def write(batch: Batch | str, folder: Path | None = None) -> Written:
    """Write the batch's files, private, under ``QUIRE_HOME/payments/<batch>`` or into ``folder``."""
    found = queries.find(batch)
    place = folder or private("payments") / found.tid
    made = bank.files(found)
    papers.put(place, made)
    return Written(place, tuple(place / name for name in sorted(made)), bank.notes(found))

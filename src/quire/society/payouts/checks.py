"""What must always hold of payments; ``quire audit`` says each sentence that does not."""

from __future__ import annotations

from collections.abc import Iterator

from stdnum import iban

from quire.core.money import Money, decimal_of
from quire.society.ledger import accounts
from quire.society.ledger import queries as ledger
from quire.society.parties import queries as parties
from quire.society.payouts import queries
from quire.society.payouts.models import Batch, Payment, Return


def credits_are_accounted_for() -> Iterator[str]:
    """Of every payee and currency: credited = paid + in transit + carried + written off, to the quantum."""
    names = parties.names()
    for party, several in queries.accounts().items():
        for one in several:
            if not one.adds_up:
                yield (
                    f"{names[party].code} was credited {decimal_of(one.credited)} {one.currency}, but "
                    f"{decimal_of(one.paid)} paid, {decimal_of(one.in_transit)} in transit and "
                    f"{decimal_of(one.carried)} carried are "
                    f"{decimal_of(one.paid + one.in_transit + one.carried + one.written_off)}."
                )


def batches_are_their_payments() -> Iterator[str]:
    """The transaction that put a batch into transit took exactly its payments from exactly their payees."""
    batches = list(Batch.objects.select_related("transit").order_by("id"))
    entries = ledger.entries_of_each(batch.transit_id for batch in batches)
    for batch in batches:
        sums: dict[str, int] = {}
        for one in batch.payments.select_related("party"):
            sums[accounts.payable(one.party.tid)] = one.amount
        sums[accounts.transit(batch.tid)] = -sum(sums.values())
        booked = {
            entry.account: entry.amount
            for entry in entries.get(batch.transit_id, [])
            if entry.currency == batch.currency
        }
        if booked != sums:
            yield f"The transaction {batch.transit.number} is not the sum of the payments of {batch.tid}."


def transit_is_what_is_on_its_way() -> Iterator[str]:
    """The transit account of a settled batch is empty; of any other it holds what the batch pays."""
    balances = ledger.balances("rights:transit")
    for row in queries.batches():
        held = -balances.get((accounts.transit(row.tid), row.currency), 0)
        expected = 0 if row.settled else row.total
        if held != expected:
            yield (
                f"{decimal_of(held)} {row.currency} is in transit for {row.tid}, which "
                f"{'is settled' if row.settled else f'pays {decimal_of(row.total)}'}."
            )


def payments_can_arrive() -> Iterator[str]:
    """Every payment is in whole minor units and goes to an IBAN whose check digits fit."""
    for one in Payment.objects.select_related("batch").order_by("id").iterator(chunk_size=2000):
        if not iban.is_valid(one.iban):
            yield f"The payment {one.tid} goes to an IBAN that is not valid."
        if Money(one.amount, one.batch.currency).to_minor()[1]:
            yield f"The payment {one.tid} is not in whole minor units of {one.batch.currency}."


def returns_are_booked() -> Iterator[str]:
    """A payment that came back is on the bank and its payee's balance again, whole, and had been settled."""
    for back in Return.objects.select_related("payment__batch__settled", "payment__party", "transaction"):
        paid = back.payment
        wanted = [
            (accounts.bank(), paid.batch.currency, paid.amount),
            (accounts.payable(paid.party.tid), paid.batch.currency, -paid.amount),
        ]
        entries = ledger.entries_of(back.transaction.number)
        if sorted((one.account, one.currency, one.amount) for one in entries) != sorted(wanted):
            yield f"The transaction {back.transaction.number} is not the return of {paid.tid}."
        if paid.batch.settled is None or back.on < paid.batch.settled.date:
            yield f"The payment {paid.tid} came back before it was sent."


CHECKS = [
    credits_are_accounted_for,
    batches_are_their_payments,
    transit_is_what_is_on_its_way,
    payments_can_arrive,
    returns_are_booked,
]

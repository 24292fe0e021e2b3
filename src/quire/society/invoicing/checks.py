"""What must always be true of receipts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from quire.core.money import Money
from quire.society.invoicing.models import Receipt
from quire.society.ledger import accounts
from quire.society.ledger import queries as ledger


def receipts_are_booked() -> Iterator[str]:
    """Every receipt that is not of zero has its transaction: its amount, from the bank to its pot."""
    for row in Receipt.objects.select_related("licence", "transaction").order_by("id"):
        if not row.amount:
            continue
        if row.transaction is None:
            yield f"The receipt {row.reference} is in no transaction."
            continue
        pot = accounts.pot(row.licence.tid, row.starts, row.ends)
        wanted = [(accounts.bank(), row.currency, row.amount), (pot, row.currency, -row.amount)]
        entries = ledger.entries_of(row.transaction)
        if sorted((entry.account, entry.currency, entry.amount) for entry in entries) != sorted(wanted):
            yield f"The receipt {row.reference} is not what transaction {row.transaction.number} has booked."
        if row.currency != row.licence.currency:
            yield f"The receipt {row.reference} is in {row.currency}, its licence in {row.licence.currency}."


def pots_are_receipts() -> Iterator[str]:
    """What was received for a licence and period is what was booked to its pot as received."""
    received: dict[tuple[str, str], int] = defaultdict(int)
    for row in Receipt.objects.filter(amount__gt=0).select_related("licence"):
        received[accounts.pot(row.licence.tid, row.starts, row.ends), row.currency] += row.amount
    booked: dict[tuple[str, str], int] = defaultdict(int)
    for pot in sorted({code for code, _ in ledger.balances("rights:pot")}):
        for line in ledger.history(pot):
            if line.kind == "receipt":
                booked[pot, line.currency] -= line.amount
    for place in sorted(received.keys() | booked.keys()):
        if received[place] != booked[place]:
            pot, currency = place
            yield (
                f"{Money(received[place], currency)} were received for {pot}, "
                f"but {Money(booked[place], currency)} were booked to it."
            )


CHECKS = [receipts_are_booked, pots_are_receipts]

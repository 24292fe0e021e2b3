"""The ledger's invariants, recomputed from the rows alone: a sentence for each fault that is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection

from quire.core.money import decimal_of
from quire.society.ledger import accounts, chain
from quire.society.ledger.actions import CROSSING
from quire.society.ledger.models import Entry, Transaction
from quire.society.ledger.queries import trial_balance

_AT_ONCE = 5000
"""Rows that a streaming check asks the server for at a time."""


def currencies_even_out() -> Iterator[str]:
    """All entries of a currency sum to zero."""
    for currency, rest in _rows(
        "SELECT currency, sum(amount) FROM ledger_entry GROUP BY 1 HAVING sum(amount) <> 0"
    ):
        yield f"All entries in {currency} together are off by {rest:f}, and should be nothing."


def transactions_are_whole() -> Iterator[str]:
    """Every transaction is sealed, has two entries or more, lines 1 to n, and balances in each currency."""
    unsealed = """
        SELECT header.number FROM ledger_transaction AS header
          LEFT JOIN ledger_seal AS seal ON seal.transaction_id = header.id
         WHERE seal.transaction_id IS NULL ORDER BY 1"""
    for (number,) in _rows(unsealed):
        yield f"Transaction {number} is not sealed: the database never found it whole."
    lines = """
        SELECT header.number, count(entry.id) FROM ledger_transaction AS header
          LEFT JOIN ledger_entry AS entry ON entry.transaction_id = header.id
         GROUP BY 1 HAVING count(entry.id) < 2 OR min(entry.line) <> 1 OR max(entry.line) <> count(entry.id)
         ORDER BY 1"""
    for number, count in _rows(lines):
        yield f"Transaction {number} has {count} entries, and they are too few or their lines have gaps."
    uneven = """
        SELECT header.number, entry.currency, sum(entry.amount) FROM ledger_entry AS entry
          JOIN ledger_transaction AS header ON header.id = entry.transaction_id
         GROUP BY 1, 2 HAVING sum(entry.amount) <> 0 ORDER BY 1, 2"""
    for number, currency, rest in _rows(uneven):
        yield f"Transaction {number} is off by {rest:f} {currency}."


def numbers_have_no_gap() -> Iterator[str]:
    """Transactions are numbered from 1 without a gap."""
    gaps = """
        SELECT number, before FROM (
          SELECT number, lag(number, 1, 0::bigint) OVER (ORDER BY number) AS before FROM ledger_transaction
        ) AS pair WHERE number <> before + 1 ORDER BY number"""
    for number, before in _rows(gaps):
        yield f"Transaction {number} comes after {before}: what was between them is missing."


def chain_holds() -> Iterator[str]:
    """Each digest, computed again from the rows, is the one on record, and names the one before it."""
    before = chain.START
    legs = _Legs()
    for row in Transaction.objects.order_by("number").iterator(chunk_size=_AT_ONCE):
        if row.previous != before:
            yield f"Transaction {row.number} does not name the digest of the one before it."
        head = chain.Head(row.number, row.key, row.date, row.kind, row.text, row.previous, row.input_hash)
        if chain.digest(head, legs.of(row.number)) != row.digest:
            yield f"Transaction {row.number} ({row.key}) was changed after posting: its digest does not fit."
        before = row.digest


def accounts_stay_on_their_side() -> Iterator[str]:
    """No rights account is overdrawn: nobody is paid more than was credited, the bank never owes."""
    for line in trial_balance():
        if line.money != accounts.RIGHTS or accounts.family_of(line.code) in accounts.EITHER_SIDE:
            continue
        if line.kind == accounts.LIABILITY and line.balance > 0:
            yield f"{line.code} gave out {decimal_of(line.balance)} {line.currency} more than was credited."
        if line.kind == accounts.ASSET and line.balance < 0:
            yield f"{line.code} is overdrawn by {decimal_of(-line.balance)} {line.currency}."


def moneys_are_apart() -> Iterator[str]:
    """Rights money and the society's own stay apart (EU 2014/26 art. 11 §4).

    Only kinds in ``CROSSING`` move money between them, and what is owed to rightsholders is always covered by
    what is held for them.
    """
    mixed = """
        SELECT header.number, header.kind, entry.currency, sum(entry.amount) FROM ledger_entry AS entry
          JOIN ledger_transaction AS header ON header.id = entry.transaction_id
          JOIN ledger_account AS account ON account.id = entry.account_id
         WHERE account.money = 'rights' AND NOT header.kind = ANY(%s)
         GROUP BY 1, 2, 3 HAVING sum(entry.amount) <> 0 ORDER BY 1, 3"""
    for number, kind, currency, rest in _rows(mixed, sorted(CROSSING)):
        yield (
            f"Transaction {number}, of kind {kind}, moves {rest:f} {currency} between rights money "
            "and the society's own."
        )
    short = """
        SELECT entry.currency, -sum(entry.amount) FROM ledger_entry AS entry
          JOIN ledger_account AS account ON account.id = entry.account_id
         WHERE account.money = 'rights' GROUP BY 1 HAVING sum(entry.amount) < 0 ORDER BY 1"""
    for currency, rest in _rows(short):
        yield f"Rightsholders are owed {rest:f} {currency} more than is held for them."


CHECKS: list[Callable[[], Iterator[str]]] = [
    currencies_even_out,
    transactions_are_whole,
    numbers_have_no_gap,
    chain_holds,
    accounts_stay_on_their_side,
    moneys_are_apart,
]


class _Legs:
    """All entries in the order of the chain, streamed; ``of`` hands out those of the next transaction."""

    def __init__(self) -> None:
        columns = ("transaction__number", "line", "account__code", "currency", "amount")
        rows = Entry.objects.order_by("transaction__number", "line").values_list(*columns)
        self._rows = rows.iterator(chunk_size=_AT_ONCE)
        self._next = next(self._rows, None)

    def of(self, number: int) -> Iterator[chain.Leg]:
        """The legs of this transaction. Take them all before asking for a later one."""
        while self._next is not None and self._next[0] <= number:
            at, line, code, currency, amount = self._next
            self._next = next(self._rows, None)
            if at == number:
                yield chain.Leg(line, code, currency, decimal_of(amount))


def _rows(query: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as run:
        run.execute(query, list(values))
        return list(run.fetchall())

"""The only reads of other rooms. Amounts are quanta; a debit is positive, a credit negative.

A balance is always the sum of the entries: nothing is stored that could drift from them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet, Sum

from quire.society.kit import ids
from quire.society.kit.nouns import one
from quire.society.kit.paging import BadPage, Filter, Listing, Sort
from quire.society.ledger import chain
from quire.society.ledger.models import Account, Entry, Transaction

_AT_ONCE = 5000
"""Transactions that are asked for by one query."""


@dataclass(frozen=True, slots=True)
class TrialLine:
    """An account in one currency: all its debits, all its credits (both ≥ 0), and debits less credits."""

    code: str
    kind: str
    money: str
    currency: str
    debit: int
    credit: int
    balance: int


@dataclass(frozen=True, slots=True)
class TransactionView:
    """A transaction without its entries."""

    tid: str
    number: int
    key: str
    date: date
    at: datetime
    kind: str
    text: str
    previous: str
    digest: str


@dataclass(frozen=True, slots=True)
class EntryView:
    """One side of a transaction, ``amount`` in quanta."""

    line: int
    account: str
    currency: str
    amount: int


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """An entry of one account, and the account's balance in that currency after it."""

    number: int
    date: date
    kind: str
    text: str
    currency: str
    amount: int
    balance: int


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An entry of one account, with what its transaction says; ``amount`` in quanta."""

    number: int
    date: date
    kind: str
    text: str
    currency: str
    amount: int


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: how many transactions there are, and the last digest."""

    number: int
    digest: str


def balance(code: str, currency: str, on: date | None = None) -> int:
    """Quanta on the account at the end of the day ``on`` (now, if left out); zero if it was never used."""
    rows = _until(on).filter(account__code=code, currency=currency)
    return int(rows.aggregate(total=Sum("amount"))["total"] or 0)


def balances(prefix: str, currency: str | None = None, on: date | None = None) -> dict[tuple[str, str], int]:
    """Quanta by (account, currency) for the account ``prefix`` and all below it; no currency: all of them.

    ``rights:payable`` is every payee. Accounts that are even are in it with zero; unused ones are not.
    """
    rows = _below(_until(on), prefix)
    if currency is not None:
        rows = rows.filter(currency=currency)
    sums = rows.values_list("account__code", "currency").annotate(total=Sum("amount"))
    return {(code, unit): total for code, unit, total in sums.order_by("account__code", "currency")}


def trial_balance(on: date | None = None, until_number: int | None = None) -> list[TrialLine]:
    """Every account in every currency it was used in, by code; the balances of a currency sum to zero.

    ``until_number`` leaves out what was posted after that transaction, whatever its date.
    """
    rows = _until(on)
    if until_number is not None:
        rows = rows.filter(transaction__number__lte=until_number)
    sums = rows.values_list("account__code", "account__kind", "account__money", "currency").annotate(
        debit=Sum("amount", filter=Q(amount__gt=0)), credit=Sum("amount", filter=Q(amount__lt=0))
    )
    return [
        TrialLine(code, kind, money, currency, debit or 0, -(credit or 0), (debit or 0) + (credit or 0))
        for code, kind, money, currency, debit, credit in sums.order_by("account__code", "currency")
    ]


def transactions(after_number: int = 0, limit: int = 100) -> list[TransactionView]:
    """The next ``limit`` transactions after this number, in order."""
    rows = Transaction.objects.filter(number__gt=after_number).order_by("number")[:limit]
    return [_view(row) for row in rows]


def transaction(which: str | int) -> TransactionView:
    """One transaction by its number, its id (``txn_…``) or its key; Unknown where there is none."""
    return _view(_find(which))


def posted(key: str) -> TransactionView | None:
    """The transaction with this key, if it has been posted."""
    row = Transaction.objects.filter(key=key).first()
    return _view(row) if row else None


def entries_of(which: Transaction | TransactionView | str | int) -> list[EntryView]:
    """The entries of a transaction, by line."""
    number = _find(which).number if isinstance(which, str | int) else which.number
    rows = Entry.objects.filter(transaction__number=number).order_by("line")
    return [EntryView(*row) for row in rows.values_list("line", "account__code", "currency", "amount")]


def entries_of_each(wanted: Iterable[UUID]) -> dict[UUID, list[EntryView]]:
    """The entries of several transactions, by the transactions' own ids (not TypeIDs); each by line."""
    found: dict[UUID, list[EntryView]] = {}
    names = ("transaction_id", "line", "account__code", "currency", "amount")
    several = iter(set(wanted))
    while some := list(islice(several, _AT_ONCE)):
        rows = Entry.objects.filter(transaction__in=some).order_by("line").values_list(*names)
        for transaction, *entry in rows:
            found.setdefault(transaction, []).append(EntryView(*entry))
    return found


def moved(prefix: str, kind: str) -> dict[tuple[str, str], int]:
    """Quanta by (account, currency) that transactions of one kind put on the account ``prefix`` and all below
    it; a credit is negative."""
    rows = _below(Entry.objects.filter(transaction__kind=kind), prefix)
    sums = rows.order_by().values_list("account__code", "currency").annotate(total=Sum("amount"))
    return {(code, unit): total for code, unit, total in sums}


def history(code: str, currency: str | None = None) -> list[HistoryLine]:
    """Every entry of the account in the order of posting, with its running balance; Unknown: no such one."""
    one(Account.objects.filter(code=code), f"There is no account {code}.")
    rows = Entry.objects.filter(account__code=code).order_by("transaction__number", "line")
    if currency is not None:
        rows = rows.filter(currency=currency)
    return list(_running(rows))


def head() -> Head:
    """The end of the chain; number 0 and 64 zeros while there is nothing."""
    last = Transaction.objects.order_by("-number").values_list("number", "digest").first()
    return Head(*last) if last else Head(0, chain.START)


def last_is_sealed() -> bool:
    """Whether the database has found the last transaction whole, or there is none."""
    with connection.cursor() as run:
        run.execute(
            "SELECT seal.transaction_id IS NOT NULL FROM ledger_transaction AS header "
            "LEFT JOIN ledger_seal AS seal ON seal.transaction_id = header.id "
            "ORDER BY header.number DESC LIMIT 1"
        )
        last = run.fetchone()
    return last is None or bool(last[0])


def ledger_list() -> Listing[TransactionView]:
    """Every transaction, the newest first; found by words of its text, its key or its kind."""
    kinds = Transaction.objects.order_by("kind").values_list("kind", flat=True).distinct()
    return Listing(
        Transaction.objects.all(),
        lambda rows: map(_view, rows),
        {"number": Sort("number", descending=True), "date": Sort("date")},
        {
            "kind": Filter(
                "Kind", {kind: kind.replace("-", " ") for kind in kinds}, lambda kind: Q(kind=kind)
            ),
            "since": Filter("Since (YYYY-MM-DD)", {}, lambda day: Q(date__gte=_day(day))),
            "until": Filter("Until", {}, lambda day: Q(date__lte=_day(day))),
        },
        lambda words: Q(text__icontains=words) | Q(key__icontains=words) | Q(digest__startswith=words),
    )


def account_list(code: str) -> Listing[AccountLine]:
    """Every entry of an account, the newest first; Unknown: no such account."""
    account = one(Account.objects.filter(code=code), f"There is no account {code[:80]}.")
    return Listing(
        Entry.objects.filter(account=account).select_related("transaction"),
        lambda rows: map(_account_line, rows),
        {"number": Sort("transaction__number", descending=True)},
        search=lambda words: Q(transaction__text__icontains=words),
    )


def _account_line(row: Entry) -> AccountLine:
    header = row.transaction
    return AccountLine(header.number, header.date, header.kind, header.text, row.currency, row.amount)


def _day(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError as problem:
        raise BadPage("A day is written 2026-01-31.") from problem


def _until(on: date | None) -> QuerySet[Any]:
    return Entry.objects.all() if on is None else Entry.objects.filter(transaction__date__lte=on)


def _below(rows: QuerySet[Any], prefix: str) -> QuerySet[Any]:
    """Those on the account ``prefix`` and all below it."""
    return rows.filter(Q(account__code=prefix) | Q(account__code__startswith=prefix.rstrip(":") + ":"))


def _running(rows: QuerySet[Any]) -> Iterator[HistoryLine]:
    sums: dict[str, int] = defaultdict(int)
    columns = ("transaction__number", "transaction__date", "transaction__kind", "transaction__text")
    for number, day, kind, text, unit, amount in rows.values_list(*columns, "currency", "amount"):
        sums[unit] += amount
        yield HistoryLine(number, day, kind, text, unit, amount, sums[unit])


def _find(which: str | int) -> Transaction:
    if isinstance(which, int):
        rows = Transaction.objects.filter(number=which)
    elif which.startswith("txn_"):
        rows = Transaction.objects.filter(id=ids.read("txn", which))
    else:
        rows = Transaction.objects.filter(key=which)
    found: Transaction = one(rows, f"There is no transaction {which}; give its number, its id or its key.")
    return found


def _view(row: Transaction) -> TransactionView:
    return TransactionView(
        row.tid, row.number, row.key, row.date, row.at, row.kind, row.text, row.previous, row.digest
    )

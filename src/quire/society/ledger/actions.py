"""The only writes: open an account, post a transaction."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction

from quire.core.currencies import minor_digits
from quire.core.money import decimal_of
from quire.society.kit import acts, clock, ids, locks
from quire.society.ledger import accounts, chain
from quire.society.ledger.errors import (
    AccountDiffers,
    BadAccount,
    BadEntry,
    BadHeader,
    KeyReused,
    MoneyMixed,
    TooFewEntries,
    Unbalanced,
)
from quire.society.ledger.models import Account, Transaction

CROSSING = frozenset({"administration", "distribution"})
"""The kinds of transaction in which rights money may become the society's own, or be given back: a run's
deduction leaves a pot, and the bank moves what was deducted. In any other, each side balances by itself."""

TOO_MUCH = 10**38
"""Quanta beyond what NUMERIC(38,12) holds."""


@dataclass(frozen=True, slots=True)
class EntryIn:
    """One side of a movement: ``amount`` quanta of ``currency``, a debit positive, a credit negative."""

    account: str
    currency: str
    amount: int


@dataclass(frozen=True, slots=True)
class Posted:
    """The transaction on record; ``fresh`` says whether this call wrote it."""

    transaction: Transaction
    fresh: bool


def open_account(
    *, code: str, kind: str | None = None, money: str | None = None, by: AbstractBaseUser | None
) -> Account:
    """The account of this code, opened if it is not there yet.

    ``kind`` may be left out for a family the ledger knows. Raises BadAccount, in this order: the code is not
    one; no kind is known; kind or money disagree with the code. AccountDiffers: it is open as another kind.
    """
    nature = _nature(accounts.checked(code), kind, money)
    with transaction.atomic():
        # In the same order as ``post``, so that the two can never wait for each other.
        locks.wait("ledger")
        if _open({code: nature}):
            acts.record("ledger.open-account", code, by=by, kind=nature.kind, money=nature.money)
        account = Account.objects.get(code=code)
        if account.kind != nature.kind:
            raise AccountDiffers(
                f"{code} is open as {account.kind}, not {nature.kind}, and accounts never change: "
                "choose another code.",
                account=code,
            )
    return account


def post(
    *,
    key: str,
    date: dt.date,
    kind: str,
    text: str,
    entries: Sequence[EntryIn],
    by: AbstractBaseUser | None,
    at: dt.datetime | None = None,
) -> Posted:
    """Book one movement, once: the same key with the same input gives back the first transaction.

    The input is key, date, kind, text and the entries in their order; ``at`` and ``by`` are not part of it.
    Nothing is merged: each entry becomes a row. Accounts of known families are opened on the way.

    Raises, in this order: BadHeader; TooFewEntries; BadEntry, BadAccount or UnknownCurrency; Unbalanced;
    MoneyMixed; KeyReused; BadAccount for an account of no known family that nobody has opened.
    """
    _check_header(key=key, date=date, kind=kind, text=text, at=at)
    _check_entries(key, entries)
    _check_balance(key, kind, entries)
    legs = [
        chain.Leg(line, entry.account, entry.currency, decimal_of(entry.amount))
        for line, entry in enumerate(entries, 1)
    ]
    asked = chain.input_hash(key=key, date=date, kind=kind, text=text, legs=legs)
    with transaction.atomic():
        locks.wait("ledger")
        if known := _known(key, asked):
            return Posted(known, fresh=False)
        places = _places({entry.account for entry in entries})
        row = _header(key=key, date=date, kind=kind, text=text, asked=asked, legs=legs, by=by, at=at)
        _copy_entries(row.id, legs, places)
        acts.record("ledger.post", row, by=by, key=key, kind=kind, number=row.number, entries=len(legs))
    return Posted(row, fresh=True)


def _nature(code: str, kind: str | None, money: str | None) -> accounts.Nature:
    family = accounts.nature_of(code)
    kind = kind or (family.kind if family else None)
    if kind not in accounts.KINDS:
        raise BadAccount(
            f"Say which kind of account {code} is: {', '.join(accounts.KINDS)}.", account=code, kind=kind
        )
    whose = accounts.money_of(code)
    if money not in (None, whose) or (family and family.kind != kind):
        is_a = f"{whose} money" + (f", and of kind {family.kind}" if family else "")
        raise BadAccount(f"By its code {code} is {is_a}; leave out what says otherwise.", account=code)
    return accounts.Nature(kind, whose)


def _check_header(*, key: str, date: dt.date, kind: str, text: str, at: dt.datetime | None) -> None:
    for name, value, longest in (("key", key, 160), ("kind", kind, 40), ("text", text, 200)):
        if (
            not value.strip()
            or len(value) > longest
            or any(ord(sign) < 32 or ord(sign) == 127 for sign in value)
        ):
            raise BadHeader(
                f"The {name} of a transaction is one line of 1 to {longest} characters, not {value[:80]!r}.",
                field=name,
            )
    if isinstance(date, dt.datetime):
        raise BadHeader("A transaction has a date; the moment goes into at.", field="date")
    if at is not None and at.tzinfo is None:
        raise BadHeader("The moment of a transaction needs its time zone.", field="at")


def _check_entries(key: str, entries: Sequence[EntryIn]) -> None:
    """Each entry by itself: a whole number of quanta that moves something, of a real currency and account."""
    if len(entries) < 2:
        raise TooFewEntries(
            f"{key} has {len(entries)} entries; name at least where the money comes from and where it goes.",
            entries=len(entries),
        )
    for line, entry in enumerate(entries, 1):
        if type(entry.amount) is not int:
            raise TypeError(f"an amount is an int of quanta, not {type(entry.amount).__name__}")
        if not 0 < abs(entry.amount) < TOO_MUCH:
            why = (
                "moves nothing; leave it out"
                if not entry.amount
                else "has more than 26 digits before the point"
            )
            raise BadEntry(
                f"Entry {line} of {key} ({entry.account}) {why}.", line=line, account=entry.account
            )
    for currency in {entry.currency for entry in entries}:
        minor_digits(currency)
    for code in {entry.account for entry in entries}:
        accounts.checked(code)


def _check_balance(key: str, kind: str, entries: Sequence[EntryIn]) -> None:
    """All together: each currency sums to zero, and within rights money too unless the kind may cross."""
    sums: dict[str, int] = defaultdict(int)
    rights: dict[str, int] = defaultdict(int)
    for entry in entries:
        sums[entry.currency] += entry.amount
        if entry.account.startswith("rights:"):
            rights[entry.currency] += entry.amount
    if wrong := _differences(sums):
        said = ", ".join(f"{amount} {currency}" for currency, amount in wrong.items())
        raise Unbalanced(
            f"{key} does not balance: debits less credits are {said}, and must be nothing.", differences=wrong
        )
    if kind not in CROSSING and (mixed := _differences(rights)):
        said = ", ".join(f"{amount} {currency}" for currency, amount in mixed.items())
        raise MoneyMixed(
            f"{key} moves {said} between the rightsholders' money and the society's own, which only a "
            f"transaction of kind {' or '.join(sorted(CROSSING))} may do; {kind} may not.",
            differences=mixed,
        )


def _differences(sums: dict[str, int]) -> dict[str, str]:
    return {currency: decimal_of(rest) for currency, rest in sorted(sums.items()) if rest}


def _known(key: str, asked: str) -> Transaction | None:
    """The transaction of this key; KeyReused where it was for another input."""
    known = Transaction.objects.filter(key=key).first()
    if known and known.input_hash != asked:
        raise KeyReused(
            f"{key} was used before for another movement, transaction {known.number} of {known.date} "
            f"({known.text}); repeat that one exactly, or use a new key.",
            key=key,
            number=known.number,
        )
    return known


def _places(codes: set[str]) -> dict[str, UUID]:
    """The ids of the accounts, those of known families opened if they are new."""
    found = _find(codes)
    if missing := codes - found.keys():
        natures = {code: accounts.nature_of(code) for code in sorted(missing)}
        strangers = [code for code, nature in natures.items() if nature is None]
        if strangers:
            raise BadAccount(
                f"There is no account {strangers[0]}, and nothing says what it is: open it first, "
                "or correct the code.",
                accounts=strangers[:20],
            )
        _open({code: nature for code, nature in natures.items() if nature})
        found |= _find(missing)
    return found


def _find(codes: set[str]) -> dict[str, UUID]:
    with connection.cursor() as run:
        run.execute("SELECT code, id FROM ledger_account WHERE code = ANY(%s)", [list(codes)])
        return dict(run.fetchall())


def _open(natures: dict[str, accounts.Nature]) -> int:
    """Insert the accounts that are not there; how many were new. One statement, however many."""
    columns = [[ids.new() for _ in natures], list(natures)]
    columns += [[nature.kind for nature in natures.values()], [nature.money for nature in natures.values()]]
    with connection.cursor() as run:
        run.execute(
            "INSERT INTO ledger_account (id, code, kind, money) "
            "SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[]) "
            "ON CONFLICT (code) DO NOTHING",
            columns,
        )
        return int(run.rowcount)


def _header(
    *,
    key: str,
    date: dt.date,
    kind: str,
    text: str,
    asked: str,
    legs: list[chain.Leg],
    by: AbstractBaseUser | None,
    at: dt.datetime | None,
) -> Transaction:
    """The next link of the chain. Call it while holding the ledger's lock."""
    last = Transaction.objects.order_by("-number").values_list("number", "digest").first()
    number, previous = (last[0] + 1, last[1]) if last else (1, chain.START)
    head = chain.Head(number, key, date, kind, text, previous, asked)
    return Transaction.objects.create(
        number=number,
        key=key,
        input_hash=asked,
        date=date,
        at=at or clock.now(),
        by=by,
        kind=kind,
        text=text,
        previous=previous,
        digest=chain.digest(head, legs),
    )


def _copy_entries(transaction_id: UUID, legs: list[chain.Leg], places: dict[str, UUID]) -> None:
    """COPY, because a distribution may have a hundred thousand entries."""
    columns = "COPY ledger_entry (id, transaction_id, line, account_id, currency, amount) FROM STDIN"
    with connection.wrap_database_errors, connection.cursor() as run, run.copy(columns) as copy:
        for row in _rows(str(transaction_id), legs, places):
            copy.write_row(row)


def _rows(
    transaction_id: str, legs: list[chain.Leg], places: dict[str, UUID]
) -> Iterator[tuple[object, ...]]:
    known = {code: str(place) for code, place in places.items()}
    for leg in legs:
        yield str(ids.new()), transaction_id, leg.line, known[leg.account], leg.currency, leg.amount

"""Record who stands in a party's place, and move there what the party had: its balance, and what was held
while nobody knew who succeeds it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from quire.core.chains import Chains, ChainWrong, check
from quire.core.money import decimal_of
from quire.society.distribution.errors import CircleOfRights
from quire.society.distribution.models import Line, Passing
from quire.society.kit import acts, clock, ids, locks
from quire.society.ledger import accounts
from quire.society.ledger import actions as ledger
from quire.society.ledger import queries as books
from quire.society.parties import actions as parties_actions
from quire.society.parties import queries as parties
from quire.society.parties.models import Party
from quire.society.parties.queries import SuccessionRow
from quire.society.repertoire import queries as repertoire

LOCK = "distribution:holds"
"""Held by whoever posts a run, releases a hold or moves a balance, so that no line is released twice."""

PAYABLE = "rights:payable"


def succeed(
    *,
    party: parties.Ref,
    starts: date,
    kind: str,
    takers: Mapping[str, Fraction] | None = None,
    unclear: str = "",
    by: Any,
) -> SuccessionRow:
    """``takers`` (code to share) stand in the party's place from ``starts``, or ``unclear`` says why nobody
    knows who does. Whoever dies, merges or is dissolved leaves its balance to them at once; what was held
    while it was unclear goes to them once it is clear.

    Raises what ``parties.actions.record_succession`` raises, then CircleOfRights where agreements on record
    would bring what the successors get back to the party.
    """
    with transaction.atomic():
        locks.wait(LOCK)
        made = parties_actions.record_succession(
            party=party, starts=starts, kind=kind, takers=takers, unclear=unclear, by=by
        )
        _must_not_come_back()
        carry_over(by=by)
    return next(row for row in parties.successions(all_=True) if row.id == made.id)


def _must_not_come_back() -> None:
    found = [*repertoire.agreements(), *parties.successions()]
    try:
        check([one.told for one in found])
    except ChainWrong as problem:
        named = problem.data.get("agreements", ())
        codes = ", ".join(sorted(one.code for one in found if one.tid in named))
        raise CircleOfRights(
            f"With this succession and the agreements on record, money would come back to where it began: "
            f"see {codes}. End the agreement first.",
            agreements=list(named),
        ) from problem


def carry_over(*, by: Any) -> int:
    """Move every balance of a party that is no more to those who stand in its place, and release to them
    what was held while that was unclear. Returns how many balances were moved.

    Call it inside a transaction. What is where it belongs stays: again does nothing.
    """
    locks.wait(LOCK)
    rows, owed = parties.successions(), _owed()
    held = set(_held().order_by().values_list("party_id", "pot__currency").distinct())
    moved = 0
    for row in rows:
        mine = accounts.payable(row.party_tid)
        there = {currency for code, currency in owed if code == mine and row.universal}
        there |= {currency for party, currency in held if party == row.party}
        for currency in sorted(there) if row.takers else ():
            _settle(row, currency, rows, owed.get((mine, currency), 0) if row.universal else 0, by)
            moved += 1
    return moved


def _owed() -> dict[tuple[str, str], int]:
    """Account and currency to quanta owed, of every payee's balance that is above zero."""
    return {place: -amount for place, amount in books.balances(PAYABLE).items() if amount < 0}


def _held() -> QuerySet[Line]:
    """Posted lines held under a party's name while it was unclear who succeeds it, and for no hold."""
    return Line.objects.filter(
        run__state__in=["posted", "closed"],
        outcome="held",
        hold=None,
        party__isnull=False,
        release=None,
        detail__has_key="via",
    )


def _settle(row: SuccessionRow, currency: str, rows: Sequence[SuccessionRow], balance: int, by: Any) -> None:
    """Move what the party has in one currency: its balance, and what was held."""
    lines = dict(
        _held()
        .filter(party=row.party, pot__currency=currency)
        .order_by("run_id", "number")
        .values_list("id", "amount")
    )
    held = sum(lines.values())
    parts = _parts(row, rows, held + balance)
    passings = [
        Passing(
            succession_id=row.id, giver_id=row.party, taker_id=taker, currency=currency, amount=amount,
            passed_on=clock.today(),
        )
        for taker, amount in parts.items()
    ]  # fmt: skip
    entries = [*_out(row, currency, held, balance), *_in(parts, currency)]
    if entries:
        ledger.post(
            key=f"succession:{passings[0].tid}",
            date=clock.today(),
            kind="succession",
            text=f"To those who stand in the place of {row.code}"[:200],
            entries=entries,
            by=by,
        )
    Passing.objects.bulk_create(passings)
    _release(lines)
    acts.record(
        "distribution.pass-on", row.party_tid, by=by, succession=row.tid, currency=currency,
        amount=decimal_of(held + balance), lines=len(lines),
    )  # fmt: skip


def _parts(row: SuccessionRow, rows: Iterable[SuccessionRow], amount: int) -> dict[UUID, int]:
    """Who gets how much of it in the end; parts of nothing are left out."""
    told = parties.moving(rows, first=[row])
    names = parties.names()
    order = {one.tid: place for place, one in enumerate(names.values())}
    by_place = list(names)
    chain = Chains(told, order)
    found: dict[UUID, int] = {}
    for link in chain.pass_on(amount, order[row.party_tid], None, "", clock.today(), "owner"):
        assert link.party is not None
        if link.amount:
            taker = by_place[link.party]
            found[taker] = found.get(taker, 0) + link.amount
    return found


def _out(row: SuccessionRow, currency: str, held: int, balance: int) -> Iterator[ledger.EntryIn]:
    for account, amount in (
        (accounts.held(row.party_tid), held),
        (accounts.payable(row.party_tid), balance),
    ):
        if amount:
            yield ledger.EntryIn(account, currency, amount)


def _in(parts: Mapping[UUID, int], currency: str) -> Iterator[ledger.EntryIn]:
    for taker, amount in parts.items():
        yield ledger.EntryIn(accounts.payable(ids.show(Party.prefix, taker)), currency, -amount)


def _release(lines: Iterable[UUID]) -> None:
    """COPY, because years may pass until it is clear who succeeds."""
    columns = "COPY distribution_release (id, line_id, released_on) FROM STDIN"
    with connection.wrap_database_errors, connection.cursor() as sql, sql.copy(columns) as copy:
        for line in lines:
            copy.write_row((ids.new(), line, clock.today()))

"""Record who stands in a party's place, and move there what the party had: its balance, and what was held
while nobody knew who succeeds it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Coalesce

from quire.core import depth
from quire.core.allocation import allocate
from quire.core.chains import MOST_DEEP, Chains, ChainWrong, Link, check
from quire.core.money import decimal_of
from quire.society.distribution.errors import CircleOfRights, TooDeep
from quire.society.distribution.models import AwardPart, AwardRelease, Hold, Line, Passing
from quire.society.kit import acts, clock, ids, locks
from quire.society.ledger import accounts
from quire.society.ledger import actions as ledger
from quire.society.ledger import queries as books
from quire.society.parties import actions as parties_actions
from quire.society.parties import queries as parties
from quire.society.parties.models import Party
from quire.society.parties.queries import SuccessionRow
from quire.society.repertoire import actions as repertoire_actions
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
    would bring what the successors get back to the party, and TooDeep where an amount would go through more
    of them than a line can tell.
    """
    with transaction.atomic():
        locks.wait(LOCK)
        repertoire_actions.stand_still()
        made = parties_actions.record_succession(
            party=party, starts=starts, kind=kind, takers=takers, unclear=unclear, by=by
        )
        _must_come_to_an_end(made.tid)
        carry_over(by=by)
    return next(row for row in parties.successions(all_=True) if row.id == made.id)


def _must_come_to_an_end(new: str) -> None:
    """With what is new, nothing comes back to where it began, nor goes on for longer than can be told."""
    found = [*repertoire.agreements(), *parties.successions()]
    told = [one.told for one in found]
    try:
        check(told)
    except ChainWrong as problem:
        named = problem.data.get("agreements", ())
        codes = ", ".join(sorted(one.code for one in found if one.tid in named))
        raise CircleOfRights(
            f"With this succession and the agreements on record, money would come back to where it began: "
            f"see {codes}. End the agreement first.",
            agreements=list(named),
        ) from problem
    way = depth.too_long(told)
    if new in way:
        raise TooDeep(
            f"With this succession an amount would go through {len(way):,} agreements and successions; a "
            f"line names {MOST_DEEP:,} at most. End some of the agreements first.",
            agreements=[way[0], way[-1]],
        )


def stand_still() -> None:
    """Until this transaction ends no balance goes to those who stand in a party's place: for whoever pays."""
    locks.wait(LOCK)


def carry_over(*, by: Any) -> int:
    """Move every balance of a party that is no more to those who stand in its place, and release to them
    what was held while that was unclear. Returns how many balances were moved.

    Call it inside a transaction. What is where it belongs stays: again does nothing.
    """
    locks.wait(LOCK)
    rows, owed, lines = parties.successions(), _owed(), _held()
    awarded = AwardPart.objects.filter(waiting=True, release=None)
    held = set(lines.order_by().values_list("party_id", "pot__currency").distinct())
    held |= set(awarded.order_by().values_list("party_id", "pot__currency").distinct())
    moved = 0
    for row in rows:
        mine = accounts.payable(row.party_tid)
        there = {currency for code, currency in owed if code == mine and row.universal}
        there |= {currency for party, currency in held if party == row.party}
        for currency in sorted(there) if row.takers else ():
            balance = owed.get((mine, currency), 0) if row.universal else 0
            waiting = _Kept.of(lines, row.party, currency) + _Kept.of_awards(awarded, row.party, currency)
            moved += _settle(row, currency, rows, waiting, balance, by)
    return moved


def _owed() -> dict[tuple[str, str], int]:
    """Account and currency to quanta owed, of every payee's balance that is above zero."""
    return {place: -amount for place, amount in books.balances(PAYABLE).items() if amount < 0}


def _held() -> QuerySet[Line]:
    """Posted lines held under a party's name while it was unclear who succeeds it, and for no hold that still
    stands."""
    standing = Hold.objects.filter(released_on=None)
    whole = standing.filter(work=None).values("party")
    works = [hold.work.tid for hold in standing.filter(party=None).select_related("work")]
    disputed = standing.filter(work__isnull=False, party__isnull=False).values("id")
    found: QuerySet[Line] = (
        unclear(Line.objects.filter(run__state__in=["posted", "closed"], outcome="held", release=None))
        .alias(earned_by=Coalesce(KeyTextTransform("subject", "detail"), Value(""), output_field=TextField()))
        .exclude(Q(hold__isnull=False) & (Q(party__in=whole) | Q(earned_by__in=works) | Q(hold__in=disputed)))
    )
    return found


def unclear(lines: QuerySet[Line]) -> QuerySet[Line]:
    """Those of the lines that are held because it is not clear who succeeds their party, whatever hold they
    are under as well: they go to whoever does, and not to the party."""
    names = [row.tid for row in parties.successions(all_=True) if row.unclear]
    last = KeyTextTransform("-1", KeyTransform("via", "detail"))
    return lines.filter(party__isnull=False).alias(last=last).filter(last__in=names)


class _Kept(NamedTuple):
    """A line that was held, or a part of an ``award`` that waits, as far as following it needs it: its days,
    or without them the last day before ``ends``."""

    id: UUID
    amount: int
    subject: str | None
    use: str | None
    day: str | None
    until: str | None
    role: str | None
    ends: date
    award: bool = False

    @classmethod
    def of(cls, held: QuerySet[Line], party: UUID, currency: str) -> list[_Kept]:
        """A party's lines in one currency among those that are held."""
        told = [KeyTextTransform(name, "detail") for name in ("subject", "use", "from", "until", "role")]
        rows = held.filter(party=party, pot__currency=currency).order_by("run_id", "number")
        return [cls(*row) for row in rows.values_list("id", "amount", *told, "run__ends")]

    @classmethod
    def of_awards(cls, awarded: QuerySet[AwardPart], party: UUID, currency: str) -> list[_Kept]:
        """What waits of awards to the party, in one currency."""
        return [
            cls(
                one.id, one.amount, one.subject or None, one.use, one.starts.isoformat(),
                one.ends.isoformat(), one.role, one.ends, award=True,
            )
            for one in awarded.filter(party=party, pot__currency=currency).order_by("id")
        ]  # fmt: skip


def _settle(
    row: SuccessionRow,
    currency: str,
    rows: Sequence[SuccessionRow],
    waiting: Sequence[_Kept],
    balance: int,
    by: Any,
) -> bool:
    """Move what the party has in one currency: its balance, and what was held. Whether there was anything."""
    if not waiting and not balance:
        return False
    going = _Going(row, rows)
    lines = [line for line in waiting if going.line(line)]
    if balance:
        going.balance(balance)
    if not lines and not balance:
        return False
    held, parts = sum(line.amount for line in lines), going.parts
    passings = [
        Passing(
            succession_id=row.id, giver_id=row.party, taker_id=taker, currency=currency, amount=amount,
            passed_on=clock.today(),
        )
        for taker, amount in parts.items()
        if amount and taker != row.party
    ]  # fmt: skip
    if entries := [*_out(row, currency, held, balance), *_in(parts, currency)]:
        ledger.post(
            key=f"succession:{ids.show('psg', ids.new())}",
            date=clock.today(),
            kind="succession",
            text=f"To those who stand in the place of {row.code}"[:200],
            entries=entries,
            by=by,
        )
    Passing.objects.bulk_create(passings)
    _release(line.id for line in lines if not line.award)
    AwardRelease.objects.bulk_create(
        AwardRelease(part_id=line.id, released_on=clock.today()) for line in lines if line.award
    )
    acts.record(
        "distribution.pass-on", row.party_tid, by=by, succession=row.tid, currency=currency,
        amount=decimal_of(held + balance), lines=len(lines),
    )  # fmt: skip
    return True


class _Going:
    """Who gets what a party has left, in the end; ``parts`` adds it up by party.

    What was held goes as it would have gone, had it been clear: by the works it was for and its days, each as
    much as any other of them, on from each successor to whoever succeeds it or takes from it by an agreement.
    A balance, in which works are no longer told apart, goes to successors alone, and only by what takes
    everything.
    """

    def __init__(self, row: SuccessionRow, rows: Sequence[SuccessionRow]) -> None:
        names = parties.names()
        self.row, self.by_place = row, list(names)
        self.order = {one.tid: place for place, one in enumerate(names.values())}
        self.parts: dict[UUID, int] = {}
        agreed = [one.told for one in repertoire.agreements() if one.told.giver != row.party_tid]
        told = [*agreed, *(one.told for one in rows)]
        self.dates = {day for one in told for day in (one.starts, one.ends) if day is not None}
        self.all = Chains(told, self.order)
        self.universal = Chains(parties.moving(rows, first=[row]), self.order)

    def line(self, line: _Kept) -> bool:
        """Follow a line that was held. False where a part of it would come to nobody who is known, or by more
        agreements than can be told: then all of it stays held."""
        try:
            links = [
                link
                for day, amount in self._by_days(line)
                for link in self._follow(
                    self.all, amount, line.subject, line.use or "", day, line.role or "owner"
                )
            ]
        except ChainWrong:
            return False
        if any(link.party is None or link.unclear for link in links):
            return False
        self._add(links)
        return True

    def _by_days(self, line: _Kept) -> list[tuple[date, int]]:
        """A line's amount by the days that it goes different ways on, each by its first day: a sale may turn
        out to lie between two days of a segment, which was one as long as it was unclear."""
        if not line.day or not line.until:
            last = line.ends - timedelta(days=1)
            return [(date.fromisoformat(line.day) if line.day else last, line.amount)]
        starts, ends = date.fromisoformat(line.day), date.fromisoformat(line.until)
        days: dict[date, int] = {}
        ways: dict[date, Any] = {}
        for first, last in pairwise([starts, *sorted(d for d in self.dates if starts < d < ends), ends]):
            way = self._follow(self.all, 0, line.subject, line.use or "", first, line.role or "owner")
            told = [(link.party, link.role, link.part, link.via) for link in way]
            since = next((day for day, known in ways.items() if known == told), first)
            ways[since] = told
            days[since] = days.get(since, 0) + (last - first).days
        return list(allocate(line.amount, days).items())

    def balance(self, amount: int) -> None:
        """Follow a balance. Where it is unclear who succeeds, it waits as that party's balance."""
        self._add(self._follow(self.universal, amount, None, "", clock.today(), "owner"))

    def _follow(
        self, chains: Chains, amount: int, subject: str | None, use: str, day: date, role: str
    ) -> list[Link]:
        return chains.pass_on(amount, self.order[self.row.party_tid], subject, use, day, role)

    def _add(self, links: Iterable[Link]) -> None:
        for link in links:
            assert link.party is not None
            taker = self.by_place[link.party]
            self.parts[taker] = self.parts.get(taker, 0) + link.amount


def _out(row: SuccessionRow, currency: str, held: int, balance: int) -> Iterator[ledger.EntryIn]:
    for account, amount in (
        (accounts.held(row.party_tid), held),
        (accounts.payable(row.party_tid), balance),
    ):
        if amount:
            yield ledger.EntryIn(account, currency, amount)


def _in(parts: Mapping[UUID, int], currency: str) -> Iterator[ledger.EntryIn]:
    for taker, amount in parts.items():
        if not amount:
            continue
        yield ledger.EntryIn(accounts.payable(ids.show(Party.prefix, taker)), currency, -amount)


def _release(lines: Iterable[UUID]) -> None:
    """COPY, because years may pass until it is clear who succeeds."""
    columns = "COPY distribution_release (id, line_id, released_on) FROM STDIN"
    with connection.wrap_database_errors, connection.cursor() as sql, sql.copy(columns) as copy:
        for line in lines:
            copy.write_row((ids.new(), line, clock.today()))

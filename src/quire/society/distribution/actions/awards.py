"""Give lines that were held or unclaimed to others than their own party, whole and once.

The books move each line's amount from where it is kept to whoever the parts name; ``credited`` counts the
parts as theirs. Does not own who gets what: that is for the end of a dispute, a match or a disposal to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models.fields.json import KeyTextTransform

from quire.core.money import decimal_of
from quire.society.distribution.actions.succession import LOCK, carry_over
from quire.society.distribution.errors import AlreadyGiven, DoesNotAdd
from quire.society.distribution.models import Award, AwardPart, Line
from quire.society.kit import acts, clock, ids, locks
from quire.society.ledger import accounts
from quire.society.ledger import actions as ledger

KINDS = ("dispute", "match", "disposal", "late")


class Days(NamedTuple):
    """What a held amount was earned by: a work or site, a use, on which days."""

    starts: date
    ends: date
    subject: str = ""
    use: str = ""


class Part(NamedTuple):
    """What of a pot's lines goes to a party, as what; or, without one, into a fund (``fund:NAME``). With the
    days that it is of it waits under the party's name, as nobody knows who succeeds the party on them."""

    pot: UUID
    currency: str
    party: UUID | None
    amount: int
    role: str = ""
    to: str = ""
    waits: Days | None = None


class _Kept(NamedTuple):
    """A line as far as giving it away needs it."""

    id: UUID
    pot: UUID
    currency: str
    amount: int
    account: str


def give(lines: Iterable[UUID], parts: Sequence[Part], *, kind: str, text: str, by: Any) -> Award:
    """Give these lines of posted runs away by these parts; balances of who is no more are passed on.

    Raises AlreadyGiven where a line is gone, or never was to be given; DoesNotAdd where the parts of a pot
    are not the sum of its lines. Nothing is kept then.
    """
    with transaction.atomic():
        locks.wait(LOCK)
        found = _kept(sorted(lines))
        award = record(found, parts, kind=kind, text=text, by=by)
        carry_over(by=by)
    return award


def record(found: Sequence[_Kept], parts: Sequence[Part], *, kind: str, text: str, by: Any) -> Award:
    """Write an award of lines that nobody else can take now. Call it with ``LOCK``, inside a transaction."""
    assert kind in KINDS
    parts = [one for one in parts if one.amount]
    _must_add(found, parts)
    award = Award.objects.create(kind=kind, text=text[:200], on=clock.today())
    AwardPart.objects.bulk_create(
        AwardPart(
            award=award,
            pot_id=one.pot,
            party_id=one.party,
            role=one.role,
            to=one.to,
            amount=one.amount,
            **({"waiting": True, **one.waits._asdict()} if one.waits else {}),
        )
        for one in parts
    )
    _release(found, award)
    if entries := list(_entries(found, parts)):
        ledger.post(
            key=f"award:{award.tid}", date=award.on, kind="award", text=award.text, entries=entries, by=by
        )
    acts.record("distribution.award", award, by=by, kind=kind, text=award.text, lines=len(found))
    return award


def _kept(lines: Sequence[UUID]) -> list[_Kept]:
    """The lines, each still there to be given; or AlreadyGiven."""
    rows = Line.objects.filter(
        id__in=lines, release=None, run__state__in=["posted", "closed"], outcome__in=["held", "unclaimed"]
    ).order_by("run_id", "number")
    found = [kept(*row) for row in rows.values_list(*COLUMNS)]
    if len(found) < len(set(lines)):
        raise AlreadyGiven(
            f"{len(set(lines)) - len(found)} of the lines are gone: matched, released or disposed of by "
            "somebody else meanwhile. Look again."
        )
    return found


COLUMNS = (
    "id", "pot_id", "pot__currency", "amount", "outcome", "party_id", KeyTextTransform("role", "detail")
)  # fmt: skip


def kept(
    line: UUID, pot: UUID, currency: str, amount: int, outcome: str, party: UUID | None, role: str | None
) -> _Kept:
    """A line from its ``COLUMNS``."""
    account = accounts.kept(outcome, party and ids.show("pty", party), ids.show("pot", pot), role or "")
    return _Kept(line, pot, currency, amount, account)


def _must_add(found: Iterable[_Kept], parts: Iterable[Part]) -> None:
    left: dict[UUID, int] = {}
    for line in found:
        left[line.pot] = left.get(line.pot, 0) + line.amount
    for part in parts:
        left[part.pot] = left.get(part.pot, 0) - part.amount
    for pot, rest in left.items():
        if rest:
            raise DoesNotAdd(f"{decimal_of(rest)} of {ids.show('pot', pot)} would be left; nothing was kept.")


def _entries(found: Iterable[_Kept], parts: Iterable[Part]) -> Iterator[ledger.EntryIn]:
    sums: dict[tuple[str, str], int] = {}
    for line in found:
        sums[line.account, line.currency] = sums.get((line.account, line.currency), 0) + line.amount
    for part in parts:
        code = _account(part)
        sums[code, part.currency] = sums.get((code, part.currency), 0) - part.amount
    for (code, currency), amount in sorted(sums.items()):
        if amount:
            yield ledger.EntryIn(code, currency, amount)


def _account(part: Part) -> str:
    if part.party is None:
        return _fund(part.to)
    name = ids.show("pty", part.party)
    return accounts.held(name) if part.waits else accounts.payable(name)


def _fund(to: str) -> str:
    return accounts.fund(to.removeprefix("fund:"))


def _release(found: Iterable[_Kept], award: Award) -> None:
    """COPY, because a disposal may be of a million lines."""
    columns = "COPY distribution_release (id, line_id, released_on, award_id) FROM STDIN"
    with connection.wrap_database_errors, connection.cursor() as sql, sql.copy(columns) as copy:
        for line in found:
            copy.write_row((ids.new(), line.id, award.on, award.id))

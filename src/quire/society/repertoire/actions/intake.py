"""What every import of the repertoire does alike: its account, its acts, party codes, and its lock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, transaction
from django.db.models import AutoField, Model

from quire.core.plan import percent
from quire.core.shares import UNKNOWN, Shares, share_text
from quire.society.kit import acts, locks
from quire.society.kit.nouns import Unknown
from quire.society.kit.tables import Registered
from quire.society.parties import queries as parties
from quire.society.parties.models import User

T = TypeVar("T")
LOCK = "repertoire"
"""Imports judge a row by what is on record, so one at a time writes to the record."""

BATCH = 2000


@dataclass(frozen=True, slots=True)
class Change:
    """What an import changes in one thing on record: field by field, as it was and as it is now."""

    subject: str
    was: dict[str, Any]
    now: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rounded:
    """A version whose shares had been rounded: what they added up to, and what they became, exactly."""

    work: str
    starts: date | None
    lines: tuple[int, ...]
    whole: Fraction
    shares: Shares

    def as_json(self) -> dict[str, Any]:
        """For people and for the record: each owner with the share as written and as kept."""
        return {
            "work": self.work,
            "from": plain(self.starts),
            "lines": list(self.lines),
            "sum": share_text(self.whole),
            "shares": [
                {
                    "party": party,
                    "role": role,
                    "written": share_text(own * self.whole),
                    "kept": share_text(own),
                }
                for party, role, own in self.shares
            ],
        }

    def sentence(self) -> str:
        """What was done, in a sentence."""
        return f"{self.work[:100]}: shares of {percent(self.whole)} were made whole, each in proportion."


@dataclass(slots=True)
class Owned(Registered):
    """What came of a table with shares: ``normalised`` names each version whose shares were made whole."""

    normalised: list[Rounded] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        told = Registered.as_json(self)
        if self.normalised:
            told["normalised"] = [one.as_json() for one in self.normalised]
        return told


def stand_still() -> None:
    """Until this transaction ends nobody else writes to the repertoire: for whoever looks at it and writes
    what must agree with it elsewhere."""
    locks.wait(LOCK)


@contextmanager
def writing(by: User | None) -> Iterator[None]:
    """One transaction in which nobody else writes to the repertoire; ReadsOnly for an auditor."""
    parties.may_write(by)
    with transaction.atomic():
        locks.wait(LOCK)
        yield


def chunks(things: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """``things`` in lists of at most ``size``."""
    left = iter(things)
    while part := list(islice(left, size)):
        yield part


def insert(model: type[Model], rows: Iterable[Model]) -> None:
    """Insert rows with COPY: most of the time of a long file would go into writing INSERT statements."""
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, AutoField)]
    names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    into = f"COPY {table} ({names}) FROM STDIN"  # sql: the model's own names, quoted
    with connection.wrap_database_errors, connection.cursor() as run, run.copy(into) as copy:
        for row in rows:
            copy.write_row(
                [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
            )
            row._state.adding, row._state.db = False, connection.alias


def party_ids(codes: Iterable[str]) -> dict[str, UUID]:
    """The parties on record among these codes."""
    return {code: party.id for code, party in parties.by_code(codes).items()}


def owner(on_record: Mapping[str, UUID], code: str) -> UUID | None:
    """The party of this code; None for the owner whom nobody knows; or kit.nouns.Unknown."""
    return None if code == UNKNOWN else known(on_record, code)


def known(on_record: Mapping[str, UUID], code: str) -> UUID:
    """The party of this code, or kit.nouns.Unknown."""
    if code not in on_record:
        raise Unknown(f"No party has the code {code[:70]!r}; register the party first.", party=code[:70])
    return on_record[code]


def record(
    verb: str, source: str, account: Registered, changes: Sequence[Change], *, by: User | None
) -> None:
    """One act for the import, one for each thing that it changed; none where it changed nothing."""
    if not account.added and not changes:
        return
    acts.record(f"repertoire.{verb}", source[:128], by=by, added=account.added, changed=account.changed)
    for change in changes:
        acts.record("repertoire.change", change.subject, by=by, was=change.was, now=change.now)


def record_rounded(found: Iterable[Rounded], *, by: User | None) -> None:
    """One act for each version whose shares were made whole: the old sum, the shares as written and kept."""
    for one in found:
        acts.record("repertoire.normalise", one.work[:128], by=by, **one.as_json())


def plain(value: Any) -> Any:
    """A value as JSON holds it in an act."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Fraction):
        return share_text(value)
    return str(value) if isinstance(value, UUID) else value

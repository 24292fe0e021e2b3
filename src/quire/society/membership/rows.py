"""A table of members, judged before anything is written. Reads the record; writes nothing.

All rows of one party are taken together or not at all, and are judged against the record and one another,
never in the order in which they stand: so the order of a file decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any
from uuid import UUID

from quire.core.errors import QuireError
from quire.society.kit import clock
from quire.society.kit.tables import Row
from quire.society.membership import errors, rules
from quire.society.membership import queries as membership
from quire.society.membership.models import Application, Membership
from quire.society.membership.queries import CriteriaFacts
from quire.society.parties import facts
from quire.society.parties import queries as parties
from quire.society.parties.facts import PartyFacts

DATES = ("joined", "left")
RESERVED = (*facts.COLUMNS, *DATES)
"""Columns that no criterion may be named like."""


@dataclass(frozen=True, slots=True)
class Span:
    """A membership on record, or one that a row asks for (``id`` None)."""

    id: UUID | None
    starts: date
    ends: date | None

    def covers(self, day: date) -> bool:
        return self.starts <= day and (self.ends is None or day < self.ends)

    def overlaps(self, other: Span) -> bool:
        return (other.ends is None or self.starts < other.ends) and (
            self.ends is None or other.starts < self.ends
        )


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One row read: who, from when, and what came of it.

    ``member``: the membership on record that it speaks of, ended where a row ends it; nothing is then
    decided anew. Else ``shown`` was judged by ``criteria``, with ``reasons`` where it did not suffice;
    ``again``: the very same application was refused before and is on record.
    """

    line: int
    party: PartyFacts
    on: date
    left: date | None
    member: Span | None = None
    criteria: UUID | None = None
    shown: tuple[tuple[str, str], ...] = ()
    reasons: tuple[str, ...] = ()
    again: bool = False

    @property
    def said(self) -> tuple[Any, ...]:
        """What two rows of one party and date must agree in."""
        return (self.left, self.member, self.shown)


@dataclass(frozen=True, slots=True)
class _Record:
    """What is on record, fetched once for the whole table."""

    versions: tuple[CriteriaFacts, ...]
    memberships: dict[str, list[Span]]
    applications: dict[str, list[Application]]
    today: date


def columns() -> tuple[str, ...]:
    """The columns a table of members may have: the party's, every criterion's of any version, the dates."""
    asked = [rule.name for version in membership.criteria_versions() for rule in version.rules]
    return (*facts.COLUMNS, *dict.fromkeys(asked), *DATES)


def judge_members(rows: Sequence[Row]) -> dict[int, MemberRow | QuireError]:
    """Line to what came of the row, or to why it cannot be taken."""
    party_rows = [Row(r.line, {k: v for k, v in r.cells.items() if k in facts.COLUMNS}) for r in rows]
    judged = parties.judge_parties(party_rows)
    record = _record({row.get("code") for row in rows})
    closing = _closings(rows, record)
    found: dict[int, MemberRow | QuireError] = {}
    for row in rows:
        party = judged[row.line]
        try:
            read = _read(row, party if isinstance(party, PartyFacts) else None, record, closing)
        except QuireError as problem:
            both = problem.sentence if isinstance(party, PartyFacts) else f"{party} {problem.sentence}"
            found[row.line] = errors.ShownWrong(both)
        else:
            found[row.line] = read if isinstance(party, PartyFacts) else party
    return _together(rows, found)


def _record(codes: Iterable[str]) -> _Record:
    ids = {party.id: code for code, party in parties.by_code(codes).items()}
    memberships: dict[str, list[Span]] = {}
    for row in Membership.objects.filter(party__in=ids).order_by("starts", "id"):
        memberships.setdefault(ids[row.party_id], []).append(Span(row.id, row.starts, row.ends))
    applications: dict[str, list[Application]] = {}
    for asked in Application.objects.filter(party__in=ids, admitted=False).order_by("on", "id"):
        applications.setdefault(ids[asked.party_id], []).append(asked)
    return _Record(membership.criteria_versions(), memberships, applications, clock.today())


def _date(row: Row, column: str) -> date | None:
    text = row.get(column)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as problem:
        raise errors.DateWrong(f"{column} is {text[:40]!r}; write a date as 2026-01-31.") from problem


def _dates(row: Row, today: date) -> tuple[date, date | None]:
    """The row's dates: joined (today where it is empty) and left."""
    joined, left = _date(row, "joined"), _date(row, "left")
    if left and not joined:
        raise errors.DateWrong("left is given without joined; say both.")
    if left and joined and left <= joined:
        raise errors.DateWrong(f"left ({left}) must be after joined ({joined}).")
    return joined or today, left


def _closings(rows: Sequence[Row], record: _Record) -> dict[UUID, date]:
    """Open memberships that some row ends, so that a later row of the same party may begin a new one."""
    found: dict[UUID, date] = {}
    for row in rows:
        try:
            on, left = _dates(row, record.today)
        except errors.DateWrong:
            continue
        for span in record.memberships.get(row.get("code"), []):
            if left and span.id and span.ends is None and span.covers(on):
                found[span.id] = left
    return found


def _read(row: Row, party: PartyFacts | None, record: _Record, closing: dict[UUID, date]) -> MemberRow:
    on, left = _dates(row, record.today)
    code = row.get("code")
    known = [
        replace(s, ends=closing.get(s.id, s.ends) if s.id else s.ends)
        for s in record.memberships.get(code, [])
    ]
    plain = MemberRow(row.line, party or PartyFacts(code), on, left)
    for span in known:
        if span.covers(on):
            if left and left != span.ends:
                raise errors.AlreadyLeaving(f"{code} leaves on {span.ends} by the record, not on {left}.")
            return replace(plain, member=span)
    criteria = membership.in_force(record.versions, on)
    asked = {rule.name for version in record.versions for rule in version.rules}
    said = {k: row.get(k) for k in row.cells if k in asked and row.get(k)}
    shown = rules.read_shown(criteria.rules, said)
    read = replace(
        plain, criteria=criteria.id, shown=shown_as_text(shown), reasons=rules.reasons(criteria.rules, shown)
    )
    if read.reasons:
        return replace(read, again=_refused_before(read, record, bool(row.get("joined"))))
    _check_free(code, Span(None, on, left), known)
    return read


def shown_as_text(shown: dict[str, rules.Value]) -> tuple[tuple[str, str], ...]:
    """What was shown in the form in which it is kept."""
    return tuple((name, rules.as_text(value)) for name, value in shown.items())


def _check_free(code: str, wanted: Span, known: Iterable[Span]) -> None:
    for span in known:
        if span.overlaps(wanted):
            raise errors.AlreadyMember(f"{code} is a member from {span.starts} already; a membership from "
                                       f"{wanted.starts} would overlap.")  # fmt: skip


def _refused_before(read: MemberRow, record: _Record, dated: bool) -> bool:
    """Whether this application is on record: on its date, or, where the row has none, as the latest one."""
    known = record.applications.get(read.party.code, [])
    alike = [a for a in known if (a.criteria_id, a.shown) == (read.criteria, dict(read.shown))]
    return any(a.on == read.on for a in alike) if dated else bool(alike) and alike[-1] == known[-1]


def _together(
    rows: Sequence[Row], found: dict[int, MemberRow | QuireError]
) -> dict[int, MemberRow | QuireError]:
    """The same, with all rows of a party refused where one is, or where two contradict each other."""
    by_code: dict[str, list[int]] = {}
    for row in rows:
        by_code.setdefault(row.get("code"), []).append(row.line)
    for lines in by_code.values():
        read = [found[line] for line in lines]
        good = [item for item in read if isinstance(item, MemberRow)]
        told = ", ".join(map(str, lines))
        if len(good) == len(lines) and _contradict(good):
            refusal: QuireError = errors.AlreadyMember(
                f"Lines {told} give one party memberships that overlap."
            )
        elif good and len(good) < len(lines):
            refusal = errors.AlreadyMember(f"Another of the lines about this party ({told}) cannot be taken.")
        else:
            continue
        found |= {item.line: refusal for item in good}
    return found


def _contradict(read: Sequence[MemberRow]) -> bool:
    """Whether two rows of one party say different things about a date, or ask for overlapping spans."""
    spans: dict[date, Span] = {}
    said: dict[date, tuple[Any, ...]] = {}
    for row in read:
        if said.setdefault(row.on, row.said) != row.said:
            return True
        if row.member or not row.reasons:
            spans[row.on] = row.member or Span(None, row.on, row.left)
    return any(a.overlaps(b) for a, b in pairwise(spans[on] for on in sorted(spans)))

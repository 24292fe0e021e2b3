"""Tables of answers and of direct licences, judged before anything is written. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar
from uuid import UUID

from quire.core.errors import QuireError
from quire.core.terms import USES, Span, UnknownUse, uses_of
from quire.society.kit.nouns import Unknown
from quire.society.kit.tables import Row
from quire.society.mandates import errors
from quire.society.membership import queries as membership
from quire.society.membership.queries import Spans
from quire.society.parties import facts
from quire.society.parties import queries as parties
from quire.society.parties.models import Party

ANSWER_COLUMNS = ("member", "use", "licensee", "answer", "from", "until")
ANSWER_REQUIRED = ("member", "use", "answer", "from")
DIRECT_COLUMNS = ("member", "licensee", "from", "until", "note")
DIRECT_REQUIRED = ("member", "licensee", "from")
_WORDS = {"yes": True, "no": False}

AnswerKey = tuple[UUID, UUID | None, str, bool, date]
DirectKey = tuple[UUID, UUID, date]


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """A member's answer as it was read; ``licensee`` None is everybody."""

    line: int
    member: Party
    uses: tuple[str, ...]
    licensee: Party | None
    yes: bool
    starts: date
    ends: date | None

    def same(self) -> list[AnswerKey]:
        """What makes two answers the same one, for each use: everything but the end."""
        to = self.licensee.id if self.licensee else None
        return [(self.member.id, to, use, self.yes, self.starts) for use in self.uses]

    def values(self) -> Hashable:
        return self.ends


@dataclass(frozen=True, slots=True)
class DirectRow:
    """A licence beside the society as it was read."""

    line: int
    member: Party
    licensee: Party
    starts: date
    ends: date | None
    note: str

    def same(self) -> list[DirectKey]:
        """What makes two direct licences the same one."""
        return [(self.member.id, self.licensee.id, self.starts)]

    def values(self) -> Hashable:
        return (self.ends, self.note)


R = TypeVar("R", AnswerRow, DirectRow)


@dataclass(frozen=True, slots=True)
class Record:
    """Who there is and who is a member when, fetched once for a whole table."""

    by_code: dict[str, Party]
    spans: Spans

    def party(self, code: str) -> Party:
        if code not in self.by_code:
            raise Unknown(f"No party has the code {code[:80]!r}.")
        return self.by_code[code]


def judge_answers(rows: Sequence[Row]) -> dict[int, AnswerRow | QuireError]:
    """Line to the answer of that row, or to why it cannot be taken."""
    return _judge(rows, _read_answer)


def judge_direct(rows: Sequence[Row]) -> dict[int, DirectRow | QuireError]:
    """Line to the direct licence of that row, or to why it cannot be taken."""
    return _judge(rows, _read_direct)


def _judge(rows: Sequence[Row], read: Callable[[Row, Record], R]) -> dict[int, R | QuireError]:
    record = record_of(parties.by_code(row.get(end) for row in rows for end in ("member", "licensee")))
    found: dict[int, R | QuireError] = {}
    for row in rows:
        try:
            found[row.line] = read(row, record)
        except QuireError as problem:
            found[row.line] = problem
    return found | _contradictions([item for item in found.values() if not isinstance(item, QuireError)])


def record_of(by_code: dict[str, Party]) -> Record:
    """These parties by code, with the memberships they have or had."""
    return Record(by_code, membership.spans(party.id for party in by_code.values()))


def _contradictions(read: Iterable[R]) -> dict[int, QuireError]:
    """Lines that say the same thing with different ends (or notes); all of them, in whatever order."""
    said: dict[Hashable, dict[Hashable, list[int]]] = {}
    for row in read:
        for key in row.same():
            said.setdefault(key, {}).setdefault(row.values(), []).append(row.line)
    found: dict[int, QuireError] = {}
    for versions in said.values():
        if len(versions) > 1:
            lines = sorted(line for some in versions.values() for line in some)
            told = ", ".join(map(str, lines))
            refusal = errors.AnswerWrong(f"Lines {told} say the same with different ends or notes; keep one.")
            found |= dict.fromkeys(lines, refusal)
    return found


def uses_named(text: str) -> tuple[str, ...]:
    """The uses of an answer, which may be "all"; UnknownUse says so too."""
    try:
        return uses_of(text)
    except UnknownUse as problem:
        told = f"{text[:40]!r} is not a use; the uses are {', '.join(USES)}, or all for each of them."
        raise UnknownUse(told, **problem.data) from problem


def _read_answer(row: Row, record: Record) -> AnswerRow:
    word = row.need("answer").lower()
    if word not in _WORDS:
        raise errors.AnswerWrong(f"answer is {word[:40]!r}; write yes or no.")
    to = row.get("licensee")
    member, licensee = record.party(row.need("member")), None if to in {"", "*"} else record.party(to)
    starts, ends = _span(row)
    read = AnswerRow(row.line, member, uses_named(row.need("use")), licensee, _WORDS[word], starts, ends)
    check_answer(read, record.spans)
    return read


def _read_direct(row: Row, record: Record) -> DirectRow:
    member, licensee = record.party(row.need("member")), record.party(row.need("licensee"))
    starts, ends = _span(row)
    read = DirectRow(row.line, member, licensee, starts, ends, facts.check_text("note", row.get("note"), 200))
    check_direct(read, record.spans)
    return read


def check_answer(read: AnswerRow, spans: Spans) -> None:
    """Refused: a span without days, an answer to oneself, an answer from a day on which one is no member."""
    check_span(read.starts, read.ends)
    who = read.member.code
    if read.licensee == read.member:
        raise errors.AnswerWrong(f"{who} needs no mandate for itself.")
    first = Span(read.starts, read.starts + timedelta(days=1))
    if not _meets(first, spans.get(read.member.id, ())):
        raise errors.NotAMember(f"{who} is not a member on {read.starts}, so it cannot answer from then.")


def check_direct(read: DirectRow, spans: Spans) -> None:
    """Refused: a span without days, a licence to oneself, a licence of somebody who is no member in it."""
    check_span(read.starts, read.ends)
    who = read.member.code
    if read.licensee == read.member:
        raise errors.AnswerWrong(f"{who} needs no licence from itself.")
    if not _meets(Span(read.starts, read.ends), spans.get(read.member.id, ())):
        raise errors.NotAMember(
            f"{who} is not a member on any day of this licence, so it is not beside the society."
        )


def _meets(span: Span, memberships: Iterable[tuple[date, date | None]]) -> bool:
    """Whether the party is a member on a day of the span."""
    return any(
        (span.ends is None or starts < span.ends) and (ends is None or span.starts < ends)
        for starts, ends in memberships
    )


def check_span(starts: date, ends: date | None) -> None:
    """A span has at least a day."""
    if ends is not None and ends <= starts:
        raise errors.AnswerWrong(f"until ({ends}) must be after from ({starts}).")


def _span(row: Row) -> tuple[date, date | None]:
    starts = _date("from", row.need("from"))
    until = row.get("until")
    return starts, _date("until", until) if until else None


def _date(column: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as problem:
        raise errors.AnswerWrong(f"{column} is {text[:40]!r}; write a date as 2026-01-31.") from problem

"""What members' mandates allow on one day, loaded once for many questions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from quire.core.terms import USES, Answer, Span, allows
from quire.society.kit import ids
from quire.society.mandates import queries

NOBODY = ""
"""A licensee of whom nobody ever said anything: what is allowed to it is allowed to everybody."""


class Mandated:
    """The mandates of some members (None: of all of them) on ``day``: three queries, and no more later on."""

    def __init__(self, members: Iterable[UUID] | None, day: date) -> None:
        self.day = day
        self._spans: dict[str, tuple[Span, ...]] = {}
        self._answers: dict[str, list[Answer]] = {}
        self._tids: dict[UUID, str] = {}
        self._known: dict[tuple[UUID, str], tuple[str, ...]] = {}
        self.also(members)

    def also(self, members: Iterable[UUID] | None) -> None:
        """Load the mandates of further members, whom nobody asked about before."""
        some = None if members is None else list(members)
        if some == []:
            return
        self._spans.update(queries.member_spans(some))
        for one in queries.answers(some):
            self._answers.setdefault(one.member, []).append(one)

    def uses(self, member: UUID, licensee: str | None) -> tuple[str, ...]:
        """The uses that the member's mandate allows to a licensee (a TypeID), or to everybody (None)."""
        who = licensee or NOBODY
        if (member, who) not in self._known:
            tid = self._tid(member)
            said, spans = self._answers.get(tid, ()), self._spans.get(tid, ())
            self._known[member, who] = tuple(use for use in USES if allows(use, who, self.day, said, spans))
        return self._known[member, who]

    def named(self, member: UUID) -> set[str]:
        """The licensees to whom the member ever answered by name."""
        return {one.licensee for one in self._answers.get(self._tid(member), ()) if one.licensee is not None}

    def _tid(self, member: UUID) -> str:
        if member not in self._tids:
            self._tids[member] = ids.show("pty", member)
        return self._tids[member]

"""What members' mandates allow on one day, loaded once for many questions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from quire.core.terms import USES, Answer, allows
from quire.society.kit import ids
from quire.society.mandates import queries

NOBODY = ""
"""A licensee of whom nobody ever said anything: what is allowed to it is allowed to everybody."""


class Mandated:
    """The mandates of some members (None: of all of them) on ``day``: three queries, and no more later on."""

    def __init__(self, members: Iterable[UUID] | None, day: date) -> None:
        some = None if members is None else list(members)
        self.day = day
        self._spans = queries.member_spans(some)
        self._answers: dict[str, list[Answer]] = {}
        for one in queries.answers(some):
            self._answers.setdefault(one.member, []).append(one)
        self._tids: dict[UUID, str] = {}
        self._known: dict[tuple[UUID, str], tuple[str, ...]] = {}

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

"""A second account of the society, in plain lists: what was told to it, and what follows, one day at a time.

It imports nothing of Quire. Where it is asked (is this request licensed? what is on the bank?) it goes
through everything it was told, so slowly that it can be seen to be right.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

FOR_EVER = date.max


@dataclass(slots=True)
class Span:
    """From ``starts`` until, not including, ``ends``."""

    starts: date
    ends: date = FOR_EVER

    def has(self, day: date) -> bool:
        return self.starts <= day < self.ends


@dataclass(slots=True)
class Member:
    """A party that is or was a member."""

    code: str
    memberships: list[Span]
    iban: str = ""
    lapsed: bool = False
    gone: bool = False

    def is_member(self, day: date) -> bool:
        return any(span.has(day) for span in self.memberships)


@dataclass(slots=True)
class Answer:
    """What a member said to a use, to one lab or (None) to all."""

    member: str
    use: str
    lab: str | None
    yes: bool
    span: Span


@dataclass(slots=True)
class Used:
    """So many requests of a work on one day, told by one import. ``counted`` says in which licences' runs it
    counted, and whether late."""

    url: str
    member: str
    operator: str
    use: str
    day: date
    requests: int
    imported: str
    counted: dict[str, bool] = field(default_factory=dict)


@dataclass(slots=True)
class Licence:
    """A licence as the model needs it."""

    code: str
    lab: str
    operator: str
    kind: str
    uses: tuple[str, ...]
    span: Span
    currency: str


@dataclass(slots=True)
class Model:
    """Everything that was told."""

    members: dict[str, Member] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    labs: dict[str, str] = field(default_factory=dict)
    works: dict[str, str] = field(default_factory=dict)
    sites: dict[str, str] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    direct: list[tuple[str, str, Span]] = field(default_factory=list)
    licences: dict[str, Licence] = field(default_factory=dict)
    used: list[Used] = field(default_factory=list)
    taken_back: list[Used] = field(default_factory=list)
    divided: dict[str, list[Span]] = field(default_factory=dict)
    bank: Counter[str] = field(default_factory=Counter)
    more: dict[str, Any] = field(default_factory=dict)

    def present(self, day: date) -> list[str]:
        """Members on the day, by code."""
        return sorted(code for code, one in self.members.items() if one.is_member(day) and not one.gone)

    def works_of(self, member: str) -> list[str]:
        return sorted(url for url, code in self.works.items() if code == member)

    def allows(self, member: str, lab: str, use: str, day: date) -> bool:
        """A member on that day, with a yes and no no to the use, said in this membership, and no direct
        licence."""
        inside = next((span for span in self.members[member].memberships if span.has(day)), None)
        if inside is None:
            return False
        if any(
            one == (member, lab) and span.has(day) for *one_, span in self.direct for one in [tuple(one_)]
        ):
            return False
        said = {
            one.yes
            for one in self.answers
            if one.member == member
            and one.use == use
            and one.lab in (None, lab)
            and one.span.has(day)
            and inside.has(one.span.starts)
        }
        return said == {True}

    def take_back(self, imported: str) -> None:
        """An import counts no more. What was divided of it stays so."""
        self.taken_back += [one for one in self.used if one.imported == imported and one.counted]
        self.used = [one for one in self.used if one.imported != imported]

    def count(self, code: str, span: Span, *, late: bool) -> tuple[Counter[str], Counter[str]]:
        """A run of the licence divides these days: requests that earn, by the work's URL, of its own days and
        of days divided before. What counted late once counts in no other run."""
        own, before = Counter[str](), Counter[str]()
        for one in self.used:
            if span.has(one.day) and one.counted.get(code) is not True:
                one.counted[code] = False
                own[one.url] += self._earning(code, one)
            elif late and code not in one.counted and self._divided(code, one.day, span.starts):
                one.counted[code] = True
                before[one.url] += self._earning(code, one)
        self.divided.setdefault(code, []).append(span)
        return +own, +before

    def _divided(self, code: str, day: date, until: date) -> bool:
        """Whether a run has divided the day, for a period that began before ``until``."""
        return day < until and any(
            span.has(day) for span in self.divided.get(code, ()) if span.starts < until
        )

    def set_against(self, code: str) -> set[str]:
        """Works of which something was taken back after a run of the licence had counted it: what a file
        takes back is set against what others tell of the work in the same days."""
        return {one.url for one in self.taken_back if code in one.counted}

    def _earning(self, code: str, one: Used) -> int:
        """Its requests, if the licence covers them and the member allows it."""
        licence = self.licences[code]
        covered = (
            licence.span.has(one.day)
            and one.operator == licence.operator
            and one.use in licence.uses
            and self.allows(one.member, licence.lab, one.use, one.day)
        )
        return one.requests if covered else 0

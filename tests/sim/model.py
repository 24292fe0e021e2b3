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
    """So many requests of a work on one day, told by one import."""

    url: str
    member: str
    operator: str
    use: str
    day: date
    requests: int
    imported: str


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

    def licensed(self, code: str, starts: date, ends: date) -> Counter[str]:
        """Requests that earn under a licence in a period, by the work's URL."""
        licence, sums = self.licences[code], Counter[str]()
        for one in self.used:
            if (
                starts <= one.day < ends
                and licence.span.has(one.day)
                and one.operator == licence.operator
                and one.use in licence.uses
                and self.allows(one.member, licence.lab, one.use, one.day)
            ):
                sums[one.url] += one.requests
        return sums

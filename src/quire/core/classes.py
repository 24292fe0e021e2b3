"""Who is entitled to a sum that was paid for a class of works: a settlement, or a deal made once.

Owns the class of a pot, the part of the pot that is kept in reserve for claims that come late, and the form
of both in ``classes.jsonl``. Does not own who is taken into the class (the society judges claims), nor the
keys by which a plan then divides.

A pot that has a class is divided among its works alone, used or not: mandates and licensed use are not asked,
because the sum is for what was done, and being in the class is the title to it. Before anything else the
reserve is taken, to the nearest quantum (half a quantum is taken), into the fund named; what is left is the
gross amount of which the plan deducts, so that a reserve paid out later is charged once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from quire.core.allocation import allocate
from quire.core.places import Places, Record
from quire.core.shares import parse_share, share_text

FILE, FIELD = "classes.jsonl", "classes"
LABEL = "reserve"
"""The label of the line that goes into the reserve."""

_FUND = re.compile(r"fund:[a-z0-9][a-z0-9_.-]{0,79}")


@dataclass(frozen=True, slots=True)
class Class:
    """The works entitled to a pot, by id and in the order of their ordinals; ``reserve`` of it goes to
    ``fund`` ("fund:reserve-NAME").

    Raises ValueError where nothing is in the class or a work twice, or the reserve is no part of one with a
    fund to it.
    """

    pot: str
    subjects: tuple[str, ...]
    reserve: Fraction = Fraction(0)
    fund: str = ""

    def __post_init__(self) -> None:
        if not self.subjects or len(set(self.subjects)) != len(self.subjects):
            raise ValueError("a class has one work or more, and each once")
        if not 0 <= self.reserve < 1:
            raise ValueError("the reserve is a part of the pot, and less than all of it")
        if bool(self.reserve) != bool(self.fund) or (self.fund and not _FUND.fullmatch(self.fund)):
            raise ValueError("a reserve goes to a fund, fund:NAME")


def of_pot(classes: Sequence[Class], pot: str) -> Class | None:
    """The class of a pot; None where it has none, and all who are licensed stand in it."""
    return next((one for one in classes if one.pot == pot), None)


def kept(one: Class, amount: int) -> int:
    """The reserve of a pot of ``amount`` quanta."""
    return allocate(amount, {0: one.reserve, 1: 1 - one.reserve})[0]


def write(one: Class) -> dict[str, Any]:
    """The record of a class; ``reserve`` and ``fund`` only where there is a reserve."""
    told: dict[str, Any] = {"pot": one.pot, "subjects": list(one.subjects)}
    return told | ({"reserve": share_text(one.reserve), "fund": one.fund} if one.reserve else {})


def read(record: Record, places: Places) -> Class:
    """The class of a record. ValueError where it names a pot or a work that is not there, or out of order."""
    pot, subjects = record["pot"], record["subjects"]
    if pot not in places.pots:
        raise ValueError(f"{pot} is not in pots.jsonl")
    if not isinstance(subjects, list):
        raise ValueError("subjects must be a list")
    ordinals = [places.subject(name) for name in subjects]
    if ordinals != sorted(ordinals):
        raise ValueError("its subjects do not stand in their order")
    reserve = parse_share(record["reserve"]) if "reserve" in record else Fraction(0)
    return Class(pot, tuple(subjects), reserve, str(record.get("fund", "")))


def name_of(one: Class) -> str:
    """A pot has one class."""
    return one.pot

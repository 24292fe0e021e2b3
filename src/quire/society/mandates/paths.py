"""What a site's own terms say of all paths under a pattern. Pure: values in, an answer out.

What a pattern is, and which lies under which, is ``quire.core.patterns``. Of two under which a third lies the
longer holds. What is said to all and what is said to one licensee is judged apart, and both must allow: so a
no to everybody is a no to each, and a yes gives nothing that the mandate does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from quire.core.patterns import covers, normal
from quire.core.urls import canonical_path
from quire.society.mandates.errors import PathWrong

LONGEST = 500


@dataclass(frozen=True, slots=True)
class PathSaid:
    """What a site's owner said of a use under a pattern; ``licensee`` is a TypeID, None is everybody."""

    pattern: str
    licensee: str | None
    use: str
    yes: bool
    starts: date
    ends: date | None


@dataclass(frozen=True, slots=True)
class PathCosts:
    """What one request under a pattern costs, in quanta of ``currency``."""

    pattern: str
    amount: int
    currency: str
    starts: date
    ends: date | None


def spelled(text: str) -> str:
    """The pattern in its one spelling: rooted, escapes normal, no ``*`` that changes nothing. PathWrong."""
    if not text.startswith("/") or re.search(r"[?#\s]", text):
        raise PathWrong(f"{text[:60]!r} is no path pattern; begin with / and leave out spaces, ? and #.")
    end = "$" if text.endswith("$") else ""
    plain = re.sub(r"\*+", "*", normal(canonical_path(text.removesuffix("$")) + end))
    plain = plain.removesuffix("*$") if plain.endswith("*$") else plain.removesuffix("*")
    if len(plain) > LONGEST:
        raise PathWrong(f"The pattern {plain[:60]!r}… is longer than {LONGEST} characters.")
    return plain


def meeting(plain: str, wild: str) -> str | None:
    """The pattern of what lies under both a plain prefix and a pattern with ``*``; None where nothing new
    does.

    Under ``/archive/`` and ``/*.pdf`` lies ``/archive/*.pdf``, of which neither rule alone speaks.
    """
    if "*" in plain or plain.endswith("$") or "*" not in wild:
        return None
    first, rest = wild.split("*", 1)
    if not plain.startswith(first) or covers(wild, plain):
        return None
    both = f"{plain}*{rest}"
    return both if len(both) <= LONGEST else None


def closed(patterns: Iterable[str]) -> tuple[str, ...]:
    """The patterns with every meeting of a plain one and one with ``*``, and ``/``; sorted."""
    known = {"/", *patterns}
    wild = [one for one in known if "*" in one]
    met = {both for plain in known for one in wild if (both := meeting(plain, one)) is not None}
    return tuple(sorted(known | met))


def of_all(said: Iterable[PathSaid]) -> frozenset[tuple[str | None, str]]:
    """Of what holds at one place the (licensee, use) that are refused there; None is everybody.

    For each of them the longest pattern decides; of two as long, the no holds.
    """
    best: dict[tuple[str | None, str], tuple[int, bool]] = {}
    for one in said:
        whom, rank = (one.licensee, one.use), (len(one.pattern), not one.yes)
        best[whom] = max(best.get(whom, rank), rank)
    return frozenset(whom for whom, (_, no) in best.items() if no)

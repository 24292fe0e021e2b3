"""How far agreements lead: the longest way that one amount could take through them.

``chains`` refuses a way that no line of a distribution could tell when it comes upon one, in the middle of a
run. A society asks here before it records an agreement, so that no run does.

Days, works, uses and roles are not looked at: a way may be longer here than any amount would go. Agreements
that could be part of a circle, of which ``chains.check`` has found that nothing goes round, are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from math import prod
from typing import NamedTuple

from quire.core.chains import (
    PASS_THROUGH,
    SUCCESSION,
    Agreement,
    can_be_told,
    knotted,
)

_NOBODY = ""
"""In place of a taker where the way ends: with a giver who keeps it, or a successor who is not clear yet."""


class _Step(NamedTuple):
    """From a giver to a taker: by which agreements, and for which part of what came to the giver."""

    giver: str
    taker: str
    by: tuple[str, ...]
    part: Fraction


def too_long(agreements: Sequence[Agreement]) -> list[str]:
    """The ids of agreements that follow one another, the first first, and are more than a line can tell; none
    where there are none. Too many are more than ``chains.MOST_DEEP`` of them, or such by which a part has
    more than ``chains.MOST_DIGITS`` digits. The time it takes grows with their number alone.
    """
    steps = list(_steps(agreements))
    for far in (_links, _digits):
        way = _longest(steps, far)
        names = [name for one in way for name in one.by]
        if not can_be_told(len(names), prod((one.part for one in way), start=Fraction(1))):
            return names
    return []


def _links(one: _Step) -> int:
    return len(one.by)


def _digits(one: _Step) -> int:
    """At most how many binary digits more a part's denominator has after this step."""
    return (one.part.denominator - 1).bit_length()


def _steps(agreements: Sequence[Agreement]) -> Iterator[_Step]:
    """Every step there is; what a giver keeps goes to its successors by two agreements."""
    around = {one.id for one in knotted(agreements)}
    keeps: dict[str, Agreement] = {}
    for one in agreements:
        if one.kind == PASS_THROUGH and one.retention:
            keeps[one.giver] = max(one, keeps.get(one.giver, one), key=_part_kept)
    for one in agreements:
        if one.id in around:
            continue
        kept = keeps.get(one.giver) if one.kind == SUCCESSION else None
        by, part = ((kept.id, one.id), kept.retention) if kept else ((one.id,), 1 - one.retention)
        if one.takers is None:
            yield _Step(one.giver, _NOBODY, by, part)
        if one.retention:
            yield _Step(one.giver, _NOBODY, by, one.retention)
        for holder in one.takers or ():
            yield _Step(one.giver, holder.party, by, part * holder.share)


def _part_kept(one: Agreement) -> int:
    return one.retention.denominator


def _longest(steps: Sequence[_Step], far: Callable[[_Step], int]) -> list[_Step]:
    """The steps of the longest way, the first first; of several the same each time."""
    begins: dict[str, list[_Step]] = {}
    coming: dict[str, int] = {}
    for one in steps:
        begins.setdefault(one.giver, []).append(one)
        coming[one.taker] = coming.get(one.taker, 0) + 1
    best: dict[str, tuple[int, _Step]] = {}
    rest = [giver for giver in begins if giver not in coming]
    while rest:
        here = rest.pop()
        so_far = best[here][0] if here in best else 0
        for one in begins.get(here, ()):
            there = so_far + far(one)
            if one.taker not in best or there > best[one.taker][0]:
                best[one.taker] = (there, one)
            coming[one.taker] -= 1
            if not coming[one.taker]:
                rest.append(one.taker)
    return _back(best)


def _back(best: dict[str, tuple[int, _Step]]) -> list[_Step]:
    """The way to whoever is farthest."""
    here = max(best, key=lambda name: best[name][0], default=None)
    way: list[_Step] = []
    while here in best:
        way.append(best[here][1])
        here = way[-1].giver
    return way[::-1]

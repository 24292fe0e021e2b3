"""What another answer of a member would have earned in closed runs: divided again, not estimated.

A run freezes the counts of all that licensees used, and beside them what members answered; so another answer
is put in the place of the one that was given, everything else stays as it was, and the run is divided anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from quire.core.distribution import Evidence
from quire.core.money import Money
from quire.core.terms import Answer, answered
from quire.society.distribution.replay import Progress, Replayed, altered
from quire.society.distribution.store import Store


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The member's sums in the ``runs``: (had, would have had) for each currency."""

    runs: tuple[Replayed, ...]
    sums: tuple[tuple[Money, Money], ...]


def what_if(
    *, member: str, use: str, licensee: str = "", yes: bool = True, against: str = "LAST-12",
    progress: Progress | None = None, place: Store | None = None,
) -> WhatIf:  # fmt: skip
    """What the ``member`` (TypeID) would have had, had it answered ``yes`` or no to this use by the licensee
    (TypeID; "": by everybody) throughout the closed runs ``against``, as ``replay.replay`` takes them.

    Everybody else's answers, and the member's own to other uses, stay as they were. Raises NothingToReplay.
    """

    def alter(then: Evidence) -> Evidence:
        spans = next((one.spans for one in then.parties if one.id == member), ())
        new = [Answer(member, licensee or None, use, yes, span.starts, span.ends) for span in spans]
        others = {pot.licence.licensee for pot in then.pots if pot.licence} - {licensee}
        return replace(then, answers=answered(then.answers, member, use, licensee, new, others))

    runs, comparisons = altered(alter, against=against, progress=progress, place=place)
    sums = []
    for one in comparisons:
        mine = next((row for row in one.rows if row.party == member), None)
        if mine is not None and (mine.had or mine.would):
            sums.append((Money(mine.had, one.currency), Money(mine.would, one.currency)))
    return WhatIf(runs, tuple(sums))

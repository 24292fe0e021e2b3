"""What a run computes: evidence in, lines out.

``divide`` takes a pot, the plan and everything that bears on it, and says what each owner of each work gets,
to the quantum. The society's server, ``quire verify`` and a forecast call this same function. It counts
nothing and reads nothing: usage arrives already counted, by subject (a work, or a site where no work is
known), segment (a span of days in which no mandate, membership or ownership changes) and use.

The rules, in the order in which they are applied to a pot:

1. Each deduction takes its rate of the gross, or of what is then left, to the nearest quantum (half a
   quantum is taken), and never more than is left.
2. A request is licensed on a day when the licence runs and grants the use, and the member of the subject is
   a member and has allowed that use to the licensee (``terms``); a direct licence takes it out.
3. In a ``usage`` portion stand the rows of licensed requests, each with its weight. In an ``equal`` portion
   stand the members with a licensed use on some day of the period and no lapse on any; in a ``tier``
   portion those of them who are in the tier.
4. What is left is divided by the portions. One in which nobody stands, and which spreads, counts as
   none. If that leaves none, all of it is held under the label ``nobody``.
5. Each portion is divided among those who stand in it, and the amount of each row among the owners of its
   subject. What a party or subject on hold would get is held.

Every division is ``allocation.allocate``: the largest remainder, ties to the smaller ordinal.
"""

from __future__ import annotations

from quire.core.allocation import NothingToAllocate
from quire.core.distribution.dividing import by_party, divide, divide_all, parties_of, payees
from quire.core.distribution.lines import OUTCOMES, Division, Line, Lines, Share
from quire.core.facts import (
    Counts,
    Evidence,
    EvidenceWrong,
    Hold,
    Licence,
    Party,
    Pot,
    Subjects,
    Version,
)
from quire.core.standings import Standings, place_of

__all__ = [
    "OUTCOMES",
    "Counts",
    "Division",
    "Evidence",
    "EvidenceWrong",
    "Hold",
    "Licence",
    "Line",
    "Lines",
    "NothingToAllocate",
    "Party",
    "Pot",
    "Share",
    "Standings",
    "Subjects",
    "Version",
    "by_party",
    "divide",
    "divide_all",
    "parties_of",
    "payees",
    "place_of",
]

"""What a run computes: evidence in, lines out.

``divide`` takes a pot, the plan and everything that bears on it, and says what each owner of each work gets,
to the quantum. The society's server, ``quire verify`` and a forecast call this same function. It counts
nothing and reads nothing: usage arrives already counted, by subject (a work, or a site where no work is
known), segment (a span of days in which no mandate, membership or ownership changes) and use.

The rules, in the order in which they are applied to a pot:

1. Each deduction takes its rate of the gross, or of what is then left, to the nearest quantum (half a
   quantum is taken), and never more than is left, nor than its ceiling over all pots (``deducting``).
2. A request is licensed on a day when the licence runs and grants the use, and the member of the subject is
   a member and has allowed that use to the licensee (``terms``); a direct licence takes it out.
3. Who stands in a portion, and with what weight, its key says (``keys``): rows of licensed requests,
   members, works, or what a survey or a file names.
4. What is left is divided by the portions, and a portion with shares in it by these in turn. One in which
   nobody stands, and which spreads, counts as none. If that leaves none on the first level, all of it is
   held under the label ``nobody``.
5. Each portion is divided among those who stand in it, within its caps and floors (``bounds``); one that is
   pooled goes into a pool first, with that of the other pots of its currency (``pools``).
6. The amount of each row goes to the owners of its subject, on to whoever takes from them, and is held where
   a hold stands (``owners``).

Every division is ``allocation.allocate``: the largest remainder, ties to the smaller ordinal.
"""

from __future__ import annotations

from quire.core.allocation import NothingToAllocate
from quire.core.distribution.dividing import (
    Columns,
    by_party,
    columns,
    divide,
    divide_all,
    divide_each,
    parties_of,
    payees,
)
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
    "Columns",
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
    "columns",
    "divide",
    "divide_all",
    "divide_each",
    "parties_of",
    "payees",
    "place_of",
]

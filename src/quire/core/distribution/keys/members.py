"""The keys ``equal`` among members and ``tier``: one member, one part.

There stand the members in good standing throughout the period with a licensed use on some day of it; in a
pot that has a class, whoever has a work in it. ``tier`` takes those of one tier.
"""

from __future__ import annotations

from quire.core import arrays
from quire.core.distribution.claims import Claims
from quire.core.distribution.ground import Ground
from quire.core.plan import Portion


def claims(ground: Ground, part: Portion) -> Claims | None:
    """The members, in the order of the run, each of weight 1."""
    parties = ground.evidence.parties
    there = [
        place
        for place in ground.members
        if part.key == "equal" or ground.plan.tier_of(parties[place].works) == part.tier
    ]
    return Claims(arrays.alike(1, len(there)), 1, arrays.ints(there)) if there else None

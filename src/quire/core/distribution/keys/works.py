"""Works that stand once each: the key ``equal`` among works, and the usage measure ``works``.

Among all works stand those that were mandated on some day of the pot's period under a use of the licence,
used or not, or all that is in its class; by the measure ``works``, those with licensed requests. A site is no
work. Each belongs to whoever owned it on the last such day.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

from quire.core import arrays, terms
from quire.core.distribution.claims import Claims
from quire.core.distribution.ground import NOWHERE, Ground
from quire.core.plan import Portion


def equal(ground: Ground, part: Portion) -> Claims | None:
    """All works, by ordinal, each of weight 1."""
    there = ((place, segment) for place, segment in enumerate(ground.last) if segment != NOWHERE)
    return _once(ground, part, there)


def used(ground: Ground, part: Portion) -> Claims | None:
    """Each used work, by ordinal, weighing what its tier of content does."""
    rows = arrays.nonzero(ground.requests)
    columns = (
        arrays.to_list(arrays.take(one, rows)) for one in (ground.counts.subjects, ground.counts.cells)
    )
    # Rows are in the order of their cells, so the last one of a work stays.
    return _once(
        ground, part, {place: cell // len(terms.USES) for place, cell in zip(*columns, strict=True)}.items()
    )


def _once(ground: Ground, part: Portion, there: Iterable[tuple[int, int]]) -> Claims | None:
    subjects = ground.evidence.subjects
    factors = [ground.plan.weight_of(name) if part.weighted else Fraction(1) for name in subjects.tier_names]
    scale = math.lcm(*(one.denominator for one in factors))
    scaled, tiers = [int(one * scale) for one in factors], arrays.to_list(subjects.tiers)
    rows = [
        (place, segment, scaled[tiers[place]])
        for place, segment in there
        if (subjects.kinds[place] == "work" or ground.of_class is not None) and scaled[tiers[place]]
    ]
    if not rows:
        return None
    places = arrays.ints([place for place, _, _ in rows])
    return Claims(
        arrays.ints([weight for _, _, weight in rows]),
        scale,
        arrays.take(subjects.members, places),
        places,
        arrays.ints([ground.cell(segment) for _, segment, _ in rows]),
    )

"""The key ``usage``: each row of licensed requests, by its measure times its weights."""

from __future__ import annotations

import math
from fractions import Fraction

from quire.core import arrays
from quire.core.distribution.claims import Claims
from quire.core.distribution.ground import Ground
from quire.core.facts import EvidenceWrong
from quire.core.plan import Portion


def claims(ground: Ground, part: Portion) -> Claims | None:
    """The rows that earn, in the order of subject and cell."""
    counts, factors = ground.counts, _factors(ground, part)
    scale = math.lcm(*(one.denominator for one in factors))
    scaled = [int(one * scale) for one in factors]
    weights = ground.requests
    if any(one != 1 for one in scaled):
        weights = arrays.times(weights, arrays.take(arrays.ints(scaled), ground.tiers))
    rows = arrays.nonzero(weights)
    if len(rows) == 0:
        return None
    columns = (weights, counts.subjects, counts.cells, counts.requests)
    if len(rows) != len(weights):
        columns = tuple(arrays.take(column, rows) for column in columns)
    weights, subjects, cells, requests = columns
    members = arrays.take(ground.evidence.subjects.members, subjects)
    return Claims(weights, scale, members, subjects, cells, requests)


def _factors(ground: Ground, part: Portion) -> list[Fraction]:
    """What one request of each content tier weighs. A tier without a price must have no request."""
    names, licence = ground.evidence.subjects.tier_names, ground.pot.licence
    factors = [ground.plan.weight_of(name) if part.weighted else Fraction(1) for name in names]
    # Of a crawl licence, sites asked prices of their own, and each request paid its own.
    if part.measure == "requests" or licence.kind == "crawl":
        return factors
    requests = ground.requests_by_tier()
    for place, name in enumerate(names):
        price = licence.prices.get(name, licence.prices.get("*"))
        if price is None and requests[place]:
            raise EvidenceWrong(
                f"The plan shares by value, but the licence {licence.id} has no price for "
                f"content of the tier {name}."
            )
        factors[place] *= price or 0
    return factors

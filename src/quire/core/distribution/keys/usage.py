"""The key ``usage``: each row of licensed requests, by its measure times its weights.

A row weighs its requests, times the price of its content's tier where the measure is ``value``, times what
the plan says of that tier, of the use, and of what the requests showed of who asks. In a pool, prices of
several licences stand beside one another: they are then of the pots' currency, by the rate of each pot.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from quire.core import arrays, terms
from quire.core.arrays import Ints
from quire.core.distribution.claims import Claims
from quire.core.distribution.ground import Ground
from quire.core.distribution.keys import works
from quire.core.facts import EvidenceWrong, Pot
from quire.core.plan import EVIDENCE, Portion, weight_in


def claims(ground: Ground, part: Portion) -> Claims | None:
    """The rows that earn, in the order of subject, cell and evidence."""
    if part.measure == "works":
        return works.used(ground, part)
    counts = ground.counts
    weights, scale = _times(ground.requests, _tiers(ground, part), ground.tiers)
    if "use" in part.weights:
        uses = _of(terms.USES, ground.plan.uses) * len(counts.segments)
        weights, more = _times(weights, uses, counts.cells)
        scale *= more
    if "evidence" in part.weights:
        if counts.evidence is None:
            raise EvidenceWrong(
                f"The plan weighs by evidence, by which the usage of {ground.pot.id} is not counted."
            )
        weights, more = _times(weights, _of(EVIDENCE, ground.plan.evidence), counts.evidence)
        scale *= more
    return _standing(ground, weights, scale)


def _standing(ground: Ground, weights: Ints, scale: int) -> Claims | None:
    """The rows that have a weight."""
    counts, rows = ground.counts, arrays.nonzero(weights)
    if len(rows) == 0:
        return None
    columns = [weights, counts.subjects, counts.cells, counts.requests]
    columns += [] if counts.evidence is None else [counts.evidence]
    if len(rows) != len(weights):
        columns = [arrays.take(column, rows) for column in columns]
    weights, subjects, cells, requests, *shown = columns
    members = arrays.take(ground.evidence.subjects.members, subjects)
    return Claims(weights, scale, members, subjects, cells, requests, *shown)


def _times(weights: Ints, factors: Sequence[Fraction], places: Ints) -> tuple[Ints, int]:
    """Weights times the factor at each one's place, and by what the product is too large."""
    scale = math.lcm(*(one.denominator for one in factors))
    scaled = [int(one * scale) for one in factors]
    if any(one != 1 for one in scaled):
        weights = arrays.times(weights, arrays.take(arrays.ints(scaled), places))
    return weights, scale


def _of(names: Sequence[str], table: Mapping[str, Fraction]) -> list[Fraction]:
    return [weight_in(table, name) for name in names]


def _tiers(ground: Ground, part: Portion) -> list[Fraction]:
    """What one request of each content tier weighs. A tier without a price must have no request."""
    names, licence = ground.evidence.subjects.tier_names, ground.pot.licence
    factors = [ground.plan.weight_of(name) if part.weighted else Fraction(1) for name in names]
    # Of a crawl licence, sites asked prices of their own, and each request paid its own.
    if part.measure == "requests" or (licence.kind == "crawl" and not part.pooled):
        return factors
    rate = _rate(ground.pot) if part.pooled else Fraction(1)
    requests = ground.by_tier(ground.requests)
    for place, name in enumerate(names):
        price = licence.prices.get(name, licence.prices.get("*"))
        if price is None and requests[place]:
            raise EvidenceWrong(
                f"The plan shares by value, but the licence {licence.id} has no price for "
                f"content of the tier {name}."
            )
        factors[place] *= (price or 0) * rate
    return factors


def _rate(pot: Pot) -> Fraction:
    """What a unit of the licence's prices is in the currency of its pot; EvidenceWrong where nothing says."""
    licence, made = pot.licence, pot.conversion
    if licence.kind == "crawl":
        raise EvidenceWrong(
            f"The plan pools by value, but the licence {licence.id} has no prices of its own: each site "
            "asked its own. Pool by requests."
        )
    if pot.currency == licence.currency:
        return Fraction(1)
    if made is None or made.rate.have != licence.currency:
        raise EvidenceWrong(
            f"The plan pools by value, but no rate says what the prices of the licence {licence.id} are in "
            f"{pot.currency}. Pool by requests."
        )
    return made.rate.rate

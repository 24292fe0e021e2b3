"""The keys ``attribution`` and ``units`` (by a file of weights) and ``survey`` (by its estimates).

There stand the works and sites that the file or the survey names, if they are mandated on some day of the
pot's period, and the parties that it names, if they are members in good standing with a mandate; each once.
A work belongs to whoever owned it on the last such day.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

from quire.core import arrays
from quire.core.distribution.claims import Bounds, Claims
from quire.core.distribution.ground import NOWHERE, Ground
from quire.core.plan import Portion


class _Row(NamedTuple):
    """A weight with its bounds: of a subject by its ordinal, or of a party, whose subject is none."""

    subject: int
    party: int
    weight: Fraction
    low: Fraction | None
    high: Fraction | None


def weighed(ground: Ground, part: Portion) -> Claims | None:
    """The rows of the weighing: subjects by ordinal, then parties by theirs."""
    rows = ground.common.weighings.of(part.of, part.key, ground.pot.licence.id)
    told = ((one.of, one.weight, one.low, one.high) for one in rows)
    return _claims(ground, _standing(ground, told), estimated=False)


def surveyed(ground: Ground, part: Portion) -> Claims | None:
    """The subjects that the survey saw, by ordinal."""
    found = ground.common.estimates(part.of)
    told = ((name, one.estimate, one.low, one.high) for name, one in found.items())
    return _claims(ground, _standing(ground, told), estimated=True)


def _standing(
    ground: Ground, told: Iterable[tuple[str, Fraction, Fraction | None, Fraction | None]]
) -> Iterator[_Row]:
    subjects, parties, members = ground.common.subjects, ground.common.parties, set(ground.members)
    for name, weight, low, high in told:
        if weight <= 0:
            continue
        if (place := subjects.get(name, NOWHERE)) != NOWHERE and ground.last[place] != NOWHERE:
            yield _Row(place, int(ground.evidence.subjects.members[place]), weight, low, high)
        elif (party := parties.get(name, NOWHERE)) in members:
            yield _Row(NOWHERE, party, weight, low, high)


def _claims(ground: Ground, rows: Iterable[_Row], *, estimated: bool) -> Claims | None:
    there = sorted(rows, key=lambda row: (row.subject == NOWHERE, row.subject, row.party))
    if not there:
        return None
    scale = math.lcm(*(row.weight.denominator for row in there))
    return Claims(
        arrays.ints([int(row.weight * scale) for row in there]),
        scale,
        arrays.ints([row.party for row in there]),
        arrays.ints([row.subject for row in there]),
        arrays.ints(
            [0 if row.subject == NOWHERE else ground.cell(ground.last[row.subject]) for row in there]
        ),
        bounds=Bounds([row.low for row in there], [row.high for row in there], estimated),
    )

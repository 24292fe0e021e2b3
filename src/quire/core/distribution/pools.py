"""Income that is put together: one portion of every pot of a currency, divided as one amount.

A pot gives its amount to the pool of the portion; the pool is then a division of its own, and there stand in
it all who stand in any of the pots: every row of usage, with its weight; a member or a work once, however
many of the pots it stands in, and a work belongs to whoever owned it on its last day of the last of these.
Where nobody stands in any of them, each pot's portion is empty and goes where it does there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from quire.core import arrays
from quire.core.arrays import Ints
from quire.core.distribution.claims import Claims
from quire.core.facts import EvidenceWrong
from quire.core.shares import MOST_DIGITS, common

PREFIX = "pool:"
"""Begins the id of every pool, and of no pot."""


def name(label: str, currency: str) -> str:
    """The id of the pool of a portion in one currency."""
    return f"{PREFIX}{label}:{currency}"


def together(found: Sequence[tuple[str, Claims]]) -> Claims | None:
    """The claims of several pots, each with its id, as those of their pool; None where there are none.

    Raises EvidenceWrong where their weights have no common denominator that could be written down.
    """
    if not found:
        return None
    first = found[0][1]
    if first.subjects is None:
        places = sorted({place for _, one in found for place in arrays.to_list(one.members)})
        return Claims(arrays.alike(1, len(places)), 1, arrays.ints(places))
    scale = common(1, (Fraction(1, one.scale) for _, one in found))
    if scale is None:
        raise EvidenceWrong(
            f"The weights of the pots {found[0][0]} to {found[-1][0]} have no common denominator of at most "
            f"{MOST_DIGITS} digits, so they cannot be pooled; convert them by rates in decimals."
        )
    weights = _joined(found, lambda one: [w * (scale // one.scale) for w in arrays.to_list(one.weights)])
    source = [place for place, (_, one) in enumerate(found) for _ in range(len(one))]
    whole = Claims(
        weights,
        scale,
        _joined(found, lambda one: one.members),
        _joined(found, lambda one: one.subjects),
        _joined(found, lambda one: one.cells),
        None if first.requests is None else _joined(found, lambda one: one.requests),
        None if first.evidence is None else _joined(found, lambda one: one.evidence),
        source=arrays.ints(source),
        sources=[pot for pot, _ in found],
    )
    return whole if first.requests is not None else _once(whole)


def _joined(found: Sequence[tuple[str, Claims]], column: Callable[[Claims], Ints]) -> Ints:
    return arrays.ints([value for _, one in found for value in arrays.to_list(column(one))])


def _once(whole: Claims) -> Claims:
    """Each subject once, by ordinal, as it stands in the last of its pots."""
    last = {subject: row for row, subject in enumerate(arrays.to_list(whole.subjects))}
    rows = arrays.ints([last[subject] for subject in sorted(last)])
    return Claims(
        arrays.take(whole.weights, rows),
        whole.scale,
        arrays.take(whole.members, rows),
        arrays.take(whole.subjects, rows),
        arrays.take(whole.cells, rows),
        source=arrays.take(whole.source, rows),
        sources=whole.sources,
    )

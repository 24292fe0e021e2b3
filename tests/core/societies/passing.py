"""Agreements at random by which one passes on what it earns to others, and holds that stand on any of it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from hypothesis import strategies as st

from quire.core import chains, terms
from quire.core.chains import PASS_THROUGH, Agreement, ChainWrong
from quire.core.distribution import Hold, Party
from quire.core.shares import ROLES, UNKNOWN, Holder, Shares
from tests.core.societies.folk import day, mostly


@st.composite
def agreements(draw: st.DrawFn, folk: Sequence[Party], works: Sequence[str]) -> tuple[Agreement, ...]:
    """Often none; else some that do not contradict one another."""
    found: list[Agreement] = []
    for place in range(draw(st.sampled_from([0, 1, 2, 3, 5]))):
        one = draw(agreement(f"agr_{place}", [party.id for party in folk], works))
        try:
            chains.check([*found, one])
        except ChainWrong:
            continue
        found.append(one)
    return tuple(found)


@st.composite
def agreement(draw: st.DrawFn, name: str, names: Sequence[str], works: Sequence[str]) -> Agreement:
    giver = draw(st.sampled_from(names))
    others = [one for one in (*names, UNKNOWN) if one != giver]
    kind = draw(st.sampled_from(chains.KINDS))
    # Who succeeds is named once; who takes may do so in two roles.
    unique = (lambda one: one[0]) if kind != PASS_THROUGH else None
    takes = st.tuples(st.sampled_from(others), st.sampled_from(ROLES))
    takers = draw(st.lists(takes, min_size=1, max_size=3, unique=unique is None, unique_by=unique))
    parts = [draw(st.integers(1, 7)) for _ in takers]
    holders = (
        Holder(party, role, Fraction(part, sum(parts)))
        for (party, role), part in zip(takers, parts, strict=True)
    )
    keeps = Fraction(draw(st.integers(0, 9)), 10) if kind == PASS_THROUGH else Fraction(0)
    clear = kind == PASS_THROUGH or draw(mostly)
    seldom = st.none() | st.none()
    starts = draw(st.none() | st.integers(-12, 20).map(day))
    ends = draw(st.none() | st.integers(21, 60).map(day))
    named = draw(seldom | st.sets(st.sampled_from(works), min_size=1)) if works else None
    uses = draw(seldom | st.sets(st.sampled_from(terms.USES), min_size=1))
    roles = draw(seldom | st.sets(st.sampled_from(ROLES), min_size=1))
    return Agreement(
        name, kind, giver, starts, ends, keeps, Shares(tuple(holders)) if clear else None,
        *(None if some is None else tuple(sorted(some)) for some in (named, uses, roles)),
    )  # fmt: skip


@st.composite
def holds(draw: st.DrawFn, folk: Sequence[Party], works: Sequence[str]) -> tuple[Hold, ...]:
    """Some on whole works and parties, and some on what one party has of one work, or of a part of it."""
    found = [(one, None) for one in works if not draw(st.integers(0, 5))]
    found += [(None, party.id) for party in folk if not draw(st.integers(0, 5))]
    told = [Hold(f"hld_{place}", *names) for place, names in enumerate(found)]
    parts = st.sampled_from([Fraction(1), Fraction(1, 2), Fraction(2, 3), Fraction(1, 50), Fraction(13, 47)])
    starts = st.none() | st.integers(-12, 60).map(day)
    for place in range(draw(st.sampled_from([0, 0, 1, 3, 5])) if works else 0):
        party, subject = draw(st.sampled_from(folk)).id, draw(st.sampled_from(works))
        told.append(Hold(f"hld_n{place}", subject, party, draw(parts), draw(starts)))
    return tuple(told)

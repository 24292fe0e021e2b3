"""Parties at random, what they allow, and what of works is theirs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from hypothesis import strategies as st

from quire.core import arrays, terms
from quire.core.distribution import Party, Subjects, Version
from quire.core.shares import ROLES, UNKNOWN, Holder, Shares

FIRST = date(2027, 12, 20)
DAYS = 40
LABS = ("org_lab-a", "org_lab-b")
CONTENT = ("news", "photo", "standard")

day_numbers = st.integers(-12, DAYS + 5)
mostly = st.sampled_from([True, True, True, False])


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


@st.composite
def spans(draw: st.DrawFn) -> terms.Span:
    """Any span, often open, at times without days."""
    begin = draw(day_numbers)
    length = draw(st.none() | st.integers(0, 30))
    return terms.Span(day(begin), None if length is None else day(begin + length))


@st.composite
def apart(draw: st.DrawFn, most: int) -> tuple[terms.Span, ...]:
    """Spans with gaps, none overlapping, the last perhaps open; in any order."""
    marks = sorted(draw(st.sets(day_numbers, max_size=most)))
    found = [terms.Span(day(a), day(b)) for a, b in zip(marks[::2], marks[1::2], strict=False)]
    if len(marks) % 2:
        found.append(terms.Span(day(marks[-1]), None))
    return tuple(draw(st.permutations(found)))


@st.composite
def memberships(draw: st.DrawFn) -> tuple[terms.Span, ...]:
    """Mostly a member all along."""
    always = st.just((terms.Span(day(-30), None),))
    return draw(st.one_of(always, always, apart(5)))


parties = st.integers(1, 6).flatmap(
    lambda number: st.tuples(
        *(
            st.builds(
                Party,
                st.just(f"pty_{place}"),
                st.sampled_from([0, 99, 100, 1000, 50_000]),
                memberships(),
                st.one_of(st.just(()), st.just(()), st.lists(spans(), max_size=2).map(tuple)),
            )
            for place in range(number)
        )
    )
)


@st.composite
def answers(draw: st.DrawFn, folk: Sequence[Party]) -> tuple[terms.Answer, ...]:
    """Mostly yes for everything from the start, then whatever else was said."""
    found = [
        terms.Answer(party.id, None, use, True, day(-30), None)
        for party in folk
        if draw(mostly)
        for use in terms.USES
    ]
    more = st.builds(
        lambda member, lab, use, yes, span: terms.Answer(member.id, lab, use, yes, span.starts, span.ends),
        st.sampled_from(folk),
        st.sampled_from([None, *LABS]),
        st.sampled_from(terms.USES),
        st.integers(0, 3).map(bool),
        spans(),
    )
    return tuple(found + draw(st.lists(more, max_size=8)))


@st.composite
def direct_licences(draw: st.DrawFn, folk: Sequence[Party]) -> tuple[terms.DirectLicence, ...]:
    one = st.builds(
        lambda member, lab, span: terms.DirectLicence(member.id, lab, span.starts, span.ends),
        st.sampled_from(folk),
        st.sampled_from(LABS),
        spans(),
    )
    return tuple(draw(st.lists(one, max_size=2)))


@st.composite
def shares(draw: st.DrawFn, folk: Sequence[Party], *, known: bool = False) -> Shares:
    """Owners in random parts, the same party at times in two roles, at times syndicated, or ``unknown``."""
    names = [party.id for party in folk] + ([] if known else [UNKNOWN, UNKNOWN])
    places = draw(
        st.lists(
            st.tuples(st.sampled_from(names), st.sampled_from(ROLES[:-1])),
            min_size=1,
            max_size=4,
            unique=True,
        )
    )
    parts = [draw(st.integers(1, 9)) for _ in places]
    holders = (
        Holder(party, role, Fraction(part, sum(parts)))
        for (party, role), part in zip(places, parts, strict=True)
    )
    found = Shares(tuple(holders))
    if draw(st.booleans()):
        portion = Fraction(draw(st.integers(1, 9)), 10)
        found = found.syndicated(draw(st.sampled_from(folk)).id, portion)
    return found


@st.composite
def versions(draw: st.DrawFn, folk: Sequence[Party]) -> tuple[Version, ...]:
    marks: list[int | None] = [*sorted(draw(st.sets(day_numbers, max_size=3)))]
    if draw(st.booleans()):
        marks = [None, *marks, None]
    edges = [None if mark is None else day(mark) for mark in marks]
    found = [Version(a, b, draw(shares(folk))) for a, b in pairwise(edges) if draw(mostly)]
    return tuple(draw(st.permutations(found)))


@st.composite
def subjects(draw: st.DrawFn, folk: Sequence[Party]) -> Subjects:
    number = draw(st.sampled_from([4, 3, 5, 6, 1, 0]))
    tiers = [draw(st.sampled_from(CONTENT)) for _ in range(number)]
    names = sorted(set(tiers))
    owned = {place: draw(versions(folk)) for place in range(number) if draw(st.booleans())}
    return Subjects(
        [f"wrk_{place}" for place in range(number)],
        [draw(st.sampled_from(["work", "site"])) for _ in range(number)],
        arrays.ints([draw(st.integers(0, len(folk) - 1)) for _ in range(number)]),
        arrays.ints([names.index(tier) for tier in tiers]),
        names,
        {place: several for place, several in owned.items() if several},
    )

"""Licences, pots, and what was counted in them, at random: late usage, shares of revenue, conversions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from hypothesis import strategies as st

from quire.core import arrays, terms
from quire.core.classes import Class
from quire.core.distribution import Counts, Licence, Pot
from quire.core.fx import Conversion, Rate
from quire.core.money import QUANTA
from quire.core.plan import EVIDENCE, Plan
from tests.core.societies.folk import CONTENT, DAYS, LABS, day, mostly

CURRENCIES = ("EUR", "JPY", "KWD", "USD")
RATES = (Fraction(1, 3), Fraction("0.9123"), Fraction(10000, 10877), Fraction(160), Fraction(1, 10**12))

amounts = st.one_of(
    st.sampled_from([0, 1, 2, 7, QUANTA // 100, 10**12 * QUANTA]),
    st.integers(0, 50),
    st.integers(0, 10**6 * QUANTA),
    st.integers(0, 10**12 * QUANTA),
)
requested = st.one_of(st.integers(1, 9), st.integers(0, 9), st.integers(0, 10**15 // 2))
prices = st.one_of(st.integers(0, 3), st.integers(0, 5 * QUANTA))


@st.composite
def licences(draw: st.DrawFn, place: int, *, crawls: bool) -> Licence:
    kinds = ["blanket", "per-request", "per-work", "revenue"] + ["crawl"] * crawls
    kind = draw(st.sampled_from(kinds))
    listed = {tier: draw(prices) for tier in CONTENT if draw(st.booleans())}
    begin, some = draw(st.integers(-400, 5)), not draw(mostly)
    licence = Licence(
        f"lic_{place}",
        draw(st.sampled_from(LABS)),
        kind,
        tuple(sorted(draw(st.sets(st.sampled_from(terms.USES), min_size=1)))) if some else terms.USES,
        day(begin),
        day(begin + (draw(st.integers(1, 60)) if some else 800)),
        draw(st.sampled_from(CURRENCIES)),
        draw(amounts) if kind == "blanket" else 0,
        {} if kind == "crawl" else {**listed, "*": draw(prices)},
    )
    if kind != "revenue":
        return licence
    rate = draw(st.sampled_from([Fraction(7, 200), Fraction(1, 3), Fraction(1)]))
    return replace(licence, rate=rate, minimum=draw(amounts))


@st.composite
def pots(draw: st.DrawFn, plan: Plan) -> tuple[Pot, ...]:
    """Pots of one or two licences. Where the plan pools by value, each can say what its prices are in its
    currency."""
    told = any(part.pooled and part.measure == "value" for part in plan.leaves)
    granted = [draw(licences(place, crawls=not told)) for place in range(draw(st.integers(1, 2)))]
    found = []
    for place in range(draw(st.integers(1, 3))):
        begin, ends = draw(st.sampled_from([(0, DAYS), (0, DAYS), (3, 17), (DAYS - 1, DAYS)]))
        licence = granted[place % len(granted)]
        late = draw(lateness(begin))
        pot = Pot(f"pot_{place}", licence, day(begin), day(ends), draw(amounts), late=late)
        if licence.kind == "revenue":
            pot = replace(pot, revenue=draw(amounts))
        if not draw(mostly):
            pot = draw(converted(pot, [licence.currency] if told else CURRENCIES))
        elif not told and not draw(mostly):
            pot = replace(pot, currency=draw(st.sampled_from(CURRENCIES)))
        found.append(pot)
    return tuple(found)


@st.composite
def lateness(draw: st.DrawFn, begin: int) -> tuple[tuple[object, object], ...]:
    """Seldom spans of days before the pot, at times one right after the other."""
    if draw(st.integers(0, 2)):
        return ()
    marks = draw(st.sampled_from([(-12, -4), (-4, begin), (-9, -7, -7, -1), (-12, -11, -5, begin)]))
    return tuple((day(a), day(b)) for a, b in zip(marks[::2], marks[1::2], strict=True))


@st.composite
def converted(draw: st.DrawFn, pot: Pot, have: Sequence[str]) -> Pot:
    """The pot, come in in one of these currencies and divided in another."""
    came = draw(st.sampled_from(have))
    want = draw(st.sampled_from([one for one in CURRENCIES if one != came]))
    day_of = day((pot.ends - day(0)).days - 1 - draw(st.integers(0, 10)))
    rate = Rate(came, want, draw(st.sampled_from(RATES)), "ECB reference rates", day_of)
    made = Conversion(pot.amount, rate)
    return replace(pot, amount=made.amount, currency=want, conversion=made)


@st.composite
def counts(
    draw: st.DrawFn, pot: Pot, segments: tuple[tuple[object, object], ...], number: int, *, weighed: bool
) -> Counts:
    """Rows in their order, at times none, at times of nothing."""
    cells = st.tuples(
        st.integers(0, max(0, number - 1)),
        st.integers(0, len(segments) * len(terms.USES) - 1),
        st.integers(0, len(EVIDENCE) - 1) if weighed else st.just(0),
    )
    least = min(draw(st.sampled_from([0, 1, 6, 12])), number * len(segments))
    places = sorted(draw(st.sets(cells, min_size=least, max_size=24))) if number else []
    requests = [draw(requested) for _ in places]
    columns = [arrays.ints([place[n] for place in places]) for n in range(3)]
    shown = columns.pop()
    late = sum(starts < pot.starts for starts, _ in segments)  # type: ignore[operator]
    return Counts(segments, *columns, arrays.ints(requests), shown if weighed else None, late)  # type: ignore[arg-type]


@st.composite
def entitled(draw: st.DrawFn, found: Sequence[Pot], ids: Sequence[str]) -> tuple[Class, ...]:
    """Seldom a class, of a part of the works, at times with a reserve."""
    told = []
    for pot in found if ids else ():
        if not draw(st.integers(0, 7)):
            names = draw(st.sets(st.sampled_from(ids), min_size=1))
            reserve = draw(st.sampled_from([Fraction(0), Fraction(1, 7)]))
            kept = [name for name in ids if name in names]
            told.append(Class(pot.id, tuple(kept), reserve, "fund:reserve-x" if reserve else ""))
    return tuple(told)


def lump(pot: Pot) -> Pot:
    """The pot, as one of a lump sum: what has a class is one."""
    of = pot.licence
    licence = replace(of, id=f"{of.id}_lump", kind="lump", fee=0, prices={}, rate=Fraction(0), minimum=0)
    return replace(pot, licence=licence, revenue=None)

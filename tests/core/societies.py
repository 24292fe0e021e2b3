"""Small societies at random, for properties of the core: everything that may happen, crowded into 40 days.

``evidence()`` draws a whole run's ``Evidence``; ``receipts_of`` gives it receipts; ``published`` signs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from quire.core import arrays, bundle, evidence, terms, tokens
from quire.core.classes import Class
from quire.core.distribution import (
    Counts,
    Evidence,
    Hold,
    Licence,
    Party,
    Pot,
    Subjects,
    Version,
    divide_all,
)
from quire.core.money import QUANTA, decimal_of
from quire.core.plan import EVIDENCE
from quire.core.shares import ROLES, Shares
from quire.core.weighings import Weighing, Weight
from tests.core import plans

FIRST = date(2027, 12, 20)
DAYS = 40
LABS = ("org_lab-a", "org_lab-b")
CURRENCIES = ("EUR", "JPY", "KWD", "USD")
CONTENT = ("news", "photo", "standard")
KEY = tokens.SigningKey.from_jwk(
    {
        "kty": "OKP",
        "crv": "Ed25519",
        "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    }
)
KEYS = tokens.KeySet.of(KEY.public_jwk())

day_numbers = st.integers(-5, DAYS + 5)
amounts = st.one_of(
    st.sampled_from([0, 1, 2, 7, QUANTA // 100, 10**12 * QUANTA]),
    st.integers(0, 50),
    st.integers(0, 10**6 * QUANTA),
    st.integers(0, 10**12 * QUANTA),
)
mostly = st.sampled_from([True, True, True, False])
prices = st.one_of(st.integers(0, 3), st.integers(0, 5 * QUANTA))


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
    always = st.just((terms.Span(day(-9), None),))
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
        terms.Answer(party.id, None, use, True, day(-9), None)
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
def shares(draw: st.DrawFn, folk: Sequence[Party]) -> Shares:
    """Owners in random parts, the same party at times in two roles, at times syndicated."""
    places = draw(
        st.lists(
            st.tuples(st.sampled_from(folk), st.sampled_from(ROLES[:-1])),
            min_size=1,
            max_size=4,
            unique_by=lambda one: (one[0].id, one[1]),
        )
    )
    parts = [draw(st.integers(1, 9)) for _ in places]
    found = Shares(
        tuple(
            (party.id, role, Fraction(part, sum(parts)))
            for (party, role), part in zip(places, parts, strict=True)
        )  # type: ignore[arg-type]
    )
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
    number = draw(st.sampled_from([0, 1, 3, 4, 5, 6]))
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


@st.composite
def licences(draw: st.DrawFn, place: int) -> Licence:
    kind = draw(st.sampled_from(["blanket", "per-request", "per-work"]))
    listed = {tier: draw(prices) for tier in CONTENT if draw(st.booleans())}
    begin, some = draw(st.integers(-400, 5)), not draw(mostly)
    return Licence(
        f"lic_{place}",
        draw(st.sampled_from(LABS)),
        kind,
        tuple(sorted(draw(st.sets(st.sampled_from(terms.USES), min_size=1)))) if some else terms.USES,
        day(begin),
        day(begin + (draw(st.integers(1, 60)) if some else 800)),
        draw(st.sampled_from(CURRENCIES)),
        draw(amounts) if kind == "blanket" else 0,
        {**listed, "*": draw(prices)},
    )


@st.composite
def pots(draw: st.DrawFn) -> tuple[Pot, ...]:
    granted = [draw(licences(place)) for place in range(draw(st.integers(1, 2)))]
    found = []
    for place in range(draw(st.integers(1, 3))):
        begin, ends = draw(st.sampled_from([(0, DAYS), (0, DAYS), (3, 17), (DAYS - 1, DAYS)]))
        licence = granted[place % len(granted)]
        found.append(Pot(f"pot_{place}", licence, day(begin), day(ends), draw(amounts)))
    return tuple(found)


@st.composite
def counts(
    draw: st.DrawFn, segments: tuple[tuple[date, date], ...], number: int, *, weighed: bool = False
) -> Counts:
    """Rows in their order, at times none, at times of nothing."""
    cells = st.tuples(
        st.integers(0, max(0, number - 1)),
        st.integers(0, len(segments) * len(terms.USES) - 1),
        st.integers(0, len(EVIDENCE) - 1) if weighed else st.just(0),
    )
    places = (
        sorted(draw(st.sets(cells, min_size=draw(st.sampled_from([0, 1, 6])), max_size=20))) if number else []
    )
    requests = [draw(st.one_of(st.just(0), st.integers(1, 9), st.integers(0, 10**15 // 2))) for _ in places]
    columns = [arrays.ints([place[n] for place in places]) for n in range(3)]
    shown = columns.pop()
    return Counts(segments, *columns, arrays.ints(requests), shown if weighed else None)


@st.composite
def weighed(draw: st.DrawFn, ids: Sequence[str]) -> tuple[tuple[Weighing, ...], tuple[Weight, ...]]:
    """A weighing of each kind, at times one more for the first licence alone."""
    heads, rows = [], []
    for kind, name in plans.NAMES.items():
        for licence in ["", "lic_0"][: draw(st.integers(1, 2))]:
            heads.append(Weighing(name, kind, "sha256:" + "0" * 64, "by looking", "", licence))
            for one in sorted(draw(st.sets(st.sampled_from([*ids, "wrk_elsewhere"]), max_size=6))):
                weight = draw(st.sampled_from([Fraction(0), Fraction(1), Fraction(7, 3), Fraction(10**9)]))
                bounds = draw(st.sampled_from([(None, None), (weight / 2, weight + 1)]))
                rows.append(Weight(name, licence, one, weight, *bounds))
    return tuple(heads), tuple(rows)


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


def _lump(pot: Pot) -> Pot:
    """The pot, as one of a lump sum: what has a class is one."""
    of = pot.licence
    licence = replace(of, id=f"{of.id}_lump", kind="lump", fee=0, prices={}, rate=Fraction(0), minimum=0)
    return replace(pot, licence=licence, revenue=None)


@st.composite
def evidence_of(draw: st.DrawFn) -> Evidence:
    """A whole run."""
    plan, folk = draw(plans.plans()), draw(parties)
    said, direct, works = draw(answers(folk)), draw(direct_licences(folk)), draw(subjects(folk))
    owned = [one for several in works.versions.values() for one in several]
    found = draw(pots())
    counted = {}
    for pot in found:
        segments = evidence.cut(folk, said, direct, owned, pot)
        counted[pot.id] = draw(counts(segments, len(works.ids), weighed=plan.weighs_evidence))
    holds = [Hold(f"hld_{one}", one, None) for one in works.ids if not draw(st.integers(0, 5))]
    holds += [Hold(f"hld_{one.id}", None, one.id) for one in folk if not draw(st.integers(0, 5))]
    heads, rows = draw(weighed([*works.ids, *(one.id for one in folk)])) if plan.weighings else ((), ())
    # A lump sum has no prices: no plan divides it by value.
    by_value = any(part.measure == "value" for part in plan.leaves)
    classes = () if by_value else draw(entitled(found, works.ids))
    more = {"weighings": heads, "weights": rows, "classes": classes}
    found = tuple(_lump(pot) if any(one.pot == pot.id for one in classes) else pot for pot in found)
    return Evidence(plan, found, folk, said, direct, works, counted, tuple(holds), **more)


def receipts_of(found: Evidence) -> list[dict[str, Any]]:
    """Two receipts a pot, which sum to its amount."""
    told = []
    for pot in found.pots:
        for place, amount in enumerate((pot.amount // 3, pot.amount - pot.amount // 3)):
            told.append(
                {
                    "receipt": f"rcp_{pot.id}_{place}",
                    "pot": pot.id,
                    "amount": decimal_of(amount),
                    "received": pot.ends.isoformat(),
                }
            )
    return told


def files_of(found: Evidence) -> dict[str, bytes]:
    """The run's evidence and results, as files."""
    divisions = divide_all(found)
    return evidence.input_files(found, receipts_of(found)) | evidence.result_files(found, divisions)


def about_of(found: Evidence) -> dict[str, Any]:
    return {
        "society": "Society of Examples",
        "run": "run_1",
        "plan": found.plan.name,
        "plan_digest": found.plan.digest,
        "decision": "mot_1",
        "from": min(pot.starts for pot in found.pots).isoformat(),
        "until": max(pot.ends for pot in found.pots).isoformat(),
    }


def signed(files: dict[str, bytes], about: dict[str, Any]) -> bundle.Bundle:
    """These files as a bundle, with the society's own signature."""
    return bundle.Bundle(bundle.build(files, about, KEY))


def published(found: Evidence) -> bundle.Bundle:
    return signed(files_of(found), about_of(found))

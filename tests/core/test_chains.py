"""Chains of rights: agreements and successions followed to the end, against a slow and plain oracle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import chains
from quire.core.chains import PASS_THROUGH, SUCCESSION, Agreement, Chains, ChainWrong, Link
from quire.core.errors import QuireError
from quire.core.places import Places
from quire.core.shares import ROLES, UNKNOWN, Holder, Shares

DAY = date(2026, 1, 15)
NAMES = ("anchor", "bell", "cove", "dune", "eyot", "fen")
ORDER = {name: place for place, name in enumerate(NAMES)}
DAYS = (date(2026, 1, 1), date(2026, 1, 11), date(2026, 1, 21))
USES = ("ai-train", "search")
SUBJECTS = ("wrk_1", "wrk_2")
SOME_ROLES = ("label", "performer")


def shares(**parts: str) -> Shares:
    """Takers as performers: ``shares(bell="1/2", cove="1/2")``."""
    return Shares(tuple(Holder(name, "performer", Fraction(part)) for name, part in parts.items()))


def passes(name: str, giver: str, keeps: str, takers: Shares | None, **more: object) -> Agreement:
    """A pass-through of all the giver earns, for ever, unless ``more`` says otherwise."""
    told = {"starts": None, "ends": None} | more
    return Agreement(name, PASS_THROUGH, giver, retention=Fraction(keeps), takers=takers, **told)  # type: ignore[arg-type]


def succeeds(name: str, giver: str, takers: Shares | None, starts: date | None = None) -> Agreement:
    return Agreement(name, SUCCESSION, giver, starts, None, Fraction(0), takers)


def followed(
    agreements: Sequence[Agreement], amount: int, party: str = "anchor", subject: str | None = "wrk_1"
) -> list[tuple[str, int, tuple[str, ...]]]:
    """Who got how much by which way."""
    found = Chains(agreements, ORDER).pass_on(amount, ORDER[party], subject, "ai-train", DAY, "label")
    return [(NAMES[one.party] if one.party is not None else UNKNOWN, one.amount, one.via) for one in found]


# --- the rules, one by one ---


def test_without_an_agreement_it_stays_where_it_was_credited() -> None:
    assert followed([], 10) == [("anchor", 10, ())]


def test_a_label_keeps_its_part_and_the_rest_goes_to_the_artist() -> None:
    assert followed([passes("a1", "anchor", "3/10", shares(bell="1"))], 10) == [
        ("anchor", 3, ("a1",)),
        ("bell", 7, ("a1",)),
    ]


def test_a_link_says_what_came_to_its_giver_and_what_part_of_the_whole_it_is() -> None:
    told = [
        passes("a1", "anchor", "1/10", shares(bell="1")),
        passes("a2", "bell", "1/2", shares(cove="1/3", dune="2/3")),
    ]
    found = Chains(told, ORDER).pass_on(1000, 0, "wrk_1", "ai-train", DAY, "label")
    assert found == [
        Link(0, "label", 100, Fraction(1, 10), ("a1",), 1000, retained=True),
        Link(1, "performer", 450, Fraction(9, 20), ("a1", "a2"), 900, retained=True),
        Link(2, "performer", 150, Fraction(3, 20), ("a1", "a2"), 900),
        Link(3, "performer", 300, Fraction(3, 10), ("a1", "a2"), 900),
    ]


def test_a_successor_owes_what_the_party_owed() -> None:
    told = [passes("a1", "anchor", "1/4", shares(bell="1")), succeeds("s1", "anchor", shares(cove="1"))]
    assert followed(told, 100) == [("cove", 25, ("a1", "s1")), ("bell", 75, ("a1",))]


def test_heirs_of_an_heir_share_what_would_have_been_the_heirs_part() -> None:
    told = [
        succeeds("s1", "anchor", shares(bell="1/2", cove="1/2")),
        succeeds("s2", "cove", shares(dune="1/3", eyot="2/3")),
    ]
    assert followed(told, 100) == [
        ("bell", 50, ("s1",)),
        ("dune", 17, ("s1", "s2")),
        ("eyot", 33, ("s1", "s2")),
    ]


def test_a_successor_keeps_the_role_in_which_the_share_was_earned() -> None:
    found = Chains([succeeds("s1", "anchor", shares(bell="1"))], ORDER).pass_on(
        7, 0, "wrk_1", "search", DAY, "author"
    )
    assert [(one.party, one.role) for one in found] == [(1, "author")]


def test_while_it_is_unclear_who_succeeds_all_of_it_is_held_under_the_partys_name() -> None:
    (link,) = Chains([succeeds("s1", "anchor", None)], ORDER).pass_on(9, 0, None, "", DAY, "member")
    assert link == Link(0, "member", 9, Fraction(1), ("s1",), 9, unclear=True)


def test_an_acquirer_takes_over_from_its_day() -> None:
    told = [succeeds("s1", "anchor", shares(bell="1"), starts=date(2026, 1, 10))]
    chain = Chains(told, ORDER)
    before, after = (
        chain.pass_on(5, 0, "wrk_1", "ai-train", day, "label")
        for day in (date(2026, 1, 9), date(2026, 1, 10))
    )
    assert ([one.party for one in before], [one.party for one in after]) == ([0], [1])


def test_what_a_member_gets_as_a_member_is_not_passed_through_but_is_inherited() -> None:
    through, heirs = passes("a1", "anchor", "0", shares(bell="1")), succeeds("s1", "anchor", shares(cove="1"))
    assert followed([through], 10, subject=None) == [("anchor", 10, ())]
    assert followed([through, heirs], 10, subject=None) == [("cove", 10, ("s1",))]


def test_a_taker_whom_nobody_knows_has_no_ordinal_and_keeps_the_role() -> None:
    told = [passes("a1", "anchor", "1/3", Shares((Holder(UNKNOWN, "composer", Fraction(1)),)))]
    found = Chains(told, ORDER).pass_on(100, 0, "wrk_1", "ai-train", DAY, "label")
    assert [(one.party, one.role, one.amount) for one in found] == [(0, "label", 33), (None, "composer", 67)]


def test_a_quantum_left_over_goes_to_the_smaller_ordinal() -> None:
    takers = Shares(
        (Holder("dune", "performer", Fraction(1, 2)), Holder("cove", "performer", Fraction(1, 2)))
    )
    assert followed([passes("a1", "anchor", "0", takers)], 3) == [("cove", 2, ("a1",)), ("dune", 1, ("a1",))]


def test_to_any_depth() -> None:
    order = {f"p{n:04}": n for n in range(3000)}
    told = [passes(f"a{n}", f"p{n:04}", "0", shares(**{f"p{n + 1:04}": "1"})) for n in range(2999)]
    (link,) = Chains(told, order).pass_on(5, 0, "wrk_1", "search", DAY, "label")
    assert (link.party, link.amount, len(link.via)) == (2999, 5, 2999)


def test_too_many_parts_are_refused_before_they_fill_the_memory() -> None:
    told, order = [], {}
    for level in range(40):
        names = [f"{level:02}a", f"{level:02}b", f"{level + 1:02}a", f"{level + 1:02}b"]
        order |= {name: int(name[:2]) * 2 + (name[2] == "b") for name in names}
        told += [passes(f"x{n}", n, "0", shares(**dict.fromkeys(names[2:], "1/2"))) for n in names[:2]]
    with pytest.raises(ChainWrong, match="too many parts"):
        Chains(told, order).pass_on(10**30, 0, "wrk_1", "search", DAY, "label")


# --- refusals ---


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kind": "gift"}, "kind must be"),
        ({"starts": DAY, "ends": DAY}, "ends before"),
        ({"retention": Fraction(1)}, "keeps all"),
        ({"retention": Fraction(-1, 2)}, "retention must be"),
        ({"retention": 0.5}, "retention must be"),
        ({"takers": None}, "only a succession"),
        ({"takers": shares(anchor="1")}, "itself"),
        ({"kind": SUCCESSION}, "keeps nothing back"),
        ({"giver": UNKNOWN}, "not known"),
        ({"subjects": ()}, "subjects must be sorted"),
        ({"uses": ("search", "ai-train")}, "uses must be sorted"),
        ({"uses": ("reading",)}, "uses must be among"),
        ({"roles": ("owner", "owner")}, "roles must be sorted"),
        ({"roles": ("king",)}, "roles must be among"),
    ],
)
def test_an_agreement_that_contradicts_itself_is_refused(change: dict[str, object], sentence: str) -> None:
    plain = {
        "id": "a1", "kind": PASS_THROUGH, "giver": "anchor", "starts": None, "ends": None,
        "retention": Fraction(1, 2), "takers": shares(bell="1"),
    }  # fmt: skip
    with pytest.raises(ChainWrong, match=sentence):
        Agreement(**(plain | change))  # type: ignore[arg-type]


def test_a_successor_is_named_once() -> None:
    twice = Shares((Holder("bell", "estate", Fraction(1, 2)), Holder("bell", "owner", Fraction(1, 2))))
    with pytest.raises(ChainWrong, match="named once"):
        succeeds("s1", "anchor", twice)


def test_two_agreements_of_one_giver_for_the_same_use_are_refused() -> None:
    whole = passes("a1", "anchor", "1/2", shares(bell="1"))
    named = passes("a2", "anchor", "1/3", shares(cove="1"), subjects=("wrk_1",), starts=DAY)
    with pytest.raises(ChainWrong, match="a1 and a2 of anchor are both in force"):
        chains.check([whole, named])


def test_a_circle_names_who_is_in_it_and_what_to_leave_out() -> None:
    told = [
        passes("a1", "anchor", "1/2", shares(bell="1")),
        passes("a2", "bell", "1/2", shares(cove="1")),
        succeeds("s1", "cove", shares(anchor="1")),
    ]
    with pytest.raises(ChainWrong, match=r"anchor → bell → cove → anchor.*a1, a2, s1"):
        chains.check(told)


def test_agreements_back_and_forth_at_different_times_are_no_circle() -> None:
    chains.check(
        [
            passes("a1", "anchor", "1/2", shares(bell="1"), ends=DAY),
            passes("a2", "bell", "1/2", shares(anchor="1"), starts=DAY),
        ]
    )


def row(number: int, keeps: str = "0", *, ring: bool = False) -> list[Agreement]:
    """So many agreements one after the other; a ring comes back to its beginning."""
    ends = [f"p{(place + 1) % number if ring else place + 1:06}" for place in range(number)]
    return [passes(f"a{n:06}", f"p{n:06}", keeps, shares(**{end: "1"})) for n, end in enumerate(ends)]


def test_a_row_of_many_agreements_is_checked_in_no_time_and_a_ring_of_them_refused() -> None:
    chains.check(row(20_000))
    with pytest.raises(ChainWrong, match=r"lead to each other|would come back") as wrong:
        chains.check(row(20_000, ring=True))
    assert len(str(wrong.value)) < 500
    with pytest.raises(ChainWrong, match="would come back") as wrong:
        chains.check(row(900, ring=True))
    assert len(str(wrong.value)) < 500


def test_a_way_that_no_line_could_tell_is_refused() -> None:
    order = {f"p{n:06}": n for n in range(3_002)}
    (link,) = Chains(row(3_000), order).pass_on(10**15, 0, "w", "search", DAY, "owner")
    assert (link.amount, len(link.via)) == (10**15, 3_000)
    with pytest.raises(ChainWrong, match="goes through 3001 agreements"):
        Chains(row(3_001), order).pass_on(10**15, 0, "w", "search", DAY, "owner")
    # Of a part of more digits nothing could be read again.
    long = Chains(row(400, f"{10**29 - 1}/{10**29}"), order)
    with pytest.raises(ChainWrong, match="4000 digits"):
        long.pass_on(10**15, 0, "w", "search", DAY, "owner")


def test_a_knot_made_to_keep_the_check_busy_is_refused() -> None:
    names = [f"p{n:02}" for n in range(30)]
    told = []
    for n, name in enumerate(names):
        for m, other in enumerate(names):
            if m != n:
                days = {"starts": DAY + timedelta(n * 31 + m), "ends": DAY + timedelta(n * 31 + m + 40)}
                subject = (f"wrk_{n:02}{m:02}",)
                told.append(
                    passes(f"{name}{other}", name, "0", shares(**{other: "1"}), subjects=subject, **days)
                )
    chains.check(told)  # each is for a work of its own
    wide = [
        passes(f"{a}{b}", a, "0", shares(**{b: "1"}), starts=DAY + timedelta(n), ends=DAY + timedelta(n + 1))
        for n, (a, b) in enumerate((a, b) for a in names for b in names if a != b)
    ]
    chains.check(wide)  # each is for a day of its own


# --- against the oracle ---

days = st.sampled_from([None, *DAYS])


@st.composite
def agreement(draw: st.DrawFn, name: str) -> Agreement:
    giver = draw(st.sampled_from(NAMES))
    others = draw(
        st.lists(
            st.sampled_from([n for n in (*NAMES, UNKNOWN) if n != giver]), min_size=1, max_size=3, unique=True
        )
    )
    weights = draw(st.lists(st.integers(1, 7), min_size=len(others), max_size=len(others)))
    takers = Shares(
        tuple(
            Holder(n, draw(st.sampled_from(SOME_ROLES)), Fraction(w, sum(weights)))
            for n, w in zip(others, weights, strict=True)
        )
    )
    kind = draw(st.sampled_from(chains.KINDS))
    starts, ends = draw(
        st.sampled_from([(a, b) for a, b in product([None, *DAYS], repeat=2) if not a or not b or a < b])
    )
    subjects, uses, roles = (
        draw(st.none() | st.sets(st.sampled_from(of), min_size=1).map(lambda some: tuple(sorted(some))))
        for of in (SUBJECTS, USES, SOME_ROLES)
    )
    retention = Fraction(draw(st.integers(0, 9)), 10) if kind == PASS_THROUGH else Fraction(0)
    unclear = kind == SUCCESSION and draw(st.integers(0, 4)) == 0
    return Agreement(
        name,
        kind,
        giver,
        starts,
        ends,
        retention,
        None if unclear else takers,
        subjects,
        uses,
        roles,
    )


books = st.integers(1, 5).flatmap(lambda n: st.tuples(*(agreement(f"a{place}") for place in range(n))))
CELLS = list(product([DAYS[0] - timedelta(1), *DAYS], [*SUBJECTS, "wrk_9"], [*USES, "ai-index"]))


def in_force(one: Agreement, day: date, subject: str, use: str) -> bool:
    return (
        (one.starts is None or one.starts <= day)
        and (one.ends is None or day < one.ends)
        and (one.subjects is None or subject in one.subjects)
        and (one.uses is None or use in one.uses)
    )


def overlaps(told: Sequence[Agreement]) -> bool:
    for day, subject, use in CELLS:
        for role in (*SOME_ROLES, "author"):
            there = [
                (one.giver, one.kind)
                for one in told
                if in_force(one, day, subject, use) and role in (one.roles or ROLES)
            ]
            if len({*there}) < len(there):
                return True
    return False


def circles(told: Sequence[Agreement]) -> bool:
    """Whether somebody reaches itself in one cell, by walking until nothing new is reached."""
    for cell in CELLS:
        takes = {
            (one.giver, holder.party) for one in told if in_force(one, *cell) for holder in one.takers or ()
        }
        reached = set(takes)
        while more := {(a, d) for a, b in reached for c, d in takes if b == c} - reached:
            reached |= more
        if any(a == b for a, b in reached):
            return True
    return False


@settings(max_examples=200, deadline=None)
@given(books)
def test_exactly_what_overlaps_or_comes_round_is_refused(told: tuple[Agreement, ...]) -> None:
    wrong = overlaps(told) or circles(told)
    try:
        chains.check(told)
    except ChainWrong:
        assert wrong
    else:
        assert not wrong


def slowly(
    told: Sequence[Agreement],
    amount: int,
    party: str,
    cell: tuple[date, str | None, str],
    role: str,
    via: tuple[str, ...] = (),
) -> Iterator[tuple[str, str, int, tuple[str, ...], bool]]:
    """The rules in words, one party after the other: party, role, amount, way, unclear."""
    day, subject, use = cell
    there = [
        one
        for one in told
        if one.giver == party
        and in_force(one, day, subject or "wrk_none", use)
        and role in (one.roles or (*ROLES, "member"))
        and (subject is not None or one.subjects is None)
        and (use or one.uses is None)
    ]
    through = next((one for one in there if one.kind == PASS_THROUGH and subject), None)
    heirs = next((one for one in there if one.kind == SUCCESSION), None)
    kept = amount
    parts: list[tuple[str, str, int]] = []
    if through:
        weights = {
            (ORDER.get(h.party, 99), h.party, h.role): h.share * (1 - through.retention)
            for h in through.takers or ()
        }
        weights[ORDER[party], party, role] = through.retention
        divided = largest_remainder(amount, weights)
        kept = divided.pop((ORDER[party], party, role))
        parts = [(name, as_, part) for (_, name, as_), part in sorted(divided.items())]
        via = (*via, through.id)
    if not through or through.retention:
        if heirs is None:
            yield party, role, kept, via, False
        elif heirs.takers is None:
            yield party, role, kept, (*via, heirs.id), True
        else:
            weights = {(ORDER.get(h.party, 99), h.party): h.share for h in heirs.takers}
            for (_, name), part in sorted(largest_remainder(kept, weights).items()):
                yield from slowly(told, part, name, cell, role, (*via, heirs.id))
    for name, as_, part in parts:
        yield from slowly(told, part, name, cell, as_, via)


def largest_remainder(amount, weights):  # type: ignore[no-untyped-def]
    exact = {key: amount * weight / sum(weights.values()) for key, weight in weights.items()}
    parts = {key: int(share) for key, share in exact.items()}
    ranked = sorted(parts, key=lambda key: (parts[key] - exact[key], key))
    for key in [key for key in ranked if weights[key]][: amount - sum(parts.values())]:
        parts[key] += 1
    return parts


@settings(max_examples=200, deadline=None)
@given(
    books,
    st.integers(0, 10**13),
    st.sampled_from(NAMES),
    st.sampled_from(CELLS),
    st.sampled_from([*SOME_ROLES, "author"]),
)
def test_the_parts_are_the_oracles_and_add_up(
    told: tuple[Agreement, ...], amount: int, party: str, cell: tuple[date, str, str], role: str
) -> None:
    while overlaps(told) or circles(told):
        told = told[:-1]
    day, subject, use = cell
    for work, use_, role_ in ((subject, use, role), (None, "", "member")):
        found = Chains(told, ORDER).pass_on(amount, ORDER[party], work, use_, day, role_)
        names = [UNKNOWN if one.party is None else NAMES[one.party] for one in found]
        plain = [
            (name, one.role, one.amount, one.via, one.unclear) for name, one in zip(names, found, strict=True)
        ]
        assert plain == list(slowly(told, amount, party, (day, work, use_), role_))
        assert sum(one.amount for one in found) == amount
        assert sum(one.part for one in found) == 1


@settings(max_examples=100, deadline=None)
@given(books)
def test_records_are_read_again_as_they_were_written(told: tuple[Agreement, ...]) -> None:
    places = Places(ORDER, dict.fromkeys(SUBJECTS, 0), frozenset())
    assert tuple(chains.read(chains.write(one), places) for one in told) == told


@pytest.mark.parametrize(
    "change",
    [
        {"giver": "nobody"},
        {"takers": [["nobody", "label", "1/1"]]},
        {"takers": [["bell", "label", "1/2"]]},
        {"takers": "bell"},
        {"takers": [["bell", "label"]]},
        {"subjects": ["wrk_7"]},
        {"subjects": "wrk_1"},
        {"uses": [7]},
        {"retention": "x"},
        {"retention": 1},
        {"from": "yesterday"},
        {"from": 7},
        {"agreement": ""},
        {"kind": ["pass-through"]},
        {"giver": ["anchor"]},
    ],
)
def test_a_record_that_is_none_is_refused(change: dict[str, object]) -> None:
    places = Places(ORDER, dict.fromkeys(SUBJECTS, 0), frozenset())
    record = {**chains.write(passes("a1", "anchor", "1/2", shares(bell="1"))), **change}
    with pytest.raises((QuireError, ValueError, TypeError)):
        chains.read(record, places)

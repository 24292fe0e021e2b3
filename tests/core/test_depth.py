"""Ways through agreements that no line could tell are found before a run does."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as any_

from quire.core import chains, depth
from quire.core.chains import PASS_THROUGH, SUCCESSION, Agreement, Chains, ChainWrong
from quire.core.shares import Holder, Shares

DAY = date(2026, 1, 15)


def passes(name: str, giver: str, keeps: str, *takers: str, **given: date) -> Agreement:
    return Agreement(
        name, PASS_THROUGH, giver, given.get("starts"), given.get("ends"), Fraction(keeps), even(*takers)
    )


def succeeds(name: str, giver: str, *takers: str) -> Agreement:
    return Agreement(
        name, SUCCESSION, giver, None, None, Fraction(0), even(*takers, role="owner") if takers else None
    )


def even(*takers: str, role: str = "performer") -> Shares:
    return Shares(tuple(Holder(one, role, Fraction(1, len(takers))) for one in sorted(takers)))


def row(number: int, keeps: str = "0") -> list[Agreement]:
    return [passes(f"a{n:04}", f"p{n:04}", keeps, f"p{n + 1:04}") for n in range(number)]


def test_as_many_as_a_line_names_and_not_one_more() -> None:
    assert not depth.too_long(row(3_000))
    assert depth.too_long(row(3_001)) == [f"a{n:04}" for n in range(3_001)]


def test_what_a_giver_keeps_goes_to_its_successors_by_two() -> None:
    told = [one for n in range(1_501) for one in (
        passes(f"k{n:04}", f"p{n:04}", "1/2", "b"), succeeds(f"s{n:04}", f"p{n:04}", f"p{n + 1:04}")
    )]  # fmt: skip
    assert not depth.too_long(told[:3_000])
    way = depth.too_long(told)
    assert (way[:3], len(way)) == (["k0000", "s0000", "k0001"], 3_002)


def test_parts_with_too_many_digits_although_the_way_is_short() -> None:
    assert not depth.too_long(row(137, f"{10**29 - 1}/{10**29}"))
    assert len(depth.too_long(row(138, f"{10**29 - 1}/{10**29}"))) == 138


def test_long_parts_that_cancel_out_are_told() -> None:
    """Each step's part is n/(n+1): three thousand of them come to one in three thousand and one."""
    assert not depth.too_long(
        [passes(f"a{n:04}", f"p{n:04}", f"1/{n + 1}", f"p{n + 1:04}") for n in range(1, 3_001)]
    )


def test_a_successor_who_is_not_clear_ends_the_way() -> None:
    assert depth.too_long([*row(3_000), succeeds("unclear", "p3000")])[-1] == "unclear"


def test_agreements_in_a_circle_of_different_days_are_left_out() -> None:
    until = {"ends": DAY}
    told = [passes("one", "p0020", "0", "q", **until), passes("two", "q", "0", "p0020", starts=DAY)]
    chains.check([*row(20), *told])
    assert not depth.too_long([*row(20), *told])


def test_many_agreements_are_looked_at_in_no_time() -> None:
    wide = [passes(f"w{n}", f"x{n}", "1/3", *(f"y{(n + m) % 90}" for m in range(40))) for n in range(200)]
    assert not depth.too_long([*row(3_000), *wide])


NAMES = [f"p{n}" for n in range(7)]


@any_.composite
def webs(draw: any_.DrawFn) -> list[Agreement]:
    """Agreements down a list of parties, at most one pass-through and one succession of each. Whoever has
    both keeps something, which goes to its successors: a pass-through of all leaves nothing to them."""
    told = []
    for n, giver in enumerate(NAMES[:-1]):
        below = any_.lists(any_.sampled_from(NAMES[n + 1 :]), min_size=1, max_size=3, unique=True)
        keeps = draw(any_.sampled_from(["", "0", "1/2", "2/3"]))
        if keeps:
            told.append(passes(f"k{n}", giver, keeps, *draw(below)))
        if keeps != "0" and draw(any_.booleans()):
            told.append(succeeds(f"s{n}", giver, *draw(any_.one_of(any_.just([]), below))))
    return told


@settings(max_examples=200)
@given(webs(), any_.integers(1, 8))
def test_it_refuses_exactly_what_some_amount_would_be_refused_for(told: list[Agreement], most: int) -> None:
    order = {name: n for n, name in enumerate(NAMES)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chains, "MOST_DEEP", most)
        assert bool(depth.too_long(told)) == any(
            refused(lambda n=n: Chains(told, order).pass_on(10**15, n, "w", "search", DAY, "owner"))
            for n in range(len(NAMES))
        )


def refused(what: object) -> bool:
    try:
        what()  # type: ignore[operator]
    except ChainWrong:
        return True
    return False


def test_nothing_is_no_way() -> None:
    assert not depth.too_long([])
    assert not depth.too_long([passes("later", "a", "0", "b", starts=DAY + timedelta(1))])

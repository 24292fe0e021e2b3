"""Disputes and unclaimed money by property: nothing is lost, and everybody ends with their final share."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import disputes, unclaimed
from quire.core.chains import PASS_THROUGH, Agreement
from quire.core.disputes import ClaimWrong
from quire.core.distribution import Evidence, Hold, Line, divide_all
from quire.core.distribution.holding import Holds
from quire.core.facts import EvidenceWrong
from quire.core.shares import UNKNOWN, Holder, Shares
from tests.core import societies
from tests.core.by_hand import EUR, shipped, society

NAMES = ("ada", "ben", "cleo", "dot")


@st.composite
def owned(draw: st.DrawFn) -> Shares:
    """Shares of some of four parties, in one or two roles each."""
    places = draw(
        st.lists(
            st.tuples(st.sampled_from(NAMES), st.sampled_from(["author", "publisher"])),
            min_size=1,
            unique=True,
        )
    )
    parts = [draw(st.integers(1, 9)) for _ in places]
    return Shares(
        tuple(Holder(*place, Fraction(part, sum(parts))) for place, part in zip(places, parts, strict=True))
    )


def between(present: Shares, claimed: Shares, how_far: Fraction) -> Shares:
    """Shares on the way from the one to the other, party by party."""
    before, after = disputes.whole(present), disputes.whole(claimed)
    shares = {
        name: before.get(name, Fraction(0)) * (1 - how_far) + after.get(name, Fraction(0)) * how_far
        for name in sorted({*before, *after})
    }
    return Shares(tuple(Holder(name, "author", share) for name, share in shares.items() if share))


@given(owned(), owned(), st.fractions(0, 1, max_denominator=20))
def test_whoever_ends_between_has_exactly_the_final_share(
    present: Shares, claimed: Shares, how_far: Fraction
) -> None:
    before, final = disputes.whole(present), between(present, claimed, how_far)
    if before == disputes.whole(claimed):
        with pytest.raises(ClaimWrong, match="takes nothing"):
            disputes.held(present, claimed)
        return
    held, awards = disputes.held(present, claimed), disputes.awarded(present, claimed, final)
    assert all(0 < part <= 1 for part in held.values())
    assert all(sum(parts.values()) == 1 and min(parts.values()) > 0 for parts in awards.values())
    has = {name: share * (1 - held.get(name, 0)) for name, share in before.items()}
    for respondent, parts in awards.items():
        for name, part in parts.items():
            has[name] = has.get(name, Fraction(0)) + before[respondent] * held[respondent] * part
    assert {name: share for name, share in has.items() if share} == disputes.whole(final)


@given(owned(), owned(), owned())
def test_an_award_is_whole_whatever_was_decided(present: Shares, claimed: Shares, final: Shares) -> None:
    if disputes.whole(present) == disputes.whole(claimed):
        return
    for respondent, parts in disputes.awarded(present, claimed, final).items():
        assert sum(parts.values()) == 1
        gained = {p for p, s in disputes.whole(final).items() if s > disputes.whole(present).get(p, 0)}
        assert set(parts) <= gained | {respondent}


def test_nobody_wins_for_somebody_unknown() -> None:
    unknown = Shares((Holder("ada", "author", Fraction(1, 2)), Holder(UNKNOWN, "author", Fraction(1, 2))))
    with pytest.raises(ClaimWrong, match="whom nobody knows"):
        disputes.held(Shares.sole("ada"), unknown)
    with pytest.raises(ClaimWrong, match="takes nothing"):
        disputes.held(unknown, Shares.sole("ada"))


# Holds of a part, in random societies


def slowly(found: Evidence, line: Line, holds: tuple[Hold, ...]) -> list[Line]:
    """What becomes of a line by these holds, worked out on fingers: of a payable one, and of one that waits
    for a successor, which stays held and yet says which part of it is in dispute."""
    if line.outcome not in ("payable", "held") or line.subject is None or line.party is None:
        return [line]
    whole = {name for one in found.holds if not one.both for name in (one.subject, one.party)}
    if {found.parties[line.party].id, found.subjects.ids[line.subject]} & whole:
        return [line]
    givers = {one.id: one.giver for one in found.agreements}
    owners = {givers[line.via[0]] if line.via else "", found.parties[line.party].id}
    day = found.counts[line.source or line.pot].segments[line.segment][0]
    over = [
        one
        for one in holds
        if one.party in owners
        and one.subject == found.subjects.ids[line.subject]
        and (one.starts is None or one.starts <= day)
    ]
    rest, parts = Fraction(1), []
    for one in over:
        parts.append(min(one.part, rest))
        rest -= parts[-1]
    parts.append(rest)
    amounts = [floor(line.amount * part) for part in parts]
    spare = sorted(range(len(parts)), key=lambda n: (amounts[n] - line.amount * parts[n], n))
    for n in spare[: line.amount - sum(amounts)]:
        amounts[n] += 1
    names = [*(one.id for one in over), ""]
    return [
        replace(
            line, amount=amount, part=line.part * part, hold=name, outcome="held" if name else line.outcome
        )
        for amount, part, name in zip(amounts, parts, names, strict=True)
        if part
    ]


@settings(max_examples=100, deadline=None)
@given(societies.evidence_of().filter(lambda found: any(hold.both for hold in found.holds)))
def test_what_is_disputed_is_held_and_nothing_else(found: Evidence) -> None:
    disputed = replace(found, corrections=(), debts=())
    holds = tuple(hold for hold in found.holds if hold.both)
    whole = replace(disputed, holds=tuple(hold for hold in found.holds if not hold.both))
    for plain, told in zip(divide_all(whole), divide_all(disputed), strict=True):
        assert list(told.lines) == [one for line in plain.lines for one in slowly(whole, line, holds)]
        assert (told.residue, sum(told.sums.values())) == (0, told.received)


def test_an_earlier_hold_goes_before_a_later_whoever_of_the_owners_it_is_on() -> None:
    """The paper passes half on to the blog. Two thirds of what the blog has are in dispute, then two thirds
    of what the paper does: of the blog's line the second gets the third that is left."""
    takers = Shares((Holder("blog", "author", Fraction(1)),))
    agreed = Agreement("agr_1", PASS_THROUGH, "paper", None, None, Fraction(1, 2), takers)
    holds = (
        Hold("hld_1", "wrk_paper", "blog", Fraction(2, 3)),
        Hold("hld_2", "wrk_paper", "paper", Fraction(2, 3)),
    )
    found = society(shipped("per-usage"), 12 * EUR, {"wrk_paper": 1}, agreements=(agreed,), holds=holds)
    names = [one.id for one in found.parties]
    lines = [one for one in divide_all(found)[0].lines if one.party is not None]
    assert [(names[one.party or 0], one.hold, one.part) for one in lines] == [
        ("paper", "hld_2", Fraction(1, 3)),
        ("paper", "", Fraction(1, 6)),
        ("blog", "hld_1", Fraction(1, 3)),
        ("blog", "hld_2", Fraction(1, 6)),
    ]


@pytest.mark.parametrize(
    "told",
    [
        (None, None),
        ("wrk_1", None, Fraction(1, 2)),
        (None, "ada", Fraction(1), date(2026, 1, 1)),
        ("wrk_1", "ada", Fraction(0)),
        ("wrk_1", "ada", Fraction(3, 2)),
    ],
)
def test_a_hold_of_nothing_or_of_a_part_of_one_thing_is_refused(told: tuple[object, ...]) -> None:
    with pytest.raises(EvidenceWrong, match="hld_1"):
        Hold("hld_1", *told)  # type: ignore[arg-type]


def test_parts_without_a_measure_in_common_are_refused() -> None:
    parts = [Fraction(1, 10**29 + n) for n in range(40)]
    several = [Hold(f"hld_{n}", "wrk_1", "ada", part) for n, part in enumerate(parts)]
    Holds(several[:20])
    with pytest.raises(EvidenceWrong, match="wrk_1"):
        Holds(several)


# Unclaimed money

earnings = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 10**20), max_size=4)
roles = st.sampled_from(["author", "composer", "label"])


@given(
    st.dictionaries(roles, st.integers(0, 10**25), max_size=3),
    st.dictionaries(roles, earnings, max_size=3),
    st.booleans(),
)
def test_no_quantum_leaves_its_class(
    amounts: dict[str, int], earned: dict[str, dict[str, int]], equally: bool
) -> None:
    parts, left = unclaimed.to_class(amounts, earned, equally=equally)
    for name, amount in amounts.items():
        given_ = sum(part for (role, _), part in parts.items() if role == name)
        assert given_ + left.get(name, 0) == amount
        assert (name in left) == (not any(earned.get(name, {}).values()))
    assert all(earned[role][party] > 0 for role, party in parts)


@given(st.dictionaries(st.integers(0, 500).map(str), st.integers(0, 10**9), max_size=300))
def test_bands_hold_everybody_once_and_the_largest_first(earned: dict[str, int]) -> None:
    found = unclaimed.bands(earned)
    assert set(found) == set(earned)
    order = [name for name, _ in unclaimed.BANDS]
    sizes = [
        earned[party] for party in sorted(found, key=lambda one: (order.index(found[one]), -earned[one]))
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert not earned or "top 1 %" in found.values()


@given(st.integers(0, 10**30), st.fractions(0, Fraction(99, 100), max_denominator=100))
def test_a_reserve_is_cut_to_the_quantum_below(amount: int, reserve: Fraction) -> None:
    assert 0 <= amount * reserve - unclaimed.kept_back(amount, reserve) < 1


def test_years_and_reserves_that_are_none_are_refused() -> None:
    with pytest.raises(unclaimed.DisposalWrong, match="3 years at least"):
        unclaimed.dates(date(2026, 1, 1), 2)
    with pytest.raises(unclaimed.DisposalWrong, match="less than everything"):
        unclaimed.kept_back(1, Fraction(1))


def shares(text: str) -> Shares:
    return Shares(
        tuple(Holder(p, r, Fraction(s)) for p, r, s in (one.split(":") for one in text.split("; ")))
    )


@pytest.mark.parametrize(
    ("claimed", "present", "now", "found"),
    [
        ("ben:author:1", "ada:author:1", "ada:author:1", "ben:author:1"),
        (
            "ada:author:1/2; cleo:author:1/2",
            "ada:author:1/2; ben:author:1/2",
            "dora:author:1/2; ben:author:1/2",
            "dora:author:1/2; cleo:author:1/2",
        ),
        # Ben has less as an author and more as a publisher by now; the claim is about what Ben has.
        ("cleo:author:1", "ben:author:1", "ben:author:1/2; ben:publisher:1/2", "cleo:author:1"),
    ],
)
def test_a_claim_is_about_the_owners_as_they_are_now(
    claimed: str, present: str, now: str, found: str
) -> None:
    moved = disputes.shifted(shares(claimed), shares(present), shares(now))
    assert sorted(moved) == sorted(shares(found))


def test_a_claim_takes_nothing_that_is_not_there_any_more() -> None:
    with pytest.raises(ClaimWrong, match="ben has less of the work by now"):
        disputes.shifted(shares("cleo:author:1"), shares("ben:author:1"), shares("dora:author:1"))


@given(owned(), owned(), owned())
@settings(max_examples=150, deadline=None)
def test_a_claim_moved_to_other_owners_takes_and_gives_the_same(
    now: Shares, was: Shares, claim: Shares
) -> None:
    try:
        moved = disputes.whole(disputes.shifted(claim, was, now))
    except ClaimWrong:
        gone = [p for p in NAMES if _of(now, p) + _of(claim, p) < _of(was, p)]
        assert gone
        return
    assert moved == {p: s for p in NAMES if (s := _of(now, p) + _of(claim, p) - _of(was, p))}


def _of(shares: Shares, party: str) -> Fraction:
    return disputes.whole(shares).get(party, Fraction(0))

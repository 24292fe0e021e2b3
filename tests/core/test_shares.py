"""Shares of a work: exactly one, or a sentence that says what is missing."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quire.core.shares import (
    ROLES,
    Holder,
    ShareRefused,
    Shares,
    SharesNotWhole,
    ShareUnreadable,
    UnknownRole,
    parse_share,
    share_text,
)

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)


@st.composite
def shares(draw: st.DrawFn) -> Shares:
    places = draw(
        st.lists(
            st.tuples(st.sampled_from("abcd"), st.sampled_from(ROLES[:-1])),
            min_size=1,
            max_size=8,
            unique=True,
        )
    )
    parts = draw(st.lists(st.integers(1, 50), min_size=len(places), max_size=len(places)))
    return Shares(
        tuple(Holder(*place, Fraction(part, sum(parts))) for place, part in zip(places, parts, strict=True))
    )


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("1/3", THIRD),
        ("2/6", THIRD),
        ("33.34%", Fraction(3334, 10000)),
        ("50 %", HALF),
        ("0.5", HALF),
        ("1", Fraction(1)),
        ("100%", Fraction(1)),
        ("0%", Fraction(0)),
    ],
)
def test_shares_are_read(text: str, share: Fraction) -> None:
    assert parse_share(text) == share


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-1/3",
        "+0.5",
        "4/3",
        "1.01",
        "101%",
        "100.01 %",
        "1e-1",
        "1/0",
        "0/0",
        "1/3%",
        "1/2/3",
        ".5",
        "5.",
        "50  %",
        "50%\n",
        " 0.5",
        "0,5",
        "½",
        "nan",
        "0x1",
        "1_0%",
        "a third",
        "0." + "1" * 5000,
    ],
)
def test_what_is_no_share_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ShareUnreadable) as refused:
        parse_share(text)
    assert str(refused.value).endswith(".")
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("wrong", [0.5, 1, Decimal("0.5"), HALF, None])
def test_only_text_is_read(wrong: Any) -> None:
    with pytest.raises(TypeError):
        parse_share(wrong)


@given(st.fractions(0, 1))
def test_as_text_and_back(share: Fraction) -> None:
    assert parse_share(share_text(share)) == share


def test_the_whole_is_one_over_one() -> None:
    assert share_text(Fraction(1)) == "1/1"


def test_a_sole_owner() -> None:
    assert Shares.sole("mem_a").holders == (("mem_a", "owner", Fraction(1)),)
    assert Shares.sole("mem_a", "estate").split(7, {"mem_a": 1}) == [("mem_a", "estate", 7)]


def test_plain_tuples_become_holders_in_the_order_given() -> None:
    song = Shares((("p", "publisher", HALF), ("a", "composer", HALF)))  # type: ignore[arg-type]
    assert [holder.party for holder in song] == ["p", "a"]
    assert len(song) == 2


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ([THIRD, HALF], "The shares add up to 5/6; 1/6 is missing. They must add up to exactly 1."),
        (
            [Fraction(2, 3), HALF],
            "The shares add up to 7/6; that is 1/6 too much. They must add up to exactly 1.",
        ),
        ([Fraction(3333, 10000)] * 3, "The shares add up to 9999/10000; 1/10000 is missing."),
        ([], "The shares add up to 0/1; 1/1 is missing."),
    ],
)
def test_shares_that_are_not_whole(parts: list[Fraction], sentence: str) -> None:
    holders = tuple(Holder(party, "author", part) for party, part in zip("abc", parts, strict=False))
    with pytest.raises(SharesNotWhole) as refused:
        Shares(holders)
    assert str(refused.value).startswith(sentence)
    assert refused.value.code == "shares.not-whole"


@pytest.mark.parametrize("nothing", [Fraction(0), Fraction(-1, 2)])
def test_a_share_of_nothing_or_less_is_refused(nothing: Fraction) -> None:
    with pytest.raises(ShareRefused, match="leave out"):
        Shares((Holder("a", "author", 1 - nothing), Holder("b", "author", nothing)))


def test_a_party_twice_in_one_role_is_refused_but_not_in_two() -> None:
    with pytest.raises(ShareRefused, match="a is named more than once as author"):
        Shares((Holder("a", "author", HALF), Holder("a", "author", HALF)))
    assert len(Shares((Holder("a", "composer", HALF), Holder("a", "lyricist", HALF)))) == 2


def without_a_common_denominator(number: int) -> list[Fraction]:
    """Fractions with denominators of forty digits that have nothing in common."""
    found, product = [], 10**39 + 3
    for _ in range(number):
        under = product % 10**40 + 10**40
        while math.gcd(under, product) > 1:
            under += 1
        product *= under
        found.append(Fraction(1, under))
    return found


def test_shares_that_nobody_could_bring_to_one_denominator_are_refused_at_once() -> None:
    parts = without_a_common_denominator(300)
    told = tuple(Holder(f"p{n}", "author", part) for n, part in enumerate(parts))
    for make in (Shares, Shares.rounded):
        with pytest.raises(ShareRefused, match="no common denominator of at most 1000 digits"):
            make(told)
    few = told[:3]
    rest = 1 - sum((holder.share for holder in few), Fraction())
    assert len(Shares((*few, Holder("rest", "author", rest)))) == 4


def test_a_work_of_very_many_owners_is_looked_through_once() -> None:
    owners = [Holder(f"p{n}", "author", Fraction(1, 50_000)) for n in range(50_000)]
    assert len(Shares(tuple(owners))) == 50_000


def test_an_unknown_role_is_refused_with_the_list() -> None:
    with pytest.raises(UnknownRole) as refused:
        Shares.sole("a", "ghostwriter")
    assert all(role in str(refused.value) for role in ROLES)


@pytest.mark.parametrize("wrong", [1, 1.0, Decimal(1), "1/1"])
def test_a_share_is_a_fraction(wrong: Any) -> None:
    with pytest.raises(TypeError):
        Shares((Holder("a", "author", wrong),))
    with pytest.raises(TypeError):
        Shares.sole("a").syndicated("s", wrong)


def test_a_song_of_three_is_divided_to_the_quantum() -> None:
    song = Shares(
        (Holder("z", "label", THIRD), Holder("a", "lyricist", THIRD), Holder("a", "composer", THIRD))
    )
    order = {"z": 1, "a": 2}
    assert song.split(10, order) == [("z", "label", 4), ("a", "lyricist", 3), ("a", "composer", 3)]
    assert song.split(11, order) == [("z", "label", 4), ("a", "lyricist", 3), ("a", "composer", 4)]
    assert song.split(-11, order) == [("z", "label", -4), ("a", "lyricist", -3), ("a", "composer", -4)]


@given(shares(), st.integers(-(10**24), 10**24), st.randoms(use_true_random=False))
def test_a_split_is_whole_and_the_order_of_holders_does_not_matter(
    work: Shares, total: int, random: Any
) -> None:
    order = {party: place for place, party in enumerate("dbca")}
    found = work.split(total, order)
    assert sum(part for _, _, part in found) == total
    assert [line[:2] for line in found] == [(holder.party, holder.role) for holder in work]
    for holder, (_, _, part) in zip(work, found, strict=True):
        assert abs(part - total * holder.share) < 1
    holders = list(work)
    random.shuffle(holders)
    assert sorted(Shares(tuple(holders)).split(total, order)) == sorted(found)


def test_an_order_that_does_not_tell_the_parties_apart_is_refused() -> None:
    duet = Shares((Holder("a", "author", HALF), Holder("b", "author", HALF)))
    with pytest.raises(ShareRefused, match="b has a share"):
        duet.split(1, {"a": 1})
    with pytest.raises(ShareRefused, match="same place"):
        duet.split(1, {"a": 1, "b": 1})


def test_a_syndicator_takes_its_share_of_everybody() -> None:
    duet = Shares((Holder("a", "author", Fraction(2, 3)), Holder("b", "photographer", THIRD)))
    assert duet.syndicated("s", Fraction(1, 10)).holders == (
        ("a", "author", Fraction(3, 5)),
        ("b", "photographer", Fraction(3, 10)),
        ("s", "syndicator", Fraction(1, 10)),
    )


@given(shares(), st.fractions(0, 1).filter(lambda share: 0 < share < 1))
def test_syndicated_shares_are_whole_and_in_proportion(work: Shares, share: Fraction) -> None:
    after = work.syndicated("s", share)
    assert sum(holder.share for holder in after) == 1
    assert all(new.share == old.share * (1 - share) for old, new in zip(work, after, strict=False))


@pytest.mark.parametrize("share", [Fraction(0), Fraction(1), Fraction(-1, 2), Fraction(3, 2)])
def test_a_syndicators_share_lies_between_nothing_and_all(share: Fraction) -> None:
    with pytest.raises(ShareRefused, match="between 0 and 1"):
        Shares.sole("a").syndicated("s", share)
    with pytest.raises(ShareRefused, match="more than once"):
        Shares.sole("a").syndicated("s", HALF).syndicated("s", HALF)


def thirds_of(text: str, times: int = 3) -> tuple[Holder, ...]:
    """So many authors with the same share, as it was written."""
    return tuple(Holder(party, "author", parse_share(text)) for party in "abcdefgh"[:times])


def test_rounded_shares_are_made_whole_in_proportion() -> None:
    whole, found = Shares.rounded(thirds_of("33.33%"))
    assert found == Fraction(9999, 10_000)
    assert {holder.share for holder in whole} == {THIRD}
    exact, found = Shares.rounded(Shares.sole("a"))
    assert (exact, found) == (Shares.sole("a"), 1)


@pytest.mark.parametrize(("text", "times"), [("14.29%", 7), ("12.5%", 8), ("33.35%", 3), ("33.32%", 3)])
def test_within_six_hundredths_of_a_per_cent_they_were_rounded(text: str, times: int) -> None:
    whole, found = Shares.rounded(thirds_of(text, times))
    assert abs(found - 1) <= Fraction(6, 10_000)
    assert {holder.share for holder in whole} == {Fraction(1, times)}


@pytest.mark.parametrize(("text", "times"), [("33.31%", 3), ("33.36%", 3), ("0", 2), ("50%", 1)])
def test_outside_of_that_they_are_wrong(text: str, times: int) -> None:
    with pytest.raises((SharesNotWhole, ShareRefused)):
        Shares.rounded(thirds_of(text, times))


@given(shares(), st.fractions(Fraction(9994, 10_000), Fraction(10_006, 10_000)))
def test_whatever_was_rounded_is_whole_again_and_in_the_same_proportion(work: Shares, by: Fraction) -> None:
    written = tuple(holder._replace(share=holder.share * by) for holder in work)
    again, found = Shares.rounded(written)
    assert (again, found) == (work, by)

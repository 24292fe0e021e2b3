"""Mandates against an oracle that looks at one day at a time and at nothing else."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core.terms import (
    USES,
    Answer,
    DirectLicence,
    Span,
    UnknownUse,
    allows,
    boundaries,
    segments,
    standing_of,
    uses_of,
)

FIRST = date(2026, 1, 1)
DAYS = 30
LABS = ("pty_a", "pty_b")

day_numbers = st.integers(0, DAYS)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


@st.composite
def spans(draw: st.DrawFn) -> tuple[date, date | None]:
    begin = draw(day_numbers)
    length = draw(st.one_of(st.none(), st.integers(0, 20)))
    return day(begin), None if length is None else day(begin + length)


@st.composite
def memberships(draw: st.DrawFn) -> list[Span]:
    """Memberships as the society keeps them: apart, only the last one open."""
    marks = sorted(draw(st.sets(day_numbers, max_size=6)))
    closed = [Span(day(a), day(b)) for a, b in zip(marks[::2], marks[1::2], strict=False)]
    if len(marks) % 2:
        closed.append(Span(day(marks[-1]), None))
    return draw(st.permutations(closed))


answers = st.lists(
    st.builds(
        lambda lab, use, yes, span: Answer("pty_m", lab, use, yes, *span),
        st.sampled_from([*LABS, None]),
        st.sampled_from(USES[:2]),
        st.booleans(),
        spans(),
    ),
    max_size=8,
)
direct_licences = st.lists(
    st.builds(lambda lab, span: DirectLicence("pty_m", lab, *span), st.sampled_from(LABS), spans()),
    max_size=3,
)


def days_of(starts: date, ends: date | None) -> set[date]:
    """Every day of a span, written out, as far as anybody here looks."""
    last = ends or day(3 * DAYS)
    return {starts + timedelta(days=n) for n in range(max(0, (last - starts).days))}


def oracle(
    use: str, lab: str, on: date, said: list[Answer], member: list[Span], direct: list[DirectLicence]
) -> str:
    for licence in direct:
        if licence.licensee == lab and on in days_of(licence.starts, licence.ends):
            return "direct"
    heard = "nothing"
    for membership in member:
        belonging = days_of(membership.starts, membership.ends)
        if on not in belonging:
            continue
        for answer in said:
            if answer.starts not in belonging or on not in days_of(answer.starts, answer.ends):
                continue
            if answer.use != use or (answer.licensee is not None and answer.licensee != lab):
                continue
            if not answer.yes:
                return "not allowed"
            heard = "yes"
    return "allowed" if heard == "yes" else "not allowed"


@settings(max_examples=150, deadline=None)
@given(answers, memberships(), direct_licences, st.integers(0, DAYS + 25))
def test_every_day_is_as_the_oracle_says(
    said: list[Answer], member: list[Span], direct: list[DirectLicence], n: int
) -> None:
    for lab in LABS:
        expected = oracle("ai-train", lab, day(n), said, member, direct)
        assert standing_of("ai-train", lab, day(n), said, member, direct) == expected
        assert allows("ai-train", lab, day(n), said, member) == (
            oracle("ai-train", lab, day(n), said, member, []) == "allowed"
        )


@settings(max_examples=100, deadline=None)
@given(answers, memberships(), direct_licences, day_numbers, day_numbers)
def test_between_two_boundaries_nothing_changes(
    said: list[Answer], member: list[Span], direct: list[DirectLicence], a: int, b: int
) -> None:
    starts, ends = day(min(a, b)), day(max(a, b))
    cuts = boundaries(starts, ends, said, member, direct)
    parts = segments(starts, ends, cuts)
    covered = [d for part in parts for d in sorted(days_of(*part))]
    assert covered == sorted(days_of(starts, ends))
    for part in parts:
        found = {standing_of("ai-input", "pty_a", d, said, member, direct) for d in days_of(*part)}
        assert len(found) == 1


@settings(max_examples=60, deadline=None)
@given(answers, memberships(), st.randoms(use_true_random=False))
def test_the_order_of_answers_and_memberships_never_matters(said, member, dice) -> None:  # type: ignore[no-untyped-def]
    before = [allows("ai-train", "pty_a", day(n), said, member) for n in range(DAYS)]
    dice.shuffle(said)
    dice.shuffle(member)
    assert before == [allows("ai-train", "pty_a", day(n), said, member) for n in range(DAYS)]


def yes(starts: date, ends: date | None = None, lab: str | None = None) -> Answer:
    return Answer("pty_m", lab, "search", True, starts, ends)


def test_silence_is_no() -> None:
    assert not allows("search", "pty_a", FIRST, [], [Span(FIRST, None)])


def test_a_no_to_one_lab_beats_a_yes_to_all() -> None:
    said = [yes(FIRST), Answer("pty_m", "pty_a", "search", False, FIRST, None)]
    assert not allows("search", "pty_a", FIRST, said, [Span(FIRST, None)])
    assert allows("search", "pty_b", FIRST, said, [Span(FIRST, None)])


def test_a_no_to_all_beats_a_yes_to_one_lab() -> None:
    said = [yes(FIRST, lab="pty_a"), Answer("pty_m", None, "search", False, FIRST, None)]
    assert not allows("search", "pty_a", FIRST, said, [Span(FIRST, None)])


def test_an_old_yes_does_not_revive_when_the_member_joins_again() -> None:
    twice = [Span(FIRST, day(10)), Span(day(10), day(20)), Span(day(25), None)]
    said = [yes(FIRST)]
    assert [n for n in range(30) if allows("search", "pty_a", day(n), said, twice)] == list(range(10))


def test_an_answer_withdrawn_before_it_began_says_nothing() -> None:
    assert not allows("search", "pty_a", day(3), [yes(day(3), day(3))], [Span(FIRST, None)])


def test_a_direct_licence_comes_first_even_over_a_no() -> None:
    said = [Answer("pty_m", None, "search", False, FIRST, None)]
    own = [DirectLicence("pty_m", "pty_a", day(2), day(4))]
    found = [standing_of("search", "pty_a", day(n), said, [Span(FIRST, None)], own) for n in range(1, 5)]
    assert found == ["not allowed", "direct", "direct", "not allowed"]


def test_boundaries_lie_strictly_inside() -> None:
    some = [Span(FIRST, day(9)), Span(day(4), None), Span(day(6), day(6))]
    assert boundaries(FIRST, day(9), some) == [day(4), day(6)]
    assert boundaries(FIRST, day(9), some, [Span(day(5), day(8))]) == [day(4), day(5), day(6), day(8)]
    assert segments(FIRST, day(9), [day(4), day(6)]) == [(FIRST, day(4)), (day(4), day(6)), (day(6), day(9))]
    assert segments(FIRST, day(9), []) == [(FIRST, day(9))]
    assert segments(FIRST, FIRST, []) == []


def test_uses() -> None:
    assert uses_of("all") == USES
    assert uses_of("search") == ("search",)
    for wrong in ("train", "ALL", ""):
        with pytest.raises(UnknownUse):
            uses_of(wrong)
    with pytest.raises(UnknownUse):
        allows("train", "pty_a", FIRST, [], [])

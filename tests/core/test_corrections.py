"""Corrections over many runs: exact, in order, within the limit; in the end everybody has what is theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core.chains import PASS_THROUGH, SUCCESSION, Agreement, Chains
from quire.core.corrections import Correction, CorrectionWrong, Debt, Move, Old, Settled, check, settle
from quire.core.shares import UNKNOWN, Holder, Shares

NAMES = ("ann", "bob", "cal", "dot")
ORDER = {name: place for place, name in enumerate(NAMES)}
FUND = "fund:mistakes"


def correction(name: str, old: Sequence[Old], new: Shares | None, **more: Any) -> Correction:
    first = date(2027, 1, 1)
    told = {"filed": date(2027, 3, 1)} | more
    return Correction(
        name, "dst_old", "0" * 64, "EUR", "use", "wrk_1", first, date(2027, 2, 1), "ai-train",
        sum(one.amount for one in old), tuple(old), new, "a mistake", **told,
    )  # fmt: skip


def shared(*parts: tuple[str, Fraction]) -> Shares:
    return Shares(tuple(Holder(name, "author", part) for name, part in parts))


@st.composite
def whole(draw: st.DrawFn, most: int = 4) -> Shares:
    """Owners at random, whose shares add up to one."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=most, unique=True))
    weights = [draw(st.integers(1, 9)) for _ in names]
    return shared(*((name, Fraction(w, sum(weights))) for name, w in zip(names, weights, strict=True)))


@st.composite
def corrections(draw: st.DrawFn, number: int) -> Correction:
    """One of a row that was divided at random among owners at random."""
    owners = draw(whole())
    old = [
        Old(one.party, one.role, one.share, draw(st.integers(0, 1000)), 10 * number + place)
        for place, one in enumerate(owners)
    ]
    part = draw(st.sampled_from([Fraction(1), Fraction(1), Fraction(3, 7), Fraction(0)]))
    held = [
        (one.line, draw(st.integers(1, one.amount)), "hld_1")
        for one in old
        if one.amount and draw(st.booleans())
    ]
    return correction(
        f"cor_{draw(st.integers(0, 99)):02}_{number}", old, draw(whole()) if part else None,
        filed=date(2027, 3, 1) + timedelta(days=draw(st.integers(0, 3))), part=part,
        to=FUND if part < 1 else "", held=tuple(held),
    )  # fmt: skip


# The slow way


def hamilton(total: int, weights: Mapping[Any, int]) -> dict[Any, int]:
    """The largest remainder as one would do it on paper, a quantum at a time."""
    whole_ = sum(weights.values())
    exact = {key: Fraction(total * weight, whole_) for key, weight in weights.items()}
    parts = {key: int(one) for key, one in exact.items()}
    while sum(parts.values()) < total:
        next_ = min(weights, key=lambda key: (parts[key] - exact[key], key))
        parts[next_] += 1
    return parts


class Slow:
    """Debts in one flat table, by correction, debtor and creditor; a fund's name sorts after all parties."""

    def __init__(self) -> None:
        self.owed: dict[tuple[str, str, str], int] = {}
        self.got: dict[str, int] = {}

    def new(self, one: Correction) -> None:
        lack = {line.party: -line.amount for line in one.old}
        kept = int(Fraction(one.amount) * one.part + Fraction(1, 2))
        if one.new is not None:
            weights = {
                h.party: int(h.share * 5040 * 5040 * 11 * 13 * 17 * 19 * 23 * 29 * 31) for h in one.new
            }
            for party, amount in hamilton(kept, weights).items():
                lack[party] = lack.get(party, 0) + amount
        if one.amount - kept:
            lack[one.to] = one.amount - kept
        creditors = {who: amount for who, amount in lack.items() if amount > 0}
        for debtor in sorted(who for who, amount in lack.items() if amount < 0):
            for creditor, part in hamilton(-lack[debtor], creditors).items():
                creditors[creditor] -= part
                self.owed[one.id, debtor, creditor] = part
        parties = {line.line: line.party for line in one.old}
        for line, held, _ in one.held:
            self.take(one.id, parties[line], held)

    def take(self, name: str, debtor: str, most: int) -> int:
        mine = {key[2]: left for key, left in self.owed.items() if key[:2] == (name, debtor) and left}
        taken = min(most, sum(mine.values()))
        for creditor, part in hamilton(taken, mine).items() if taken else ():
            self.owed[name, debtor, creditor] -= part
            self.got[creditor] = self.got.get(creditor, 0) + part
        self.got[debtor] = self.got.get(debtor, 0) - taken
        return taken

    def run(self, known: Sequence[Correction], earned: Mapping[str, int], limit: Fraction) -> None:
        left = {who: int(amount * limit) for who, amount in earned.items()}
        for one in sorted(known, key=lambda one: (one.filed, one.id)):
            if not one.posted:
                self.new(one)
            for debtor in sorted(left):
                left[debtor] -= self.take(one.id, debtor, left[debtor])


# Run after run


def run(
    known: Sequence[Correction], debts: Sequence[Debt], earned: Mapping[str, int], limit: Fraction
) -> Settled:
    sums = {ORDER[name]: amount for name, amount in earned.items()}
    return settle(known, debts, Chains((), ORDER), lambda party: sums.get(party, 0), limit)


def by_whom(moves: Sequence[Move]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for move in moves:
        name = move.to if move.party is None else NAMES[move.party]
        sums[name] = sums.get(name, 0) + move.amount
    return {name: amount for name, amount in sums.items() if amount}


earnings = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 600))
limits = st.sampled_from([Fraction(1), Fraction(1, 2), Fraction(1, 3), Fraction(1, 100)])


@settings(max_examples=200, deadline=None)
@given(st.data(), st.lists(earnings, min_size=1, max_size=4), limits)
def test_run_after_run_it_is_what_the_slow_way_makes_of_it(
    data: st.DataObject, runs: list[dict[str, int]], limit: Fraction
) -> None:
    slow, debts = Slow(), tuple[Debt, ...]()
    posted: list[Correction] = []
    moved: list[Move] = []
    for number, earned in enumerate([*runs, dict.fromkeys(NAMES, 10**9)]):
        fresh = [data.draw(corrections(10 * number + n)) for n in range(data.draw(st.integers(0, 2)))]
        known = data.draw(st.permutations([*posted, *fresh]))
        check(known, debts)
        found = run(known, data.draw(st.permutations(debts)), earned, limit)
        slow.run(known, earned, limit)
        moved += found.moves
        assert {(d.correction, d.debtor, d.creditor): d.amount for d in found.debts} == {
            key: left for key, left in slow.owed.items() if left
        }
        assert by_whom(moved) == {who: amount for who, amount in slow.got.items() if amount}
        assert sum(move.amount for move in found.moves) == 0
        for name in NAMES:
            taken = -sum(
                move.amount
                for move in found.moves
                if move.party == ORDER[name] and move.amount < 0 and not move.held
            )
            assert taken <= earned.get(name, 0) * limit
        debts = found.debts
        posted += [replace(one, posted=f"dst_{number}") for one in fresh]
    assert not debts, "who earns enough owes nothing in the end"


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_second_correction_of_a_row_begins_where_the_first_one_left_it(data: st.DataObject) -> None:
    first = replace(data.draw(corrections(0)), part=Fraction(1), to="", held=(), new=data.draw(whole()))
    plenty = dict.fromkeys(NAMES, 10**9)
    one = run([first], (), plenty, Fraction(1))
    second = replace(first, id="cor_z", new=data.draw(whole()), after=first.id)
    both = run([replace(first, posted="dst_1"), second], one.debts, plenty, Fraction(1))
    at_once = run([replace(first, new=second.new)], (), plenty, Fraction(1))
    assert by_whom([*one.moves, *both.moves]) == by_whom(at_once.moves)


ALL_OF_ANN = [Old("ann", "author", Fraction(1), 100, 4)]


def test_a_line_says_what_it_corrects() -> None:
    one = correction("cor_1", ALL_OF_ANN, shared(("ann", Fraction(1, 4)), ("bob", Fraction(3, 4))))
    first, second = run([one], (), {"ann": 100}, Fraction(1)).moves
    row = {"subject": "wrk_1", "from": "2027-01-01", "until": "2027-02-01", "use": "ai-train"}
    told = {"correction": "cor_1", "run": "dst_old", "share": "use", "reason": "a mistake"}
    assert first.corrects.record() == {
        **row,
        "corrects": told | {"lines": [4], "old": "1/1", "new": "1/4"},
    }
    assert second.corrects.record() == {
        **row,
        "corrects": told | {"lines": [], "old": "0/1", "new": "3/4"},
    }


def test_what_is_passed_on_is_corrected_where_it_came_to_rest() -> None:
    """Bob passes all but a fifth on to Cal; Ann's debt is to both."""
    taken = Shares((Holder("cal", "performer", Fraction(1)),))
    agreed = Agreement("agr_1", PASS_THROUGH, "bob", None, None, Fraction(1, 5), taken)
    one = correction("cor_1", ALL_OF_ANN, shared(("bob", Fraction(1))))
    found = settle([one], (), Chains((agreed,), ORDER), lambda _: 50, Fraction(1))
    assert by_whom(found.moves) == {"ann": -50, "bob": 10, "cal": 40}
    assert [move.corrects.new for move in found.moves] == [Fraction(0), Fraction(1, 5), Fraction(4, 5)]


def succession(giver: str, *takers: str) -> Agreement:
    holders = tuple(Holder(name, "estate", Fraction(1, len(takers))) for name in takers)
    return Agreement(
        f"scn_{giver}", SUCCESSION, giver, None, None, Fraction(0), Shares(holders) if takers else None
    )


def test_heirs_owe_what_was_owed_and_are_owed_it() -> None:
    one = correction("cor_1", ALL_OF_ANN, shared(("bob", Fraction(1))))
    debts = run([one], (), {}, Fraction(1)).debts
    later = replace(one, posted="dst_1")
    heirs = Chains((succession("ann", "cal", "dot"), succession("bob", "dot")), ORDER)
    found = settle([later], debts, heirs, lambda _: 30, Fraction(1))
    assert by_whom(found.moves) == {"cal": -30, "dot": 30}, "what dot owes itself is nothing"
    assert found.debts == (Debt("cor_1", "cal", "dot", "EUR", 20),)


def test_a_correction_after_a_death_takes_from_the_heirs() -> None:
    one = correction("cor_1", ALL_OF_ANN, shared(("ann", Fraction(1, 2)), ("bob", Fraction(1, 2))))
    found = settle([one], (), Chains((succession("ann", "cal"),), ORDER), lambda _: 99, Fraction(1))
    assert by_whom(found.moves) == {"cal": -50, "bob": 50}


def test_while_nobody_knows_who_succeeds_it_is_held() -> None:
    one = correction("cor_1", ALL_OF_ANN, shared(("bob", Fraction(1))))
    found = settle([one], (), Chains((succession("bob"),), ORDER), lambda _: 60, Fraction(1))
    assert [(move.amount, move.held) for move in found.moves] == [(-60, False), (60, True)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 99},
        {"old": ()},
        {"old": tuple(Old("ann", "author", Fraction(1, 10**29 + n), 0, n) for n in range(40))},
        {"old": (Old("ann", "author", Fraction(1), 100, 4), Old("bob", "author", Fraction(1), 0, 4))},
        {"old": (Old("ann", "author", Fraction(1), 101, 4), Old("bob", "author", Fraction(1), -1, 5))},
        {"old": (Old(UNKNOWN, "author", Fraction(1), 100, 4),)},
        {"new": None},
        {"new": shared((UNKNOWN, Fraction(1)))},
        {"part": Fraction(1, 2)},
        {"part": Fraction(1, 2), "to": "society:us"},
        {"part": Fraction(0), "to": FUND},
        {"to": FUND},
        {"held": ((4, 101, "hld_1"),)},
        {"held": ((5, 1, "hld_1"),)},
        {"held": ((4, 0, "hld_1"),)},
        {"held": ((4, 1, "hld_1"), (4, 1, "hld_2"))},
        {"use": "anything"},
        {"ends": date(2027, 1, 1)},
        {"root": "none"},
        {"reason": " "},
        {"after": "cor_1"},
    ],
)
def test_what_is_no_correction_is_refused(wrong: dict[str, Any]) -> None:
    good = correction("cor_1", ALL_OF_ANN, shared(("bob", Fraction(1))))
    with pytest.raises(CorrectionWrong) as refused:
        replace(good, **wrong)
    assert refused.value.data == {"correction": "cor_1"}


def test_debts_need_their_correction_and_stand_once() -> None:
    good = replace(correction("cor_1", ALL_OF_ANN, shared(("bob", Fraction(1)))), posted="dst_1")
    debt = Debt("cor_1", "ann", "bob", "EUR", 5)
    check([good], [debt])
    for corrections_, debts in (
        ([], [debt]),
        ([replace(good, posted="")], [debt]),
        ([good], [debt, debt]),
        ([good], [replace(debt, currency="USD")]),
        ([good], [replace(debt, amount=0)]),
        ([good], [replace(debt, creditor="ann")]),
        ([good, good], []),
        ([replace(good, id="cor_2", after="cor_1", posted="")], []),
        ([good, replace(good, id="cor_2", after="cor_1", subject="wrk_2")], []),
        ([replace(good, part=Fraction(1, 2), to=FUND), replace(good, id="cor_2", after="cor_1")], []),
    ):
        with pytest.raises(CorrectionWrong):
            check(corrections_, debts)

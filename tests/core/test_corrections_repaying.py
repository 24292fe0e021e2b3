"""Which debts a sum settles: all of it, the oldest first, in proportion within a correction, and no more."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quire.core.corrections import CorrectionWrong, Debt
from quire.core.corrections.repaying import settled

FIRST = date(2027, 3, 1)
row = st.tuples(st.integers(0, 3), st.sampled_from(["C1", "C2"]), st.integers(1, 10**15))
told = st.lists(row, min_size=1, max_size=8)


def debts(rows: list[tuple[int, str, int]]) -> list[tuple[date, Debt]]:
    return [
        (FIRST + timedelta(days=day), Debt(f"{name}-{day}", "ann", f"pty{place}", "EUR", amount))
        for place, (day, name, amount) in enumerate(rows)
    ]


@given(told, st.data())
def test_what_is_paid_back_settles_the_oldest_first_and_nothing_is_left_over(
    rows: list[tuple[int, str, int]], data: st.DataObject
) -> None:
    owed = debts(rows)
    amount = data.draw(st.integers(1, sum(debt.amount for _, debt in owed)))
    parts = {debt.creditor: part for debt, part in settled(owed, amount)}
    assert sum(parts.values()) == amount
    rest = amount
    for key in sorted({(day, debt.correction) for day, debt in owed}):
        mine = [debt for day, debt in owed if (day, debt.correction) == key]
        whole = sum(debt.amount for debt in mine)
        taken = min(rest, whole)
        rest -= taken
        for debt in mine:
            part = parts.get(debt.creditor, 0)
            assert part <= debt.amount
            assert abs(part - Fraction(taken * debt.amount, whole)) < 1


@pytest.mark.parametrize("amount", [0, -1, 31])
def test_more_than_is_owed_settles_nothing(amount: int) -> None:
    with pytest.raises(CorrectionWrong):
        list(settled(debts([(0, "C1", 10), (1, "C1", 20)]), amount))


def test_a_tie_goes_to_the_creditor_that_comes_first() -> None:
    found = list(settled(debts([(0, "C1", 10), (0, "C1", 10)]), 3))
    assert [(debt.creditor, part) for debt, part in found] == [("pty0", 2), ("pty1", 1)]

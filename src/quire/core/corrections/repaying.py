"""Which debts a sum settles that a debtor has paid back, or that is written off.

The oldest first, in the order in which corrections were filed (of one day, by their ids). What does not
suffice for the creditors of one correction is divided among them in proportion to what each still has to get;
ties go to the one that was registered first, a fund last: as in a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby

from quire.core.allocation import allocate
from quire.core.corrections.records import CorrectionWrong, Debt


def settled(debts: Iterable[tuple[date, Debt]], amount: int) -> Iterator[tuple[Debt, int]]:
    """Each debt of one debtor and currency that ``amount`` quanta settle, and how many quanta of it.

    ``debts`` come with the day on which their correction was filed, creditors of one correction in their
    order. Raises CorrectionWrong where the amount is nothing, or more than is owed.
    """
    told = sorted(debts, key=lambda one: (one[0], one[1].correction))
    owed = sum(debt.amount for _, debt in told)
    if not 0 < amount <= owed:
        raise CorrectionWrong("What settles debts is above nothing, and no more than they are.")
    for _, several in groupby(told, key=lambda one: (one[0], one[1].correction)):
        mine = [debt for _, debt in several]
        taken = min(amount, sum(debt.amount for debt in mine))
        amount -= taken
        yield from _divided(mine, taken)


def _divided(debts: Sequence[Debt], amount: int) -> Iterator[tuple[Debt, int]]:
    parts = allocate(amount, {place: debt.amount for place, debt in enumerate(debts)})
    yield from ((debts[place], part) for place, part in parts.items() if part)

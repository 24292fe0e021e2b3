"""Money without a known owner: by when it is listed, and how it is disposed of inside its class.

The dates are of Directive 2014/26/EU, article 13, counted from the end of the year in which the money was
collected; a year is a calendar year. The rule of disposal never moves a quantum from one class of right to
another: writers' money goes to writers (compare Rowntree v PRS, CAT 2024). A decision may send it to a fund.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from quire.core.allocation import allocate
from quire.core.errors import Invalid

YEARS = 3
"""Years after the end of the year of collection until money may be disposed of (13(4))."""


class DisposalWrong(Invalid):
    """A way of disposal that does not exist, or a part to keep back that is none."""

    code = "unclaimed.disposal"


@dataclass(frozen=True, slots=True)
class Dates:
    """Last days of what must be done, and the first on which the money may be disposed of.

    ``distribute``: nine months after the year of collection (13(1)). ``listed``: three months later, to
    members and sister societies; ``public``: a year after that (13(3)).
    """

    distribute: date
    listed: date
    public: date
    disposable: date


def dates(collected: date, years: int = YEARS) -> Dates:
    """The dates of money that was collected on this day. DisposalWrong for less than three years."""
    if years < YEARS:
        raise DisposalWrong(f"Unclaimed money is kept for {YEARS} years at least.", years=years)
    year = collected.year
    return Dates(
        date(year + 1, 9, 30), date(year + 1, 12, 31), date(year + 2, 12, 31), date(year + years + 1, 1, 1)
    )


def to_class(
    amounts: Mapping[str, int], earned: Mapping[str, Mapping[str, int]], *, equally: bool = False
) -> tuple[dict[tuple[str, str], int], dict[str, int]]:
    """Each class's money among its own: (class, party) to quanta; and what is left of classes of nobody.

    ``amounts`` are quanta by class; ``earned`` is what each party of a class earned in the same period, in
    quanta of the same currency. In proportion to it, or ``equally`` among those who earned anything.
    """
    parts: dict[tuple[str, str], int] = {}
    left: dict[str, int] = {}
    for name, amount in sorted(amounts.items()):
        there = {party: 1 if equally else sum_ for party, sum_ in earned.get(name, {}).items() if sum_ > 0}
        if not there:
            left[name] = amount
            continue
        parts |= {(name, party): part for party, part in allocate(amount, there).items() if part}
    return parts, left


def kept_back(amount: int, reserve: Fraction) -> int:
    """The part of an amount that stays in reserve for those who come later, to the quantum below."""
    if not 0 <= reserve < 1:
        raise DisposalWrong("A reserve is at least nothing, and less than everything.")
    return amount * reserve.numerator // reserve.denominator


BANDS = (
    ("top 1 %", Fraction(1, 100)), ("next 9 %", Fraction(1, 10)),
    ("next 40 %", Fraction(1, 2)), ("smaller half", Fraction(1)),
)  # fmt: skip


def bands(earned: Mapping[str, int]) -> dict[str, str]:
    """Party to the name of its band, by what it earned: the largest hundredth (one at least), and so on."""
    order = sorted(earned, key=lambda party: (-earned[party], party))
    found: dict[str, str] = {}
    for name, until in BANDS:
        last = max(1, -(-len(order) * until.numerator // until.denominator))
        for party in order[len(found) : last]:
            found[party] = name
    return found

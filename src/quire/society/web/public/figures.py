"""Figures: what came in and where it went, year by year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from quire.core.money import Money
from quire.society.distribution import public as distribution
from quire.society.distribution.public import Split, Year
from quire.society.kit.paging import few
from quire.society.payouts import queries as payouts
from quire.society.payouts.queries import BatchRow
from quire.society.web import charts, lists
from quire.society.web.lists import Column
from quire.society.web.pages import Asking
from quire.society.web.public.front import picture
from quire.society.web.public.words import PARTS
from quire.society.web.words import cut


@dataclass(frozen=True, slots=True)
class Paid:
    """Payments that the bank executed in a year, in a currency: quanta, and how many."""

    year: int
    currency: str
    amount: int
    payments: int


def figures(request: Asking) -> HttpResponseBase:
    """By year of use and currency; payments by the year in which the bank executed them."""
    years, batches = distribution.years(), payouts.batches()
    shared, sent = few(years), few(paid(batches))
    for name, listing, columns in (("", shared, _of_use(waits(batches))), ("p", sent, _of_paying())):
        if form := request.GET.get(f"{name}format"):
            return lists.export(request, listing, columns, form, f"{'payments' if name else 'figures'}", name)
    return render(request, "web/public/figures.html", {
        "title": _("Figures"), "pictures": [picture(_split(one), str(one.year)) for one in years[:4]],
        "over": _over(years),
        "shared": lists.table(
            request, shared, _of_use(waits(batches)), caption=_("By year of use"),
            empty=_("No distribution has been published yet. The first year appears with it.")),
        "sent": lists.table(
            request, sent, _of_paying(), caption=_("Payments by year"), name="p",
            empty=_("Nothing has been paid yet.")),
    })  # fmt: skip


def _split(one: Year) -> Split:
    return Split(one.currency, one.received, one.parts)


def _of_use(days: dict[tuple[int, str], int]) -> list[Column]:
    def amount(name: str) -> Column:
        return Column(name, str(PARTS[name][0]), "money",
                      lambda one: cut(Money(one.parts.get(name, 0), one.currency)))  # fmt: skip

    return [
        Column("year", _("Year"), value=lambda one: str(one.year)),
        Column("runs", _("Distributions"), "number"),
        Column("received", _("Came in"), "money", lambda one: cut(Money(one.received, one.currency))),
        *(amount(name) for name in ("deducted", "fund", "allocated", "held", "unclaimed")),
        Column("awarded", _("Given out since"), "money",
               lambda one: cut(Money(one.awarded, one.currency))),
        Column("days", _("Days from receipt to payment"), "number",
               lambda one: days.get((one.year, one.currency))),
    ]  # fmt: skip


def _of_paying() -> list[Column]:
    return [
        Column("year", _("Year"), value=lambda one: str(one.year)),
        Column("payments", _("Payments"), "number"),
        Column("amount", _("Paid"), "money", lambda one: cut(Money(one.amount, one.currency))),
    ]


def paid(batches: Sequence[BatchRow]) -> list[Paid]:
    """What the bank executed, the latest year first."""
    sums: dict[tuple[int, str], list[int]] = {}
    for one in batches:
        if one.settled:
            mine = sums.setdefault((one.settled.year, one.currency), [0, 0])
            sums[one.settled.year, one.currency] = [mine[0] + one.total, mine[1] + one.payments]
    order = sorted(sums, key=lambda key: (-key[0], key[1]))
    return [Paid(*key, *sums[key]) for key in order]


def waits(batches: Sequence[BatchRow]) -> dict[tuple[int, str], int]:
    """Days from the receipt of money to the payment after the run that shared it, in the middle weighed by
    amount, by year of use and currency; what has not been paid yet is left out."""
    settled = {
        currency: sorted(one.settled for one in batches if one.settled and one.currency == currency)
        for currency in {one.currency for one in batches}
    }
    sums: dict[tuple[int, str], tuple[Fraction, Fraction]] = {}
    for year, currency, closed, received, amount in distribution.shared_of():
        on = next((day for day in settled.get(currency, ()) if day >= closed), None)
        if on is not None:
            days, whole = sums.get((year, currency), (Fraction(0), Fraction(0)))
            sums[year, currency] = (days + _days(received, on) * amount, whole + amount)
    return {key: round(days / whole) for key, (days, whole) in sums.items() if whole}


def _days(first: date, last: date) -> int:
    return max((last - first).days, 0)


def _over(years: Sequence[Year]) -> SafeString:
    """What came in and what was shared, over the years, in the currency of most of them."""
    if not years:
        return SafeString("")
    unit = max({one.currency for one in years}, key=[one.currency for one in years].count)
    mine = sorted((one for one in years if one.currency == unit), key=lambda one: one.year)
    if len(mine) < 2:
        return SafeString("")
    return charts.line(
        [str(one.year) for one in mine],
        [charts.Series(_("came in"), [one.received for one in mine]),
         charts.Series(_("to members and owners"), [one.parts["allocated"] for one in mine])],
        label=_("Over the years, in %(currency)s") % {"currency": unit}, over=_("year"),
        told=lambda value: cut(Money(int(value), unit)).grouped(),
    )  # fmt: skip

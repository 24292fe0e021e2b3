"""A member's first page: what changed, and what needs somebody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from quire.core.money import Money
from quire.society.distribution import queries as distribution
from quire.society.distribution.queries import PivotRow, RunSum
from quire.society.kit.paging import Asked
from quire.society.membership import queries as membership
from quire.society.parties import queries as parties
from quire.society.payouts import queries as payouts
from quire.society.repertoire import queries as repertoire
from quire.society.web import charts
from quire.society.web.member.needs import needs
from quire.society.web.pages import Asking
from quire.society.web.words import Cut, cut, here, own_first, use

RUNS = 8
"""Runs that are drawn."""
TOP = 6


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the last run with what it is compared with."""

    label: str
    number: str
    against: str
    way: str
    link: str


def home(request: Asking) -> HttpResponse:
    """Money of the last run against the one before, who used what for what, and what waits for the member."""
    party = request.seat.party
    assert party is not None
    sums = distribution.sums_of(party.id, last=RUNS)
    accounts = payouts.account_of(party.id)
    own = parties.society().currency
    mine, shared = repertoire.works_of(party.id)
    return render(request, "web/member/home.html", {
        "title": _("Home"),
        "last": sums[0] if sums else None,
        "figures": [*figures(request, sums, own), *_paid(request, accounts)],
        "drawn": drawn(sums, own),
        "needs": needs(request, accounts),
        "licensees": (licensees := used(request, sums, own, "licence")),
        "uses": used(request, sums, own, "use"), "asked": any(row.requests for row in licensees),
        "works": mine, "shared": shared,
        "member": membership.memberships_of(party.id),
    })  # fmt: skip


def figures(request: Asking, sums: Sequence[RunSum], own: str) -> list[Figure]:
    """What the last run gave in each currency, against the run before it that gave any."""
    if not sums:
        return []
    last = [one for one in sums if one.run == sums[0].run]
    order = own_first((one.credited.currency for one in last), own)
    found = []
    for one in sorted(last, key=lambda row: order.index(row.credited.currency)):
        before = next((row for row in sums if row.run != one.run
                       and row.credited.currency == one.credited.currency), None)  # fmt: skip
        against, way = _against(one, before)
        link = here(request, "member-statement", run=one.tid)
        found.append(Figure(_("Earned in %(period)s") % {"period": one.period}, cut(one.credited).grouped(),
                            against, way, link))  # fmt: skip
    return found


def _against(one: RunSum, before: RunSum | None) -> tuple[str, str]:
    if before is None:
        return _("the first of this currency"), ""
    told = _("%(amount)s in %(period)s") % {
        "amount": cut(before.credited).grouped(), "period": before.period,
    }  # fmt: skip
    more = one.credited.quanta - before.credited.quanta
    return told, "up" if more > 0 else "down" if more < 0 else ""


def _paid(request: Asking, accounts: Sequence[payouts.Account]) -> list[Figure]:
    carried = [Money(one.carried, one.currency) for one in accounts if one.carried > 0]
    waiting = [cut(one).grouped() for one in carried if one.to_minor()[0]]
    way = [cut(Money(one.in_transit, one.currency)).grouped() for one in accounts if one.in_transit]
    if not accounts:
        return []
    against = _("on its way: %(amounts)s") % {"amounts": ", ".join(way)} if way else ""
    number = " · ".join(waiting[:2]) or _("nothing")
    return [Figure(_("Waits for the next payment"), number, against, "", here(request, "member-money"))]


def drawn(sums: Sequence[RunSum], own: str) -> SafeString:
    """The main currency of the runs, the oldest first; nothing to see in fewer than two."""
    currencies = {one.credited.currency for one in sums}
    if not currencies:
        return SafeString("")
    unit = own if own in currencies else sums[0].credited.currency
    rows = [one for one in reversed(sums) if one.credited.currency == unit and one.credited.quanta >= 0]
    if len(rows) < 2:
        return SafeString("")
    series = [charts.Series(_("earned"), [one.credited.quanta for one in rows])]
    return charts.line(
        [str(one.period) for one in rows], series,
        label=_("Earned, by period, in %(currency)s") % {"currency": unit},
        told=lambda value: Cut(int(value), unit).grouped(),
    )  # fmt: skip


def used(request: Asking, sums: Sequence[RunSum], own: str, by: str) -> list[PivotRow]:
    """The last run's money by licence or use, in its main currency, the largest first."""
    if not sums:
        return []
    assert request.seat.party is not None
    pivot = distribution.Pivot(request.seat.party.id, by, run=sums[0].run)
    rows = [row for row in pivot.page(Asked(size=50)).rows if row.credited or row.held]
    order = own_first((row.credited.currency for row in rows), own)
    rows.sort(key=lambda row: order.index(row.credited.currency))
    return [_told(row, by) for row in rows[:TOP]]


def _told(row: PivotRow, by: str) -> PivotRow:
    label = use(row.key) if by == "use" else row.label
    return PivotRow(row.key, label, row.note, cut(row.credited), cut(row.held), row.requests)

"""A licensee's first page: what was spent, and what needs somebody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from quire.core.money import Money
from quire.society.invoicing import owing
from quire.society.invoicing import queries as invoicing
from quire.society.invoicing.owing import Spent
from quire.society.invoicing.queries import Balance
from quire.society.kit import clock, spoken
from quire.society.kit.paging import Asked
from quire.society.licensing import holding
from quire.society.licensing import queries as licensing
from quire.society.licensing.holding import ClientHeld
from quire.society.licensing.queries import LicenceRow
from quire.society.parties import queries as parties
from quire.society.usage.reports.own import reports_of
from quire.society.web import charts
from quire.society.web.licensee.words import kind, me
from quire.society.web.pages import Asking
from quire.society.web.words import Cut, cut, days, here, own_first, use

MONTHS = 12
"""Months that are drawn."""


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits for the licensee: in words, where it is dealt with, what it is about."""

    words: str
    address: str
    amount: Money | None = None
    by: date | None = None
    late: bool = False


def home(request: Asking) -> HttpResponse:
    """Money of this month against the last, the licences, and what waits for the licensee."""
    party = request.seat.party
    assert party is not None
    held = licensing.held(party.id, clock.today())
    clients = holding.clients_of(party.id)
    balances = invoicing.balances(party.id)
    months = months_before(clock.today(), MONTHS)
    spent = owing.spent_by(party.id, party.tid, months[0])
    own = parties.society().currency
    return render(request, "web/licensee/home.html", {
        "title": _("Home"), "figures": [*spending(request, spent, months, own), *_left(request, balances)],
        "needs": list(needs(request, held, clients, balances, spent)),
        "drawn": drawn(spent, months, own), "clients": clients,
        "licences": [
            {"row": row, "address": here(request, "lab-licence", licence=row.tid), "kind": kind(row.kind),
             "uses": ", ".join(map(use, row.uses)), "term": days(row.starts, row.ends)}
            for row in held
        ],
    })  # fmt: skip


def months_before(day: date, count: int) -> list[date]:
    """The first days of so many months, the last of them the day's own."""
    number = day.year * 12 + day.month - 1
    return [date((number - back) // 12, (number - back) % 12 + 1, 1) for back in range(count - 1, -1, -1)]


def month(first: date) -> str:
    """ "May 2026"."""
    return spoken.month(first)


def spending(
    request: Asking, spent: Sequence[Spent], months: Sequence[date], own: str
) -> list[dict[str, str]]:
    """A figure for each currency in which anything was spent in this month or the last one."""
    now, before = months[-1], months[-2]
    sums = {(row.month, row.currency): row.amount for row in spent}
    found = []
    for unit in own_first((row.currency for row in spent if row.month in {now, before}), own):
        this, last = (sums.get((one, unit), Money.zero(unit)) for one in (now, before))
        found.append({
            "label": _("Spent in %(month)s") % {"month": month(now)}, "number": cut(this).grouped(),
            "against": _("%(amount)s in %(month)s") % {"amount": cut(last).grouped(), "month": month(before)},
            "way": "up" if this.quanta > last.quanta else "down" if this.quanta < last.quanta else "",
            "link": here(request, "lab-usage"),
        })  # fmt: skip
    return found


def _left(request: Asking, balances: Sequence[Balance]) -> list[dict[str, str]]:
    found = []
    for one in balances:
        aside = Cut(one.aside, one.currency).grouped()
        found.append({
            "label": _("Left for crawling"), "number": Cut(one.available, one.currency).grouped(),
            "against": _("%(amount)s is set aside for sites") % {"amount": aside} if one.aside else "",
            "way": "", "link": here(request, "lab-credit"),
        })  # fmt: skip
    return found


def drawn(spent: Sequence[Spent], months: Sequence[date], own: str) -> SafeString:
    """The main currency of the last year, month by month; nothing where fewer than two months had any."""
    units = own_first((row.currency for row in spent if row.amount.quanta), own)
    if not units:
        return SafeString("")
    sums = {row.month: row.amount.quanta for row in spent if row.currency == units[0]}
    if sum(1 for total in sums.values() if total) < 2:
        return SafeString("")
    return charts.line(
        [month(one) for one in months], [charts.Series(_("spent"), [sums.get(one, 0) for one in months])],
        label=_("Spent, by month, in %(currency)s") % {"currency": units[0]},
        told=lambda value: Cut(int(value), units[0]).grouped(), over=_("month"),
    )  # fmt: skip


def needs(
    request: Asking,
    held: Sequence[LicenceRow],
    clients: Sequence[ClientHeld],
    balances: Sequence[Balance],
    spent: Sequence[Spent],
) -> Iterator[Need]:
    """What waits for the licensee, money first."""
    for one in owing.open_of(me(request)):
        told = _("Pay what is open under %(licence)s") % {"licence": one.licence}
        to = f"{here(request, 'lab-invoices')}?q={one.licence}"
        yield Need(told, to, cut(one.open))
    yield from _low(request, held, balances, spent)
    for row in holding.ending(me(request)):
        told = _("The licence %(licence)s ends, and none follows it") % {"licence": row.code}
        yield Need(told, here(request, "lab-tariffs"), by=row.ends - timedelta(days=1))
    yield from _reports(request, held)
    yield from _keys(request, held, clients)


def _reports(request: Asking, held: Sequence[LicenceRow]) -> Iterator[Need]:
    """Licences that ask for reports, where nothing of the last month, or since, was reported yet."""
    last, this = months_before(clock.today(), 2)
    asking = [row for row in held if row.conditions.reporting != "none" and row.starts < this]
    if not asking:
        return
    newest = reports_of(me(request)).page(Asked(size=1)).rows
    if newest and newest[0].ends is not None and newest[0].ends.date() >= last:
        return
    told = _("Report your use of %(month)s: %(licence)s asks for it")
    due = months_before(this + timedelta(days=31), 1)[0] - timedelta(days=1)
    for row in asking:
        named = {"month": month(last), "licence": row.code}
        yield Need(told % named, here(request, "lab-reports"), by=due)


def _low(
    request: Asking, held: Sequence[LicenceRow], balances: Sequence[Balance], spent: Sequence[Spent]
) -> Iterator[Need]:
    """Balances that are empty, or last less than a month at the rate of this month and the one before."""
    lately = set(months_before(clock.today(), 2))
    to = here(request, "lab-credit")
    for one in balances:
        rate = sum(row.charged for row in spent if row.month in lately and row.currency == one.currency)
        if one.available <= 0 or one.available < rate // 2:
            yield Need(_("Your balance for crawling runs low"), to, Cut(one.available, one.currency))
    if any(row.kind == "crawl" for row in held) and not balances:
        yield Need(_("Put money on your balance: crawling is paid from it"), to)


def _keys(request: Asking, held: Sequence[LicenceRow], clients: Sequence[ClientHeld]) -> Iterator[Need]:
    live = [one for one in clients if one.row.revoked is None and one.row.mode == "live"]
    if held and not live:
        yield Need(_("Make a client, with which your programs get tokens"), here(request, "lab-clients-new"))
    for one in clients:
        if one.row.revoked is not None:
            continue
        to = here(request, "lab-client", client=one.row.tid)
        ends = [until for _made, until in one.secrets if until is not None]
        if not one.secrets:
            yield Need(_("The client %(name)s has no secret that is good") % {"name": one.row.name}, to)
        elif ends:
            told = _("A former secret of %(name)s ends: your programs need the new one")
            yield Need(told % {"name": one.row.name}, to, by=min(ends).date())

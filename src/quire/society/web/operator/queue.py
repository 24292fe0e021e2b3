"""What waits for somebody at the desk: what it is, how much money, until when, and where it is done.

Every kind asks for its first few and says how many more there are, so that the page asks the same few
questions of a society of any size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.core.cache import cache
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from quire.core.money import Money
from quire.core.unclaimed import dates
from quire.society.disputes import queries as disputes
from quire.society.distribution import queries as distribution
from quire.society.distribution import watching
from quire.society.invoicing.strays import stray_hosts
from quire.society.kit import clock, jobs, periods
from quire.society.kit.paging import Asked
from quire.society.kit.periods import Period
from quire.society.payouts import watching as payouts
from quire.society.unclaimed import queries as unclaimed
from quire.society.unclaimed.reaching import reaching
from quire.society.usage.imported import imports_list
from quire.society.usage.silent import heard_list
from quire.society.web.operator.words import names, party_page, received
from quire.society.web.said import said
from quire.society.web.words import Cut

MOST = 5
"""Of one kind, this many are named; the rest stand on their own page."""
DAYS = 14
"""A job that failed longer ago is on the page of jobs alone."""
KEPT = 3600
"""Seconds for which it is known what unmatched usage would have had."""
SOON = 180
"""Days before the term of unclaimed money on which it is told of."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that waits. ``kind`` groups them; ``act`` is the word on its button; ``late``: ``by`` is
    over."""

    kind: str
    words: str
    address: str
    act: str
    money: tuple[Cut, ...] = ()
    by: date | None = None
    late: bool = False


def queue(own: str) -> list[Item]:
    """Everything that waits: what is late first, then by money in the society's own currency, then by day."""
    found = [
        *_runs(),
        *_receipts(),
        *_disputes(),
        *_corrections(),
        *_write_offs(),
        *_disposals(),
        *_terms(),
        *_returned(),
        *_batches(),
        *_claims(),
        *_silent(),
        *_gaps(),
        *_imports(),
        *_strays(own),
        *_jobs(),
    ]
    return sorted(found, key=lambda one: _urgency(one, own))


def _urgency(one: Item, own: str) -> tuple[bool, int, int, date]:
    here = sum(money.quanta for money in one.money if money.currency == own)
    elsewhere = sum(money.quanta for money in one.money if money.currency != own)
    return not one.late, -here, -elsewhere, one.by or date.max


def _cut(*some: Money) -> tuple[Cut, ...]:
    return tuple(Cut(one.quanta, one.currency) for one in some if one.quanta)


def _more(kind: str, count: int, address: str) -> Iterator[Item]:
    """The line that stands for all that are not named."""
    if count > MOST:
        yield Item(kind, _("%(count)d more") % {"count": count - MOST}, address, _("See all"))


def _runs() -> Iterator[Item]:
    told = {"reviewed": (_("Approve the run of %(period)s"), _("Look at it"))}
    for row in watching.under_way():
        words, act = told.get(row.state, (_("The run of %(period)s has not come to its end"), _("Go on")))
        address = reverse("desk-run", args=[row.tid])
        yield Item(_("Runs"), words % {"period": row.period}, address, act, _cut(*received(row.review)))


def _receipts() -> Iterator[Item]:
    today = clock.today()
    for one in watching.undistributed():
        if one.period.ends <= today:
            words = _("What came in for %(period)s is in no run") % {"period": one.period}
            by = dates(one.period.starts).distribute
            address = f"{reverse('desk-run-new')}?period={one.period}"
            yield Item(_("Runs"), words, address, _("Distribute"), _cut(one.amount), by, by < today)


def _disputes() -> Iterator[Item]:
    rows = disputes.rows()
    for row in rows[:MOST]:
        words = _("Dispute of “%(title)s”, %(state)s") % {"title": row.title, "state": said(row.state)}
        late = row.left is not None and row.left < 0
        address = reverse("desk-dispute", args=[row.tid])
        yield Item(
            _("Disputes"), words, address, pgettext("a button", "Open"), _cut(*row.held), row.due, late
        )
    yield from _more(_("Disputes"), len(rows), reverse("desk-disputes"))


def _corrections() -> Iterator[Item]:
    rows = distribution.corrections("filed")
    for row in rows[:MOST]:
        words = _("A correction of %(work)s waits for a second person") % {"work": row.work}
        address = reverse("desk-correction", args=[row.tid])
        late = row.until < clock.today()
        yield Item(_("Corrections"), words, address, _("Decide"), (), row.until, late)
    yield from _more(_("Corrections"), len(rows), reverse("desk-corrections"))


def _write_offs() -> Iterator[Item]:
    rows = [one for one in distribution.settlements() if one.state == "proposed"]
    for row in rows[:MOST]:
        words = _("What %(debtor)s owes is to be written off") % {"debtor": row.debtor}
        money = _cut(Money(row.amount, row.currency))
        yield Item(_("Corrections"), words, reverse("desk-debts"), _("Decide"), money)


def _disposals() -> Iterator[Item]:
    for one in unclaimed.disposals():
        if one.state == "prepared":
            words = _("Money unclaimed of %(year)s is to be disposed of") % {"year": one.year}
            yield Item(_("Unclaimed money"), words, reverse("desk-unclaimed"), _("Decide"))


def _terms() -> Iterator[Item]:
    today = clock.today()
    for one in reaching():
        if (one.disposable - today).days <= SOON:
            words = _("Unclaimed money collected in %(year)s reaches its term") % {"year": one.year}
            address, late = reverse("desk-unclaimed"), one.disposable < today
            yield Item(
                _("Unclaimed money"), words, address, _("See it"), _cut(one.amount), one.disposable, late
            )


def _returned() -> Iterator[Item]:
    page = payouts.came_back().page(Asked(size=MOST))
    named = names(row.party for row in page.rows)
    for row in page.rows:
        words = _("A payment to %(name)s came back: %(reason)s") % {
            "name": named.get(row.party, row.name),
            "reason": row.because,
        }
        money = _cut(Money(row.amount, row.currency))
        yield Item(_("Payments"), words, party_page(row.party), _("See the payee"), money)
    yield from _more(_("Payments"), page.counted, reverse("desk-returned"))


def _batches() -> Iterator[Item]:
    today = clock.today()
    page = payouts.batches_list().page(Asked(filters={"state": "waits"}, size=MOST))
    for row in page.rows:
        words = _("Payments of %(day)s are not yet settled") % {"day": row.on}
        money = _cut(Money(row.total, row.currency))
        address = reverse("desk-batch", args=[row.tid])
        yield Item(_("Payments"), words, address, _("Settle"), money, row.on, row.on < today)
    yield from _more(_("Payments"), page.counted, f"{reverse('desk-batches')}?state=waits")


def _claims() -> Iterator[Item]:
    page = unclaimed.claims_list().page(Asked(filters={"state": "open"}, size=MOST))
    for row in page.rows:
        words = _("%(name)s claims what is unclaimed of “%(title)s”")
        address = reverse("desk-claim", args=[row.tid])
        told = words % {"name": row.party_name, "title": row.title}
        yield Item(_("Unclaimed money"), told, address, _("Decide"))
    yield from _more(_("Unclaimed money"), page.counted, f"{reverse('desk-claims')}?state=open")


def _silent() -> Iterator[Item]:
    page = heard_list().page(Asked(filters={"silent": "yes"}, size=MOST))
    for row in page.rows:
        words = _("%(host)s has gone silent") % {"host": row.host}
        if row.heard is None:
            words = _("%(host)s has never been heard") % {"host": row.host}
        yield Item(_("Metering"), words, reverse("desk-edge", args=[row.tid]), _("See it"))
    yield from _more(_("Metering"), page.counted, f"{reverse('desk-edges')}?silent=yes")


def _gaps() -> Iterator[Item]:
    page = heard_list().page(Asked(filters={"gaps": "yes"}, size=MOST))
    for row in page.rows:
        words = _("%(host)s: %(count)d gaps in what it sent") % {"host": row.host, "count": row.gaps}
        yield Item(_("Metering"), words, reverse("desk-edge", args=[row.tid]), _("See it"))
    yield from _more(_("Metering"), page.counted, f"{reverse('desk-edges')}?gaps=yes")


def _imports() -> Iterator[Item]:
    page = imports_list().page(Asked(filters={"finished": "no", "withdrawn": "no"}, size=MOST))
    for row in page.rows:
        words = _("%(file)s was not read to its end: import it again") % {"file": row.name}
        yield Item(_("Metering"), words, reverse("desk-import", args=[row.tid]), _("See it"))
    yield from _more(_("Metering"), page.counted, f"{reverse('desk-imports')}?finished=no")


def _strays(own: str) -> Iterator[Item]:
    """Of the last month that is over; the lake is asked once in a while."""
    last = clock.today().replace(day=1) - timedelta(days=1)
    span = periods.month(last.year, last.month)
    told = cache.get_or_set(f"strays:{span}:{own}", lambda: _worth(span), KEPT)
    hosts, sums = told if told else (0, {})
    if sums:
        words = ngettext(
            "%(count)d host of nobody’s was visited under licence in %(period)s",
            "%(count)d hosts of nobody’s were visited under licence in %(period)s",
            hosts,
        )
        money = _cut(*(Money(amount, unit) for unit, amount in sums.items()))
        address = reverse("desk-strays", args=[str(span)])
        yield Item(_("Metering"), words % {"count": hosts, "period": span}, address, _("See them"), money)


def _worth(span: Period) -> tuple[int, dict[str, int]]:
    """How many hosts, and what they would have had by currency."""
    found = [one for one in stray_hosts(span) if one.worth]
    sums: dict[str, int] = {}
    for one in found:
        for money in one.worth:
            sums[money.currency] = sums.get(money.currency, 0) + money.quanta
    return len(found), sums


def _jobs() -> Iterator[Item]:
    since = clock.now() - timedelta(days=DAYS)
    page = jobs.job_list().page(Asked(filters={"state": "failed"}, size=MOST))
    for row in page.rows:
        if row.asked_at > since:
            words = _("Failed: %(title)s") % {"title": row.title}
            yield Item(_("Jobs"), words, reverse("desk-job", args=[row.tid]), _("See why"))

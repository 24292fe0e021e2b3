"""What usage on addresses of nobody would have been worth: where it pays to ask whose they are."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Sum

from quire.core.money import Money
from quire.society.invoicing.models import Receipt
from quire.society.kit import ids
from quire.society.kit.periods import Period
from quire.society.parties.models import Party
from quire.society.usage import queries as usage
from quire.society.usage.strays import strays


@dataclass(frozen=True, slots=True)
class StrayHost:
    """A host of nobody's: its requests by whoever has a licence and by others, who these are (``licensees``
    are TypeIDs), and what the licensed ones would have had of the period's receipts."""

    host: str
    requests: int
    licensed: int
    licensees: tuple[str, ...]
    operators: tuple[str, ...]
    worth: tuple[Money, ...]


def stray_hosts(period: Period) -> list[StrayHost]:
    """Hosts of nobody's with what they would have had, had they been counted: of what a licensee paid for
    days of the period, their requests' part of all that were counted of it, theirs included. Money of the
    society's first licences first, then the most requests.
    """
    found: dict[str, list[tuple[str, str | None, int]]] = {}
    for one in strays(period.starts, period.ends):
        found.setdefault(one.host, []).append((one.operator, one.licensee, one.requests))
    paid, counted = _paid(period), _counted(period) if found else {}
    hosts = [_host(host, rows, paid, counted) for host, rows in found.items()]
    return sorted(hosts, key=lambda one: (-sum(m.quanta for m in one.worth), -one.requests, one.host))


def _paid(period: Period) -> dict[str, list[Money]]:
    """By licensee, what came in for days of the period alone."""
    rows = Receipt.objects.filter(starts__gte=period.starts, ends__lte=period.ends)
    sums = rows.values_list("licence__licensee", "currency").annotate(sum=Sum("amount")).order_by("currency")
    found: dict[str, list[Money]] = {}
    for licensee, currency, amount in sums:
        found.setdefault(ids.show(Party.prefix, licensee), []).append(Money(amount, currency))
    return found


def _counted(period: Period) -> dict[str, int]:
    sums: dict[str, int] = {}
    for one in usage.totals(period.starts, period.ends):
        if one.heading == "counted" and one.licensee:
            sums[one.licensee] = sums.get(one.licensee, 0) + one.requests
    return sums


def _host(
    host: str, rows: list[tuple[str, str | None, int]], paid: dict[str, list[Money]], counted: dict[str, int]
) -> StrayHost:
    by: dict[str, int] = {}
    for _operator, licensee, requests in rows:
        if licensee:
            by[licensee] = by.get(licensee, 0) + requests
    worth: dict[str, int] = {}
    for licensee, requests in by.items():
        for money in paid.get(licensee, ()):
            part = money.quanta * requests // (counted.get(licensee, 0) + requests)
            worth[money.currency] = worth.get(money.currency, 0) + part
    return StrayHost(
        host,
        sum(requests for _o, _l, requests in rows),
        sum(by.values()),
        tuple(by),
        tuple(sorted({operator for operator, _l, _r in rows})),
        tuple(Money(amount, unit) for unit, amount in sorted(worth.items()) if amount),
    )

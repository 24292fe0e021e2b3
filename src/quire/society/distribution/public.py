"""What everybody may know of distributions: closed runs and their chain, who is credited, sums by year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import F, Max, Min, Q, Sum

from quire.core.money import quanta_of
from quire.core.terms import USES
from quire.society.distribution import publishing
from quire.society.distribution.models import AwardPart, Credit, Pot, PotReceipt, Run
from quire.society.kit import ids
from quire.society.kit.nouns import one
from quire.society.kit.paging import Listing, Sort
from quire.society.kit.periods import Period
from quire.society.parties import queries as parties

PARTS = ("allocated", "held", "unclaimed", "deducted", "fund", "residue")
"""Where the money of a run goes, in the order in which pages show it."""


@dataclass(frozen=True, slots=True)
class Split:
    """What came in, in one currency, and the quanta of each of PARTS."""

    currency: str
    received: int
    parts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Published:
    """A closed run. ``number`` is its place in the chain, ``root`` of its bundle, ``before`` that of the run
    closed before it ("" for the first)."""

    id: UUID
    tid: str
    number: int
    period: Period
    plan: str
    plan_tid: str
    decision: str
    root: str
    before: str
    payees: int
    lines: int
    splits: tuple[Split, ...]
    zip: Path


def published_list() -> Listing[Published]:
    """Every closed run, the last closed first."""
    return Listing(
        Run.objects.filter(state="closed", number__isnull=False).select_related("plan"),
        _published,
        {"number": Sort("number", descending=True), "period": Sort("starts", descending=True)},
        search=lambda words: Q(plan__name__icontains=words) | Q(bundle_root=words),
    )


def published(tid: str) -> Published:
    """One closed run by its id; kit.nouns.Unknown where there is none."""
    rows = Run.objects.filter(id=ids.read(Run.prefix, tid), state="closed", number__isnull=False)
    found = one(rows.select_related("plan"), f"No published distribution has the id {tid}.")
    return next(iter(_published([found])))


def last_published() -> Published | None:
    """The run that was closed last."""
    rows = published_list().rows.order_by("-number")[:1]
    return next(iter(_published(list(rows))), None)


def _published(rows: Sequence[Run]) -> Iterator[Published]:
    numbers = {(row.number or 0) - 1 for row in rows}
    before = dict(Run.objects.filter(number__in=numbers).values_list("number", "bundle_root"))
    for row in rows:
        number = row.number or 0
        told = row.review
        yield Published(
            row.id, row.tid, number, Period(row.starts, row.ends), row.plan.name, row.plan.tid,
            row.plan.decision, row.bundle_root, before.get(number - 1, ""), told.get("payees", 0),
            told.get("lines", 0), tuple(_splits(told)), publishing.folder(row).with_name(f"{row.tid}.zip"),
        )  # fmt: skip


def _splits(review: Mapping[str, Mapping[str, Mapping[str, str]]]) -> Iterator[Split]:
    for currency, sums in review.get("currencies", {}).items():
        parts = {name: quanta_of(sums[name]) for name in PARTS if name in sums}
        yield Split(currency, quanta_of(sums["received"]), parts)


# Credits: whose works a licensee used


@dataclass(frozen=True, slots=True)
class Credited:
    """Somebody whose works a licensee used: its name, or, where it goes by one, its pseudonym; and of how
    many works use was known in any one pot at most (pages that are no registered work are its site's)."""

    name: str
    kind: str
    works: int


@dataclass(frozen=True, slots=True)
class CreditPage:
    """A licensee whose money closed runs shared for a use, and the days that it is for (half-open)."""

    licensee: str
    name: str
    use: str
    since: date
    until: date


def credit_pages() -> list[CreditPage]:
    """Every licensee and use that closed runs shared money for, by the licensee's name."""
    rows = (
        Pot.objects.filter(run__state="closed", licence__isnull=False)
        .order_by()
        .values_list("licence__licensee__code", "licence__licensee__name", "licence__uses")
        .annotate(since=Min("starts"), until=Max("ends"))
    )
    found: dict[tuple[str, str, str], tuple[date, date]] = {}
    for code, name, uses, since, until in rows:
        for use in uses:
            first, last = found.get((name, code, use), (since, until))
            found[name, code, use] = (min(first, since), max(last, until))
    order = sorted(found, key=lambda one: (one[0], one[1], USES.index(one[2])))
    return [CreditPage(code, name, use, *found[name, code, use]) for name, code, use in order]


def credits_list(licensee: str, use: str) -> Listing[Credited]:
    """Whose works this licensee (code) used for ``use``, of closed runs, by the name that is shown."""
    credits = Credit.objects.filter(licensee__code=licensee, use=use)

    def make(rows: Sequence[Any]) -> Iterator[Credited]:
        works = dict(credits.filter(party__in=[row.id for row in rows]).values_list("party_id", "works"))
        for row in rows:
            hidden = row.shown != row.name
            yield Credited(row.shown, "" if hidden else row.kind, works.get(row.id, 0))

    rows = parties.shown_rows().filter(id__in=credits.values("party"))
    return Listing(rows, make, {"name": Sort("shown")}, search=lambda words: Q(shown__icontains=words))


# Sums by year


@dataclass(frozen=True, slots=True)
class Year:
    """What closed runs divided of a year's use in one currency, in quanta; ``awarded`` is what was held or
    unclaimed and has found its owner since."""

    year: int
    currency: str
    runs: int
    received: int
    parts: Mapping[str, int]
    awarded: int


def years() -> list[Year]:
    """By the year in which the use began, the latest first; by currency."""
    sums: dict[tuple[int, str], dict[str, int]] = {}
    for starts, review in Run.objects.filter(state="closed").values_list("starts", "review"):
        for split in _splits(review):
            mine = sums.setdefault((starts.year, split.currency), {"runs": 0, "received": 0})
            told = {"runs": 1, "received": split.received, **split.parts}
            mine |= {name: mine.get(name, 0) + amount for name, amount in told.items()}
    given = dict(_awarded())
    return [
        Year(year, currency, mine["runs"], mine["received"], {name: mine.get(name, 0) for name in PARTS},
             given.get((year, currency), 0))
        for (year, currency), mine in sorted(sums.items(), key=lambda one: (-one[0][0], one[0][1]))
    ]  # fmt: skip


def _awarded() -> Iterator[tuple[tuple[int, str], int]]:
    rows = AwardPart.objects.filter(party__isnull=False, waiting=False).order_by()
    for year, currency, amount in rows.values_list("pot__run__starts__year", "pot__currency").annotate(
        Sum("amount")
    ):
        yield (year, currency), amount


def shared_of() -> list[tuple[int, str, date, date, int]]:
    """The receipts that closed runs shared in the currency in which they came, summed by day: the year of
    use, the currency, the day of the run's approval, the day received, quanta."""
    rows = PotReceipt.objects.filter(pot__run__state="closed", pot__currency=F("receipt__currency"))
    named = rows.order_by().values_list(
        "pot__run__starts__year", "pot__currency", "pot__run__approval__at", "receipt__received_on"
    )
    return [
        (year, currency, approved.date(), day, amount)
        for year, currency, approved, day, amount in named.annotate(Sum("receipt__amount"))
    ]

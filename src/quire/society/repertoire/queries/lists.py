"""Works, sites and agreements as lists, a page at a time: those of one party, or all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from uuid import UUID

from django.db.models import Q

from quire.core.shares import UNKNOWN
from quire.society.kit import clock
from quire.society.kit.nouns import one
from quire.society.kit.paging import Filter, Listing, Sort
from quire.society.kit.searching import Words, among, begins
from quire.society.repertoire.models import Agreement, OwnershipShare, Site, Work
from quire.society.repertoire.queries.agreements import AgreementRow, agreements
from quire.society.repertoire.queries.verified import SiteRow, _rows


@dataclass(frozen=True, slots=True)
class WorkShown:
    """A work as lists show it. ``member`` is the code of whoever registered it, ``original`` the key of what
    it is a copy of, with the share agreed for the copy's publisher; both empty (None) where it is none."""

    id: UUID
    tid: str
    key: str
    identifier: str
    title: str
    type: str
    tier: str
    words: int | None
    member: str
    starts: date | None
    ends: date | None
    original: str
    syndicator_share: Fraction | None


@dataclass(frozen=True, slots=True)
class Version:
    """Who owns a work in a span of days: (code or ``unknown``, name, role, share)."""

    starts: date | None
    ends: date | None
    holders: tuple[tuple[str, str, str, Fraction], ...]


def works_list(party: UUID | None = None) -> Listing[WorkShown]:
    """Works by title; of a ``party``: those it registered, and those of others in which it has a share. Found
    by the beginnings of words of their titles, addresses and identifiers."""
    rows = Work.objects.all() if party is None else Work.objects.filter(_mine(party))
    rows = rows.alias(named=Words("title", "key", "identifier"))
    filters = {
        "type": Filter("Type", {}, lambda kind: Q(type=kind)),
        "tier": Filter("Content tier", {}, lambda tier: Q(tier=tier)),
    }
    if party is not None:
        whose = {"mine": "registered by you", "share": "of others, with a share of yours"}
        filters["whose"] = Filter(
            "Whose", whose, lambda value: Q(member=party) if value == "mine" else ~Q(member=party)
        )
    return Listing(
        rows.select_related("member", "original"), _shown, {"title": Sort("title"), "key": Sort("key")},
        filters, lambda words: begins("named", words), 1_000,
    )  # fmt: skip


def _mine(party: UUID) -> Q:
    shared = OwnershipShare.objects.filter(party=party).values("ownership__work")
    return Q(member=party) | among("id", shared)


def work_shown(party: UUID | None, work: UUID) -> WorkShown:
    """One work; of a ``party``, as in ``works_list``: kit.nouns.Unknown where it is not one of its own."""
    rows = Work.objects.filter(id=work) if party is None else Work.objects.filter(_mine(party), id=work)
    found = one(rows.select_related("member", "original"), "There is no such work of yours.")
    return next(iter(_shown([found])))


def versions_of(work: UUID) -> list[Version]:
    """Every version of a work's owners on record, the oldest first; a day without one is its member's."""
    rows = OwnershipShare.objects.filter(ownership__work=work).select_related("ownership", "party")
    found: dict[UUID, list[OwnershipShare]] = {}
    for row in rows.order_by("id"):
        found.setdefault(row.ownership_id, []).append(row)
    made = [
        Version(
            some[0].ownership.starts, some[0].ownership.ends,
            tuple((r.party.code, r.party.name, r.role, r.share) if r.party else (UNKNOWN, "", r.role, r.share)
                  for r in some),
        )
        for some in found.values()
    ]  # fmt: skip
    return sorted(made, key=lambda version: version.starts or date.min)


def works_of(party: UUID) -> tuple[int, int]:
    """How many works the party registered, and of how many of others it has a share."""
    mine = Work.objects.filter(member=party).count()
    shared = OwnershipShare.objects.filter(party=party).exclude(ownership__work__member=party)
    return mine, shared.values("ownership__work").distinct().count()


def sites_list(owner: UUID | None = None) -> Listing[SiteRow]:
    """Sites by code, all or one owner's."""
    rows = Site.objects.all() if owner is None else Site.objects.filter(owner=owner)
    return Listing(
        rows, lambda some: _rows(Site.objects.filter(id__in=[row.id for row in some])),
        {"code": Sort("code"), "host": Sort("host")}, {},
        lambda words: Q(host__icontains=words) | Q(code__icontains=words),
    )  # fmt: skip


def agreements_of(party: UUID) -> list[AgreementRow]:
    """The agreements by which a party passes something on, or is passed something; those in force first."""
    named = Agreement.objects.filter(Q(giver=party) | Q(takers__party=party)).distinct()
    codes = dict(named.values_list("code", "giver_id"))
    rows = [row for row in agreements(set(codes.values())) if row.code in codes]
    today = clock.today()
    return sorted(rows, key=lambda row: (row.ends is not None and row.ends <= today, row.code))


def _shown(rows: Sequence[Work]) -> Iterator[WorkShown]:
    for row in rows:
        yield WorkShown(
            row.id, row.tid, row.key, row.identifier, row.title, row.type, row.tier, row.words,
            row.member.code, row.starts, row.ends, row.original.key if row.original else "",
            row.syndicator_share,
        )  # fmt: skip

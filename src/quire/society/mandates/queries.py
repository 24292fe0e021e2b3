"""What other rooms may ask about mandates.

Answers are given raw, as they were said, and memberships separately: ``quire.core.terms`` combines them
(``allows``, ``standing_of``), here and in every recomputation of a published bundle. Parties are named by
their TypeIDs there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from quire.core.money import Money
from quire.core.terms import Answer, DirectLicence, Heading, Span, boundaries, covers, standing_of
from quire.society.kit import ids
from quire.society.kit.periods import Period, overlapping
from quire.society.mandates import models
from quire.society.mandates.hosts import HostTerms
from quire.society.mandates.models import Mandate, PathPrice, PathTerm
from quire.society.mandates.paths import PathCosts, PathSaid
from quire.society.membership import queries as membership
from quire.society.parties import queries as parties
from quire.society.parties.queries import PartyName, Ref
from quire.society.repertoire import queries as repertoire


@dataclass(frozen=True, slots=True)
class MandateFacts:
    """One answer as people see it; ``licensee`` None is everybody."""

    tid: str
    member: PartyName
    licensee: PartyName | None
    use: str
    yes: bool
    starts: date
    ends: date | None


@dataclass(frozen=True, slots=True)
class DirectFacts:
    """One licence beside the society as people see it."""

    tid: str
    member: PartyName
    licensee: PartyName
    starts: date
    ends: date | None
    note: str


def answers(members: Iterable[UUID] | None = None, period: Period | None = None) -> list[Answer]:
    """Every answer (of these members, overlapping this period), raw: not cut by membership or period.

    An answer outlives its member's membership here; combine it with ``member_spans`` by the core's rule.
    The order is always the same.
    """
    rows = _chosen(Mandate.objects.all(), members, period).order_by("member_id", "use", "starts", "id")
    show = _shower()
    return [
        Answer(show(r.member_id), r.licensee_id and show(r.licensee_id), r.use, r.answer, r.starts, r.ends)
        for r in rows
    ]


def direct_licences(
    members: Iterable[UUID] | None = None, period: Period | None = None
) -> list[DirectLicence]:
    """Every direct licence (of these members, overlapping this period), not cut."""
    rows = _chosen(models.DirectLicence.objects.all(), members, period).order_by("member_id", "starts", "id")
    show = _shower()
    return [DirectLicence(show(r.member_id), show(r.licensee_id), r.starts, r.ends) for r in rows]


def member_spans(members: Iterable[UUID] | None = None) -> dict[str, tuple[Span, ...]]:
    """TypeID to memberships, whole: which membership an answer belongs to shows by its start."""
    found = membership.spans(members)
    return {ids.show("pty", party): tuple(Span(*span) for span in some) for party, some in found.items()}


def standing(member: Ref, use: str, licensee: Ref, day: date) -> Heading:
    """ "direct", "allowed" or "not allowed": how this member's usage by this licensee stands on a day."""
    who, to = parties.party(member), parties.party(licensee)
    spans = member_spans([who.id]).get(who.tid, ())
    return standing_of(use, to.tid, day, answers([who.id]), spans, direct_licences([who.id]))


def mandates_of(member: Ref | None = None) -> tuple[MandateFacts, ...]:
    """Every answer (of one member), sorted by member, use and date."""
    rows = Mandate.objects.all() if member is None else Mandate.objects.filter(member=parties.party(member))
    found = list(rows)
    names = parties.names({p for row in found for p in (row.member_id, row.licensee_id) if p})
    made = [_mandate(row, names) for row in found]
    return tuple(sorted(made, key=lambda m: (m.member.code, m.use, m.starts, m.tid)))


def _mandate(row: Mandate, names: dict[UUID, PartyName]) -> MandateFacts:
    licensee = names[row.licensee_id] if row.licensee_id else None
    return MandateFacts(row.tid, names[row.member_id], licensee, row.use, row.answer, row.starts, row.ends)


def direct_of(member: Ref | None = None) -> tuple[DirectFacts, ...]:
    """Every direct licence (of one member), sorted by member and date."""
    rows = models.DirectLicence.objects.all()
    found = list(rows if member is None else rows.filter(member=parties.party(member)))
    names = parties.names({p for row in found for p in (row.member_id, row.licensee_id)})
    made = [
        DirectFacts(row.tid, names[row.member_id], names[row.licensee_id], row.starts, row.ends, row.note)
        for row in found
    ]
    return tuple(sorted(made, key=lambda d: (d.member.code, d.starts, d.tid)))


@dataclass(frozen=True, slots=True)
class PathFacts:
    """One row of a site's own terms as people see it: a word (``yes``) of a use, or a price of a request."""

    tid: str
    site: UUID
    pattern: str
    use: str
    licensee: PartyName | None
    yes: bool | None
    price: Money | None
    starts: date
    ends: date | None


def path_terms(sites: Iterable[UUID], day: date) -> dict[UUID, list[PathSaid]]:
    """Site to what its present owner says of its paths on a day; a site without such terms is not in it."""
    rows = PathTerm.objects.filter(_on(day), site__in=list(sites), member=F("site__owner"))
    show = _shower()
    found: dict[UUID, list[PathSaid]] = {}
    for r in rows.order_by("pattern", "use", "id"):
        to = r.licensee_id and show(r.licensee_id)
        found.setdefault(r.site_id, []).append(PathSaid(r.pattern, to, r.use, r.answer, r.starts, r.ends))
    return found


@dataclass(frozen=True, slots=True)
class HostSaid:
    """What was said of the paths of a host over some time: the patterns of each of its sites, and the words
    that were in force, each with its days."""

    sites: dict[UUID, tuple[str, ...]]
    said: dict[UUID, list[PathSaid]]

    def of(self, day: date) -> HostTerms:
        """The terms of the host on a day."""
        return HostTerms(
            self.sites,
            {site: [one for one in some if covers(one, day)] for site, some in self.said.items()},
        )

    def boundaries(self, starts: date, ends: date) -> list[date]:
        """The dates within (starts, ends) at which they may change."""
        return boundaries(starts, ends, *self.said.values())


def hosts_said(starts: date, ends: date) -> dict[str, HostSaid]:
    """Host to what its sites' owners said of paths in [starts, ends); only hosts where somebody said no.

    A term is its owner's as long as the site is: one of an earlier owner ends on the day of the hand-over.
    """
    rows = PathTerm.objects.filter(overlapping(starts, ends)).select_related("site")
    if not rows.filter(answer=False).exists():
        return {}
    show = _shower()
    said: dict[UUID, list[PathSaid]] = {}
    refusing = set()
    for r in rows.order_by("site_id", "pattern", "use", "id"):
        until = _until(r)
        if until is None or until > max(r.starts, starts):
            to = r.licensee_id and show(r.licensee_id)
            said.setdefault(r.site_id, []).append(PathSaid(r.pattern, to, r.use, r.answer, r.starts, until))
            refusing |= set() if r.answer else {r.site.host}
    patterns = repertoire.patterns_of(refusing)
    return {
        host: HostSaid(sites, {site: said[site] for site in sites if site in said})
        for host, sites in sorted(patterns.items())
    }


def _until(term: PathTerm) -> date | None:
    """The first day on which a term does not hold: where the site is another's by now, the hand-over."""
    if term.member_id == term.site.owner_id:
        return term.ends
    given = repertoire.handed_over(term.site_id, term.member_id) or term.starts
    return given if term.ends is None else min(given, term.ends)


def path_prices(sites: Iterable[UUID], day: date) -> dict[UUID, list[PathCosts]]:
    """Site to what requests cost there on a day, as its present owner says."""
    rows = PathPrice.objects.filter(_on(day), site__in=list(sites), member=F("site__owner"))
    found: dict[UUID, list[PathCosts]] = {}
    for r in rows.order_by("pattern", "id"):
        found.setdefault(r.site_id, []).append(PathCosts(r.pattern, r.amount, r.currency, r.starts, r.ends))
    return found


def host_terms(hosts: Iterable[str], day: date) -> dict[str, HostTerms]:
    """The terms of those of these hosts of whose paths or prices a present owner speaks on a day.

    Three queries; what was worked out is kept, because the registry is asked again and again.
    """
    some = list(hosts)
    show = _shower()
    said: dict[str, dict[UUID, list[PathSaid]]] = {}
    costs: dict[str, dict[UUID, list[PathCosts]]] = {}
    here = _on(day) & Q(site__host__in=some, member=F("site__owner"))
    for r in PathTerm.objects.filter(here).select_related("site").order_by("pattern", "use", "id"):
        one = PathSaid(r.pattern, r.licensee_id and show(r.licensee_id), r.use, r.answer, r.starts, r.ends)
        said.setdefault(r.site.host, {}).setdefault(r.site_id, []).append(one)
    for p in PathPrice.objects.filter(here).select_related("site").order_by("pattern", "id"):
        cost = PathCosts(p.pattern, p.amount, p.currency, p.starts, p.ends)
        costs.setdefault(p.site.host, {}).setdefault(p.site_id, []).append(cost)
    patterns = repertoire.patterns_of({*said, *costs})
    return {
        host: _host_terms(_frozen(sites), _frozen(said.get(host, {})), _frozen(costs.get(host, {})))
        for host, sites in patterns.items()
    }


def _frozen(by_site: Mapping[UUID, Sequence[Any]]) -> tuple[tuple[UUID, tuple[Any, ...]], ...]:
    return tuple((site, tuple(some)) for site, some in sorted(by_site.items()))


@lru_cache(maxsize=1_000)
def _host_terms(sites: Any, said: Any, costs: Any) -> HostTerms:
    return HostTerms(dict(sites), dict(said), dict(costs))


def path_facts(site: UUID) -> tuple[PathFacts, ...]:
    """Every term and price that a site has or had, by pattern and date."""
    terms = list(PathTerm.objects.filter(site=site))
    prices = list(PathPrice.objects.filter(site=site))
    names = parties.names({row.licensee_id for row in terms if row.licensee_id})
    made = [
        PathFacts(r.tid, site, r.pattern, r.use, names.get(r.licensee_id), r.answer, None, r.starts, r.ends)
        for r in terms
    ]
    for r in prices:
        price = Money(r.amount, r.currency)
        made.append(PathFacts(r.tid, site, r.pattern, "", None, None, price, r.starts, r.ends))
    return tuple(sorted(made, key=lambda f: (f.pattern, f.use, f.starts, f.tid)))


def _on(day: date) -> Q:
    return Q(starts__lte=day) & (Q(ends__isnull=True) | Q(ends__gt=day))


def _chosen(rows: QuerySet[Any], members: Iterable[UUID] | None, period: Period | None) -> QuerySet[Any]:
    if members is not None:
        rows = rows.filter(member__in=list(members))
    return rows if period is None else rows.filter(overlapping(period.starts, period.ends))


def _shower() -> Any:
    """A party's TypeID, worked out once for each."""
    known: dict[UUID, str] = {}

    def show(party: UUID) -> str:
        if party not in known:
            known[party] = ids.show("pty", party)
        return known[party]

    return show

"""Sites with what is known of who controls their hosts.

A site is verified while the newest check of its present owner on its present host that was answered at all
found the token. Silence proves nothing either way: a server that is down for an hour does not lose a site
its terms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from quire.society.kit import acts, ids
from quire.society.kit.nouns import one
from quire.society.repertoire.models import Site, SiteCheck, SitePattern


@dataclass(frozen=True, slots=True)
class Checked:
    """One look at a host: how (``METHODS``), what came of it (``OUTCOMES``), the evidence, and when."""

    method: str
    outcome: str
    evidence: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site. ``owner`` is a party's id; ``proof`` is the check by which it is verified, None: it is not."""

    id: UUID
    tid: str
    code: str
    host: str
    owner: UUID
    owner_code: str
    owner_name: str
    tier: str
    patterns: tuple[str, ...]
    proof: Checked | None

    @property
    def verified(self) -> bool:
        return self.proof is not None


def site(ref: Site | UUID | str) -> SiteRow:
    """The site of a code, a TypeID (``sit_…``), a UUID or itself; kit.nouns.Unknown where there is none."""
    if isinstance(ref, Site):
        ref = ref.id
    if isinstance(ref, str) and ref.startswith("sit_"):
        ref = ids.read(Site.prefix, ref)
    if isinstance(ref, UUID):
        rows, shown = Site.objects.filter(id=ref), ids.show(Site.prefix, ref)
    else:
        rows, shown = Site.objects.filter(code=ref.replace("\0", "")), repr(ref[:70])
    one(rows, f"There is no site {shown}.")
    return _rows(rows)[0]


def sites(host: str | None = None, among: Iterable[UUID] | None = None) -> list[SiteRow]:
    """Every site (of a host in its canonical spelling, of these ids), by code."""
    rows = Site.objects.all() if host is None else Site.objects.filter(host=host.replace("\0", ""))
    return _rows(rows if among is None else rows.filter(id__in=list(among)))


def patterns_of(hosts: Iterable[str]) -> dict[str, dict[UUID, tuple[str, ...]]]:
    """Host to the patterns of each of its sites, by site; one query."""
    rows = SitePattern.objects.filter(host__in=list(hosts)).order_by("host", "site_id", "pattern")
    found: dict[str, dict[UUID, tuple[str, ...]]] = {}
    for host, site, pattern in rows.values_list("host", "site_id", "pattern"):
        of_host = found.setdefault(host, {})
        of_host[site] = (*of_host.get(site, ()), pattern)
    return found


def handed_over(site: UUID, by: UUID) -> date | None:
    """The day on which this party last handed the site to another; None where the record has none."""
    moment = acts.newest("repertoire.change", ids.show(Site.prefix, site), was={"owner": str(by)})
    return moment and moment.date()


def checks_of(ref: Site | UUID | str) -> tuple[Checked, ...]:
    """Every check of a site, whoever owned it then, the newest first."""
    rows = SiteCheck.objects.filter(token__site=site(ref).id).order_by("-at", "-id")
    return tuple(_checked(row) for row in rows.select_related("token"))


def _rows(rows: QuerySet[Site]) -> list[SiteRow]:
    found = list(rows.select_related("owner").prefetch_related("patterns").order_by("code"))
    proofs = _proofs(found)
    return [
        SiteRow(
            row.id, row.tid, row.code, row.host, row.owner_id, row.owner.code, row.owner.name, row.tier,
            tuple(sorted(pattern.pattern for pattern in row.patterns.all())), proofs.get(row.id),
        )
        for row in found
    ]  # fmt: skip


def _proofs(found: list[Site]) -> dict[UUID, Checked]:
    """Site to the newest check that says it is verified, for those that are."""
    answered = SiteCheck.objects.filter(~Q(outcome="unreachable"), token__site__in=found)
    newest: dict[UUID, SiteCheck] = {}
    now = {row.id: (row.owner_id, row.host) for row in found}
    for check in answered.select_related("token").order_by("at", "id"):
        if now[check.token.site_id] == (check.token.owner_id, check.token.host):
            newest[check.token.site_id] = check
    return {site: _checked(check) for site, check in newest.items() if check.outcome == "found"}


def _checked(row: SiteCheck) -> Checked:
    return Checked(row.token.method, row.outcome, row.evidence, row.at)

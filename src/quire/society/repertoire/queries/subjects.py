"""Works and sites as a distribution needs them: whose they are, in bulk, day by day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TypeAlias
from uuid import UUID

from quire.core.shares import UNKNOWN, Holder, Shares
from quire.society.kit import ids
from quire.society.parties.models import Party
from quire.society.repertoire.models import OwnershipShare, Site, Work

BATCH = 10_000

Owned: TypeAlias = tuple[date | None, date | None, Shares]
"""First day (None: from the beginning), first day out (None: open), owners by party TypeID or ``unknown``."""


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """What usage is of: a work, or a site where no work is known.

    ``key`` is the work's key, or ``site:`` and the site's code: the stable order of subjects. ``member`` is
    the party whose mandate governs: of a copy the original's member, of a site its owner. ``versions`` follow
    one another without a gap and cover all time; days without a version of their own are the member's.
    """

    kind: str
    id: UUID
    tid: str
    key: str
    title: str
    member: UUID
    member_tid: str
    tier: str
    versions: tuple[Owned, ...]


def subjects(work_ids: Iterable[UUID], site_ids: Iterable[UUID] = ()) -> Iterator[SubjectRow]:
    """The works in the order of their ids, then the sites; ids that are not on record are left out.

    Two queries for ten thousand works, one for as many sites.
    """
    names = _Names()
    for part in _parts(work_ids):
        yield from _works(part, names)
    for part in _parts(site_ids):
        rows = (
            Site.objects.filter(id__in=part)
            .order_by("id")
            .values_list("id", "code", "owner_id", "tier", "host")
        )
        for site, code, owner, tier, host in rows:
            versions = ((None, None, names.sole(owner)),)
            yield SubjectRow(
                "site",
                site,
                ids.show(Site.prefix, site),
                f"site:{code}",
                host,
                owner,
                names.tid(owner),
                tier,
                versions,
            )


def _parts(wanted: Iterable[UUID]) -> Iterator[list[UUID]]:
    ordered = sorted(set(wanted))
    for at in range(0, len(ordered), BATCH):
        yield ordered[at : at + BATCH]


class _Names:
    """TypeIDs and whole shares of parties, each made once."""

    def __init__(self) -> None:
        self._tids: dict[UUID | None, str] = {None: UNKNOWN}
        self._sole: dict[UUID, Shares] = {}

    def tid(self, party: UUID | None) -> str:
        if party is not None and party not in self._tids:
            self._tids[party] = ids.show(Party.prefix, party)
        return self._tids[party]

    def sole(self, party: UUID) -> Shares:
        if party not in self._sole:
            self._sole[party] = Shares.sole(self.tid(party))
        return self._sole[party]


def _works(part: list[UUID], names: _Names) -> Iterator[SubjectRow]:
    rows = list(
        Work.objects.filter(id__in=part)
        .order_by("id")
        .values_list(
            "id",
            "key",
            "title",
            "tier",
            "member_id",
            "original_id",
            "original__member_id",
            "syndicator_share",
        )
    )
    owned = _versions({original or work for work, _, _, _, _, original, _, _ in rows}, names)
    for work, key, title, tier, member, original, first, agreed in rows:
        governing = first or member
        versions = _all_time(owned.get(original or work, []), names.sole(governing))
        if original is not None:
            versions = tuple(
                (starts, ends, _with_syndicator(shares, names.tid(member), agreed))
                for starts, ends, shares in versions
            )
        tid = ids.show(Work.prefix, work)
        yield SubjectRow("work", work, tid, key, title, governing, names.tid(governing), tier, versions)


def _versions(works: set[UUID], names: _Names) -> dict[UUID, list[Owned]]:
    """The versions on record of these works, in the order of their dates, the owners in a stable order."""
    rows = (
        OwnershipShare.objects.filter(ownership__work__in=works)
        .order_by("ownership__work_id", "ownership__starts", "ownership_id", "party_id", "role")
        .values_list(
            "ownership__work_id",
            "ownership_id",
            "ownership__starts",
            "ownership__ends",
            "party_id",
            "role",
            "share",
        )
    )
    gathered: dict[UUID, dict[UUID, tuple[date | None, date | None, list[Holder]]]] = {}
    for work, version, starts, ends, party, role, share in rows:
        place = gathered.setdefault(work, {}).setdefault(version, (starts, ends, []))
        place[2].append(Holder(names.tid(party), role, share))
    return {
        work: sorted(
            ((starts, ends, Shares(tuple(holders))) for starts, ends, holders in found.values()),
            key=lambda version: version[0] or date.min,
        )
        for work, found in gathered.items()
    }


def _all_time(versions: list[Owned], member: Shares) -> tuple[Owned, ...]:
    """The versions with every gap before, between and after them filled: those days are the member's."""
    covered: list[Owned] = []
    since: date | None = None
    for place, (starts, ends, shares) in enumerate(versions):
        if starts != since or (place and starts is None):
            covered.append((since, starts, member))
        covered.append((starts, ends, shares))
        since = ends
    if not versions or since is not None:
        covered.append((since, None, member))
    return tuple(covered)


def _with_syndicator(shares: Shares, syndicator: str, agreed: Fraction) -> Shares:
    """The original's shares less the syndicator's; who already has a share as syndicator gets both."""
    if all((party, role) != (syndicator, "syndicator") for party, role, _ in shares):
        return shares.syndicated(syndicator, agreed)
    return Shares(
        tuple(
            Holder(
                party,
                role,
                own * (1 - agreed) + (agreed if (party, role) == (syndicator, "syndicator") else 0),
            )
            for party, role, own in shares
        )
    )

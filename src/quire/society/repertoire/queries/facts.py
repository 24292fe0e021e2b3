"""What is on record of works, in bulk, for whoever judges them by type, tier or member."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from quire.society.repertoire.models import Work

BATCH = 10_000


@dataclass(frozen=True, slots=True)
class WorkFacts:
    """One work; ``member`` is the party that registered it."""

    id: UUID
    key: str
    title: str
    type: str
    tier: str
    member: UUID
    member_code: str


def work_facts(wanted: Iterable[UUID]) -> dict[UUID, WorkFacts]:
    """The works of these ids that are on record."""
    found: dict[UUID, WorkFacts] = {}
    ordered = sorted(set(wanted))
    for at in range(0, len(ordered), BATCH):
        rows = Work.objects.filter(id__in=ordered[at : at + BATCH])
        for row in rows.values_list("id", "key", "title", "type", "tier", "member_id", "member__code"):
            found[row[0]] = WorkFacts(*row)
    return found

"""Amend one work's registration because of a decision: whom it belongs to, or what it is."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from quire.core.shares import Shares
from quire.society.kit import acts, ids
from quire.society.kit.nouns import one
from quire.society.parties.models import User
from quire.society.repertoire import cells
from quire.society.repertoire.actions.intake import Change, party_ids, writing
from quire.society.repertoire.actions.shares import Version, held, lay
from quire.society.repertoire.errors import BadCopy
from quire.society.repertoire.models import Ownership, Work


def amend_owners(*, work: UUID, starts: date | None, shares: Shares, why: str, by: User | None) -> None:
    """From ``starts`` on (None: from the beginning) the work belongs to these owners (codes; ``unknown``).

    Every version on record that begins later says the same from then on: the decision is about the work, and
    whoever recorded those did not know it. Raises ReadsOnly, Unknown for the work or a party, BadCopy.
    """
    with writing(by):
        found = one(Work.objects.filter(id=work), "There is no such work any more.")
        if found.original_id is not None:
            raise BadCopy(f"{found.key[:100]} is a copy: amend its original.", work=found.tid)
        owners = held(shares, party_ids(party for party, _, _ in shares))
        later = Ownership.objects.filter(work=found, starts__isnull=False)
        if starts is not None:
            later = later.filter(starts__gt=starts)
        new: list[Version] = [
            (found.id, day, owners) for day in (starts, *later.values_list("starts", flat=True))
        ]
        versions = lay(new)
        versions.write()
        _record(found, versions.changes, starts, why, by)


def _record(work: Work, changes: list[Change], starts: date | None, why: str, by: User | None) -> None:
    from_ = starts.isoformat() if starts else None
    acts.record("repertoire.amend-owners", work, by=by, why=why, starts=from_)
    for change in changes:
        acts.record("repertoire.change", change.subject, by=by, was=change.was, now=change.now)


def amend_work(*, work: UUID, tier: str = "", type: str = "", why: str, by: User | None) -> None:
    """Another tier or type for a work, for runs frozen from now on. Raises ReadsOnly, Unknown, Invalid."""
    with writing(by):
        found = one(Work.objects.filter(id=work), "There is no such work any more.")
        was = {"tier": found.tier, "type": found.type}
        found.tier = cells.word("tier", tier or found.tier, 32)
        found.type = cells.word("type", type or found.type, 20)
        found.save(update_fields=["tier", "type"])
        acts.record("repertoire.amend-work", found, by=by, why=why)
        now = {"tier": found.tier, "type": found.type}
        acts.record("repertoire.change", ids.show(Work.prefix, work), by=by, was=was, now=now)

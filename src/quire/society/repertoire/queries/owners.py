"""Who owns one work on a day, by the codes of parties, and which works are copies of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from quire.core.shares import UNKNOWN, Holder, Shares
from quire.society.kit import ids
from quire.society.kit.nouns import one
from quire.society.parties import queries as parties
from quire.society.repertoire import cells
from quire.society.repertoire.models import Work
from quire.society.repertoire.queries.registry import work_id
from quire.society.repertoire.queries.subjects import subjects


@dataclass(frozen=True, slots=True)
class WorkRow:
    """A work as it is on record; ``original`` is the key of what it is a copy of, or empty."""

    id: UUID
    tid: str
    key: str
    title: str
    type: str
    tier: str
    original: str


def work(name: str) -> WorkRow:
    """The work at this URL, of this identifier or key; Unknown where there is none."""
    rows = Work.objects.select_related("original")
    found = rows.filter(key=name).first() or one(rows.filter(id=work_id(name)), f"No work is {name[:200]}.")
    above = found.original.key if found.original else ""
    return WorkRow(found.id, found.tid, found.key, found.title, found.type, found.tier, above)


def owners(work: UUID, on: date) -> Shares:
    """The owners of a work on a day, by code; ``unknown`` for those whom nobody knows."""
    (row,) = subjects([work])
    shares = next(
        shares
        for starts, ends, shares in row.versions
        if (starts is None or starts <= on) and (ends is None or on < ends)
    )
    names = parties.names({ids.read("pty", holder.party) for holder in shares if holder.party != UNKNOWN})
    codes = {name.tid: name.code for name in names.values()}
    return Shares(tuple(Holder(codes.get(tid, tid), role, share) for tid, role, share in shares))


def copies(work: UUID) -> list[str]:
    """The keys of the copies of a work: what they earn is its owners', but for the syndicator's share."""
    return list(Work.objects.filter(original=work).order_by("key").values_list("key", flat=True))


def shares_of(text: str) -> Shares:
    """``party:role:share`` between semicolons, as in a file of works. BadShares for what is none."""
    found = cells.shares(text)
    if found is None:
        raise cells.BadShares("Name who owns it: party:role:share, with semicolons between them.")
    return found

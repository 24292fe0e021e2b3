"""Record who owns a work from which day: versions that follow one another and never overlap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

from django.db.models import Q

from quire.core.errors import Invalid, QuireError
from quire.core.shares import UNKNOWN, Holder, Shares, parse_share, share_text
from quire.society.kit import ids, tables
from quire.society.kit.fields import LONGEST
from quire.society.kit.nouns import Unknown
from quire.society.parties.models import Party, User
from quire.society.repertoire import cells
from quire.society.repertoire.actions.intake import (
    Change,
    Owned,
    Rounded,
    chunks,
    insert,
    owner,
    party_ids,
    record,
    record_rounded,
    writing,
)
from quire.society.repertoire.errors import BadCopy, BadShares
from quire.society.repertoire.identifiers import key_of
from quire.society.repertoire.models import Ownership, OwnershipShare, Work

COLUMNS = ("work", "from", "party", "role", "share")

Held: TypeAlias = frozenset[tuple[UUID | None, str, Fraction]]
"""The owners of one version: party (None: nobody knows whose it is), role, share."""

Version: TypeAlias = tuple[UUID, date | None, Held]
"""A work, the first day of the version (None: from the beginning), and its owners."""


def held(shares: Shares, parties: Mapping[str, UUID]) -> Held:
    """Shares of party codes as owners on record; Unknown for a code nobody has, BadShares for one that
    cannot be kept."""
    if any(max(share.numerator, share.denominator) >= LONGEST for _, _, share in shares):
        raise BadShares("A share would need more than thirty digits to be kept exactly; round them less.")
    return frozenset((owner(parties, party), role, share) for party, role, share in shares)


def _in_order(owners: Held) -> list[tuple[UUID | None, str, Fraction]]:
    """By party, those whom nobody knows last."""
    return sorted(owners, key=lambda one: (one[0] is None, str(one[0]), one[1]))


@dataclass(slots=True)
class Versions:
    """New versions laid over those on record: what to write so that each ends where the next begins."""

    created: list[Ownership] = field(default_factory=list)
    moved: list[Ownership] = field(default_factory=list)
    emptied: list[UUID] = field(default_factory=list)
    owners: list[OwnershipShare] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    touched: set[UUID] = field(default_factory=set)
    """Works with anything to write."""

    def write(self) -> None:
        """Write it all; nothing here can be refused."""
        for part in chunks(self.emptied):
            OwnershipShare.objects.filter(ownership__in=part).delete()
        for part in chunks(self.moved):
            Ownership.objects.bulk_create(
                part, update_conflicts=True, unique_fields=["id"], update_fields=["ends"]
            )
        insert(Ownership, self.created)
        insert(OwnershipShare, self.owners)


def lay(new: Iterable[Version], fresh: frozenset[UUID] = frozenset()) -> Versions:
    """Lay new versions over those on record. ``fresh`` works are not on record yet, so have none."""
    by_work: dict[UUID, dict[date | None, Held]] = {}
    for work, starts, owners in new:
        by_work.setdefault(work, {})[starts] = owners
    recorded = _recorded(sorted(by_work.keys() - fresh))
    result = Versions()
    for work, given in by_work.items():
        _lay_one(result, work, given, recorded.get(work, {}))
    return result


def _lay_one(
    result: Versions,
    work: UUID,
    given: dict[date | None, Held],
    recorded: dict[date | None, tuple[Ownership, Held]],
) -> None:
    order = sorted(given.keys() | recorded.keys(), key=lambda starts: starts or date.min)
    for starts, ends in zip(order, [*order[1:], None], strict=True):
        version, was = recorded.get(starts, (None, None))
        now = given.get(starts, was)
        if version is None:
            version = Ownership(work_id=work, starts=starts, ends=ends)
            result.created.append(version)
        elif version.ends != ends:
            version.ends = ends
            result.moved.append(version)
        elif was == now:
            continue
        result.touched.add(work)
        if was == now or now is None:
            continue
        if was is not None:
            result.emptied.append(version.id)
            result.changes.append(Change(ids.show(Work.prefix, work), _told(starts, was), _told(starts, now)))
        result.owners.extend(
            OwnershipShare(ownership=version, party_id=party, role=role, share=share)
            for party, role, share in _in_order(now)
        )


def _told(starts: date | None, owners: Held) -> dict[str, Any]:
    """A version as an act tells it."""
    return {
        "from": starts.isoformat() if starts else None,
        "shares": [
            [ids.show(Party.prefix, party) if party else UNKNOWN, role, share_text(share)]
            for party, role, share in _in_order(owners)
        ],
    }


def _recorded(works: Sequence[UUID]) -> dict[UUID, dict[date | None, tuple[Ownership, Held]]]:
    found: dict[UUID, dict[date | None, tuple[Ownership, Held]]] = {}
    for part in chunks(works):
        owners: dict[UUID, list[tuple[UUID | None, str, Fraction]]] = {}
        for version, party, role, share in OwnershipShare.objects.filter(
            ownership__work__in=part
        ).values_list("ownership_id", "party_id", "role", "share"):
            owners.setdefault(version, []).append((party, role, share))
        for row in Ownership.objects.filter(work__in=part):
            found.setdefault(row.work_id, {})[row.starts] = row, frozenset(owners.get(row.id, ()))
    return found


def import_shares(
    path: Path, *, by: User | None, dry_run: bool = False, skip_refused: bool = False, exact: bool = False
) -> Owned:
    """Versions of ownership from a CSV or JSON file with COLUMNS.

    Rows of the same work and date form one version, taken or refused as a whole; an empty ``from`` is from
    the beginning. A version ends where the work's next one begins. ``work`` is a URL or an identifier.
    Shares that had been rounded are made whole, and that is put on record (``Shares.rounded``); with
    ``exact`` they are refused.
    """
    rows = tables.read(Path(path), COLUMNS, ("work", "party", "role", "share"))
    with writing(by):
        intake = _Intake(rows, exact=exact)
        taken_versions, taken = tables.judge(rows, intake.settle, skip_refused=skip_refused)
        versions = lay(taken_versions)
        account = Owned(taken.taken, taken.refused, normalised=list(intake.rounded.values()))
        works = {work for work, _, _ in taken_versions}
        account.added = len({version.work_id for version in versions.created})
        account.changed = len(versions.touched) - account.added
        account.unchanged = len(works - versions.touched)
        if not dry_run:
            versions.write()
            record("import-shares", Path(path).name, account, versions.changes, by=by)
            touched = (one for (work, _), one in intake.rounded.items() if work in versions.touched)
            record_rounded(touched, by=by)
    return account


class _Intake:
    """Rows gathered into versions, each judged once."""

    def __init__(self, rows: Sequence[tables.Row], *, exact: bool) -> None:
        self.exact = exact
        self.rounded: dict[tuple[UUID, date | None], Rounded] = {}
        self.parties = party_ids(row.get("party") for row in rows)
        self.wrong: dict[int, QuireError] = {}
        read: list[tuple[tables.Row, str, date | None]] = []
        for row in rows:
            try:
                read.append((row, key_of(row.need("work")), cells.day("from", row.get("from"))))
            except QuireError as problem:
                self.wrong[row.line] = problem
        self.works = works_named(key for _, key, _ in read)
        self.places: dict[int, tuple[str, date | None]] = {}
        self.rows: dict[tuple[str, date | None], list[tables.Row]] = {}
        for row, key, starts in read:
            # A work may be named by its URL on one line and by its identifier on the next.
            place = self.works[key].key if key in self.works else key, starts
            self.places[row.line] = place
            self.rows.setdefault(place, []).append(row)
        self.judged: dict[tuple[str, date | None], Version | QuireError] = {}

    def settle(self, row: tables.Row) -> Version:
        """The version that this row is a part of, or why it, or another row of it, cannot be taken."""
        if row.line in self.wrong:
            raise self.wrong[row.line]
        place = self.places[row.line]
        if place not in self.judged:
            try:
                self.judged[place] = self._version(place)
            except QuireError as problem:
                self.judged[place] = problem
        found = self.judged[place]
        if isinstance(found, QuireError):
            raise found
        return found

    def _version(self, place: tuple[str, date | None]) -> Version:
        key, starts = place
        if key not in self.works:
            raise Unknown(f"No work {key[:100]} is on record; register it first.", work=key[:300])
        work = self.works[key]
        if work.original_id is not None:
            raise BadCopy(
                f"{key[:100]} is a copy: its money goes to the owners of its original.", work=key[:300]
            )
        rows = self.rows[place]
        where = f"lines {rows[0].line} to {rows[-1].line}" if len(rows) > 1 else f"line {rows[0].line}"
        try:
            named = tuple(Holder(row.need("party"), row.need("role"), _share(row)) for row in rows)
            shares, whole = (Shares(named), Fraction(1)) if self.exact else Shares.rounded(named)
            owners = held(shares, self.parties)
        except QuireError as problem:
            raise BadShares(
                f"{key[:100]} from {starts or 'the beginning'} ({where}): {problem.sentence}"
            ) from problem
        if whole != 1:
            lines = tuple(row.line for row in rows)
            self.rounded[work.id, starts] = Rounded(work.key, starts, lines, whole, shares)
        return work.id, starts, owners


def _share(row: tables.Row) -> Fraction:
    try:
        return parse_share(row.need("share"))
    except Invalid as problem:
        raise Invalid(f"line {row.line}: {problem.sentence}") from problem


def works_named(keys: Iterable[str]) -> dict[str, Work]:
    """The works on record found by these keys: a URL's or an identifier's."""
    found: dict[str, Work] = {}
    for part in chunks(sorted(set(keys))):
        for work in Work.objects.filter(Q(key__in=part) | Q(identifier__in=part)):
            found[work.key] = work
            if work.identifier:
                found[work.identifier] = work
    return found

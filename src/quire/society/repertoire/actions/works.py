"""Register works, one by one or a file at a time: a hundred thousand rows with a handful of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from quire.core.errors import QuireError
from quire.society.kit import tables
from quire.society.kit.nouns import Unknown
from quire.society.parties.models import User
from quire.society.repertoire import cells
from quire.society.repertoire.actions import drafts
from quire.society.repertoire.actions.drafts import COLUMNS, Draft
from quire.society.repertoire.actions.intake import (
    Change,
    Owned,
    Rounded,
    chunks,
    insert,
    known,
    party_ids,
    plain,
    record,
    record_rounded,
    writing,
)
from quire.society.repertoire.actions.shares import Held, Versions, held, lay, works_named
from quire.society.repertoire.errors import AlreadyRegistered, BadCopy, BadShares
from quire.society.repertoire.models import Ownership, Work

_CHANGEABLE = (
    "identifier",
    "title",
    "type",
    "words",
    "tier",
    "starts",
    "ends",
    "original_id",
    "syndicator_share",
)


@dataclass(frozen=True, slots=True)
class Settled:
    """A work that can be written: new, or on record with what changes in it, and its owners if it says so."""

    work: Work
    is_new: bool
    change: Change | None
    owners: Held | None
    rounded: Rounded | None = None


def register_work(
    *,
    title: str,
    member: str,
    url: str = "",
    identifier: str = "",
    type: str = "article",
    words: int | None = None,
    tier: str = "standard",
    starts: str = "",
    ends: str = "",
    shares: str = "",
    original: str = "",
    syndicator_share: str = "",
    by: User | None,
) -> Work:
    """Register one work; the same again returns it. Every text is as in the columns of ``import_works``.

    Refuses what a row would be refused for, and a work that is on record otherwise (AlreadyRegistered).
    """
    given = {
        "url": url,
        "identifier": identifier,
        "title": title,
        "type": type,
        "tier": tier,
        "member": member,
        "words": "" if words is None else str(words),
        "from": str(starts or ""),
        "until": str(ends or ""),
        "shares": shares,
        "original": original,
        "syndicator_share": syndicator_share,
    }
    row = tables.Row(1, given)
    with writing(by):
        intake = Intake([row])
        settled = intake.settle(row)
        if not settled.is_new:
            versions = _versions([settled])
            if settled.change or versions.touched:
                raise AlreadyRegistered(
                    f"{settled.work.key[:100]} is registered otherwise; change it with an import.",
                    work=settled.work.tid,
                )
        _write([settled], Owned(taken=1), "register-work", settled.work.key, by, dry_run=False)
    return settled.work


def import_works(
    path: Path, *, by: User | None, dry_run: bool = False, skip_refused: bool = False, exact: bool = False
) -> Owned:
    """Works from a CSV or JSON file with COLUMNS; a work on record is changed to what its row says.

    A column that is not in the file leaves the works on record as they are. ``shares`` says who owns the work
    from the beginning, until a version of ``import_shares`` takes over; an empty cell says nothing about it.
    Shares that had been rounded are made whole, on record, unless ``exact``.
    Raises TableRefused with every refused line unless ``skip_refused``; writes nothing on ``dry_run``.
    """
    rows = tables.read(Path(path), COLUMNS, ("title", "member"))
    with writing(by):
        intake = Intake(rows, exact=exact)
        settled, taken = tables.judge(rows, intake.settle, skip_refused=skip_refused)
        account = Owned(taken.taken, taken.refused)
        _write(settled, account, "import-works", Path(path).name, by, dry_run=dry_run)
    return account


class Intake:
    """The rows of a file against each other and against what is on record, which is loaded once."""

    def __init__(self, rows: Sequence[tables.Row], *, exact: bool = True) -> None:
        self.exact = exact
        self.read: dict[int, Draft | QuireError] = {}
        self.by_key: dict[str, Draft] = {}
        self.twice: dict[int, str] = {}
        self.rows = {row.line: row for row in rows}
        for row in rows:
            self._read(row)
        found = [draft for draft in self.read.values() if isinstance(draft, Draft)]
        self.parties = party_ids(
            {draft.member for draft in found}
            | {holder.party for draft in found for holder in draft.shares or ()}
        )
        self.works = works_named({name for d in found for name in (d.key, d.identifier, d.original) if name})
        self.by_id = {work.id: work for work in self.works.values()}
        self._load_originals()
        self.owned = self._owned()
        self.settled: dict[int, Settled | QuireError] = {}
        self.roots: dict[str, str] = {}

    def _read(self, row: tables.Row) -> None:
        try:
            draft = drafts.read(row, exact=self.exact)
        except QuireError as problem:
            self.read[row.line] = problem
            return
        self.read[row.line] = draft
        for name in filter(None, (draft.key, draft.identifier)):
            first = self.by_key.setdefault(name, draft)
            if first is not draft:
                self.twice[row.line] = f"{name[:100]} is on line {first.line} already; a work has one row."

    def _load_originals(self) -> None:
        missing = {w.original_id for w in self.works.values() if w.original_id} - self.by_id.keys()
        for part in chunks(sorted(missing)):
            for work in Work.objects.filter(id__in=part):
                self.by_id[work.id] = work
                self.works.setdefault(work.key, work)

    def _owned(self) -> set[UUID]:
        """Works on record with owners of their own, among those that are to become copies."""
        copies = {
            work.id
            for draft in self.by_key.values()
            if draft.original and (work := self.works.get(draft.key))
        }
        return {
            work
            for part in chunks(sorted(copies))
            for work in Ownership.objects.filter(work__in=part).values_list("work_id", flat=True)
        }

    def settle(self, row: tables.Row) -> Settled:
        """The row as a work that can be written, or the first reason why not."""
        if row.line not in self.settled:
            try:
                self.settled[row.line] = self._settle(row.line)
            except QuireError as problem:
                self.settled[row.line] = problem
        found = self.settled[row.line]
        if isinstance(found, QuireError):
            raise found
        return found

    def _settle(self, line: int) -> Settled:
        """Refusals in order: unreadable, twice in the file, parties, what is on record, the original."""
        draft = self.read[line]
        if isinstance(draft, QuireError):
            raise draft
        if line in self.twice:
            raise AlreadyRegistered(self.twice[line])
        member = known(self.parties, draft.member)
        owners = held(draft.shares, self.parties) if draft.shares else None
        work = self._on_record(draft, member)
        root = self._root(draft)
        if root and (owners or (work and work.id in self.owned)):
            raise BadShares(
                f"{draft.key[:100]} is a copy, and a copy's money goes to the owners of its original; "
                "it can have no owners of its own."
            )
        merged = _merged(draft, member, work, root, owners)
        if draft.shares is None or draft.whole == 1:
            return merged
        return replace(merged, rounded=Rounded(draft.key, None, (line,), draft.whole, draft.shares))

    def _on_record(self, draft: Draft, member: UUID) -> Work | None:
        """The work that the row is about, if it is on record; AlreadyRegistered if it is another's."""
        work = self.works.get(draft.key)
        other = self.works.get(draft.identifier) if draft.identifier else None
        if work is not None and work.key != draft.key:
            raise AlreadyRegistered(f"{draft.key[:100]} is registered as {work.key[:100]}; name it by that.")
        if other is not None and other is not work:
            raise AlreadyRegistered(
                f"{draft.identifier} is the work {other.key[:100]} already.", work=other.tid
            )
        if work is not None and work.member_id != member:
            raise AlreadyRegistered(
                f"{draft.key[:100]} is registered by another member; record a change of owners "
                "with shares from a date.",
                work=work.tid,
            )
        return work

    def _above(self, key: str) -> str | None:
        """The key of the original that this work will have once the file is taken; None where it has none."""
        draft, work = self.by_key.get(key), self.works.get(key)
        if draft and draft.original is not None:
            return self._key(draft.original) if draft.original else None
        return self.by_id[work.original_id].key if work and work.original_id else None

    def _key(self, name: str) -> str:
        """The key of a work that may be named by its identifier."""
        if name in self.by_key:
            return self.by_key[name].key
        return self.works[name].key if name in self.works else name

    def _root(self, draft: Draft) -> Work | None:
        """The first original of a copy, through however many copies of copies; None for a work of its own."""
        if draft.key not in self.roots:
            self._walk(draft.key)
        root, above = self.roots[draft.key], self._above(draft.key)
        if not root:
            raise BadCopy(
                f"{draft.key[:100]} leads back to itself through its original; name the first original."
            )
        if above is None:
            return None
        if above not in self.by_key and above not in self.works:
            raise Unknown(
                f"The original {above[:100]} is neither on record nor in this file.", work=above[:300]
            )
        if above in self.by_key and not self._stands(above):
            raise BadCopy(f"Its original, on line {self.by_key[above].line}, is refused.")
        return self.works.get(root) or self.settle(self.rows[self.by_key[root].line]).work

    def _walk(self, key: str) -> None:
        """Find the first original above ``key``, for every work on the way; empty where it is a circle."""
        trail, name = [], key
        seen: set[str] = set()
        while name not in self.roots and name not in seen:
            seen.add(name)
            trail.append(name)
            above = self._above(name)
            if above is None:
                self.roots[name] = name
            else:
                name = above
        self.roots.update(dict.fromkeys(trail, self.roots.get(name, "")))
        # From the top down, so that settling one never descends through the whole chain.
        for name in reversed(trail[1:]):
            self._stands(name)

    def _stands(self, key: str) -> bool:
        """Whether the row of this work, if it has one, can be written."""
        if key in self.by_key:
            try:
                self.settle(self.rows[self.by_key[key].line])
            except QuireError:
                return False
        return True


def _merged(draft: Draft, member: UUID, work: Work | None, root: Work | None, owners: Held | None) -> Settled:
    """The work as it will be. A new one takes what is stated, one on record changes where that differs."""
    now = dict(draft.stated)
    if draft.identifier:
        now["identifier"] = draft.identifier
    now["original_id"] = root.id if root else None
    agreed = now.get("syndicator_share") or (work.syndicator_share if work else None)
    now["syndicator_share"] = agreed if root else None
    if root and agreed is None:
        raise BadCopy(
            "syndicator_share is missing; say which share whoever publishes the copy keeps, such as 10%."
        )
    if work is None:
        return Settled(
            Work(key=draft.key, host=draft.host, path=draft.path, member_id=member, **now), True, None, owners
        )
    fields = [name for name in now if getattr(work, name) != now[name]]
    cells.span(now.get("starts", work.starts), now.get("ends", work.ends))
    change = (
        Change(
            work.tid,
            {name: plain(getattr(work, name)) for name in fields},
            {name: plain(now[name]) for name in fields},
        )
        if fields
        else None
    )
    for name in fields:
        setattr(work, name, now[name])
    return Settled(work, False, change, owners)


def _versions(settled: Sequence[Settled]) -> Versions:
    """The owners that the rows state, as versions from the beginning."""
    return lay(
        ((one.work.id, None, one.owners) for one in settled if one.owners is not None),
        frozenset(one.work.id for one in settled if one.is_new),
    )


def _write(
    settled: Sequence[Settled], account: Owned, verb: str, source: str, by: User | None, *, dry_run: bool
) -> None:
    """Write what is new or changed, and the acts of it. Nothing here can be refused any more."""
    versions = _versions(settled)
    fresh = [one.work for one in settled if one.is_new]
    changed = [one.work for one in settled if one.change]
    touched = {work.id for work in changed} | (versions.touched - {work.id for work in fresh})
    account.added, account.changed = len(fresh), len(touched)
    account.unchanged = len(settled) - len(fresh) - len(touched)
    account.normalised = [one.rounded for one in settled if one.rounded]
    if dry_run:
        return
    insert(Work, fresh)
    for part in chunks(changed):
        Work.objects.bulk_create(part, update_conflicts=True, unique_fields=["id"], update_fields=_CHANGEABLE)
    moved = _move_copies([work for work in changed if work.original_id])
    versions.write()
    record(
        verb,
        source,
        account,
        [*(one.change for one in settled if one.change), *moved, *versions.changes],
        by=by,
    )
    whole = (one.rounded for one in settled if one.rounded and one.work.id in versions.touched)
    record_rounded(whole, by=by)


def _move_copies(became_copies: Sequence[Work]) -> list[Change]:
    """Copies of a work that has become a copy itself go over to its original."""
    roots = {work.id: work.original_id for work in became_copies}
    found: list[Change] = []
    for part in chunks(sorted(roots)):
        for copy in Work.objects.filter(original_id__in=part):
            was, copy.original_id = copy.original_id, roots[copy.original_id]
            copy.save(update_fields=["original"])
            found.append(
                Change(copy.tid, {"original_id": plain(was)}, {"original_id": plain(copy.original_id)})
            )
    return found

"""The only writes to mandates: a member answers, withdraws, licenses beside the society, leaves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Q

from quire.core.errors import QuireError
from quire.society.kit import acts, ids, locks, tables
from quire.society.kit.tables import Registered
from quire.society.mandates import errors, rows
from quire.society.mandates.models import DirectLicence, Mandate
from quire.society.mandates.rows import AnswerKey, AnswerRow, DirectKey, DirectRow
from quire.society.membership import actions as membership_actions
from quire.society.parties import facts
from quire.society.parties import queries as parties
from quire.society.parties.models import Party, User
from quire.society.parties.queries import Ref

T = TypeVar("T")


@dataclass(slots=True)
class AnswersTaken(Registered):
    """What came of a table of answers. ``taken`` counts rows, the others answers (one for each use).

    ``changed`` are answers that end earlier now. ``not_revived``: rows whose answer ended earlier on record
    than they say; it stays ended.
    """

    not_revived: list[tuple[int, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        told = [{"line": line, "reason": why} for line, why in self.not_revived]
        return {**Registered.as_json(self), "not_revived": told}


@dataclass(frozen=True, slots=True)
class Left:
    """A member has given notice: the first day out, and how many answers end with it."""

    member: Party
    ends: date
    answers_ended: int


def answer(
    *, member: Ref, use: str, licensee: Ref | None = None, answer: bool, starts: date,
    ends: date | None = None, by: User | None = None,
) -> tuple[Mandate, ...]:  # fmt: skip
    """The member says yes or no to a use ("all": to each), by one licensee or by everybody (None).

    Returns one mandate for each use. The same answer again is fine, an earlier end shortens it. Refused in
    this order: unknown party or use, a span without days, NotAMember on the first day, AnswerEnded.
    """
    parties.may_write(by)
    who, to = parties.party(member), None if licensee is None else parties.party(licensee)
    read = AnswerRow(1, who, rows.uses_named(use), to, answer, starts, ends)
    rows.check_answer(read, rows.record_of({who.code: who}).spans)
    with transaction.atomic():
        locks.wait("mandates")
        taken = _take_answers([read], by)
        if taken.not_revived:
            raise errors.AnswerEnded(taken.not_revived[0][1])
    known = _known_answers([who])
    return tuple(known[key] for key in read.same())


def import_mandates(
    *, path: Path, by: User | None = None, skip_refused: bool = False, dry_run: bool = False
) -> AnswersTaken:
    """Answers from a CSV or JSON table: member,use,licensee,answer,from,until; all of it or nothing.

    ``use`` may be all; a ``licensee`` of * or nothing is everybody. The same table again changes nothing, and
    brings no answer back that was withdrawn in between.
    """
    parties.may_write(by)
    table = tables.read(Path(path), rows.ANSWER_COLUMNS, rows.ANSWER_REQUIRED)
    with transaction.atomic():
        locks.wait("mandates")
        judged = rows.judge_answers(table)
        read, account = tables.judge(table, lambda row: _good(judged[row.line]), skip_refused=skip_refused)
        taken = _take_answers(read, by)
        transaction.set_rollback(dry_run)
    taken.taken, taken.refused = account.taken, account.refused
    return taken


def _good(read: T | QuireError) -> T:
    if isinstance(read, QuireError):
        raise read
    return read


def _known_answers(members: Iterable[Party]) -> dict[AnswerKey, Mandate]:
    found = Mandate.objects.filter(member__in=list(members))
    return {(m.member_id, m.licensee_id, m.use, m.answer, m.starts): m for m in found}


def _take_answers(read: Sequence[AnswerRow], by: User | None) -> AnswersTaken:
    """Write answers that were found good. An answer on record only ever ends earlier, never later."""
    taken = AnswersTaken()
    known = _known_answers({row.member for row in read})
    for row in sorted(read, key=lambda row: (row.starts, row.member.code, row.line)):
        added = []
        for key in row.same():
            old = known.get(key)
            if old is None:
                known[key] = _make(key, row.ends)
                added.append(known[key])
            elif old.ends == row.ends:
                taken.unchanged += 1
            elif row.ends is not None and (old.ends is None or row.ends < old.ends):
                _end(old, row.ends, by)
                taken.changed += 1
            else:
                taken.not_revived.append((row.line, _ended(row.member, old)))
        taken.added += len(added)
        if added:
            _record(row, added, by)
    taken.not_revived.sort()
    return taken


def _make(key: AnswerKey, ends: date | None) -> Mandate:
    member, licensee, use, yes, starts = key
    return Mandate.objects.create(
        member_id=member, licensee_id=licensee, use=use, answer=yes, starts=starts, ends=ends
    )


def _record(row: AnswerRow, added: Sequence[Mandate], by: User | None) -> None:
    acts.record(
        "mandates.answer", row.member, by=by, answer="yes" if row.yes else "no", uses=[m.use for m in added],
        licensee=row.licensee and row.licensee.code, starts=str(row.starts), ends=row.ends and str(row.ends),
        mandates=[m.tid for m in added],
    )  # fmt: skip


def _ended(member: Party, old: Mandate) -> str:
    said = "yes" if old.answer else "no"
    return (f"{member.code}'s {said} to {old.use} from {old.starts} ended on {old.ends} and stays ended; "
            "a new answer needs a new date.")  # fmt: skip


def _end(mandate: Mandate, ends: date, by: User | None) -> None:
    """End an answer on a day; one that had not begun by then ends where it starts, and never was in force."""
    old, mandate.ends = mandate.ends, max(ends, mandate.starts)
    mandate.save(update_fields=["ends"])
    acts.record("mandates.withdraw", mandate, by=by, old=old and str(old), ends=str(mandate.ends))


def withdraw(*, mandate: Mandate | str, ends: date, by: User | None = None) -> Mandate:
    """The answer is out of force from ``ends``. Again is fine; AnswerEnded where it ended before that."""
    parties.may_write(by)
    wanted = ids.read("man", mandate) if isinstance(mandate, str) else mandate.id
    with transaction.atomic():
        locks.wait("mandates")
        row = Mandate.objects.filter(id=wanted).first()
        if row is None:
            raise errors.MandateUnknown(f"There is no mandate {ids.show('man', wanted)}.")
        if row.ends == max(ends, row.starts):
            return row
        if row.ends is not None and row.ends < ends:
            raise errors.AnswerEnded(_ended(row.member, row))
        _end(row, ends, by)
    return row


def leave(*, member: Ref, notice_on: date, ends: date, by: User | None = None) -> Left:
    """The member leaves: notice is given on ``notice_on``, and membership and answers end on ``ends``.

    Errors are those of membership.actions.give_notice. The same again is fine. Direct licences stay.
    """
    parties.may_write(by)
    who = parties.party(member)
    with transaction.atomic():
        locks.wait("mandates")
        membership_actions.give_notice(member=who, on=notice_on, ends=ends, by=by)
        still = Mandate.objects.filter(Q(ends__isnull=True) | Q(ends__gt=ends), member=who).order_by(
            "starts", "id"
        )
        longer = [mandate for mandate in still if mandate.ends != max(ends, mandate.starts)]
        for mandate in longer:
            _end(mandate, ends, by)
    return Left(who, ends, len(longer))


def record_direct_licence(
    *,
    member: Ref,
    licensee: Ref,
    starts: date,
    ends: date | None = None,
    note: str = "",
    by: User | None = None,
) -> DirectLicence:
    """The member licensed the licensee itself: their usage is counted, and not billed by the society.

    The same member, licensee and start again: the end and the note are changed where they differ.
    """
    parties.may_write(by)
    who, to = parties.party(member), parties.party(licensee)
    read = DirectRow(1, who, to, starts, ends, facts.check_text("note", note, 200))
    rows.check_direct(read, rows.record_of({who.code: who}).spans)
    with transaction.atomic():
        locks.wait("mandates")
        _take_direct([read], by)
    return _known_direct([who])[(who.id, to.id, starts)]


def import_direct_licences(
    *, path: Path, by: User | None = None, skip_refused: bool = False, dry_run: bool = False
) -> Registered:
    """Direct licences from a CSV or JSON table: member,licensee,from,until,note; all of it or nothing."""
    parties.may_write(by)
    table = tables.read(Path(path), rows.DIRECT_COLUMNS, rows.DIRECT_REQUIRED)
    with transaction.atomic():
        locks.wait("mandates")
        judged = rows.judge_direct(table)
        read, account = tables.judge(table, lambda row: _good(judged[row.line]), skip_refused=skip_refused)
        taken = _take_direct(read, by)
        transaction.set_rollback(dry_run)
    taken.taken, taken.refused = account.taken, account.refused
    return taken


def _known_direct(members: Iterable[Party]) -> dict[DirectKey, DirectLicence]:
    found = DirectLicence.objects.filter(member__in=list(members))
    return {(d.member_id, d.licensee_id, d.starts): d for d in found}


def _take_direct(read: Sequence[DirectRow], by: User | None) -> Registered:
    taken = Registered()
    known = _known_direct({row.member for row in read})
    for row in sorted(read, key=lambda row: (row.starts, row.member.code, row.licensee.code)):
        [key] = row.same()
        old = known.get(key)
        if old is None:
            known[key] = made = DirectLicence.objects.create(
                member=row.member, licensee=row.licensee, starts=row.starts, ends=row.ends, note=row.note
            )
            _record_direct(row, made, by)
            taken.added += 1
        elif (old.ends, old.note) == (row.ends, row.note):
            taken.unchanged += 1
        else:
            _change_direct(old, row, by)
            taken.changed += 1
    return taken


def _record_direct(row: DirectRow, made: DirectLicence, by: User | None) -> None:
    span = {"starts": str(row.starts), "ends": row.ends and str(row.ends)}
    who = {"member": row.member.code, "licensee": row.licensee.code}
    acts.record("mandates.direct-licence", made, by=by, note=row.note, **who, **span)


def _change_direct(old: DirectLicence, row: DirectRow, by: User | None) -> None:
    changes = {"ends": [old.ends and str(old.ends), row.ends and str(row.ends)], "note": [old.note, row.note]}
    old.ends, old.note = row.ends, row.note
    old.save(update_fields=["ends", "note"])
    acts.record("mandates.change-direct-licence", old, by=by, changes=changes)

"""The only writes to membership. There is no verb for refusing: the criteria decide, and say why."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from quire.core.errors import QuireError
from quire.society.kit import acts, clock, locks, tables
from quire.society.kit.periods import overlapping
from quire.society.kit.tables import Taken
from quire.society.membership import errors, queries, rows, rules
from quire.society.membership.models import Application, Criteria, Membership, Standing
from quire.society.membership.rows import MemberRow, Span
from quire.society.membership.rules import DEFAULT_CRITERIA, Rule
from quire.society.parties import actions as parties_actions
from quire.society.parties import facts
from quire.society.parties import queries as parties
from quire.society.parties.models import Party, User
from quire.society.parties.queries import Ref

LONGEST_NOTICE = 6
"""Months: a society may not hold a member longer after notice (Directive 2014/26/EU art. 5(4))."""
SINCE_EVER = date(1900, 1, 1)
"""Where the first criteria start, so that members of long standing can be put on record."""


@dataclass(frozen=True, slots=True)
class RefusedApplicant:
    """An applicant of a table who does not meet the criteria, and every reason."""

    line: int
    code: str
    reasons: tuple[str, ...]


@dataclass(slots=True)
class MembersTaken(Taken):
    """What came of a table of members. ``taken`` counts rows read; ``refused`` are rows that were not."""

    admitted: int = 0
    left: int = 0
    unchanged: int = 0
    applicants_refused: list[RefusedApplicant] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        told = [{"line": a.line, "code": a.code, "reasons": list(a.reasons)} for a in self.applicants_refused]
        counts = {"admitted": self.admitted, "left": self.left, "unchanged": self.unchanged}
        return {**Taken.as_json(self), **counts, "applicants_refused": told}


def adopt_criteria(*, rules: Sequence[Rule], starts: date, decision: str, by: User | None = None) -> Criteria:
    """A new version of the criteria, in force from ``starts``; ``decision`` names who decided, and when.

    RuleWrong where a rule cannot be used; CriteriaOutOfOrder unless it starts after every version before it.
    The same version again is fine.
    """
    parties.may_write(by)
    _check_rules(rules)
    decision = facts.check_text("decision", decision, 200)
    if not decision:
        raise errors.RuleWrong("Say which decision adopted the criteria.")
    with transaction.atomic():
        locks.wait("membership")
        latest = Criteria.objects.order_by("starts", "id").last()
        said = [rule.as_json() for rule in rules]
        if latest and (latest.starts, latest.rules, latest.decision) == (starts, said, decision):
            return latest
        if latest and starts <= latest.starts:
            raise errors.CriteriaOutOfOrder(
                f"The latest criteria start on {latest.starts}; new ones start later."
            )
        adopted = Criteria.objects.create(starts=starts, rules=said, decision=decision)
        acts.record("membership.adopt-criteria", adopted, by=by, starts=starts.isoformat(), decision=decision)
    return adopted


def _check_rules(said: Sequence[Rule]) -> None:
    rules.check(said, rows.RESERVED)
    for rule in said:
        facts.check_text(f"the sentence of {rule.name}", rule.sentence, 200)


def adopt_default_criteria(
    *, decision: str = "as shipped with Quire", starts: date = SINCE_EVER, by: User | None = None
) -> Criteria:
    """The usual criteria, unless the society has some: then those stay, and its first version is returned."""
    with transaction.atomic():
        locks.wait("membership")
        known = Criteria.objects.order_by("starts", "id").first()
        return known or adopt_criteria(rules=DEFAULT_CRITERIA, starts=starts, decision=decision, by=by)


def apply(
    *, party: Ref, shown: Mapping[str, Any], on: date | None = None, by: User | None = None
) -> Application:
    """Judge an application of a date (today) by the criteria in force then, and admit who meets them.

    ``shown`` has a value for each criterion: an int, a Decimal, a text, or yes and no. The application
    returned says whether it was ``admitted`` or carries every reason. Refused in this order: unknown party,
    NoCriteria, ShownWrong, AlreadyMember. The very same application again is returned as it was decided.
    """
    parties.may_write(by)
    who, on = parties.party(party), on or clock.today()
    criteria = queries.criteria_on(on)
    values = rules.read_shown(criteria.rules, shown)
    said, why = rows.shown_as_text(values), rules.reasons(criteria.rules, values)
    with transaction.atomic():
        locks.wait("membership")
        alike = {"party": who, "on": on, "shown": dict(said), "criteria_id": criteria.id}
        if known := Application.objects.filter(**alike).first():
            return known
        member = Membership.objects.filter(overlapping(on, None), party=who).order_by("starts").first()
        if member and (member.starts <= on or not why):
            raise errors.AlreadyMember(f"{who.code} is a member from {member.starts} already.")
        return _decide(who, on, None, criteria.id, said, why, by)


def _decide(
    who: Party, on: date, left: date | None, criteria: UUID, shown: Iterable[tuple[str, str]],
    why: Sequence[str], by: User | None,
) -> Application:  # fmt: skip
    """Write the application, and the membership where there is no reason against it."""
    asked = Application.objects.create(party=who, on=on, shown=dict(shown), criteria_id=criteria,
                                       admitted=not why, reasons=list(why))  # fmt: skip
    if why:
        acts.record("membership.refuse", asked, by=by, party=who.code, on=on.isoformat(), reasons=list(why))
        return asked
    member = Membership.objects.create(party=who, starts=on, ends=left)
    acts.record("membership.admit", member, by=by, party=who.code, starts=on.isoformat(),
                ends=left and left.isoformat(), application=asked.tid)  # fmt: skip
    return asked


def import_members(
    *, path: Path, by: User | None = None, skip_refused: bool = False, dry_run: bool = False
) -> MembersTaken:
    """Parties who apply, from one CSV or JSON table: the party's columns, each criterion's, joined, left.

    ``joined`` is the date of the application (today where it is empty). An applicant who does not meet the
    criteria is put on record with every reason, and does not stop the others; a row that cannot be read
    does (tables.TableRefused), unless ``skip_refused``. Who is a member on that date already stays one:
    ``left`` may end the membership. The same table again changes nothing.
    """
    parties.may_write(by)
    table = tables.read(Path(path), rows.columns(), facts.REQUIRED)
    with transaction.atomic():
        parties_actions.alone()
        locks.wait("membership")
        judged = rows.judge_members(table)
        read, account = tables.judge(table, lambda row: _good(judged[row.line]), skip_refused=skip_refused)
        parties_actions.take_parties((row.party for row in read), by=by)
        taken = _take(read, by)
        transaction.set_rollback(dry_run)
    taken.taken, taken.refused = account.taken, account.refused
    return taken


def _good(read: MemberRow | QuireError) -> MemberRow:
    if isinstance(read, QuireError):
        raise read
    return read


def _take(read: Sequence[MemberRow], by: User | None) -> MembersTaken:
    """Write what the rows ask for, by date and code. A row that stands there twice is one row."""
    taken = MembersTaken()
    known = parties.by_code(row.party.code for row in read)
    done: set[tuple[date, str]] = set()
    for row in sorted(read, key=lambda row: (row.on, row.party.code, row.line)):
        if row.reasons:
            taken.applicants_refused.append(RefusedApplicant(row.line, row.party.code, row.reasons))
        if (row.on, row.party.code) in done:
            continue
        done.add((row.on, row.party.code))
        if row.member:
            ended = _end(row.member, known[row.party.code], by)
            taken.left += ended
            taken.unchanged += not ended
        elif row.again:
            taken.unchanged += 1
        elif row.criteria:
            _decide(known[row.party.code], row.on, row.left, row.criteria, row.shown, row.reasons, by)
            taken.admitted += not row.reasons
    taken.applicants_refused.sort(key=lambda applicant: applicant.line)
    return taken


def _end(member: Span, who: Party, by: User | None) -> bool:
    """End a membership on record where a row ended it. Returns whether it did."""
    row = Membership.objects.get(id=member.id)
    if row.ends == member.ends:
        return False
    row.ends = member.ends
    row.save(update_fields=["ends"])
    acts.record("membership.leave", row, by=by, party=who.code, ends=str(row.ends))
    return True


def give_notice(*, member: Ref, on: date, ends: date, by: User | None = None) -> Membership:
    """The member says on ``on`` that it leaves; ``ends`` is the first day on which it is no member.

    ``ends`` is no earlier than the notice and no later than six months after it. ``mandates.actions.leave``
    is the whole verb: it ends the mandates too. The same notice again is fine.
    """
    parties.may_write(by)
    who = parties.party(member)
    with transaction.atomic():
        locks.wait("membership")
        rows_on = Membership.objects.filter(overlapping(on, None), party=who, starts__lte=on)
        row = rows_on.first() or Membership.objects.filter(party=who, notice_on=on, ends=ends).first()
        if row is None:
            raise errors.NotAMember(f"{who.code} is not a member on {on}, so it cannot give notice then.")
        if (row.notice_on, row.ends) == (on, ends):
            return row
        if row.ends is not None:
            raise errors.AlreadyLeaving(f"{who.code} is leaving on {row.ends} already.")
        _check_notice(row, on, ends)
        row.notice_on, row.ends = on, ends
        row.save(update_fields=["notice_on", "ends"])
        acts.record("membership.give-notice", row, by=by, party=who.code, on=str(on), ends=str(ends))
    return row


def _check_notice(row: Membership, on: date, ends: date) -> None:
    if ends < on or ends <= row.starts:
        raise errors.DateWrong(f"The membership began on {row.starts} and notice is given on {on}; "
                               f"{ends} is too early to leave.")  # fmt: skip
    latest = months_later(on, LONGEST_NOTICE)
    if ends > latest:
        raise errors.DateWrong(f"After notice on {on} nobody is held beyond six months: leave on {latest} at "
                               "the latest.")  # fmt: skip


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or that month's last: 31 August and six months, 28 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def set_standing(*, member: Ref, reason: str, starts: date, by: User | None = None) -> Standing:
    """The member is out of good standing from ``starts``, for this reason. The same again is fine."""
    parties.may_write(by)
    who, reason = parties.party(member), facts.check_text("reason", reason, 200)
    if not reason:
        raise errors.DateWrong("Say why the member is out of good standing.")
    with transaction.atomic():
        locks.wait("membership")
        if not queries.is_member(who, starts):
            raise errors.NotAMember(f"{who.code} is not a member on {starts}.")
        known = Standing.objects.filter(overlapping(starts, None), party=who).first()
        if known and (known.starts, known.ends, known.reason) == (starts, None, reason):
            return known
        if known:
            until = f"until {known.ends}" if known.ends else "until it is restored"
            raise errors.StandingUnchanged(f"{who.code} is out of good standing from {known.starts} {until}.")
        made = Standing.objects.create(party=who, reason=reason, starts=starts)
        acts.record("membership.set-standing", made, by=by, party=who.code, starts=str(starts), reason=reason)
    return made


def restore_standing(*, member: Ref, on: date, by: User | None = None) -> Standing:
    """The member is in good standing again from ``on``."""
    parties.may_write(by)
    who = parties.party(member)
    with transaction.atomic():
        locks.wait("membership")
        row = Standing.objects.filter(party=who, ends__isnull=True).first()
        if row is None:
            raise errors.StandingUnchanged(f"{who.code} is in good standing.")
        if on <= row.starts:
            raise errors.DateWrong(f"{who.code} is out of good standing from {row.starts}; restore it later.")
        row.ends = on
        row.save(update_fields=["ends"])
        acts.record("membership.restore-standing", row, by=by, party=who.code, on=str(on))
    return row

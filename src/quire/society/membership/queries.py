"""What other rooms may ask about members. Spans are half-open; an end of ``None`` is open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from quire.society.kit.periods import overlapping
from quire.society.membership import errors, rules
from quire.society.membership.models import Application, Criteria, Membership, Standing
from quire.society.membership.rules import Rule
from quire.society.parties import queries as parties
from quire.society.parties.queries import PartyName, Ref

Spans = dict[UUID, tuple[tuple[date, date | None], ...]]
"""Party id to spans, sorted; a party without any is not in it."""


@dataclass(frozen=True, slots=True)
class CriteriaFacts:
    """One version of the criteria, in force from ``starts`` until the next version's start."""

    id: UUID
    tid: str
    starts: date
    rules: tuple[Rule, ...]
    decision: str


@dataclass(frozen=True, slots=True)
class Member:
    """A party and one of its memberships."""

    party: PartyName
    tid: str
    starts: date
    ends: date | None
    notice_on: date | None


@dataclass(frozen=True, slots=True)
class ApplicationFacts:
    """What somebody showed, by which criteria it was judged, and every reason where it did not suffice."""

    tid: str
    party: PartyName
    on: date
    shown: tuple[tuple[str, str], ...]
    criteria: str
    admitted: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StandingFacts:
    """A span in which a member is out of good standing, and why."""

    tid: str
    party: PartyName
    reason: str
    starts: date
    ends: date | None


def criteria_versions() -> tuple[CriteriaFacts, ...]:
    """Every version adopted, the oldest first."""
    rows = Criteria.objects.order_by("starts", "id")
    return tuple(CriteriaFacts(r.id, r.tid, r.starts, rules.from_json(r.rules), r.decision) for r in rows)


def criteria_on(day: date) -> CriteriaFacts:
    """The version in force on a day, or NoCriteria."""
    return in_force(criteria_versions(), day)


def in_force(versions: Iterable[CriteriaFacts], day: date) -> CriteriaFacts:
    """The latest of these versions that has begun on ``day``, or NoCriteria."""
    begun = [version for version in versions if version.starts <= day]
    if not begun:
        raise errors.NoCriteria(
            f"No membership criteria are in force on {day}; adopt some that start by then "
            "(`quire init` adopts the usual ones).",
            day=day.isoformat(),
        )
    return begun[-1]


def spans(members: Iterable[UUID] | None = None) -> Spans:
    """When each party is a member: all parties that ever were, or those of ``members``."""
    return _spans(Membership.objects.all(), members)


def standings(members: Iterable[UUID] | None = None) -> Spans:
    """When each party is *out of* good standing, for use in bulk."""
    return _spans(Standing.objects.all(), members)


def _spans(rows: QuerySet[Membership] | QuerySet[Standing], members: Iterable[UUID] | None) -> Spans:
    if members is not None:
        rows = rows.filter(party__in=list(members))
    found: dict[UUID, list[tuple[date, date | None]]] = {}
    for party, starts, ends in rows.order_by("starts", "id").values_list("party_id", "starts", "ends"):
        found.setdefault(party, []).append((starts, ends))
    return {party: tuple(some) for party, some in found.items()}


def members_on(day: date) -> tuple[Member, ...]:
    """Everybody who is a member on a day, sorted by code."""
    return _members(Membership.objects.filter(overlapping(day, None), starts__lte=day))


def memberships_of(party: Ref) -> tuple[Member, ...]:
    """Every membership of one party, the oldest first."""
    return _members(Membership.objects.filter(party=parties.party(party)))


def _members(rows: QuerySet[Membership]) -> tuple[Member, ...]:
    found = list(rows)
    names = parties.names(row.party_id for row in found)
    made = [Member(names[row.party_id], row.tid, row.starts, row.ends, row.notice_on) for row in found]
    return tuple(sorted(made, key=lambda member: (member.party.code, member.starts)))


def is_member(party: Ref, day: date) -> bool:
    """Whether the party is a member on a day."""
    rows = Membership.objects.filter(overlapping(day, None), party=parties.party(party), starts__lte=day)
    return rows.exists()


def in_good_standing(party: Ref, starts: date, ends: date | None) -> bool:
    """Whether the party is out of good standing on no day of [starts, ends). Says nothing of membership."""
    return not Standing.objects.filter(overlapping(starts, ends), party=parties.party(party)).exists()


def standing_records(party: Ref | None = None) -> tuple[StandingFacts, ...]:
    """Every span out of good standing (of one party) with its reason, sorted by code and date."""
    rows = Standing.objects.all()
    found = list(rows if party is None else rows.filter(party=parties.party(party)))
    names = parties.names(row.party_id for row in found)
    made = [StandingFacts(row.tid, names[row.party_id], row.reason, row.starts, row.ends) for row in found]
    return tuple(sorted(made, key=lambda standing: (standing.party.code, standing.starts)))


def applications(party: Ref | None = None) -> tuple[ApplicationFacts, ...]:
    """Every application, or one party's, in the order of their dates and codes."""
    rows = Application.objects.select_related("criteria")
    found = list(rows if party is None else rows.filter(party=parties.party(party)))
    names = parties.names(row.party_id for row in found)
    made = [_application(row, names[row.party_id]) for row in found]
    return tuple(sorted(made, key=lambda asked: (asked.on, asked.party.code, asked.tid)))


def _application(row: Application, who: PartyName) -> ApplicationFacts:
    shown = tuple(sorted(row.shown.items()))
    return ApplicationFacts(row.tid, who, row.on, shown, row.criteria.tid, row.admitted, tuple(row.reasons))

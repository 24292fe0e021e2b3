"""What others may read of disputes: one with its story, and the queue of those that are open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from uuid import UUID

from django.db.models import Q, QuerySet

from quire.core import disputes as rules
from quire.core.disputes import KINDS
from quire.core.money import Money, decimal_of
from quire.core.shares import UNKNOWN, Holder, Shares, share_text
from quire.society.disputes.models import OPEN, Dispute, DisputeHold, StatedShare
from quire.society.distribution import queries as distribution
from quire.society.kit import clock, ids
from quire.society.kit.nouns import one
from quire.society.kit.paging import Filter, Listing, Sort
from quire.society.parties import queries as parties


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """A dispute as it stands. ``held`` is what posted runs hold for it now, by currency; ``due`` the last day
    of what is waited for, ``left`` the days until then (below zero: overdue)."""

    tid: str
    kind: str
    work: str
    title: str
    claimant: str
    respondents: tuple[tuple[str, Fraction], ...]
    state: str
    filed_on: date
    since: date | None
    wanted: str
    due: date | None
    left: int | None
    held: tuple[Money, ...]
    ended_on: date | None
    outcome: str

    def as_json(self) -> dict[str, object]:
        """For people and programs; amounts as texts."""
        return {
            "dispute": self.tid,
            "kind": self.kind,
            "work": self.work,
            "title": self.title,
            "claimant": self.claimant,
            "respondents": [
                {"party": code, "held part": share_text(part)} for code, part in self.respondents
            ],
            "state": self.state,
            "filed": self.filed_on.isoformat(),
            "since": self.since and self.since.isoformat(),
            "wanted": self.wanted,
            "due": self.due and self.due.isoformat(),
            "days left": self.left,
            "held": {money.currency: decimal_of(money.quanta) for money in self.held},
            "ended": self.ended_on and self.ended_on.isoformat(),
            "outcome": self.outcome,
        }


def find(tid: str) -> Dispute:
    """A dispute by its id, or the ``latest``; Unknown where there is none."""
    rows = Dispute.objects.select_related("work", "claimant")
    if tid == "latest":
        return _dispute(rows.order_by("-id"), "There is no dispute yet: quire disputes file.")
    return _dispute(rows.filter(id=ids.read(Dispute.prefix, tid)), f"No dispute has the id {tid}.")


def _dispute(found: QuerySet[Dispute], sentence: str) -> Dispute:
    first = one(found, sentence)
    assert isinstance(first, Dispute)
    return first


def stated(dispute: Dispute, what: str) -> Shares:
    """The shares as they were, as claimed, or as it ended (``present``, ``claimed``, ``final``), by code."""
    rows = dispute.shares.filter(what=what).order_by("id").values_list("party__code", "role", "share")
    return Shares(tuple(Holder(code or UNKNOWN, role, share) for code, role, share in rows))


@dataclass(frozen=True, slots=True)
class OpenClaim:
    """An open dispute about the shares of a work, and which part of whose share it would take."""

    tid: str
    claimant: str
    filed_on: date
    takes_from: dict[str, Fraction]


def open_about(work: UUID) -> list[OpenClaim]:
    """The open disputes about whom a work belongs to, the oldest first."""
    found = Dispute.objects.filter(work=work, state__in=OPEN, kind__in=rules.OF_MONEY)
    return [
        OpenClaim(
            one.tid,
            one.claimant.code,
            one.filed_on,
            rules.held(stated(one, "present"), stated(one, "claimed")),
        )
        for one in found.select_related("claimant").order_by("filed_on", "id")
    ]


def bars(work: UUID, party: str) -> str:
    """Why a party (its code) may not pass its share of a work on now, or "": another claims it."""
    if any(party in one.takes_from for one in open_about(work)):
        return "This share is in dispute: it can be passed on once the dispute has ended."
    return ""


def rows(*, all_: bool = False, on: date | None = None) -> list[DisputeRow]:
    """The queue of what is open (``all_``: and what has ended), the most urgent first.

    By money held, in the society's own currency before any other, then by days left: what waits for no day
    comes after what does.
    """
    found = Dispute.objects.select_related("work", "claimant").order_by("filed_on", "id")
    made = _listed(list(found if all_ else found.filter(state__in=OPEN)), on)
    return sorted(made, key=_urgency(parties.society().currency))


def disputes_list(party: UUID | None = None) -> Listing[DisputeRow]:
    """Disputes, the newest first: all, or those in which the ``party`` claims or is claimed from."""
    found = Dispute.objects.all()
    if party is not None:
        asked = DisputeHold.objects.filter(respondent=party).values("dispute")
        present = StatedShare.objects.filter(party=party, what="present").values("dispute")
        found = found.filter(Q(claimant=party) | Q(id__in=asked) | Q(id__in=present))
    return Listing(
        found.select_related("work", "claimant"),
        _listed,
        {"filed": Sort("filed_on", descending=True)},
        {
            "open": Filter("Open", {"yes": "open", "no": "ended"}, _is_open),
            "kind": Filter("About", {kind: kind for kind in KINDS}, lambda kind: Q(kind=kind)),
        },
        lambda words: Q(work__title__icontains=words) | Q(work__key__icontains=words),
    )


def _is_open(said: str) -> Q:
    return Q(state__in=OPEN) if said == "yes" else ~Q(state__in=OPEN)


def _listed(some: Sequence[Dispute], on: date | None = None) -> list[DisputeRow]:
    holds = DisputeHold.objects.filter(dispute__in=some).select_related("respondent", "hold")
    parts: dict[UUID, dict[str, Fraction]] = {}
    for kept in holds.order_by("respondent__code"):
        parts.setdefault(kept.dispute_id, {})[kept.respondent.code] = kept.hold.part
    held = distribution.held_for((kept.dispute_id, kept.hold_id) for kept in holds)
    today = on or clock.today()
    return [_row(each, today, held.get(each.id, {}), parts.get(each.id, {})) for each in some]


def row(dispute: Dispute | str, on: date | None = None) -> DisputeRow:
    """One dispute as it stands."""
    found = find(dispute) if isinstance(dispute, str) else dispute
    held = distribution.held_for(found.holds.values_list("dispute_id", "hold_id"))
    return _row(found, on or clock.today(), held.get(found.id, {}))


def story(dispute: Dispute | str) -> list[tuple[date, str]]:
    """What happened, day by day."""
    found = find(dispute) if isinstance(dispute, str) else dispute
    return list(found.steps.order_by("id").values_list("on", "text"))


def documents(dispute: Dispute | str) -> list[tuple[date, str, str, str]]:
    """Day, party's code, title and digest of every document."""
    found = find(dispute) if isinstance(dispute, str) else dispute
    return list(found.documents.order_by("id").values_list("on", "party__code", "title", "digest"))


def _row(
    one: Dispute, on: date, held: dict[str, int], parts: Mapping[str, Fraction] | None = None
) -> DisputeRow:
    due = {"filed": one.document_by, "documented": one.answer_by}.get(one.state)
    if parts is None:
        respondents = one.holds.order_by("respondent__code")
        parts = dict(respondents.values_list("respondent__code", "hold__part"))
    return DisputeRow(
        one.tid,
        one.kind,
        one.work.key,
        one.work.title,
        one.claimant.code,
        tuple(parts.items()),
        one.state,
        one.filed_on,
        one.since,
        one.wanted,
        due,
        (due - on).days if due else None,
        tuple(Money(amount, currency) for currency, amount in sorted(held.items()) if amount),
        one.ended_on,
        one.outcome,
    )


def _urgency(own: str) -> object:
    def key(row: DisputeRow) -> tuple[object, ...]:
        here = sum(money.quanta for money in row.held if money.currency == own)
        elsewhere = sum(money.quanta for money in row.held if money.currency != own)
        late = row.left if row.left is not None else 10**6
        return (-here, -elsewhere, late, row.filed_on, row.tid)

    return key

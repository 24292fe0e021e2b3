"""Acts about rights: licences, shares, agreements, disputes, claims."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from uuid import UUID

from quire.core.terms import USES
from quire.society.disputes import queries as disputes
from quire.society.kit import clock, ids
from quire.society.kit.acts import ActRow
from quire.society.licensing import queries as licensing
from quire.society.mandates import queries as mandates
from quire.society.membership import queries as membership
from quire.society.notices.whom import Told, day, desk, tells
from quire.society.parties import queries as parties
from quire.society.repertoire import queries as repertoire
from quire.society.unclaimed import queries as unclaimed


@tells("licensing.grant")
def granted(act: ActRow) -> Iterator[Told]:
    """The licensee; and every member who has said neither yes nor no to what it may do."""
    row = licensing.licence(act.subject)
    facts = {"licence": row.code, "day": day(row.starts)}
    yield Told("licence.granted", "licensee", row.licensee, {"licence": row.tid}, facts)
    if row.kind == "lump":  # nobody is asked: it was agreed for works of a list
        return
    name = parties.party(row.licensee).name
    for member, uses in silent(row.uses, row.licensee_tid).items():
        yield Told("licence.decide", "member", member, {}, {"licensee": name, "uses": ", ".join(uses)})


def silent(uses: Collection[str], licensee: str) -> dict[UUID, list[str]]:
    """Member to the uses on which it has said nothing, to this licensee (TypeID) or to everybody."""
    said = _said(None, licensee)
    open_ = {
        member.party.id: [use for use in USES if use in uses and use not in said.get(member.party.tid, ())]
        for member in membership.members_on(clock.today())
    }
    return {party: left for party, left in open_.items() if left}


def still_silent(member: UUID, licence: str) -> bool:
    """Whether the member has yet to say yes or no to a use of this licence (TypeID)."""
    row = licensing.licence(licence)
    said = _said([member], row.licensee_tid).get(parties.party(member).tid, set())
    return not set(row.uses) <= said


def _said(members: Collection[UUID] | None, licensee: str) -> dict[str, set[str]]:
    """Member (TypeID) to the uses on which it has an answer that has not ended."""
    today = clock.today()
    said: dict[str, set[str]] = {}
    for one in mandates.answers(members):
        if one.licensee in (None, licensee) and (one.ends is None or one.ends > today):
            said.setdefault(one.member, set()).add(one.use)
    return said


@tells("licensing.end")
def ended(act: ActRow) -> Iterator[Told]:
    """The licensee whose licence ends before its term."""
    row = licensing.licence(act.subject)
    facts = {"licence": row.code, "day": day(row.ends)}
    yield Told("licence.ended", "licensee", row.licensee, {"licence": row.tid}, facts)


@tells("repertoire.amend-owners")
def shares(act: ActRow) -> Iterator[Told]:
    """Every owner of the work as it is now."""
    work = ids.read("wrk", act.subject)
    known = parties.by_code({one.party for one in repertoire.owners(work, clock.today()).holders})
    facts = {"title": repertoire.work_shown(None, work).title}
    for party in sorted(known.values(), key=lambda one: one.code):
        yield Told("shares.changed", "member", party.id, {"work": act.subject}, facts)


@tells("repertoire.record-agreement", "repertoire.end-agreement")
def agreed(act: ActRow) -> Iterator[Told]:
    """Both sides of an agreement."""
    event = "agreement.recorded" if act.verb.endswith("record-agreement") else "agreement.ended"
    for row in repertoire.agreements():
        if row.tid == act.subject:
            for party in parties.by_code({row.giver, *(code for code, _, _ in row.takers)}).values():
                yield Told(event, "member", party.id, {}, {"code": row.code})


_SIDES = {
    "disputes.file": ("dispute.filed", "respondents"),
    "disputes.document": ("dispute.answer", "respondents"),
    "disputes.answer": ("dispute.answered", "claimant"),
}


@tells("disputes.file", "disputes.document", "disputes.answer", "disputes.lapsed", "disputes.amended",
       "disputes.settled", "disputes.decided", "disputes.withdrawn")  # fmt: skip
def disputed(act: ActRow) -> Iterator[Told]:
    """The side that has to know: who is claimed from, who claims, or at the end both."""
    row = disputes.row(act.subject)
    event, whom = _SIDES.get(act.verb, ("dispute.ended", "both"))
    facts = {"title": row.title, "claimant": row.claimant, "outcome": row.outcome}
    due = row.due if event == "dispute.answer" else None
    for party in parties_to(row, whom):
        yield Told(event, "member", party, {"dispute": row.tid}, facts, due)
    if event == "dispute.filed":
        yield desk(event, {"dispute": row.tid}, **facts)


def parties_to(row: disputes.DisputeRow, whom: str) -> list[UUID]:
    """The parties of a dispute: its claimant, its respondents, or both."""
    holders = disputes.stated(disputes.find(row.tid), "present").holders
    others = {one.party for one in holders} | {code for code, _ in row.respondents}
    codes = {"claimant": {row.claimant}, "respondents": others - {row.claimant}}
    known = parties.by_code(codes.get(whom, others | {row.claimant}))
    return [known[code].id for code in sorted(known)]


@tells("unclaimed.claim")
def claimed(act: ActRow) -> Iterator[Told]:
    """Who decides a claim to unclaimed money."""
    yield desk("claim.arrived", {"claim": act.subject})


@tells("unclaimed.claim-accepted", "unclaimed.claim-refused")
def decided(act: ActRow) -> Iterator[Told]:
    """Who claimed."""
    party = unclaimed.claimant(act.subject)
    yield Told("claim.decided", "member", party, {}, {"state": act.verb.rpartition("-")[2]})


@tells("repertoire.offer-share", "repertoire.offer-accepted", "repertoire.offer-declined",
       "repertoire.offer-withdrawn")  # fmt: skip
def offered(act: ActRow) -> Iterator[Told]:
    """Whom a part of a work is offered; and who offered it, once it is answered."""
    row = repertoire.offer_row(str(act.detail["offer"]))
    state = act.verb.rpartition("-")[2]
    event = {"share": "share.offered", "withdrawn": "share.withdrawn"}.get(state, "share.answered")
    facts = {"title": row.title, "giver": row.giver_name, "taker": row.taker_name, "state": state}
    whom = parties.party(row.giver if event == "share.answered" else row.taker)
    yield Told(event, "member", whom.id, {"offer": row.tid}, facts)


@tells("unclaimed.prepare")
def disposal(act: ActRow) -> Iterator[Told]:
    """Who decides what becomes of money that nobody claimed."""
    yield desk("disposal.proposed", {"disposal": act.subject})


@tells("distribution.propose-write-off")
def write_off(act: ActRow) -> Iterator[Told]:
    """Who decides whether a debt is written off."""
    yield desk("write-off.proposed")

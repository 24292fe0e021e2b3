"""Acts about the house: plans, members, teams, who may do what, clients and their tokens."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from quire.society.distribution import queries as distribution
from quire.society.kit.acts import ActRow
from quire.society.licensing import queries as licensing
from quire.society.membership import queries as membership
from quire.society.notices.whom import Told, day, desk, side, tells
from quire.society.parties import queries as parties
from quire.society.repertoire import queries as repertoire
from quire.society.usage import queries as usage

SENSITIVE = {"name", "email", "iban", "bic", "account_holder", "street", "town", "country"}
"""Columns of a party whose change is told: where its money and its letters go."""


@tells("distribution.adopt-plan")
def adopted(act: ActRow) -> Iterator[Told]:
    """Everybody whose money the plan divides, and who keeps the books."""
    plan = next(one for one in distribution.plans() if one.tid == act.subject)
    facts = {"plan": plan.name, "day": day(plan.starts)}
    yield desk("plan.adopted", **facts)
    yield Told("plan.adopted", "auditor", None, {}, facts)
    for member in membership.members_on(act.at.date()):
        yield Told("plan.adopted", "member", member.party.id, {}, facts)


@tells("membership.admit", "membership.refuse")
def judged(act: ActRow) -> Iterator[Told]:
    """Who applied; and once a day the desk, however many came in."""
    party = parties.party(str(act.detail["party"]))
    on = act.at.date()
    yield Told("application.arrived", "operator", None, {}, {"day": day(on)}, cause=f"applications|{on}")
    if act.verb == "membership.admit":
        facts = {"day": day(str(act.detail["starts"]))}
        yield Told("membership.admitted", "member", party.id, {}, facts)
    else:
        reasons = " ".join(map(str, act.detail["reasons"]))
        yield Told("membership.refused", "member", party.id, {}, {"reasons": reasons})


@tells("membership.leave", "membership.give-notice")
def leaves(act: ActRow) -> Iterator[Told]:
    """Whose membership ends."""
    party = parties.party(str(act.detail["party"]))
    yield Told("membership.ends", "member", party.id, {}, {"day": day(str(act.detail["ends"]))})


@tells("membership.set-standing", "membership.restore-standing")
def standing(act: ActRow) -> Iterator[Told]:
    """Whose standing it is."""
    party = parties.party(str(act.detail["party"]))
    if act.verb == "membership.set-standing":
        facts = {"day": day(str(act.detail["starts"])), "reason": str(act.detail["reason"])}
        yield Told("standing.lost", "member", party.id, {}, facts)
    else:
        yield Told("standing.restored", "member", party.id, {}, {"day": day(str(act.detail["on"]))})


@tells("parties.change")
def changed(act: ActRow) -> Iterator[Told]:
    """Whose details were changed, where money or letters would go elsewhere."""
    columns = sorted(SENSITIVE & set(act.detail["changes"]))
    if columns:
        party = parties.party(act.subject)
        yield Told("details.changed", side(party), party.id, {}, {"columns": ", ".join(columns)})


@tells("parties.seat", "parties.unseat")
def seated(act: ActRow) -> Iterator[Told]:
    """The team that somebody came into, or left."""
    party = parties.party(act.subject)
    event = "team.changed" if act.verb == "parties.seat" else "team.left"
    facts = {name: str(act.detail[name]) for name in ("user", "role") if name in act.detail}
    yield Told(event, side(party), party.id, {}, facts)


@tells("parties.grant-role")
def granted(act: ActRow) -> Iterator[Told]:
    """The society's own people."""
    facts = {"user": act.subject, "role": str(act.detail["role"])}
    yield desk("role.granted", **facts)
    yield Told("role.granted", "auditor", None, {}, facts)


_CLIENTS = {
    "licensing.create-client": "client.made",
    "licensing.rotate-client": "client.rotated",
    "licensing.revoke-client": "client.revoked",
}


@tells(*_CLIENTS)
def client(act: ActRow) -> Iterator[Told]:
    """The team whose client it is."""
    row = licensing.client(act.subject)
    facts = {"name": row.name, "reason": str(act.detail.get("reason", ""))}
    yield Told(_CLIENTS[act.verb], "licensee", row.licensee, {"client": row.tid}, facts)


@tells("licensing.revoke")
def revoked(act: ActRow) -> Iterator[Told]:
    """Whose token it was, or under whose licence they were."""
    whose: UUID | None = licensing.revoked_of(act.subject)
    if whose is not None:
        yield Told("token.revoked", "licensee", whose, {}, {"reason": str(act.detail["reason"])})


_HOOKS = {
    "notices.add-endpoint": "webhook.made",
    "notices.rotate-endpoint": "webhook.rotated",
    "notices.disable": "webhook.disabled",
}


@tells(*_HOOKS)
def webhook(act: ActRow) -> Iterator[Told]:
    """The team whose webhooks begin, have another secret, or end."""
    party = parties.party(str(act.detail["party"]))
    facts = {"url": str(act.detail["url"]), "reason": str(act.detail.get("reason", ""))}
    yield Told(_HOOKS[act.verb], str(act.detail["audience"]), party.id, {}, facts)


@tells("parties.make-key", "parties.revoke-key")
def api_key(act: ActRow) -> Iterator[Told]:
    """The team whose key it is, or the desk."""
    event = "key.made" if act.verb == "parties.make-key" else "key.revoked"
    facts = {"name": str(act.detail["name"])}
    if act.subject.startswith("pty_"):
        party = parties.party(act.subject)
        yield Told(event, side(party), party.id, {}, facts)
    else:
        yield desk(event, **facts)


@tells("parties.declare-tax")
def tax(act: ActRow) -> Iterator[Told]:
    """Whose tax form it is."""
    party = parties.party(act.subject)
    yield Told("tax.declared", side(party), party.id)


@tells("usage.revoke-edge")
def edge(act: ActRow) -> Iterator[Told]:
    """Whose site the edge stands before."""
    row = usage.edges(act.subject)[0]
    facts = {"host": row.host, "reason": str(act.detail["reason"])}
    yield Told("edge.revoked", "member", repertoire.site(row.site).owner, {"site": row.site}, facts)

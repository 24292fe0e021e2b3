"""What parties are told and tell: notices, webhooks, shares that are offered, tax forms, and the trail of
changes."""

from __future__ import annotations

from typing import Any

from quire.society.api.keyed.given import Given
from quire.society.api.keyed.shapes import Field, Shape, tid
from quire.society.api.keyed.table import Call, Does, Endpoint, Many, One
from quire.society.api.resources.people import ALL, HOUSE, OF_PARTY, PARTY, for_all
from quire.society.kit import clock, history, ids
from quire.society.kit.paging import few
from quire.society.notices import queries as notices
from quire.society.parties import queries as parties
from quire.society.repertoire import actions, queries

NOTICE = Shape("Notice", "Something that happened and concerns you.", (
    tid(), Field("at", "moment"), Field("event"), Field("category"), Field("words"), Field("address"),
    Field("due", "date", null=True), Field("needs", "flag", about="It needs somebody."),
    Field("read", "flag"),
))  # fmt: skip
ENDPOINT = Shape("WebhookEndpoint", "A server of yours that is told what happens.", (
    tid(), Field("url"), Field("events", "words", about="None: all."), Field("created", "moment"),
    Field("disabled", about="Why it is switched off."), Field("last", "moment", null=True),
))  # fmt: skip
_ATTEMPT = Shape("WebhookAttempt", "One try.", (
    Field("at", "moment"), Field("status", "number", null=True), Field("excerpt"), Field("took_ms", "number"),
))  # fmt: skip
DELIVERY = Shape("WebhookDelivery", "One message to an endpoint, and every try.", (
    tid(), Field("message"), Field("event"), Field("made", "moment"), Field("state"),
    Field("tries", "number"), Field("next", "moment", null=True),
    Field("attempts", "many", shape=_ATTEMPT),
))  # fmt: skip
OFFER = Shape("ShareOffer", "A part of a work that is offered to another; theirs once they accept.", (
    tid(), Field("work", about="The work's id."), Field("title"), Field("giver"), Field("taker"),
    Field("role"), Field("share", "share"), Field("starts", "date"), Field("text"), Field("on", "date"),
    Field("state", choices=("open", "accepted", "declined", "withdrawn")),
    Field("answered", "date", null=True),
))  # fmt: skip
TAX = Shape("TaxForm", "What a party declared for tax; its number is masked.", (
    tid(), Field("party", "one", shape=PARTY), Field("country"), Field("number", of=lambda one: one.masked),
    Field("none_because"), Field("treaty", "flag"), Field("signed"), Field("on", "date"),
))  # fmt: skip
CHANGE = Shape("RowChange", "What a row was before it was changed or removed, written by the database.", (
    Field("at", "moment"), Field("table"), Field("thing"), Field("removed", "flag"),
    Field("columns", "any", lambda one: {name: {"was": was, "is": now} for name, was, now in one.columns}),
    Field("who"), Field("why"), Field("acts", "words"),
))  # fmt: skip


def _notices(call: Call) -> Any:
    party = call.key.party
    box = notices.Box(call.key.audience, party.id if party else None, party.code if party else "")
    return notices.notice_list(box, call.user)


def _endpoint(call: Call) -> Any:
    return notices.endpoint(call.me, call.key.audience, call.named["endpoint"])


def _offer(call: Call) -> Any:
    return queries.offer(call.named["offer"], party=call.me)


def _offered(call: Call) -> Any:
    work = queries.work_shown(call.me, ids.read("wrk", call.said["work"]))
    made = actions.offer_share(
        work=work.id, giver=call.me, taker=call.said["taker"], role=call.said["role"],
        share=call.said["share"], starts=call.get("starts", None) or clock.today(), text=call.get("text"),
        by=call.user,
    )  # fmt: skip
    return queries.offer(made.tid, party=call.me)


def _answered(accept: bool) -> Any:
    def answer(call: Call) -> Any:
        actions.answer_offer(call.row.id, party=call.me, accept=accept, by=call.user)
        return _offer(call)

    return answer


def _taken_back(call: Call) -> Any:
    actions.withdraw_offer(call.row.id, party=call.me, by=call.user)
    return _offer(call)


_OFFER: dict[str, Any] = {"of": "/offers/{offer}"}

TABLE: tuple[Endpoint, ...] = (
    Many("/notices", "notices", "What happened and concerns you, the newest first.", NOTICE,
         for_all(ALL, _notices), sorts=("at",), filters={"unread": ("yes", "no"), "about": ()}),
    Many("/webhooks", "notices", "Your servers that are told what happens.", ENDPOINT,
         for_all(OF_PARTY, lambda call: few(notices.endpoints(call.me, call.key.audience)))),
    Many("/webhooks/{endpoint}/deliveries", "notices", "What was sent there, the newest first.", DELIVERY,
         for_all(OF_PARTY, lambda call: notices.delivery_list(_endpoint(call))), sorts=("made",),
         filters={"state": ()}, searched=True),
    Many("/offers", "rights", "Parts of works that you offered, or were offered.", OFFER,
         {"member": lambda call: queries.offers_list(call.me)}, sorts=("on", "starts"),
         filters={"state": ("open", "accepted", "declined", "withdrawn"), "side": ("taker", "giver")},
         searched=True),
    One("/offers/{offer}", "rights", "One offer.", OFFER, {"member": _offer}),
    Does("POST", "/offers", "rights", "Offer a part of a work of yours to another.",
         {"member": ("manage", _offered)}, OFFER,
         (Given("work", about="The work's id.", needed=True, most=64),
          Given("taker", about="A party's code.", needed=True, most=64),
          Given("role", about="Like author or photographer.", needed=True, most=40),
          Given("share", about="Of the whole work, as 1/3 or 25%.", needed=True, most=40),
          Given("starts", "date"), Given("text", most=200)), 201, leads="/offers/{id}"),
    Does("POST", "/offers/{offer}/acceptance", "rights", "Accept what you were offered.",
         {"member": ("manage", _answered(True))}, OFFER, **_OFFER),
    Does("POST", "/offers/{offer}/refusal", "rights", "Decline it.",
         {"member": ("manage", _answered(False))}, OFFER, **_OFFER),
    Does("POST", "/offers/{offer}/withdrawal", "rights", "Take an offer of yours back.",
         {"member": ("manage", _taken_back)}, OFFER, **_OFFER),
    Many("/tax-forms", "people", "What holds for tax of every party that declared something.", TAX,
         {"operator": lambda call: parties.taxes_list()}, sorts=("party", "on", "country"),
         filters={"treaty": ("yes", "no"), "number": ("no",)}, searched=True),
    Many("/changes", "books", "What was changed in place: what it was, who did it, and by what.", CHANGE,
         for_all(HOUSE, lambda call: history.changes()), sorts=("at",),
         filters={"table": (), "removed": ("yes", "no")}, searched=True),
)  # fmt: skip

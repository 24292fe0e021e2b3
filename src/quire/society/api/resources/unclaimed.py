"""Money that nobody claims: what there is, claims to it, its owners found, and its disposal."""

from __future__ import annotations

from typing import Any

from quire.core.money import Money
from quire.core.shares import parse_share
from quire.core.terms import USES
from quire.society.api.keyed.given import Given
from quire.society.api.keyed.shapes import Field, Shape, tid
from quire.society.api.keyed.table import Call, Does, Endpoint, Many, One
from quire.society.kit.nouns import Unknown
from quire.society.kit.paging import few
from quire.society.unclaimed import actions, queries
from quire.society.unclaimed.reaching import claim as found_claim

ITEM = Shape("Unclaimed", "Money of one work, class of right, use and pot whose owner nobody knows.", (
    tid(), Field("work", about="The work's id."), Field("title"), Field("role"), Field("use"),
    Field("territory"), Field("period", of=lambda one: str(one.period)), Field("run"), Field("licence"),
    Field("licensee"), Field("amount", "money", lambda one: Money(one.amount, one.currency)),
    Field("collected", "date"),
    Field("disposable", "date", lambda one: one.dates.disposable, "From when it may be disposed of."),
))  # fmt: skip
CLAIM = Shape("UnclaimedClaim", "A claim to unclaimed money, and what became of it.", (
    tid(), Field("party"), Field("party_name"), Field("work"), Field("title"), Field("role"),
    Field("evidence"), Field("state", choices=("open", "accepted", "refused", "withdrawn")),
    Field("filed_on", "date"), Field("ended_on", "date", null=True), Field("note"),
))  # fmt: skip
DISPOSAL = Shape("Disposal", "Unclaimed money that goes a way that members decided; prepared by one, done by "
                 "another.", (
    tid(), Field("way"), Field("decision"), Field("year", "number"), Field("reserve", "share"),
    Field("digest"), Field("state", choices=("prepared", "done", "withdrawn")),
    Field("prepared_by", of=lambda one: one.prepared_by.username), Field("prepared_on", "date"),
    Field("approved_by", of=lambda one: one.approved_by.username if one.approved_by else ""),
    Field("done_on", "date", null=True),
))  # fmt: skip
_DESK = "operator"


def _claim(call: Call) -> Any:
    row = found_claim(call.named["claim"])
    if call.key.party and row.party != call.party.code:
        raise Unknown("There is no such claim of yours.")
    return row


def _file(call: Call) -> Any:
    made = actions.claim(party=call.me, **call.said, by=call.user)
    return found_claim(made.tid)


def _judge(accept: bool) -> Any:
    def judge(call: Call) -> Any:
        done = actions.accept_claim if accept else actions.refuse_claim
        done(claim=call.row.tid, note=call.get("note"), by=call.user)
        return found_claim(call.row.tid)

    return judge


def _withdraw(call: Call) -> Any:
    actions.withdraw_claim(claim=call.row.tid, by=call.user)
    return found_claim(call.row.tid)


def _item(call: Call) -> Any:
    found = queries.find(call.named["item"])
    if found is None:
        raise Unknown("This is not unclaimed, or not any more.")
    return found


def _match(call: Call) -> Any:
    shares = {code: parse_share(part) for code, part in call.said["shares"].items()}
    actions.match(shares=shares, evidence=call.said["evidence"], item=call.row.tid,
                  amend=call.get("amend", False), by=call.user)  # fmt: skip
    return call.row


def _disposal(call: Call) -> Any:
    return queries.disposal(call.named["disposal"])


def _prepare(call: Call) -> Any:
    made, _plan = actions.prepare(**call.said, by=call.user)
    return queries.disposal(made.tid)


def _do(call: Call) -> Any:
    actions.approve(disposal=call.row.tid, by=call.user)
    return _disposal(call)


def _drop(call: Call) -> Any:
    actions.withdraw(disposal=call.row.tid, by=call.user)
    return _disposal(call)


_CLAIM: dict[str, Any] = {"of": "/unclaimed/claims/{claim}"}
_DISPOSAL: dict[str, Any] = {"of": "/disposals/{disposal}"}

TABLE: tuple[Endpoint, ...] = (
    Many("/unclaimed", "unclaimed", "What is unclaimed now, the largest first.", ITEM,
         {name: lambda call: queries.unclaimed_list() for name in ("member", _DESK)}, sorts=("amount",),
         filters={"use": USES, "role": ()}, searched=True),
    One("/unclaimed/items/{item}", "unclaimed", "One of them.", ITEM, {_DESK: _item}),
    Does("POST", "/unclaimed/items/{item}/match", "unclaimed", "Pay it to whom it belongs.",
         {_DESK: ("prepare", _match)}, ITEM,
         (Given("shares", "texts", "Party's code to its share; all of it.", needed=True, most=80),
          Given("evidence", needed=True, most=500),
          Given("amend", "flag", "Register them as owners, too.")), of="/unclaimed/items/{item}"),
    Many("/unclaimed/claims", "unclaimed", "Claims to it: a member's own; every one for the society.", CLAIM,
         {"member": lambda call: queries.claims_list(call.me), _DESK: lambda call: queries.claims_list()},
         sorts=("filed",), filters={"state": ("open", "accepted", "refused", "withdrawn")}),
    One("/unclaimed/claims/{claim}", "unclaimed", "One claim.", CLAIM, {"member": _claim, _DESK: _claim}),
    Does("POST", "/unclaimed/claims", "unclaimed", "Claim what is unclaimed of a work in a class of right.",
         {"member": ("manage", _file)}, CLAIM,
         (Given("work", about="Its id or address.", needed=True, most=2_000),
          Given("role", about="The class of right.", needed=True, most=40),
          Given("evidence", about="What shows that it is yours.", needed=True, most=400)), 201,
         leads="/unclaimed/claims/{id}"),
    Does("POST", "/unclaimed/claims/{claim}/acceptance", "unclaimed", "Accept a claim.",
         {_DESK: ("prepare", _judge(True))}, CLAIM, (Given("note"),), **_CLAIM),
    Does("POST", "/unclaimed/claims/{claim}/refusal", "unclaimed", "Refuse a claim.",
         {_DESK: ("prepare", _judge(False))}, CLAIM, (Given("note", needed=True),), **_CLAIM),
    Does("POST", "/unclaimed/claims/{claim}/withdrawal", "unclaimed", "Give a claim up.",
         {"member": ("manage", _withdraw)}, CLAIM, **_CLAIM),
    Many("/disposals", "unclaimed", "Disposals of unclaimed money, the newest first.", DISPOSAL,
         {_DESK: lambda call: few(list(reversed(queries.disposals())))}),
    One("/disposals/{disposal}", "unclaimed", "One disposal.", DISPOSAL, {_DESK: _disposal}),
    Does("POST", "/disposals", "unclaimed", "Prepare a disposal; a second person does it.",
         {_DESK: ("prepare", _prepare)}, DISPOSAL,
         (Given("way", about="class, class-equally, country, or fund:NAME.", needed=True, most=80),
          Given("decision", about="The members' decision.", needed=True),
          Given("year", "number", "Collected in this year or before.", most=2200),
          Given("reserve", "share", "Kept back for late claims.")), 201, leads="/disposals/{id}"),
    Does("POST", "/disposals/{disposal}/approval", "unclaimed", "Do what was prepared, as a second person.",
         {_DESK: ("approve", _do)}, DISPOSAL, **_DISPOSAL),
    Does("POST", "/disposals/{disposal}/withdrawal", "unclaimed", "Drop what was prepared.",
         {_DESK: ("prepare", _drop)}, DISPOSAL, **_DISPOSAL),
)  # fmt: skip

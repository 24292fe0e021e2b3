"""Disputes, corrections and what is owed for them, holds."""

from __future__ import annotations

from typing import Any

from quire.core.disputes import KINDS
from quire.society.api.keyed.given import Given
from quire.society.api.keyed.shapes import Field, Shape, cash, tid
from quire.society.api.keyed.table import Call, Does, Endpoint, Many, One
from quire.society.disputes import actions as disputes
from quire.society.disputes import queries as disputed
from quire.society.distribution import actions, queries, watching
from quire.society.distribution.corrections.rows import read_shares
from quire.society.kit.nouns import Unknown
from quire.society.kit.paging import Asked, few

_SIDE = Shape("DisputeSide", "Against whom, and what part of theirs is held.", (
    Field("party", of=lambda one: one[0]), Field("held_part", "share", lambda one: one[1]),
))  # fmt: skip
DISPUTE = Shape("Dispute", "Two say that a work is theirs: what is claimed, and what is held.", (
    tid(), Field("kind", choices=tuple(KINDS)), Field("work"), Field("title"), Field("claimant"),
    Field("respondents", "many", shape=_SIDE), Field("state"), Field("filed_on", "date"),
    Field("since", "date", null=True), Field("wanted"), Field("due", "date", null=True),
    Field("days_left", "number", lambda one: one.left, null=True), Field("held", "monies"),
    Field("ended_on", "date", null=True), Field("outcome"),
))  # fmt: skip
STEP = Shape("DisputeStep", "What happened.", (
    Field("on", "date", lambda one: one[0]), Field("what", of=lambda one: one[1]),
))  # fmt: skip
CORRECTION = Shape("Correction", "A claim that a closed run divided something wrongly.", (
    tid(), Field("run"), Field("work"), Field("kind"), Field("reason"), Field("filed_on", "date"),
    Field("filed_by"), Field("state"), Field("decided_by"), Field("note"), Field("until", "date"),
))  # fmt: skip
GIVEN = Shape("CorrectionChange", "Whom a correction gives to, or takes from.", (
    Field("whom"), cash("amount"),
))  # fmt: skip
DEBT = Shape("Debt", "What somebody owes for a correction.", (
    Field("correction"), Field("work"), Field("debtor"), Field("creditor"), cash("amount"),
    Field("since", "date"), Field("repayable", "flag", about="Asked for; else taken from what it earns."),
))  # fmt: skip
SETTLEMENT = Shape("Settlement", "A debt that was paid back or written off, or is proposed to be.", (
    tid(), Field("kind"), Field("debtor"), cash("amount"), Field("on", "date"), Field("reference"),
    Field("reason"), Field("state"), Field("recorded_by"), Field("decided_by"),
))  # fmt: skip
HOLD = Shape("Hold", "What a work or a party earns is kept until this ends.", (
    tid(), Field("of"), Field("reason"), Field("starts", "date"), Field("released", "date", null=True),
    Field("part", "share"),
))  # fmt: skip
_DESK = "operator"


def _dispute(call: Call) -> Any:
    """A dispute; of a member's key, one in which it is a side."""
    row = disputed.row(call.named["dispute"])
    if call.key.party:
        mine = disputed.disputes_list(call.me).page(Asked(search=row.work, size=200)).rows
        if row.tid not in {one.tid for one in mine}:
            raise Unknown("There is no such dispute of yours.")
    return row


def _file(call: Call) -> Any:
    said = dict(call.said)
    claimant = call.party.code if call.key.party else said.get("claimant", "")
    said.pop("claimant", None)
    return disputed.row(disputes.file_dispute(**said, claimant=claimant, by=call.user).tid)


def _withdraw(call: Call) -> Any:
    if call.key.party and call.row.claimant != call.party.code:
        raise Unknown("There is no such claim of yours.")
    disputes.withdraw(dispute=call.row.tid, text=call.said["text"], by=call.user)
    return disputed.row(call.row.tid)


def _settle(call: Call) -> Any:
    disputes.settle(dispute=call.row.tid, **call.said, by=call.user)
    return disputed.row(call.row.tid)


def _decide(call: Call) -> Any:
    disputes.decide(dispute=call.row.tid, **call.said, by=call.user)
    return disputed.row(call.row.tid)


def _correction(call: Call) -> Any:
    return queries.correction(call.named["correction"])


def _correct(call: Call) -> Any:
    said = dict(call.said)
    shares = said.pop("shares", "")
    made = actions.file_correction(**said, shares=read_shares(shares) if shares else None, by=call.user)
    return queries.correction(made.tid)


def _accept(call: Call) -> Any:
    actions.accept_correction(call.row.tid, **call.said, by=call.user)
    return _correction(call)


def _refuse(call: Call) -> Any:
    actions.refuse_correction(call.row.tid, note=call.said["note"], by=call.user)
    return _correction(call)


def _settlement(tid: str) -> Any:
    found = [one for one in queries.settlements() if one.tid == tid]
    if not found:
        raise Unknown("There is no such settlement.")
    return found[0]


def _repaid(call: Call) -> Any:
    sum_ = call.said["amount"]
    made = actions.repay(party=call.said["party"], amount=sum_.decimal(), currency=sum_.currency,
                         on=call.said["on"], reference=call.said["reference"], by=call.user)  # fmt: skip
    return _settlement(made.tid)


def _propose(call: Call) -> Any:
    sum_ = call.said["amount"]
    made = actions.propose_write_off(party=call.said["party"], currency=sum_.currency, amount=sum_.decimal(),
                                     reason=call.said["reason"], by=call.user)  # fmt: skip
    return _settlement(made.tid)


def _write_off(yes: bool) -> Any:
    def decide(call: Call) -> Any:
        (actions.approve_write_off if yes else actions.refuse_write_off)(call.row.tid, by=call.user)
        return _settlement(call.row.tid)

    return decide


def _hold(call: Call) -> Any:
    return watching.hold(call.named["hold"])


def _release(call: Call) -> Any:
    actions.release_hold(call.row.tid, by=call.user)
    return _hold(call)


_SHARES = "party:role:share between semicolons; all of the work."
_REASON = Given("reason", about="Why; it is recorded.", needed=True)
_WORK = Given("work", about="Its address, number or id.", needed=True, most=2_000)
_FILE = (
    _WORK, Given("kind", needed=True, choices=tuple(KINDS)), _REASON,
    Given("shares", about=_SHARES, most=2_000), Given("since", "date"),
    Given("wanted", about="The tier or type, as it should be.", most=40),
    Given("claimant", about="Whose claim it is; said by the society alone.", most=80),
)  # fmt: skip
_DISPUTE: dict[str, Any] = {"of": "/disputes/{dispute}"}
_CORRECTION: dict[str, Any] = {"of": "/corrections/{correction}"}
_ONE = {_DESK: lambda call: _settlement(call.named["settlement"])}

TABLE: tuple[Endpoint, ...] = (
    Many("/disputes", "rights", "Disputes: those in which a member is a side; every one for the society.",
         DISPUTE, {"member": lambda call: disputed.disputes_list(call.me),
                   _DESK: lambda call: disputed.disputes_list()},
         sorts=("filed",), filters={"open": ("yes", "no"), "kind": tuple(KINDS)}, searched=True),
    One("/disputes/{dispute}", "rights", "One dispute.", DISPUTE, {"member": _dispute, _DESK: _dispute}),
    Many("/disputes/{dispute}/story", "rights", "What happened in it.", STEP,
         {name: lambda call: few(disputed.story(_dispute(call).tid)) for name in ("member", _DESK)}),
    Does("POST", "/disputes", "rights", "File a claim to a work.",
         {"member": ("manage", _file), _DESK: ("prepare", _file)}, DISPUTE, _FILE, 201,
         leads="/disputes/{id}"),
    Does("POST", "/disputes/{dispute}/withdrawal", "rights", "Give a claim up.",
         {"member": ("manage", _withdraw), _DESK: ("prepare", _withdraw)}, DISPUTE,
         (Given("text", about="Why.", needed=True),), **_DISPUTE),
    Does("POST", "/disputes/{dispute}/settlement", "rights", "Record what the sides agreed on.",
         {_DESK: ("prepare", _settle)}, DISPUTE,
         (Given("shares", about=_SHARES, needed=True, most=2_000), Given("text", needed=True),
          Given("starts", "date")), **_DISPUTE),
    Does("POST", "/disputes/{dispute}/decision", "rights", "Record what was decided, and by whom.",
         {_DESK: ("prepare", _decide)}, DISPUTE,
         (Given("who", about="Who decided.", needed=True, most=100), Given("text", needed=True),
          Given("shares", about=_SHARES, most=2_000), Given("wanted", most=40), Given("starts", "date")),
         **_DISPUTE),
    Many("/corrections", "rights", "Claims that a closed run divided something wrongly.", CORRECTION,
         {_DESK: lambda call: few(queries.corrections(), words=lambda one: f"{one.work} {one.reason}")},
         searched=True),
    One("/corrections/{correction}", "rights", "One correction.", CORRECTION, {_DESK: _correction}),
    Many("/corrections/{correction}/changes", "rights", "Whom it gives to and takes from.", GIVEN,
         {_DESK: lambda call: few(queries.changes_of(_correction(call).tid))}),
    Does("POST", "/corrections", "rights", "File a correction; a second person decides.",
         {_DESK: ("prepare", _correct)}, CORRECTION,
         (Given("run", about="Its id.", needed=True, most=60), _WORK,
          Given("kind", needed=True, choices=("shares", "owner", "usage")), _REASON,
          Given("shares", about=_SHARES, most=2_000)), 201, leads="/corrections/{id}"),
    Does("POST", "/corrections/{correction}/acceptance", "rights", "Accept it, as a second person.",
         {_DESK: ("approve", _accept)}, CORRECTION,
         (Given("note"), Given("amend", "flag", "Register the claim's shares as well."),
          Given("amend_from", "date")), **_CORRECTION),
    Does("POST", "/corrections/{correction}/refusal", "rights", "Refuse it, as a second person.",
         {_DESK: ("approve", _refuse)}, CORRECTION, (Given("note", needed=True),), **_CORRECTION),
    Many("/debts", "rights", "Who owes what for corrections.", DEBT,
         {_DESK: lambda call: few(queries.debts(), words=lambda one: f"{one.debtor} {one.creditor}")},
         searched=True),
    Many("/settlements", "rights", "Debts paid back, written off, or proposed to be.", SETTLEMENT,
         {_DESK: lambda call: few(queries.settlements())}),
    One("/settlements/{settlement}", "rights", "One settlement.", SETTLEMENT, _ONE),
    Does("POST", "/settlements/repaid", "rights", "Record that a debtor paid back.",
         {_DESK: ("prepare", _repaid)}, SETTLEMENT,
         (Given("party", needed=True, most=80), Given("amount", "money", needed=True),
          Given("on", "date", needed=True), Given("reference", needed=True, most=80)), 201),
    Does("POST", "/settlements/written-off", "rights", "Propose to write a debt off.",
         {_DESK: ("prepare", _propose)}, SETTLEMENT,
         (Given("party", needed=True, most=80), Given("amount", "money", needed=True), _REASON), 201),
    Does("POST", "/settlements/{settlement}/approval", "rights", "Say yes to it, as a second person.",
         {_DESK: ("approve", _write_off(True))}, SETTLEMENT, of="/settlements/{settlement}"),
    Does("POST", "/settlements/{settlement}/refusal", "rights", "Say no to it.",
         {_DESK: ("approve", _write_off(False))}, SETTLEMENT, of="/settlements/{settlement}"),
    Many("/holds", "rights", "Every hold, the newest first.", HOLD,
         {_DESK: lambda call: watching.holds_list()}, sorts=("starts",),
         filters={"state": ("stands", "ended")}, searched=True),
    One("/holds/{hold}", "rights", "One hold.", HOLD, {_DESK: _hold}),
    Does("POST", "/holds", "rights", "Hold back what a work, or a party, or both together earn.",
         {_DESK: ("prepare", lambda call: watching.hold(
             actions.place_hold(**call.said, by=call.user).tid))}, HOLD,
         (_REASON, Given("work", most=2_000), Given("party", most=80), Given("starts", "date")), 201,
         leads="/holds/{id}"),
    Does("POST", "/holds/{hold}/release", "rights", "End a hold: what it held is the payees'.",
         {_DESK: ("prepare", _release)}, HOLD, of="/holds/{hold}"),
)  # fmt: skip

"""Acts about money: runs, payments, corrections, invoices, balances."""

from __future__ import annotations

from collections.abc import Iterator

from quire.core.money import quanta_of
from quire.society.distribution import queries as distribution
from quire.society.kit import ids
from quire.society.kit.acts import ActRow
from quire.society.licensing import queries as licensing
from quire.society.notices.whom import Told, amount_of, day, desk, side, tells
from quire.society.parties import queries as parties
from quire.society.payouts import queries as payouts
from quire.society.payouts.reasons import REASONS


@tells("distribution.review")
def to_approve(act: ActRow) -> Iterator[Told]:
    """A run waits for its second person."""
    run = distribution.row(distribution.find(act.subject))
    yield desk("run.to-approve", {"run": run.tid}, period=str(run.period))


@tells("distribution.close")
def closed(act: ActRow) -> Iterator[Told]:
    """Every payee has a statement, and who keeps the books hears of it."""
    run = distribution.find(act.subject)
    period, parts = str(distribution.row(run).period), {"run": act.subject}
    yield Told("run.closed", "auditor", None, parts, {"period": period})
    yield desk("run.closed", parts, period=period)
    for payee in distribution.payees(run):
        yield Told("statement.ready", "member", payee, parts, {"period": period})


@tells("distribution.close")
def corrected(act: ActRow) -> Iterator[Told]:
    """Who has more or less in this run because an earlier one was wrong."""
    run = distribution.find(act.subject)
    period = str(distribution.row(run).period)
    for (party, currency), quanta in sorted(distribution.corrected_in(run).items()):
        facts = {"period": period, "amount": amount_of(quanta, currency)}
        yield Told("correction.posted", "member", party, {"run": act.subject}, facts)


@tells("distribution.file-correction")
def filed(act: ActRow) -> Iterator[Told]:
    """A claim waits for who decides it."""
    yield desk("correction.filed", {"correction": act.subject})


@tells("distribution.accept-correction")
def accepted(act: ActRow) -> Iterator[Told]:
    """Whose money it changes."""
    known = parties.by_code()
    for change in distribution.changes_of(act.subject):
        if change.whom in known:
            facts = {"amount": amount_of(change.amount, change.currency)}
            yield Told("correction.accepted", "member", known[change.whom].id, {}, facts)


@tells("distribution.hold")
def held(act: ActRow) -> Iterator[Told]:
    """Whose money is held, where it is one party's."""
    if of := act.detail.get("party"):
        facts = {"reason": str(act.detail.get("reason", ""))}
        yield Told("hold.placed", "member", parties.party(str(of)).id, {}, facts)


@tells("distribution.release")
def released(act: ActRow) -> Iterator[Told]:
    """Whose money is free again, where it was one party's."""
    for hold in distribution.holds():
        if hold.tid == act.subject and hold.party is not None:
            yield Told("hold.released", "member", hold.party)


@tells("payouts.settle")
def paid(act: ActRow) -> Iterator[Told]:
    """Everybody who was paid by the batch."""
    for row in payouts.payments_in(act.subject):
        facts = {"amount": amount_of(row.amount, row.currency), "day": day(row.settled or row.on)}
        yield Told("payout.made", "member", row.party, {}, facts)


@tells("payouts.return")
def came_back(act: ActRow) -> Iterator[Told]:
    """The payee, and who is to find out why."""
    told = act.detail
    party = parties.party(str(told["party"]))
    because = REASONS[str(told["reason"])].sentence
    back = amount_of(quanta_of(str(told["amount"])), str(told["currency"]))
    yield Told("payout.returned", "member", party.id, {}, {"amount": back, "because": because})
    yield desk("payout.came-back", amount=back, name=party.name, because=because)


@tells("invoicing.issue", "invoicing.receive")
def billed(act: ActRow) -> Iterator[Told]:
    """Whose licence an invoice or a payment is for."""
    event = "invoice.issued" if act.verb == "invoicing.issue" else "payment.received"
    licence = licensing.licence(str(act.detail["licence"]))
    facts = {
        "amount": amount_of(quanta_of(str(act.detail["amount"])), str(act.detail["currency"])),
        "period": str(act.detail["period"]),
        "licence": licence.code,
    }
    yield Told(event, "licensee", licence.licensee, {}, facts)


@tells("invoicing.deposit")
def put_in(act: ActRow) -> Iterator[Told]:
    """Whose balance has grown."""
    facts = {"amount": amount_of(quanta_of(str(act.detail["amount"])), str(act.detail["currency"]))}
    yield Told("credit.added", "licensee", ids.read("pty", str(act.detail["licensee"])), {}, facts)


@tells("unclaimed.match")
def found(act: ActRow) -> Iterator[Told]:
    """To whom money without an owner was found to belong."""
    for tid in act.detail["to"]:
        party = parties.party(str(tid))
        yield Told("unclaimed.found", side(party), party.id)

"""Settle debts for corrections outside of a run: a debtor pays back, or what is owed is written off.

A run recovers debts from what debtors earn. From one who has left nothing may ever be recovered: what they
pay back goes to the creditors at once, and what they never will is written off by a decision of two people.
Either way the debt is the less; the bundle of the next run says how much of it was settled since.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from django.db import transaction

from quire.core.corrections.repaying import settled
from quire.core.errors import Invalid
from quire.core.money import Money
from quire.society.distribution.actions.succession import LOCK, carry_over
from quire.society.distribution.corrections import errors, taking
from quire.society.distribution.corrections.models import SettledDebt, Settlement
from quire.society.distribution.corrections.taking import Left
from quire.society.kit import acts, clock, ids, locks
from quire.society.kit.nouns import one
from quire.society.ledger import accounts
from quire.society.ledger import actions as ledger
from quire.society.parties import queries as parties
from quire.society.parties.models import Party

ADJUSTMENTS = "distribution:adjustments"
"""Held by a freeze while it takes debts, so that none is settled meanwhile."""


def repay(*, party: parties.Ref, amount: str, currency: str, on: date, reference: str, by: Any) -> Settlement:
    """A debtor has paid back: ``amount`` in major units came into the bank on the day ``on``. The creditors
    are credited at once, the oldest debt first. The same reference again changes nothing.

    Raises parties.RoleMissing, Unknown, BadSettlement, SettledBefore, DebtInRun, TooMuchSettled, in this
    order.
    """
    parties.need_role(by, "operator")
    debtor, quanta, reference = parties.party(party), _quanta(amount, currency), reference.strip()
    if not reference or len(reference) > 80 or not reference.isprintable():
        raise errors.BadSettlement("Say by which reference the bank lists it, in at most 80 characters.")
    if on > clock.today():
        raise errors.BadSettlement(f"{on} is to come; record what has come in.")
    told = {"debtor": debtor, "currency": currency, "amount": quanta, "on": on}
    with transaction.atomic():
        locks.wait(ADJUSTMENTS)
        if known := Settlement.objects.filter(reference=reference).first():
            if any(getattr(known, name) != value for name, value in told.items()):
                raise errors.SettledBefore(f"The reference {reference} stands for another repayment already.")
            return known
        debts = _debts(debtor, currency, quanta)
        locks.wait(LOCK)
        made: Settlement = Settlement.objects.create(
            kind="repaid", state="done", reference=reference, recorded_by=by, **told
        )
        _book(made, debts, by)
        acts.record("distribution.repay", made, by=by, party=debtor.tid, amount=amount, currency=currency)
        carry_over(by=by)
    return made


def propose_write_off(
    *, party: parties.Ref, currency: str, reason: str, by: Any, amount: str = ""
) -> Settlement:
    """Propose that ``amount`` (all, if left out) of what a debtor owes is written off; a second person
    decides. Raises parties.ReadsOnly, Unknown, BadSettlement, TooMuchSettled."""
    parties.may_write(by)
    debtor = parties.party(party)
    if not 0 < len(reason.strip()) <= 300:
        raise errors.BadSettlement("Say in at most 300 characters why it is written off: creditors read it.")
    owed = sum(one.amount for one in _of(debtor, currency))
    quanta = _quanta(amount, currency) if amount else owed
    with transaction.atomic():
        _must_be_owed(debtor, currency, quanta, owed)
        made: Settlement = Settlement.objects.create(
            kind="written-off", state="proposed", debtor=debtor, currency=currency, amount=quanta,
            on=clock.today(), reason=reason.strip(), recorded_by=by,
        )  # fmt: skip
        acts.record("distribution.propose-write-off", made, by=by, party=debtor.tid, reason=made.reason)
    return made


def approve_write_off(name: str, *, by: Any) -> Settlement:
    """A second person decides that it is written off. Raises parties.RoleMissing, Unknown, SettledBefore,
    parties.SecondPerson, DebtInRun, TooMuchSettled where less is owed by now."""
    parties.need_role(by, "approver")
    with transaction.atomic():
        locks.wait(ADJUSTMENTS)
        found = _proposed(name)
        parties.second_person(by, found.recorded_by_id, "proposed this", "approves it")
        debts = _debts(found.debtor, found.currency, found.amount)
        locks.wait(LOCK)
        _decide(found, "done", by)
        _book(found, debts, by)
        acts.record("distribution.approve-write-off", found, by=by, debts=len(debts))
    return found


def refuse_write_off(name: str, *, by: Any) -> Settlement:
    """It is not written off. Raises parties.RoleMissing, Unknown, SettledBefore."""
    parties.need_role(by, "approver")
    with transaction.atomic():
        locks.wait(ADJUSTMENTS)
        found = _proposed(name)
        _decide(found, "refused", by)
        acts.record("distribution.refuse-write-off", found, by=by)
    return found


def _quanta(amount: str, currency: str) -> int:
    try:
        found = Money.parse(amount, currency).quanta
    except Invalid as problem:
        raise errors.BadSettlement(f"amount: {problem.sentence}") from problem
    if found <= 0:
        raise errors.BadSettlement("The amount is above nothing.")
    return found


def _of(debtor: Party, currency: str) -> list[Left]:
    return [one for one in taking.outstanding(currency) if one.owed.debtor_id == debtor.id]


def _debts(debtor: Party, currency: str, amount: int) -> list[tuple[Left, int]]:
    """The debts that the amount settles, and how much of each; nobody else can take them meanwhile."""
    if run := taking.under_way(currency):
        raise errors.DebtInRun(
            f"The run {run.tid}, which is {run.state}, recovers debts in {currency}; settle them once it is "
            "posted, or cancel it.",
            run=run.tid,
        )
    mine = _of(debtor, currency)
    _must_be_owed(debtor, currency, amount, sum(one.amount for one in mine))
    told = [(one.owed.corrected.correction.filed_on, taking.debt_of(one)) for one in mine]
    rows = {(debt.correction, debt.creditor): row for (_, debt), row in zip(told, mine, strict=True)}
    return [(rows[debt.correction, debt.creditor], part) for debt, part in settled(told, amount)]


def _must_be_owed(debtor: Party, currency: str, amount: int, owed: int) -> None:
    if not 0 < amount <= owed:
        told = f"owes {Money(owed, currency)} for corrections" if owed else f"owes nothing in {currency}"
        raise errors.TooMuchSettled(
            f"{debtor.code} {told}, and not {Money(amount, currency)}; what is more is not ours to keep."
        )


def _proposed(name: str) -> Settlement:
    found: Settlement = one(
        Settlement.objects.select_related("debtor").filter(
            id=ids.read(Settlement.prefix, name), kind="written-off"
        ),
        f"No write-off has the id {name}: see quire corrections settlements.",
    )
    if found.state != "proposed":
        told = "has been written off" if found.state == "done" else "was refused"
        raise errors.SettledBefore(f"{name} {told} already.")
    return found


def _decide(found: Settlement, state: str, by: Any) -> None:
    found.state, found.decided_by, found.on = state, by, clock.today()
    found.save(update_fields=["state", "decided_by", "on"])


def _book(made: Settlement, debts: Sequence[tuple[Left, int]], by: Any) -> None:
    """Keep what of each debt is settled, and book it: out of the memo; what was repaid, to the creditors."""
    SettledDebt.objects.bulk_create(
        SettledDebt(settlement=made, owed=row.owed, amount=part) for row, part in debts
    )
    sums: dict[str, int] = defaultdict(int)
    for account, amount in _moves(made, debts):
        sums[account] += amount
    told = f"of {made.debtor.code} for corrections"
    ledger.post(
        key=f"settlement:{made.tid}",
        date=made.on,
        kind="settlement",
        text=f"Repaid {told}, {made.reference}" if made.kind == "repaid" else f"Written off {told}",
        entries=[
            ledger.EntryIn(account, made.currency, amount)
            for account, amount in sorted(sums.items())
            if amount
        ],
        by=by,
    )


def _moves(made: Settlement, debts: Iterable[tuple[Left, int]]) -> Iterator[tuple[str, int]]:
    for row, part in debts:
        creditor = row.owed.creditor
        whom = creditor.tid if creditor else row.owed.fund
        yield accounts.recoverable(made.debtor.tid), -part
        yield accounts.awaited(whom), part
        if made.kind == "repaid":
            yield accounts.bank(), part
            yield accounts.payable(whom) if creditor else accounts.fund(whom.removeprefix("fund:")), -part

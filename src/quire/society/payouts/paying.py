"""Who is paid what now, and who is not and why: from balances, bank details and holds. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from stdnum import iban as ibans
from stdnum.exceptions import ValidationError

from quire.core.money import Money, decimal_of
from quire.society.distribution import queries as distribution
from quire.society.kit import ids
from quire.society.kit.periods import Period
from quire.society.ledger import queries as ledger
from quire.society.parties import queries as parties
from quire.society.parties.queries import Payee, SocietyFacts
from quire.society.payouts.models import Payment, Return
from quire.society.payouts.reasons import REASONS

MOST = {"EUR": Money.parse("999999999.99", "EUR")}
"""The most that one transfer carries (SEPA credit transfer rulebook, AT-T002)."""

PAYABLE = "rights:payable"
TEXT = 140


@dataclass(frozen=True, slots=True)
class Due:
    """One transfer: ``amount`` in whole minor units, ``rest`` the residue that stays; both in quanta."""

    payee: Payee
    currency: str
    amount: int
    rest: int
    text: str
    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Carried:
    """A balance in quanta that is not paid now, and every reason why, in one sentence."""

    party: str
    code: str
    name: str
    currency: str
    amount: int
    reason: str

    @property
    def amount_text(self) -> str:
        """The amount in major units, with twelve decimals."""
        return decimal_of(self.amount)


@dataclass(frozen=True, slots=True)
class Plan:
    """All balances of a currency: what is paid, and what is carried."""

    currency: str
    due: tuple[Due, ...]
    carried: tuple[Carried, ...]

    @property
    def total(self) -> Money:
        """What leaves the payees' balances."""
        return Money(sum(one.amount for one in self.due), self.currency)


def plan(currency: str) -> Plan:
    """Every party to whom something is owed in this currency, in the order of their codes."""
    society = parties.society()
    owed = balances(currency)
    payees = parties.payees(owed)
    holds, gone = holds_by_party(), parties.succeeded()
    came_back = returned_by_party(set(owed))
    titles = _Titles(society.name, currency, set(owed))
    due: list[Due] = []
    carried: list[Carried] = []
    for party, payee in payees.items():
        balance = Money(owed[party], currency)
        back = came_back.get(party, ())
        why = [gone[party].sentence()] if party in gone else []
        why += _reasons(balance, payee, society, holds.get(party, ()), back)
        if why:
            told = "; ".join(why)
            carried.append(Carried(payee.tid, payee.code, payee.name, currency, balance.quanta, f"{told}."))
        else:
            units, rest = balance.to_minor()
            runs, text = titles.of(party)
            amount = Money.from_minor(units, currency).quanta
            due.append(Due(payee, currency, amount, rest.quanta, text, runs))
    return Plan(currency, tuple(due), tuple(carried))


def balances(currency: str | None = None) -> dict[UUID, int]:
    """Quanta owed by party, of those to whom something is owed in this currency."""
    found = ledger.balances(PAYABLE, currency)
    return {
        ids.read("pty", code.rpartition(":")[2]): -amount for (code, _), amount in found.items() if amount < 0
    }


def holds_by_party() -> dict[UUID, tuple[str, ...]]:
    """Party to the reasons of the holds that stand on it."""
    found: dict[UUID, tuple[str, ...]] = {}
    for hold in distribution.holds():
        if hold.party and hold.released is None:
            found[hold.party] = (*found.get(hold.party, ()), hold.reason)
    return found


def returned_by_party(wanted: set[UUID]) -> dict[UUID, tuple[Return, ...]]:
    """Party to the payments that came back from an account or for details that were wrong."""
    found: dict[UUID, tuple[Return, ...]] = {}
    codes = [reason.code for reason in REASONS.values() if reason.about]
    rows = Return.objects.filter(payment__party__in=wanted, reason__in=codes).select_related("payment__batch")
    for one in rows.order_by("on", "id"):
        found[one.payment.party_id] = (*found.get(one.payment.party_id, ()), one)
    return found


def shown(amount: Money) -> str:
    """The amount cut to its minor unit, as it would be paid; exactly, where that would be nothing."""
    units, _ = amount.to_minor()
    return str(Money.from_minor(units, amount.currency) if units else amount)


def _reasons(
    balance: Money, payee: Payee, society: SocietyFacts, holds: tuple[str, ...], back: tuple[Return, ...]
) -> Iterator[str]:
    yield from (f"on hold: {reason.rstrip('.')}" for reason in holds)
    if same := [one for one in back if _as_sent(one.payment) == _as_known(payee)]:
        last = same[-1]
        yield (
            f"the payment of {last.payment.batch.on} came back on {last.on} ({last.reason}, "
            f"{REASONS[last.reason].sentence}), and the bank details on record are still those"
        )
    least, smallest = (
        society.minimum_payout(balance.currency),
        Money.from_minor(1, balance.currency),
    )
    if balance < max(least, smallest):
        told = f"the minimum of {least}" if least > smallest else f"the smallest payable amount, {smallest}"
        yield f"{shown(balance)} is below {told}"
    most = MOST.get(balance.currency)
    if most and balance > most:
        yield f"{shown(balance)} is more than one transfer carries, {most}"
    yield from _missing(payee)


def _as_sent(payment: Payment) -> tuple[str, ...]:
    """The details that a payment was sent with."""
    return (payment.name, payment.iban, payment.bic, payment.town, payment.country)


def _as_known(payee: Payee) -> tuple[str, ...]:
    """The same details as they are on record now."""
    return (payee.holder[:70], payee.iban, payee.bic, payee.town, payee.country)


def _missing(payee: Payee) -> Iterator[str]:
    if not payee.iban:
        yield "no bank account is on record"
    else:
        try:
            ibans.validate(payee.iban)
        except ValidationError:
            yield "the IBAN on record is not valid"
    if payee.iban and not (payee.town and payee.country):
        lacks = " and ".join(name for name in ("town", "country") if not getattr(payee, name))
        yield f"the address on record lacks {lacks}, without which banks refuse a payment"


class _Titles:
    """What a transfer is for: the periods of the runs that gave the payee lines and that no payment in this
    currency has named yet."""

    def __init__(self, society: str, currency: str, wanted: set[UUID]) -> None:
        self.society = society
        self.runs: dict[UUID, list[tuple[str, Period]]] = {}
        # What came back was not paid: the next payment names its runs again.
        paid = Payment.objects.filter(party__in=wanted, batch__currency=currency, returned=None)
        named = {(party, run) for party, runs in paid.values_list("party_id", "runs") for run in runs}
        for run, period, party in distribution.earning_runs(wanted, currency):
            if (party, run) not in named:
                self.runs.setdefault(party, []).append((run, period))

    def of(self, party: UUID) -> tuple[tuple[str, ...], str]:
        """The runs' TypeIDs, and the text, at most 140 characters: one run by its id, several by periods."""
        runs = self.runs.get(party, [])
        tids = tuple(tid for tid, _ in runs)
        ends = self.society
        if not runs:
            return tids, f"Royalties, {ends}"[:TEXT]
        first, last = runs[0][1], runs[-1][1]
        if len(runs) == 1:
            return tids, f"Royalties {first}, {tids[0]}, {ends}"[:TEXT]
        return tids, f"Royalties {first} to {last}, {len(runs)} runs, {ends}"[:TEXT]

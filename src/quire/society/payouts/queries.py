"""What others may read of payments."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, Q, Sum

from quire.core.money import Money
from quire.society.distribution import queries as distribution
from quire.society.kit import ids
from quire.society.kit.nouns import one
from quire.society.kit.paging import Filter, Listing, Sort
from quire.society.ledger import queries as ledger
from quire.society.parties import queries as parties
from quire.society.payouts.models import Batch, Payment
from quire.society.payouts.paying import PAYABLE
from quire.society.payouts.reasons import REASONS


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch as others see it: ``total`` in quanta, ``settled`` the day the bank executed it."""

    id: UUID
    tid: str
    currency: str
    on: date
    total: int
    payments: int
    carried: int
    settled: date | None


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """One transfer of ``amount`` quanta; ``settled`` is the day the bank executed it, None until then;
    ``returned`` the day it came back, with the code and the sentence of the reason.
    """

    tid: str
    batch: str
    party: UUID
    currency: str
    amount: int
    on: date
    settled: date | None
    name: str
    iban: str
    text: str
    runs: tuple[str, ...]
    returned: date | None = None
    reason: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """A payee's account in one currency, in quanta: credited = paid + in transit + carried + written off.

    ``credited`` comes from the runs' lines, ``paid`` and ``in_transit`` from payments, ``carried`` from the
    ledger: three books that must agree, and ``checks`` sees to it. ``returned`` is what was sent and came
    back: it is not in ``paid``, but in ``carried`` again, until it is sent once more. What the payee paid
    back of what it had got too much, ``repaid``, is neither in ``credited`` nor in ``paid``; ``written_off``
    is what was to be recovered for the payee and never will be. ``reason`` says why the last batch left the
    balance, where it did.
    """

    currency: str
    credited: int = 0
    paid: int = 0
    in_transit: int = 0
    carried: int = 0
    written_off: int = 0
    reason: str = ""
    returned: int = 0
    repaid: int = 0

    @property
    def residue(self) -> Money:
        """The part of ``carried`` that is smaller than a minor unit."""
        return Money(self.carried, self.currency).to_minor()[1]

    @property
    def adds_up(self) -> bool:
        """Whether the identity holds."""
        return self.credited == self.paid + self.in_transit + self.carried + self.written_off


def find(batch: Batch | str) -> Batch:
    """A batch by id, ``latest``, or itself read again."""
    rows = Batch.objects.select_related("transit", "settled").order_by("-id")
    if batch == "latest":
        found = one(rows, "There is no payment batch yet; prepare one.")
    else:
        tid = batch.tid if isinstance(batch, Batch) else batch
        found = one(rows.filter(id=ids.read(Batch.prefix, tid)), f"No payment batch has the id {tid}.")
    assert isinstance(found, Batch)
    return found


def row(batch: Batch | str) -> BatchRow:
    """A batch as others see it."""
    tid = find(batch).tid
    return next(row for row in batches() if row.tid == tid)


def batches() -> list[BatchRow]:
    """Every batch, the oldest first."""
    found = Batch.objects.select_related("settled").annotate(
        total=Sum("payments__amount"), n=Count("payments")
    )
    return [
        BatchRow(
            batch.id,
            batch.tid,
            batch.currency,
            batch.on,
            batch.total or 0,
            batch.n,
            len(batch.carried),
            batch.settled.date if batch.settled else None,
        )
        for batch in found.order_by("id")
    ]


def payments_of(party: parties.Ref) -> list[PaymentRow]:
    """Every transfer to a party, the oldest first."""
    return _payments(Payment.objects.filter(party_id=parties.party(party).id))


def payments_in(batch: Batch | str) -> list[PaymentRow]:
    """Every transfer of a batch, in the order it was prepared."""
    return _payments(Payment.objects.filter(batch=find(batch)))


def payments_list(party: UUID | None = None) -> Listing[PaymentRow]:
    """Transfers, the newest first; all, or those to one party."""
    rows = Payment.objects.all() if party is None else Payment.objects.filter(party=party)
    return Listing(
        rows.select_related("batch__settled", "returned"),
        lambda some: [_payment(payment) for payment in some],
        {"on": Sort("batch__on", descending=True), "amount": Sort("amount")},
        {"state": Filter("State", _STATES, _in_state)},
    )


_STATES = {"transit": "on its way", "paid": "executed", "returned": "came back"}


def _in_state(state: str) -> Q:
    back, done = Q(returned__isnull=False), Q(batch__settled__isnull=False)
    return {"transit": ~back & ~done, "paid": ~back & done, "returned": back}[state]


def _payments(rows: object) -> list[PaymentRow]:
    found = rows.select_related("batch__settled", "returned").order_by("batch_id", "id")  # type: ignore[attr-defined]
    return [_payment(payment) for payment in found]


def _payment(payment: Payment) -> PaymentRow:
    return PaymentRow(
        payment.tid,
        payment.batch.tid,
        payment.party_id,
        payment.batch.currency,
        payment.amount,
        payment.batch.on,
        payment.batch.settled.date if payment.batch.settled else None,
        payment.name,
        payment.iban,
        payment.text,
        tuple(payment.runs),
        *_returned(payment),
    )


def _returned(payment: Payment) -> tuple[date | None, str, str]:
    """The day on which it came back, the code and the sentence."""
    back = getattr(payment, "returned", None)
    return (back.on, back.reason, REASONS[back.reason].sentence) if back else (None, "", "")


def account_of(party: parties.Ref) -> tuple[Account, ...]:
    """A party's account in every currency in which it was credited or paid, by currency."""
    found = parties.party(party).id
    return accounts(found).get(found, ())


def accounts(only: UUID | None = None) -> dict[UUID, tuple[Account, ...]]:
    """Everybody's accounts, or one party's; the same few queries, however many parties there are."""
    sums: dict[tuple[UUID, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for key, amount in distribution.credited(only).items():
        sums[key]["credited"] = amount
    sent = Payment.objects.order_by().values_list("party_id", "batch__currency", "batch__settled", "returned")
    if only is not None:
        sent = sent.filter(party=only)
    for party, currency, settled, back, amount in sent.annotate(sum=Sum("amount")):
        sums[party, currency]["returned" if back else "paid" if settled else "in_transit"] += amount
    below = PAYABLE if only is None else f"{PAYABLE}:{ids.show('pty', only)}"
    for (code, currency), amount in ledger.balances(below).items():
        sums[ids.read("pty", code.rpartition(":")[2]), currency]["carried"] = -amount
    for key, amount in distribution.repaid(only).items():
        sums[key]["repaid"] = amount
        sums[key]["paid"] -= amount
    for key, amount in distribution.written_off(only).items():
        sums[key]["written_off"] = amount
    why = carried_because()
    found: dict[UUID, list[Account]] = defaultdict(list)
    for (party, currency), parts in sorted(sums.items()):
        reason = why.get((party, currency), "") if parts["carried"] else ""
        found[party].append(Account(currency, **parts, reason=reason))
    return {party: tuple(several) for party, several in found.items()}


def carried_because() -> dict[tuple[UUID, str], str]:
    """Party and currency to why the last batch of that currency left the balance where it was."""
    last: dict[str, list[dict[str, str]]] = dict(
        Batch.objects.order_by("currency", "-id").distinct("currency").values_list("currency", "carried")
    )
    return {
        (ids.read("pty", told["party"]), currency): told["reason"]
        for currency, several in last.items()
        for told in several
    }

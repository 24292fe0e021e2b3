"""What must always be true of receipts, deposits and allowances."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

from django.db.models import Max

from quire.core.money import Money
from quire.society.invoicing.models import (
    CrawlCharge,
    CreditLimit,
    Deposit,
    Exchange,
    LumpSum,
    Receipt,
    RoundReceipt,
)
from quire.society.invoicing.queries import credit, lumps
from quire.society.kit import ids
from quire.society.ledger import accounts
from quire.society.ledger import queries as ledger
from quire.society.parties.models import Party


def receipts_are_booked() -> Iterator[str]:
    """Every receipt that is not of zero has its transaction: its amount to its pot, from the bank, for
    crawling from the licensee's balance, or from the reserve of a lump sum.
    """
    rows = list(Receipt.objects.select_related("licence", "transaction").order_by("id"))
    booked = ledger.entries_of_each(row.transaction_id for row in rows if row.transaction_id)
    drawn = RoundReceipt.objects.exclude(round__kind="instalment").values_list("receipt", "round__lump__name")
    reserves = dict(drawn)
    crawled = dict(CrawlCharge.objects.values_list("receipt", "allowance__licensee").distinct())
    for row in rows:
        if not row.amount:
            continue
        if row.transaction is None:
            yield f"The receipt {row.reference} is in no transaction."
            continue
        pot = accounts.pot(row.licence.tid, row.starts, row.ends)
        source = accounts.bank()
        if row.id in reserves:
            source = accounts.fund(f"reserve-{reserves[row.id]}")
        elif row.id in crawled:
            source = accounts.credit(ids.show(Party.prefix, crawled[row.id]))
        wanted = [(source, row.currency, row.amount), (pot, row.currency, -row.amount)]
        entries = booked.get(row.transaction_id, [])
        if sorted((entry.account, entry.currency, entry.amount) for entry in entries) != sorted(wanted):
            yield f"The receipt {row.reference} is not what transaction {row.transaction.number} has booked."


def pots_are_receipts() -> Iterator[str]:
    """What was received for a licence and period is what was booked to its pot as received."""
    received: dict[tuple[str, str], int] = defaultdict(int)
    for row in Receipt.objects.filter(amount__gt=0).select_related("licence"):
        received[accounts.pot(row.licence.tid, row.starts, row.ends), row.currency] += row.amount
    booked: dict[tuple[str, str], int] = defaultdict(int)
    for place, amount in ledger.moved("rights:pot", "receipt").items():
        booked[place] -= amount
    for place in sorted(received.keys() | booked.keys()):
        if received[place] != booked[place]:
            pot, currency = place
            yield (
                f"{Money(received[place], currency)} were received for {pot}, "
                f"but {Money(booked[place], currency)} were booked to it."
            )


def allowances_are_covered() -> Iterator[str]:
    """What is set aside is covered by balance and limit; no allowance was charged beyond itself."""
    for one in credit.balances():
        if one.aside and one.balance + max(one.limit, _highest_limit(one.licensee, one.currency)) < one.aside:
            short = Money(one.aside - one.balance - one.limit, one.currency)
            yield f"{short} more are set aside for {one.licensee_code} than its balance and limit cover."
    for row in credit.allowances():
        if not 0 <= row.charged <= row.amount:
            over = Money(row.charged, row.currency)
            yield f"The allowance {row.tid} was charged {over} of {Money(row.amount, row.currency)}."


def _highest_limit(licensee: UUID, currency: str) -> int:
    """A limit may be lowered while allowances given under a higher one are out."""
    rows = CreditLimit.objects.filter(licensee=licensee, currency=currency)
    return int(rows.aggregate(most=Max("amount"))["most"] or 0)


def deposits_are_booked() -> Iterator[str]:
    """Every deposit is in its transaction: its amount, from the bank to the licensee's balance."""
    for row in Deposit.objects.select_related("licensee", "transaction").order_by("id"):
        wanted = [
            (accounts.bank(), row.currency, row.amount),
            (accounts.credit(row.licensee.tid), row.currency, -row.amount),
        ]
        entries = ledger.entries_of(row.transaction)
        if sorted((entry.account, entry.currency, entry.amount) for entry in entries) != sorted(wanted):
            yield f"The deposit {row.reference} is not what transaction {row.transaction.number} has booked."


def exchanges_are_booked() -> Iterator[str]:
    """Every exchange is in its transaction, and its difference is realised in the one account for it."""
    for row in Exchange.objects.select_related("transaction").order_by("id"):
        code = accounts.conversion(row.have, row.want)
        wanted = [
            (code, row.have, row.sold),
            (accounts.bank(), row.have, -row.sold),
            (accounts.bank(), row.want, row.bought),
            (code, row.want, -row.booked),
            (accounts.fx_difference(), row.want, row.booked - row.bought),
        ]
        entries = ledger.entries_of(row.transaction)
        booked = sorted((entry.account, entry.currency, entry.amount) for entry in entries)
        if booked != sorted(one for one in wanted if one[2]):
            yield f"The exchange {row.reference} is not what transaction {row.transaction.number} has booked."


def rounds_are_of_accepted_claims() -> Iterator[str]:
    """Works stand in a round by an accepted claim; its receipts are of its own lump sum."""
    for lump in LumpSum.objects.select_related("licence").order_by("name"):
        accepted = lumps.accepted(lump.name)
        for one in lumps.rounds(lump.name):
            if strangers := set(one.works) - accepted:
                yield f"In the round {one.tid} of {lump.name} stand {len(strangers)} works without a claim."
            if Receipt.objects.filter(id__in=one.receipts).exclude(licence=lump.licence_id).exists():
                yield f"The round {one.tid} of {lump.name} has receipts that are not its own."
        if sum(lump.instalments.values_list("amount", flat=True)) != lump.amount:
            yield f"The instalments of {lump.name} do not sum to it."


CHECKS = [
    receipts_are_booked,
    pots_are_receipts,
    deposits_are_booked,
    allowances_are_covered,
    exchanges_are_booked,
    rounds_are_of_accepted_claims,
]

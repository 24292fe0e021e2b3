"""Balances that crawling is paid from, and what of them is set aside for edges. Amounts are quanta.

    available = balance + limit − what is set aside and not yet charged

The balance is the ledger's: deposits less what was charged. What an allowance has been charged is taken off
both the balance and what is set aside, so a charge that arrives changes nothing in what is available.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Sum

from quire.society.invoicing.models import Allowance, CrawlCharge, CreditLimit
from quire.society.ledger import accounts
from quire.society.ledger import queries as ledger
from quire.society.parties import queries as parties


@dataclass(frozen=True, slots=True)
class Balance:
    """A licensee's money for crawling in one currency."""

    licensee: UUID
    licensee_code: str
    currency: str
    balance: int
    limit: int
    aside: int

    @property
    def available(self) -> int:
        """What may still be set aside for an edge; below nothing where a limit was lowered."""
        return self.balance + self.limit - self.aside


@dataclass(frozen=True, slots=True)
class AllowanceRow:
    """A part of a balance set aside for one spool, and what of it has been charged."""

    tid: str
    licensee_code: str
    edge: str
    spool: str
    currency: str
    amount: int
    charged: int
    issued_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    closed_reason: str


def balances(licensee: parties.Ref | None = None) -> list[Balance]:
    """Every balance (of one licensee), by licensee and currency."""
    who = parties.party(licensee) if licensee is not None else None
    found: set[tuple[str, str]] = set()
    prefix = accounts.credit(who.tid) if who else "rights:credit"
    owed = ledger.balances(prefix)
    found |= {(code.rsplit(":", 1)[1], currency) for code, currency in owed}
    limits = CreditLimit.objects.select_related("licensee")
    for row in limits.filter(licensee=who.id) if who else limits:
        found.add((row.licensee.tid, row.currency))
    made = [balance(parties.party(tid), currency) for tid, currency in found]
    return sorted(made, key=lambda one: (one.licensee_code, one.currency))


def balance(who: parties.Ref, currency: str) -> Balance:
    """One licensee's balance in one currency, nought if there never was one."""
    party = parties.party(who)
    limit = CreditLimit.objects.filter(licensee=party.id, currency=currency).order_by("-id").first()
    return Balance(
        party.id,
        party.code,
        currency,
        -ledger.balance(accounts.credit(party.tid), currency),
        limit.amount if limit else 0,
        _aside(party.id, currency),
    )


def available(licensee: parties.Ref, currency: str) -> int:
    """What may still be set aside for an edge."""
    return balance(licensee, currency).available


def charged(rows: Iterable[UUID]) -> dict[UUID, int]:
    """What each of these allowances has been charged; those without a charge are left out."""
    sums = CrawlCharge.objects.filter(allowance__in=list(rows)).order_by().values_list("allowance")
    return dict(sums.annotate(total=Sum("amount")))


def allowances(*, licensee: parties.Ref | None = None, is_open: bool = False) -> list[AllowanceRow]:
    """Allowances (of one licensee, only open ones), the newest first."""
    rows = Allowance.objects.select_related("licensee", "edge").order_by("-id")
    if licensee is not None:
        rows = rows.filter(licensee=parties.party(licensee).id)
    found = list(rows.filter(closed_at=None) if is_open else rows)
    spent = charged(row.id for row in found)
    return [
        AllowanceRow(
            row.tid,
            row.licensee.code,
            row.edge.tid,
            row.spool,
            row.currency,
            row.amount,
            spent.get(row.id, 0),
            row.issued_at,
            row.expires_at,
            row.closed_at,
            row.closed_reason,
        )
        for row in found
    ]


def _aside(licensee: UUID, currency: str) -> int:
    """What is set aside in open allowances and has not been charged."""
    rows = dict(
        Allowance.objects.filter(licensee=licensee, currency=currency, closed_at=None).values_list(
            "id", "amount"
        )
    )
    spent = charged(rows)
    return sum(amount - spent.get(one, 0) for one, amount in rows.items())

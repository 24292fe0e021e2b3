"""What is owed for corrections, on record and in the ledger, once a run is posted.

Debts are no money: the society has not paid anything out for them. They stand as a memo, what is to be
recovered from a debtor against what a creditor may await, and go with every recovery.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from quire.core import canonical
from quire.core.corrections import Debt
from quire.core.distribution.adjusting import PREFIX
from quire.core.evidence import OUTSTANDING
from quire.core.money import quanta_of
from quire.society.distribution.corrections.models import Owed
from quire.society.distribution.corrections.taking import debt_of, outstanding
from quire.society.distribution.models import Pot, Run
from quire.society.kit import ids
from quire.society.ledger import accounts
from quire.society.ledger import actions as ledger
from quire.society.parties import queries as parties


def book(run: Run, results: Mapping[str, bytes], *, by: Any) -> None:
    """Keep what is owed after the run in each of its currencies, and book how that differs from before."""
    after = _read(results.get(OUTSTANDING, b""))
    for pot in run.pots.filter(pool__startswith=PREFIX).order_by("currency"):
        before = [debt_of(one) for one in outstanding(pot.currency)]
        now = [one for one in after if one.currency == pot.currency]
        Owed.objects.bulk_create(_owed(pot, one) for one in now)
        entries = list(_entries(pot.currency, before, now))
        if entries:
            ledger.post(
                key=f"corrections:{run.tid}:{pot.currency}",
                date=run.approval.at.date(),
                kind="correction",
                text=f"To be recovered after distribution {run.tid}",
                entries=entries,
                by=by,
            )


def _read(data: bytes) -> list[Debt]:
    """The debts of a run's results, with the society's own ids of parties."""
    told = [one for _, one in canonical.read_lines(data)]
    names = {one[who] for one in told for who in ("debtor", "creditor")}
    real = parties.published(name for name in names if not name.startswith("fund:"))

    def whose(name: str) -> str:
        return ids.show("pty", real[name]) if name in real else name

    return [
        Debt(
            one["correction"],
            whose(one["debtor"]),
            whose(one["creditor"]),
            one["currency"],
            quanta_of(one["amount"]),
        )
        for one in told
    ]


def _owed(pot: Pot, one: Debt) -> Owed:
    fund = one.creditor.startswith("fund:")
    return Owed(
        pot=pot,
        corrected_id=ids.read("crd", one.correction),
        debtor_id=ids.read("pty", one.debtor),
        creditor_id=None if fund else ids.read("pty", one.creditor),
        fund=one.creditor if fund else "",
        amount=one.amount,
    )


def sums(debts: Iterable[Debt]) -> dict[str, int]:
    """Account to the balance that these debts make on it: a debit of debtors, a credit of creditors."""
    found: dict[str, int] = defaultdict(int)
    for one in debts:
        found[accounts.recoverable(one.debtor)] += one.amount
        found[accounts.awaited(one.creditor)] -= one.amount
    return found


def _entries(currency: str, before: Iterable[Debt], now: Iterable[Debt]) -> Iterator[ledger.EntryIn]:
    old, new = sums(before), sums(now)
    for account in sorted({*old, *new}):
        if difference := new.get(account, 0) - old.get(account, 0):
            yield ledger.EntryIn(account, currency, difference)

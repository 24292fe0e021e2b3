"""The ledger as the auditor reads it: transactions, the trial balance of any day, one account."""

from __future__ import annotations

from datetime import date

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from quire.core.money import Money
from quire.society.kit import clock
from quire.society.kit.paging import BadPage, few
from quire.society.ledger import queries
from quire.society.web.lists import Column, listed
from quire.society.web.pages import Asking

_TRANSACTIONS = (
    Column("number", _("No."), "number", link=lambda one: reverse("audit-transaction", args=[one.number])),
    Column("date", _("Date"), "date"),
    Column("kind", _("Kind")),
    Column("text", _("What")),
    Column("digest", _("Digest"), "code", value=lambda one: one.digest[:16]),
)
_TRIAL = (
    Column("code", _("Account"), link=lambda line: reverse("audit-account", args=[line.code])),
    Column("kind", _("Kind")),
    Column(
        "debit",
        pgettext_lazy("bookkeeping", "Debits"),
        "money",
        value=lambda line: Money(line.debit, line.currency),
    ),
    Column(
        "credit",
        pgettext_lazy("bookkeeping", "Credits"),
        "money",
        value=lambda line: Money(line.credit, line.currency),
    ),
    Column("balance", _("Balance"), "money", value=lambda line: Money(line.balance, line.currency)),
)
_ENTRIES = (
    Column(
        "number", _("Transaction"), "number", link=lambda e: reverse("audit-transaction", args=[e.number])
    ),
    Column("date", _("Date"), "date"),
    Column("kind", _("Kind")),
    Column("text", _("What")),
    Column("amount", _("Amount"), "money", value=lambda entry: Money(entry.amount, entry.currency)),
)


def ledger(request: Asking) -> HttpResponseBase:
    """Every transaction, the newest first."""
    return listed(
        request,
        queries.ledger_list(),
        _TRANSACTIONS,
        title=_("Ledger"),
        lead=_(
            "Each transaction's digest covers the one before it: none can be changed or taken out unseen."
        ),
        empty=_("Nothing has been booked yet."),
    )


def transaction(request: Asking, number: int) -> HttpResponse:
    """One transaction with its entries. Unknown where there is none."""
    found = queries.transaction(number)
    entries = [(one, Money(one.amount, one.currency)) for one in queries.entries_of(found)]
    title = _("Transaction %(number)s") % {"number": number}
    told = {
        "title": title,
        "one": found,
        "entries": entries,
        "trail": [(_("Ledger"), reverse("audit-ledger"))],
    }
    return render(request, "web/auditor/transaction.html", told)


def trial_balance(request: Asking) -> HttpResponseBase:
    """Every account at the end of a day, ``?on=2026-01-31``; today without. BadPage for what is no day."""
    on = _day(request.GET.get("on", ""))
    lines = queries.trial_balance(on)
    listing = few(
        lines,
        sorts={"code": lambda line: line.code, "balance": lambda line: line.balance},
        filters={
            "currency": (
                "Currency",
                {c: c for c in sorted({one.currency for one in lines})},
                lambda x: x.currency,
            )
        },
        words=lambda line: line.code,
    )
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.currency] = sums.get(line.currency, 0) + line.balance
    return listed(
        request,
        listing,
        _TRIAL,
        title=_("Trial balance"),
        empty=_("Nothing had been booked by then."),
        template="web/auditor/trial_balance.html",
        on=on,
        uneven=[Money(rest, currency) for currency, rest in sorted(sums.items()) if rest],
    )


def account(request: Asking, code: str) -> HttpResponseBase:
    """One account: its balances, and every entry. Unknown where there is none."""
    listing = queries.account_list(code)
    held = queries.balances(code)
    balances = [Money(amount, unit) for (name, unit), amount in held.items() if name == code]
    return listed(
        request,
        listing,
        _ENTRIES,
        title=code,
        template="web/auditor/account.html",
        file=code.replace(":", "-"),
        balances=balances,
        trail=[(_("Trial balance"), reverse("audit-trial-balance"))],
    )


def _day(said: str) -> date:
    if not said:
        return clock.today()
    try:
        return date.fromisoformat(said)
    except ValueError as problem:
        raise BadPage(str(_("A day is written 2026-01-31."))) from problem

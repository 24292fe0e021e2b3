"""The auditor's first page: how far the books have come, and how they stand."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from quire.core.money import Money
from quire.society.distribution import queries as distribution
from quire.society.ledger import queries as ledger
from quire.society.web.pages import Asking

_WHOSE = {"rights": _("rightsholders’ money"), "own": _("the society’s own money")}


def home(request: Asking) -> HttpResponse:
    """The head of the chain, whose money there is in each currency, and the newest runs."""
    sums: dict[tuple[str, str], int] = {}
    for line in ledger.trial_balance():
        key = (line.currency, line.money)
        sums[key] = sums.get(key, 0) + line.debit
    moved = [(Money(amount, currency), _WHOSE[whose]) for (currency, whose), amount in sorted(sums.items())]
    closed = [one for one in distribution.runs() if one.state == "closed"]
    told = {"title": _("Overview"), "head": ledger.head(), "moved": moved, "runs": list(reversed(closed))[:6]}
    return render(request, "web/auditor/home.html", told)

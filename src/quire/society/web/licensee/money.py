"""A licensee's money: invoices, what it paid, and the balance that crawling is paid from."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from quire.core.money import Money, quanta_of
from quire.society.invoicing import owing
from quire.society.invoicing import queries as invoicing
from quire.society.kit import spoken
from quire.society.kit.paging import Listed
from quire.society.kit.periods import Period
from quire.society.parties import queries as parties
from quire.society.web import lists
from quire.society.web.licensee.words import kind, me
from quire.society.web.lists import Column
from quire.society.web.pages import Asking
from quire.society.web.words import Cut, cut, here


def invoices(request: Asking) -> HttpResponseBase:
    """Every invoice; above them what of them is open."""
    rows = [(one, cut(one.open)) for one in owing.open_of(me(request))]
    columns = [
        Column("issued_on", _("Issued"), "date"),
        Column("tid", _("Invoice"), "code", link=lambda one: here(request, "lab-invoice", invoice=one.tid)),
        _licence(request),
        Column("starts", _("For"), value=lambda one: str(Period(one.starts, one.ends))),
        Column("amount", _("Amount"), "money", lambda one: Cut(one.amount, one.currency)),
    ]
    return lists.listed(
        request, owing.invoices_of(me(request)), columns, title=_("Invoices"), file="invoices",
        template="web/licensee/invoices.html", open=rows, iban=parties.society().iban,
        empty=_("Nothing has been invoiced yet. The first comes after a period of a licence."),
    )  # fmt: skip


def invoice(request: Asking, invoice: str) -> HttpResponse:
    """One invoice, to be printed: from whom, to whom, for what, and what its amount was made of."""
    row = owing.invoice_of(me(request), invoice)
    basis, unit = row.basis, row.currency

    def told(text: str) -> Cut:
        return Cut(quanta_of(text), unit)

    return render(request, "web/licensee/invoice.html", {
        "title": _("Invoice of %(day)s") % {"day": spoken.day(row.issued_on)},
        "row": row, "period": Period(row.starts, row.ends), "amount": Cut(row.amount, unit),
        "from": parties.society(), "to": parties.facts_of(me(request)), "fee": told(basis.get("fee", "0")),
        "kind": kind(basis.get("kind", "")),
        "prices": [(tier, Money(quanta_of(price), unit)) for tier, price in basis.get("prices", {}).items()],
        "counts": [one for one in basis.get("counts", []) if one["requests"]],
        "revenue": told(basis["revenue"]) if "revenue" in basis else None, "rate": basis.get("rate", ""),
        "trail": [(_("Invoices"), here(request, "lab-invoices"))],
    })  # fmt: skip


def receipts(request: Asking) -> HttpResponseBase:
    """Everything that came in from the licensee."""
    columns = [
        Column("received_on", _("Came in"), "date"),
        _licence(request),
        Column("starts", _("For"), value=lambda one: str(Period(one.starts, one.ends))),
        Column("amount", _("Amount"), "money", lambda one: Cut(one.amount, one.currency)),
        Column("reference", _("Reference"), "code"),
    ]
    return lists.listed(
        request, owing.receipts_of(me(request)), columns, title=_("Payments"), file="payments",
        lead=_("What the society has received from you, by licence and period. Members are paid from it."),
        empty=_("Nothing has come in from you yet."),
    )  # fmt: skip


def _licence(request: Asking) -> Column:
    return Column("licence", _("Licence"), value=lambda one: one.licence_code,
                  link=lambda one: here(request, "lab-licence", licence=one.licence_tid))  # fmt: skip


def credit(request: Asking) -> HttpResponseBase:
    """The balances, what was put on them, and what of them sites may spend without asking."""
    lists_ = {"d": _deposits(request), "a": _allowances(request)}
    for name, (listing, columns, file, _empty) in lists_.items():
        if form := request.GET.get(f"{name}format"):
            return lists.export(request, listing, columns, form, file, name)
    return _credit(request, lists_)


def _credit(request: Asking, given: dict[str, tuple[Listed[Any], list[Column], str, str]]) -> HttpResponse:
    words = {"d": _("What you put on it"), "a": _("Set aside for sites")}
    tables = {
        file: lists.table(request, listing, columns, caption=words[name], empty=empty, name=name)
        for name, (listing, columns, file, empty) in given.items()
    }
    return render(request, "web/licensee/credit.html", {
        "title": _("Balance for crawling"), "tables": tables,
        "balances": [
            {"currency": one.currency, "available": Cut(one.available, one.currency),
             "balance": Cut(one.balance, one.currency), "aside": Cut(one.aside, one.currency),
             "limit": Cut(one.limit, one.currency)}
            for one in invoicing.balances(me(request))
        ],
        "iban": parties.society().iban, "code": request.seat.party and request.seat.party.code,
    })  # fmt: skip


def _deposits(request: Asking) -> tuple[Listed[Any], list[Column], str, str]:
    columns = [
        Column("received_on", _("Came in"), "date"),
        Column("amount", _("Amount"), "money", lambda one: cut(one.amount)),
        Column("reference", _("Reference"), "code"),
    ]
    told = _("Nothing was put on a balance yet.")
    return owing.deposits_of(me(request)), columns, "deposits", told


def _allowances(request: Asking) -> tuple[Listed[Any], list[Column], str, str]:
    columns = [
        Column("issued_at", _("Set aside"), "date"),
        Column("edge", _("Edge"), "code"),
        Column("amount", _("Amount"), "money", lambda one: Money(one.amount, one.currency)),
        Column("charged", _("Charged"), "money", lambda one: Money(one.charged, one.currency)),
        Column("expires_at", _("Until"), "date"),
        Column("state", _("State"), "state", lambda one: "closed" if one.closed_at else "open"),
    ]
    told = _("Nothing is set aside. A site asks for a part of your balance when your crawler comes.")
    return owing.allowances_of(me(request)), columns, "allowances", told

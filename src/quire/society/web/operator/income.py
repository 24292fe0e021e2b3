"""Licences and what they bring in: licences, tariffs, invoices, receipts, what is open, deposits."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.core.money import Money
from quire.society.invoicing import actions, watching
from quire.society.invoicing import queries as invoicing
from quire.society.kit import acts, clock, periods
from quire.society.kit.paging import few
from quire.society.kit.periods import Period
from quire.society.licensing import queries as licensing
from quire.society.licensing import watching as licences_
from quire.society.web.lists import Column, listed
from quire.society.web.operator.doing import asked, tried
from quire.society.web.pages import Asking
from quire.society.web.taking import Day, by, sent
from quire.society.web.words import Cut, days, use

_MONEY = gettext_lazy("Amount")


def licence_page(code: str) -> str:
    """Where a licence is looked at."""
    return reverse("desk-licence", args=[code])


_LICENCE = Column(
    "licence",
    gettext_lazy("Licence"),
    value=lambda one: one.licence_code,
    link=lambda one: licence_page(one.licence_tid),
)
_SUM = (
    Column("starts", gettext_lazy("For"), "date", lambda one: str(Period(one.starts, one.ends))),
    Column("amount", _MONEY, "money", lambda one: Cut(one.amount, one.currency)),
)
"""For which period, and how much."""
_TERMS = (
    Column("kind", gettext_lazy("Kind")),
    Column("uses", gettext_lazy("Uses"), value=lambda one: ", ".join(map(use, one.uses))),
    Column("starts", gettext_lazy("From"), "date"),
    Column("ends", gettext_lazy("Until"), "date"),
    Column("fee", gettext_lazy("Fee"), "money", lambda one: Cut(one.fee, one.currency)),
)
_LICENCES = (
    Column("code", gettext_lazy("Licence"), link=lambda one: licence_page(one.tid)),
    Column(
        "licensee",
        gettext_lazy("Licensee"),
        value=lambda one: one.licensee_code,
        link=lambda one: reverse("desk-party", args=[one.licensee_tid]),
    ),
    *_TERMS,
    Column("published", gettext_lazy("Tariff")),
)
_TARIFFS = (
    Column("ref", gettext_lazy("Tariff")),
    *_TERMS,
    Column("sentence", gettext_lazy("In words")),
    Column("decision", gettext_lazy("Adopted by")),
)
_RECEIPTS = (
    Column("received_on", gettext_lazy("Came in"), "date"),
    _LICENCE,
    *_SUM,
    Column("reference", gettext_lazy("Reference"), "code"),
)
_INVOICES = (
    Column("issued_on", gettext_lazy("Issued"), "date"),
    Column("tid", gettext_lazy("Invoice"), "code"),
    _LICENCE,
    *_SUM,
)
_OPEN = (
    Column("licence", gettext_lazy("Licence"), link=lambda one: licence_page(one.licence)),
    Column("licensee", gettext_lazy("Licensee")),
    Column("open", gettext_lazy("Open"), "money", lambda one: Cut(one.open.quanta, one.open.currency)),
    Column("due", gettext_lazy("Invoiced"), "money", lambda one: Cut(one.due.quanta, one.due.currency)),
    Column(
        "received",
        gettext_lazy("Came in"),
        "money",
        lambda one: Cut(one.received.quanta, one.received.currency),
    ),
    Column("last", gettext_lazy("Last invoice"), "date"),
)
_DEPOSITS = (
    Column("received_on", gettext_lazy("Came in"), "date"),
    Column("name", gettext_lazy("Licensee"), link=lambda one: reverse("desk-party", args=[one.licensee])),
    Column("amount", _MONEY, "money", lambda one: Cut(one.amount.quanta, one.amount.currency)),
    Column("reference", gettext_lazy("Reference"), "code"),
)


def licences(request: Asking) -> HttpResponseBase:
    """Every licence there is or was."""
    return listed(
        request,
        licences_.licences_list(),
        _LICENCES,
        title=_("Licences"),
        empty=_("Nobody has a licence yet. Publish a tariff, and hand in the first licences."),
        template="web/operator/bar.html",
        bar=[(_("Hand in a file"), "desk-licences-import")],
    )


def licence(request: Asking, licence: str) -> HttpResponse:
    """One licence: its terms, what was invoiced and came in. Unknown where there is none."""
    row = licensing.licence(licence)
    told = invoicing.outstanding(row.id)
    return render(
        request,
        "web/operator/licence.html",
        {
            "title": row.code,
            "row": row,
            "history": acts.history(row.tid, 30),
            "term": days(row.starts, row.ends),
            "fee": Cut(row.fee, row.currency),
            "minimum": Cut(row.minimum, row.currency),
            "prices": [(tier, Cut(price, row.currency)) for tier, price in row.prices.items()],
            "due": _cut(told.due),
            "received": _cut(told.received),
            "open": _cut(told.open),
            "foreign": [_cut(one) for one in told.foreign],
            "trail": [(_("Licences"), reverse("desk-licences"))],
        },
    )


def _cut(one: Money) -> Cut:
    return Cut(one.quanta, one.currency)


def tariffs(request: Asking) -> HttpResponseBase:
    """Every version of every tariff."""
    rows = licensing.tariffs()
    return listed(
        request,
        few(rows, sorts={"starts": lambda one: one.starts}, words=lambda one: f"{one.ref} {one.sentence}"),
        _TARIFFS,
        title=_("Tariffs"),
        empty=_("No tariff is published yet."),
    )


def receipts(request: Asking) -> HttpResponseBase:
    """What came in."""
    return listed(
        request,
        watching.receipts_list(),
        _RECEIPTS,
        title=_("Receipts"),
        lead=_("Money that came in under a licence for a period; a run divides it."),
        empty=_("Nothing has come in yet. Record the first receipt, or hand in the bank’s table."),
        template="web/operator/bar.html",
        bar=[(_("Record one"), "desk-receipt-new"), (_("Hand in a file"), "desk-receipts-import")],
    )


def invoices(request: Asking) -> HttpResponseBase:
    """What was invoiced."""
    return listed(
        request,
        watching.invoices_list(),
        _INVOICES,
        title=_("Invoices"),
        empty=_("Nothing has been invoiced yet."),
        template="web/operator/bar.html",
        bar=[(_("Issue one"), "desk-invoice-new")],
    )


def outstanding(request: Asking) -> HttpResponseBase:
    """Under which licences less came in than was invoiced."""
    return listed(
        request,
        watching.open_list(),
        _OPEN,
        title=_("Open invoices"),
        lead=_("Invoiced less received, in each licence’s own currency."),
        empty=_("Everything that was invoiced has come in."),
    )


def deposits(request: Asking) -> HttpResponseBase:
    """What licensees put on their balances for crawling."""
    return listed(
        request,
        watching.deposits_list(),
        _DEPOSITS,
        title=_("Deposits"),
        empty=_("No licensee has put money on a balance yet."),
        template="web/operator/bar.html",
        bar=[(_("Record one"), "desk-deposit-new")],
    )


class Invoicing(forms.Form):
    """What is due under a licence for a period."""

    licence = forms.CharField(
        label=gettext_lazy("Licence"), max_length=80, help_text=gettext_lazy("Its code or id.")
    )
    period = forms.CharField(
        label=gettext_lazy("For"), max_length=40, help_text=gettext_lazy("Like 2026-03 or 2026-Q2.")
    )


class Receiving(Invoicing):
    """Money that came in, for a licence and a period."""

    amount = forms.CharField(label=_MONEY, max_length=40, help_text=gettext_lazy("Like 1200.00"))
    received_on = forms.DateField(label=gettext_lazy("Came in on"), widget=Day(), initial=clock.today)
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=64,
        help_text=gettext_lazy("The bank’s; the same again changes nothing."),
    )
    currency = forms.CharField(
        label=gettext_lazy("Currency"),
        max_length=3,
        required=False,
        help_text=gettext_lazy("Left empty: the licence’s."),
    )
    foreign = forms.BooleanField(
        label=gettext_lazy("It came in another currency than the licence’s"), required=False
    )


class Depositing(forms.Form):
    """Money for a balance."""

    licensee = forms.CharField(
        label=gettext_lazy("Licensee"), max_length=80, help_text=gettext_lazy("Its code or id.")
    )
    amount = forms.CharField(label=_MONEY, max_length=40, help_text=gettext_lazy("Like 1200.00"))
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3)
    received_on = forms.DateField(label=gettext_lazy("Came in on"), widget=Day(), initial=clock.today)
    reference = forms.CharField(label=gettext_lazy("Reference"), max_length=64)


def receive(request: Asking) -> HttpResponseBase:
    """Record one receipt."""

    def act(said: dict[str, Any]) -> Any:
        return actions.record_receipt(**said | {"period": periods.parse(said["period"])}, by=by(request))

    return _recorded(request, Receiving, act, _("A receipt"), "desk-receipts", _("Receipts"))


def invoice(request: Asking) -> HttpResponseBase:
    """State what is due."""

    def act(said: dict[str, Any]) -> Any:
        return actions.issue_invoice(
            licence=said["licence"], period=periods.parse(said["period"]), by=by(request)
        )

    return _recorded(request, Invoicing, act, _("An invoice"), "desk-invoices", _("Invoices"))


def put_in(request: Asking) -> HttpResponseBase:
    """Record one deposit."""
    return _recorded(
        request,
        Depositing,
        lambda said: actions.deposit(**said, by=by(request)),
        _("A deposit"),
        "desk-deposits",
        _("Deposits"),
    )


def _recorded(
    request: Asking, made: type[forms.Form], act: Any, title: str, back: str, above: str
) -> HttpResponseBase:
    form = made(**sent(request))
    if request.method == "POST" and tried(form, act):
        messages.success(request, _("It is on record."))
        return redirect(back)
    return asked(
        request,
        form,
        title=title,
        submit=_("Put it on record"),
        back=(above, reverse(back)),
    )

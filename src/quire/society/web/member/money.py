"""What was paid, what is carried and why, what is held; and where the money goes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from quire.core.money import Money
from quire.society.distribution import queries as distribution
from quire.society.parties import actions
from quire.society.parties import queries as parties
from quire.society.parties.identifiers import mask
from quire.society.payouts import queries
from quire.society.web import lists
from quire.society.web.lists import Column
from quire.society.web.pages import Asking
from quire.society.web.taking import by, sent, taken
from quire.society.web.words import cut, here


def money(request: Asking) -> Any:
    """The account in every currency, every payment, and what is held with its reasons."""
    me = _me(request)
    listing = queries.payments_list(me)
    columns = [
        Column("on", _("Sent on"), "date"),
        Column("amount", _("Amount"), "money", lambda one: cut(Money(one.amount, one.currency))),
        Column("state", _("State"), "state", _state),
        Column("iban", pgettext_lazy("who is paid", "To"), value=lambda one: mask(one.iban)),
        Column("text", _("Text")),
        Column("because", _("Why it came back")),
    ]
    if form := request.GET.get("format"):
        return lists.export(request, listing, columns, form, "payments")
    payee, accounts = parties.payees([me])[me], queries.account_of(me)
    return render(request, "web/member/money.html", {
        "title": _("Payments"), "accounts": [_account(one) for one in accounts],
        "table": lists.table(request, listing, columns, caption=_("Payments"), empty=_(
            "Nothing has been paid yet. A balance is paid once it is above the minimum and the society has "
            "your bank account.")),
        "residues": [one.residue for one in accounts if one.residue],
        "held": [(one, cut(one.amount)) for one in distribution.held_of(me)],
        "awards": [(one, cut(Money(one.amount, one.currency))) for one in distribution.awards_of(me)],
        "iban": mask(payee.iban) if payee.iban else "", "minimums": parties.society().minimums,
    })  # fmt: skip


def _state(one: queries.PaymentRow) -> str:
    return "returned" if one.returned else "paid" if one.settled else "on its way"


def _account(one: queries.Account) -> dict[str, Any]:
    def told(quanta: int) -> Money:
        return cut(Money(quanta, one.currency))

    return {
        "currency": one.currency, "reason": one.reason, "credited": told(one.credited),
        "paid": told(one.paid), "in_transit": told(one.in_transit), "carried": told(one.carried),
        "returned": told(one.returned), "written_off": told(one.written_off), "residue": one.residue,
    }  # fmt: skip


class Details(forms.Form):
    """Where the money goes. The number on record is never shown again whole; an empty field leaves it."""

    iban = forms.CharField(label="IBAN", max_length=42, required=False)
    bic = forms.CharField(label="BIC", max_length=11, required=False)
    account_holder = forms.CharField(label=gettext_lazy("Account holder"), max_length=70, required=False)
    street = forms.CharField(label=gettext_lazy("Street"), max_length=70, required=False)
    building = forms.CharField(label=gettext_lazy("Number of the house"), max_length=16, required=False)
    postcode = forms.CharField(label=gettext_lazy("Postcode"), max_length=16, required=False)
    town = forms.CharField(label=gettext_lazy("Town"), max_length=35)
    country = forms.CharField(label=gettext_lazy("Country"), max_length=2,
                              help_text=gettext_lazy("Two letters, like DE or GB."))  # fmt: skip
    email = forms.EmailField(label=gettext_lazy("E-mail for statements"), required=False)


def details(request: Asking) -> HttpResponse:
    """Payment details; the account's numbers are masked."""
    assert request.seat.party is not None
    facts = parties.facts_of(request.seat.party.id)
    shown = ("account_holder", "street", "building", "postcode", "town", "country", "email")
    form = Details(initial={name: getattr(facts, name) for name in shown}, **sent(request))
    if facts.iban:
        form.fields["iban"].help_text = _("On record is %(iban)s. Leave this empty to keep it.") % {
            "iban": mask(facts.iban)}  # fmt: skip
        form.fields["bic"].help_text = _("Leave this empty to keep what is on record.")
    code = request.seat.party.code

    def act(said: dict[str, Any]) -> None:
        changes = {name: value for name, value in said.items() if value or name not in {"iban", "bic"}}
        actions.change_party(code=code, by=by(request), **changes)

    to = here(request, "member-money")
    done = _("Your details are on record. The next payment goes there.")
    if went := taken(request, form, act, done=done, to=to):
        return went
    return render(request, "web/member/form.html", {
        "title": _("Payment details"), "form": form, "cancel": to, "trail": [(_("Payments"), to)],
        "lead": _("Every change is on record with who made it. A bank takes a payment only with the town and "
                  "country of whoever is paid."),
    })  # fmt: skip


def _me(request: Asking) -> Any:
    assert request.seat.party is not None
    return request.seat.party.id

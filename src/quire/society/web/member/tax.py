"""What the member declares for tax: the form, and every declaration so far."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.society.parties import actions
from quire.society.parties import queries as parties
from quire.society.web.pages import Asking
from quire.society.web.taking import by, sent, taken
from quire.society.web.words import here


class Declaration(forms.Form):
    """Where the member is taxed. A number on record is never shown again whole."""

    country = forms.CharField(
        label=gettext_lazy("Country in which you are taxed"), max_length=2,
        help_text=gettext_lazy("Two letters, like DE or GB."),
    )  # fmt: skip
    number = forms.CharField(label=gettext_lazy("Your tax number there"), max_length=30, required=False)
    none_because = forms.CharField(
        label=gettext_lazy("If you have none: why"), max_length=200, required=False,
        help_text=gettext_lazy("Like: the country gives none to people."),
    )  # fmt: skip
    treaty = forms.ChoiceField(
        label=gettext_lazy("Do you claim the tax treaty between that country and the society’s?"),
        widget=forms.RadioSelect,
        choices=[("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))],
    )
    signed = forms.CharField(label=gettext_lazy("Your full name, as a signature"), max_length=140)
    true = forms.BooleanField(label=gettext_lazy("What I declare here is true and whole"))


def tax(request: Asking) -> HttpResponse:
    """Declare it anew, beside what was declared."""
    assert request.seat.party is not None
    me = request.seat.party.id
    told = parties.tax_forms(me)
    first = {"country": told[0].country, "treaty": "yes" if told[0].treaty else "no"} if told else {}
    form = Declaration(initial=first, **sent(request))

    def act(said: dict[str, Any]) -> None:
        actions.declare_tax(
            party=me, country=said["country"], number=said["number"], none_because=said["none_because"],
            treaty=said["treaty"] == "yes", signed=said["signed"], by=by(request),
        )  # fmt: skip

    to = here(request, "member-tax")
    if went := taken(request, form, act, done=_("Your declaration is on record."), to=to):
        return went
    money = here(request, "member-money")
    return render(request, "web/member/tax.html", {
        "title": _("Tax form"), "form": form, "cancel": money, "told": told,
        "trail": [(_("Payments"), money)],
    })  # fmt: skip

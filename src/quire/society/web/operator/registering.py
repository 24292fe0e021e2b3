"""Putting a party on record at the desk: whoever applies, is paid or pays stands there first."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.society.parties import actions
from quire.society.parties.watching import kinds
from quire.society.web.operator.doing import asked, tried
from quire.society.web.pages import Asking
from quire.society.web.said import said_lazily
from quire.society.web.taking import by, sent


class Registering(forms.Form):
    """Who it is. What more there is to say of a payee, its team says on its own pages."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=80,
        help_text=gettext_lazy("By which files and pages call it: small letters, digits and hyphens."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[("", "–"), *((one, said_lazily(words)) for one, words in kinds().items())],
    )
    country = forms.CharField(
        label=gettext_lazy("Country"),
        max_length=2,
        required=False,
        help_text=gettext_lazy("Two letters, like DE or GB."),
    )


def new(request: Asking) -> HttpResponseBase:
    """Register one party; the same again is fine. What is refused stands beside the form."""
    form = Registering(**sent(request))

    def act(said: dict[str, Any]) -> Any:
        return actions.register_party(**said, by=by(request))

    if request.method == "POST" and (made := tried(form, act)):
        messages.success(request, _("It is on record. Next: its application, or somebody for its team."))
        return redirect("desk-party", made.tid)
    return asked(
        request,
        form,
        title=_("A new party"),
        lead=_("A member to be, a payee or a lab. Many at once come in with the file of their applications."),
        submit=_("Put it on record"),
        back=(_("Parties"), reverse("desk-parties")),
    )

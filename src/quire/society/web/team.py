"""A party's team: who signs in for it, who is invited, and what each may do. Members' and licensees' pages
both have it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.core.errors import QuireError
from quire.society.kit import walls
from quire.society.parties import actions
from quire.society.parties import queries as parties
from quire.society.parties.errors import UserUnknown
from quire.society.web.pages import Seat, shown
from quire.society.web.templatetags.quire import day

ROLES = {
    "admin": gettext_lazy("Admin: payment details, the team, and everything below"),
    "manager": gettext_lazy("Manager: works, terms, claims and licences"),
    "reader": gettext_lazy("Reader: sees everything, changes nothing"),
}
SHORT = {"admin": gettext_lazy("admin"), "manager": gettext_lazy("manager"), "reader": gettext_lazy("reader")}


class Inviting(forms.Form):
    """Whom an admin asks to come in."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    role = forms.ChoiceField(
        label=gettext_lazy("What they may do"), choices=list(ROLES.items()), initial="reader"
    )


class Changing(forms.Form):
    """What somebody in the team may do from now on."""

    user = forms.CharField(widget=forms.HiddenInput)
    role = forms.ChoiceField(choices=list(ROLES.items()))


def team(request: HttpRequest) -> HttpResponseBase:
    """The team and its open invitations; an admin invites, changes what somebody may do, and removes them."""
    seat = shown(request)
    form = Inviting()
    if request.method == "POST":
        act = str(request.POST.get("act", ""))
        form = Inviting(request.POST) if act == "invite" else form
        try:
            with walls.outside():
                done = _ACTS.get(act, _nothing)(request, seat, form)
        except QuireError as problem:
            if act != "invite":
                raise
            form.add_error(None, str(problem))
        else:
            if done:
                return redirect(request.path)
    elif name := request.GET.get("remove"):
        return _ask(request, seat, name)
    return render(request, "web/team.html", _told(seat, form))


def _told(seat: Seat, form: Inviting) -> dict[str, Any]:
    assert seat.party is not None
    return {
        "title": _("Team"),
        "seats": parties.seats(party=seat.party.id),
        "invitations": parties.invitations(party=seat.party.id),
        "form": form,
        "roles": ROLES,
        "short": SHORT,
        "may_write": "admin" in seat.may,
    }


def _ask(request: HttpRequest, seat: Seat, name: str) -> HttpResponseBase:
    """Before somebody is removed the page says who, and what ends."""
    assert seat.party is not None
    known = [one for one in parties.seats(party=seat.party.id) if one.user == name]
    if not known or "admin" not in seat.may:
        return redirect(request.path)
    return render(request, "web/team_remove.html", {"title": _("Team"), "one": known[0]})


def _invite(request: HttpRequest, seat: Seat, form: Inviting) -> bool:
    if not form.is_valid():
        return False
    asked = actions.invite(**form.cleaned_data, party=_party(seat), by=seat.user)
    told = {"email": asked.email, "day": day(asked.expires), "link": asked.link}
    if asked.sent:
        messages.success(request, _("%(email)s is invited; the link is good until %(day)s.") % told)
    else:
        messages.warning(
            request,
            _("The e-mail to %(email)s did not go out. Give them this link yourself: %(link)s") % told,
        )
    return True


def _withdraw(request: HttpRequest, seat: Seat, form: Inviting) -> bool:
    actions.withdraw_invitation(
        invitation=str(request.POST.get("invitation", "")), party=_party(seat), by=seat.user
    )
    messages.success(request, _("The invitation is withdrawn; its link leads nowhere now."))
    return True


def _change(request: HttpRequest, seat: Seat, form: Inviting) -> bool:
    asked = Changing(request.POST)
    if asked.is_valid():
        _in_team(seat, asked.cleaned_data["user"])
        actions.seat(**asked.cleaned_data, party=_party(seat), by=seat.user)
        messages.success(request, _("%(user)s is %(role)s now.") % asked.cleaned_data)
    return True


def _remove(request: HttpRequest, seat: Seat, form: Inviting) -> bool:
    name = str(request.POST.get("user", ""))
    _in_team(seat, name)
    actions.unseat(user=name, party=_party(seat), by=seat.user)
    messages.success(request, _("%(user)s is no longer in the team.") % {"user": name})
    return True


def _nothing(request: HttpRequest, seat: Seat, form: Inviting) -> bool:
    return True


_ACTS = {"invite": _invite, "withdraw": _withdraw, "change": _change, "remove": _remove}


def _party(seat: Seat) -> Any:
    assert seat.party is not None
    return seat.party.id


def _in_team(seat: Seat, name: str) -> None:
    """Who is not in the team is not put into it by name: people come in by invitation."""
    if name not in {one.user for one in parties.seats(party=_party(seat))}:
        raise UserUnknown(_("There is nobody of this name in the team."))

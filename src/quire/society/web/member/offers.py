"""Parts of works, offered to and by the member: each waits for a yes or no."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from quire.core.shares import ROLES
from quire.society.kit import clock, walls
from quire.society.repertoire import actions
from quire.society.repertoire import queries as repertoire
from quire.society.repertoire.errors import OfferRefused
from quire.society.repertoire.queries import OfferRow
from quire.society.web.lists import Column, listed
from quire.society.web.pages import Asking
from quire.society.web.said import said_lazily
from quire.society.web.taking import Day, by
from quire.society.web.words import here


class Offering(forms.Form):
    """To whom, as what, how much of the work, from when."""

    taker = forms.CharField(
        label=pgettext_lazy("a party", "To"), max_length=64,
        help_text=gettext_lazy("The party’s code, as the society knows it."),
    )  # fmt: skip
    role = forms.ChoiceField(label=gettext_lazy("As"), choices=[(one, said_lazily(one)) for one in ROLES])
    share = forms.CharField(
        label=gettext_lazy("Share of the whole work"), max_length=40,
        help_text=gettext_lazy("Like 1/3 or 25%. It is taken from yours once they accept."),
    )  # fmt: skip
    starts = forms.DateField(
        label=gettext_lazy("For use from"), widget=Day(), initial=clock.today,
        help_text=gettext_lazy("Today at the earliest: what was used before stays as it was."),
    )  # fmt: skip
    text = forms.CharField(label=gettext_lazy("A word to them"), max_length=200, required=False)


def offers(request: Asking) -> HttpResponseBase:
    """Every offer, the newest first."""
    assert request.seat.party is not None
    mine = request.seat.party.code
    columns = [
        Column("title", _("Work"), link=lambda one: here(request, "member-offer", offer=one.tid)),
        Column(
            "giver_name",
            pgettext("a party", "From"),
            value=lambda one: _("you") if one.giver == mine else one.giver_name,
        ),
        Column(
            "taker_name",
            pgettext("a party", "To"),
            value=lambda one: _("you") if one.taker == mine else one.taker_name,
        ),
        Column("share", _("Share"), "share"),
        Column("role", _("As")),
        Column("starts", _("For use from"), "date"),
        Column("state", _("State"), "state"),
        Column("on", _("Offered"), "date"),
    ]
    return listed(
        request, repertoire.offers_list(request.seat.party.id), columns, title=_("Shares offered"),
        lead=_("A part of a work becomes another’s when its owner offers it and the other says yes."),
        empty=_("Nothing has been offered to you or by you. You offer a part of a work on the work’s page."),
    )  # fmt: skip


def offer(request: Asking, offer: str) -> HttpResponse:
    """One offer, and its answer. Unknown where the member is no side of it."""
    assert request.seat.party is not None
    me = request.seat.party
    row = repertoire.offer(offer, party=me.id)
    if request.method == "POST":
        with walls.outside():
            told = _answered(row, request.POST.get("act", ""), party=me.id, by=by(request))
        messages.success(request, told)
        return redirect(here(request, "member-offer", offer=row.tid))
    return render(request, "web/member/offer.html", {
        "title": _("A share of “%(title)s”") % {"title": row.title}, "row": row,
        "giving": row.giver == me.code, "late": row.starts < clock.today(),
        "trail": [(_("Shares offered"), here(request, "member-offers"))],
    })  # fmt: skip


def _answered(row: OfferRow, act: str, **whose: Any) -> str:
    """What was done, in words."""
    if act == "withdraw":
        actions.withdraw_offer(row.id, **whose)
        return _("The offer is taken back.")
    if act not in {"accept", "decline"}:
        raise OfferRefused("Say whether you accept or decline.")
    actions.answer_offer(row.id, accept=act == "accept", **whose)
    if act == "accept":
        return _("It is yours, for what is used from its first day on.")
    return _("You have declined. Nothing changes.")

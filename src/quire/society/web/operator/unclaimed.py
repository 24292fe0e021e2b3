"""Money that nobody claims: what there is, claims to it, and its disposal once its term is over."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.core.shares import parse_share
from quire.society.unclaimed import actions, queries
from quire.society.unclaimed.reaching import claim as found_claim
from quire.society.unclaimed.reaching import reaching
from quire.society.web.lists import Column, listed
from quire.society.web.operator.doing import asked, tried
from quire.society.web.pages import Asking
from quire.society.web.taking import by, sent
from quire.society.web.words import Cut, use

_ITEMS = (
    Column(
        "title",
        gettext_lazy("Work"),
        value=lambda one: one.title or one.share,
        link=lambda one: reverse("desk-unclaimed-match", args=[one.tid]),
    ),
    Column("amount", gettext_lazy("Amount"), "money", lambda one: Cut(one.amount, one.currency)),
    Column("role", gettext_lazy("Class of right")),
    Column("use", gettext_lazy("Use"), value=lambda one: use(one.use)),
    Column("licensee", gettext_lazy("Paid by")),
    Column("period", gettext_lazy("Period"), "date", lambda one: str(one.period)),
    Column("disposable", gettext_lazy("May be disposed of from"), "date", lambda one: one.dates.disposable),
)
_CLAIMS = (
    Column("title", gettext_lazy("Work"), link=lambda one: reverse("desk-claim", args=[one.tid])),
    Column(
        "party",
        gettext_lazy("Claimed by"),
        value=lambda one: one.party_name,
        link=lambda one: reverse("desk-party", args=[one.party]),
    ),
    Column("role", gettext_lazy("Class of right")),
    Column("evidence", gettext_lazy("Evidence")),
    Column("filed", gettext_lazy("Filed"), "date", lambda one: one.filed_on),
    Column("state", gettext_lazy("State"), "state"),
)


def unclaimed(request: Asking) -> HttpResponseBase:
    """All of it, the largest first; what reaches its term; what is prepared."""
    return listed(
        request,
        queries.unclaimed_list(),
        _ITEMS,
        title=_("Unclaimed money"),
        lead=_(
            "Money of works whose owner nobody knows. It is matched when somebody turns up, and disposed "
            "of by the members’ decision when its term is over."
        ),
        empty=_("Nothing is unclaimed: every work that earned has an owner on record."),
        template="web/operator/unclaimed.html",
        terms=[(one, Cut(one.amount.quanta, one.amount.currency)) for one in reaching()],
        disposals=list(reversed(queries.disposals()))[:10],
        bar=[(_("Claims to it"), "desk-claims"), (_("Prepare a disposal"), "desk-dispose")],
    )


class Matching(forms.Form):
    """Whose it is."""

    shares = forms.CharField(
        label=gettext_lazy("Whose it is"),
        max_length=1000,
        help_text=gettext_lazy("party:share between semicolons, all of it: gazette:1/2;ada:1/2"),
    )
    evidence = forms.CharField(
        label=gettext_lazy("Evidence"), max_length=500, widget=forms.Textarea({"rows": 3})
    )
    amend = forms.BooleanField(
        label=gettext_lazy("Register them as owners, too"), required=False, initial=True
    )


def match(request: Asking, item: str) -> HttpResponseBase:
    """Pay an item to whom it belongs."""
    found = queries.find(item)
    if found is None:
        messages.info(request, _("This is not unclaimed any more."))
        return redirect("desk-unclaimed")
    form = Matching(**sent(request))

    def act(said: dict[str, Any]) -> Any:
        return actions.match(
            shares=_shares(said["shares"]),
            evidence=said["evidence"],
            item=found.tid,
            amend=said["amend"],
            by=by(request),
        )

    if request.method == "POST" and tried(form, act):
        messages.success(request, _("It is theirs now; the next payment has it."))
        return redirect("desk-unclaimed")
    return render(
        request,
        "web/operator/match.html",
        {
            "title": found.title or found.share,
            "item": found,
            "amount": Cut(found.amount, found.currency),
            "form": form,
            "may": "prepare" in request.seat.may,
            "trail": [(_("Unclaimed money"), reverse("desk-unclaimed"))],
        },
    )


def _shares(said: str) -> dict[str, Any]:
    """Code to share. core.shares' refusals for what cannot be read."""
    parts = [one.strip() for one in said.split(";") if one.strip()]
    return {
        code.strip(): parse_share(part or "1") for code, _colon, part in (one.partition(":") for one in parts)
    }


def claims(request: Asking) -> HttpResponseBase:
    """Members' claims to unclaimed money."""
    return listed(
        request,
        queries.claims_list(),
        _CLAIMS,
        title=_("Claims to unclaimed money"),
        empty=_("Nobody has claimed anything yet. Members do it on their own pages."),
        trail=[(_("Unclaimed money"), reverse("desk-unclaimed"))],
    )


class Judging(forms.Form):
    """The society's word on a claim."""

    note = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Needed where it is refused."),
    )


def claim(request: Asking, claim: str) -> HttpResponseBase:
    """One claim, accepted or refused."""
    row = found_claim(claim)
    form = Judging(**sent(request))
    accept = request.POST.get("act") == "accept"

    def act(said: dict[str, Any]) -> Any:
        done = actions.accept_claim if accept else actions.refuse_claim
        return done(claim=row.tid, note=said["note"], by=by(request))

    if request.method == "POST" and tried(form, act):
        messages.success(request, _("It is decided."))
        return redirect("desk-claims")
    held = queries.of_work(row.work, row.role)
    return render(
        request,
        "web/operator/claim.html",
        {
            "title": row.title,
            "row": row,
            "form": form,
            "open": row.state == "open" and "prepare" in request.seat.may,
            "money": [Cut(one.amount, one.currency) for one in held],
            "trail": [
                (_("Unclaimed money"), reverse("desk-unclaimed")),
                (_("Claims"), reverse("desk-claims")),
            ],
        },
    )


class Disposing(forms.Form):
    """Where it goes, by whose decision."""

    way = forms.CharField(
        label=gettext_lazy("Where it goes"),
        max_length=80,
        initial="class",
        help_text=gettext_lazy(
            "class (by what each of the class earned), class-equally, country, or fund:NAME."
        ),
    )
    decision = forms.CharField(label=gettext_lazy("The members’ decision"), max_length=300)
    year = forms.IntegerField(label=gettext_lazy("Collected in this year or before"), required=False)
    reserve = forms.CharField(label=gettext_lazy("Kept back for late claims"), max_length=20, initial="10%")


def dispose(request: Asking) -> HttpResponseBase:
    """Prepare a disposal; a second person does it."""
    form = Disposing(**sent(request))

    def act(said: dict[str, Any]) -> Any:
        return actions.prepare(**said | {"reserve": parse_share(said["reserve"])}, by=by(request))

    if request.method == "POST" and tried(form, act):
        messages.success(request, _("It is prepared; a second person looks at it and does it."))
        return redirect("desk-unclaimed")
    return asked(
        request,
        form,
        title=_("A disposal"),
        submit=_("Prepare it"),
        back=(_("Unclaimed money"), reverse("desk-unclaimed")),
    )


def disposal(request: Asking, disposal: str) -> HttpResponseBase:
    """Do what was prepared, as a second person."""
    if request.method == "POST":
        actions.approve(disposal=disposal, by=by(request))
        messages.success(request, _("It is done."))
    return redirect("desk-unclaimed")


def publish(request: Asking) -> HttpResponseBase:
    """Write the public list anew."""
    if request.method == "POST":
        _path, number = actions.publish(by=by(request))
        messages.success(request, _("The public list has %(number)d items.") % {"number": number})
    return redirect("desk-unclaimed")


def drop(request: Asking, disposal: str) -> HttpResponseBase:
    """Drop a disposal that is prepared."""
    if request.method == "POST":
        actions.withdraw(disposal=disposal, by=by(request))
        messages.success(request, _("What was prepared is dropped."))
    return redirect("desk-unclaimed")

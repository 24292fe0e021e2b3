"""Corrections, what is owed for them, and holds."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.core.errors import QuireError
from quire.society.distribution import actions, queries, watching
from quire.society.distribution.corrections.rows import read_shares
from quire.society.kit.paging import few
from quire.society.web.lists import Column, listed
from quire.society.web.operator.doing import asked, tried
from quire.society.web.pages import Asking
from quire.society.web.taking import Day, by, sent
from quire.society.web.words import Cut

STATES = ("filed", "accepted", "posted", "refused")
_COLUMNS = (
    Column("work", gettext_lazy("Of"), link=lambda one: reverse("desk-correction", args=[one.tid])),
    Column("kind", gettext_lazy("What was wrong")),
    Column("reason", gettext_lazy("Reason")),
    Column("filed_on", gettext_lazy("Filed"), "date"),
    Column("filed_by", gettext_lazy("By")),
    Column("until", gettext_lazy("To be decided by"), "date"),
    Column("state", gettext_lazy("State"), "state"),
)
_DEBTS = (
    Column("debtor", gettext_lazy("Owes"), link=lambda one: reverse("desk-party", args=[one.debtor])),
    Column("creditor", gettext_lazy("Awaits it")),
    Column("amount", gettext_lazy("Amount"), "money", lambda one: Cut(one.amount, one.currency)),
    Column("work", gettext_lazy("For")),
    Column("since", gettext_lazy("Since"), "date"),
    Column(
        "repayable",
        gettext_lazy("How"),
        value=lambda one: _("asked for: it has left") if one.repayable else _("taken from what it earns"),
    ),
)
_HOLDS = (
    Column("of", gettext_lazy("Of")),
    Column("reason", gettext_lazy("Reason")),
    Column("starts", gettext_lazy("Since"), "date"),
    Column("part", gettext_lazy("Part"), "share"),
    Column("released", gettext_lazy("Ended"), "date"),
    Column("tid", gettext_lazy("Its id"), "code", link=lambda one: reverse("desk-hold", args=[one.tid])),
)


def corrections(request: Asking) -> HttpResponseBase:
    """Every claim that a closed run divided something wrongly."""
    rows = queries.corrections()
    listing = few(
        rows,
        sorts={"filed_on": lambda one: one.filed_on, "until": lambda one: one.until},
        filters={"state": (_("State"), {one: one for one in STATES}, lambda one: one.state)},
        words=lambda one: f"{one.work} {one.reason} {one.filed_by}",
    )
    return listed(
        request,
        listing,
        _COLUMNS,
        title=_("Corrections"),
        lead=_("A closed run is never changed: what it gave wrongly is made good in the next one."),
        empty=_("Nobody has found a closed run to be wrong."),
        template="web/operator/bar.html",
        bar=[(_("File one"), "desk-correction-file"), (_("Who owes what"), "desk-debts")],
    )


class Filing(forms.Form):
    """What was divided wrongly."""

    run = forms.CharField(
        label=gettext_lazy("Run"), max_length=60, help_text=gettext_lazy("Its id, or latest.")
    )
    work = forms.CharField(label=gettext_lazy("Work"), max_length=2000)
    kind = forms.ChoiceField(
        label=gettext_lazy("What was wrong"),
        choices=[
            ("shares", gettext_lazy("the shares")),
            ("owner", gettext_lazy("the owner")),
            ("usage", gettext_lazy("the use: it did not take place")),
        ],
    )
    shares = forms.CharField(
        label=gettext_lazy("Shares in truth"),
        max_length=2000,
        required=False,
        help_text=gettext_lazy("party:role:share between semicolons; empty: as on record now."),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, widget=forms.Textarea({"rows": 3}))


def file(request: Asking) -> HttpResponseBase:
    """File a correction; a second person decides it."""
    form = Filing(**sent(request))

    def act(said: dict[str, Any]) -> Any:
        shares = said.pop("shares")
        return actions.file_correction(**said, by=by(request), shares=read_shares(shares) if shares else None)

    if request.method == "POST" and (made := tried(form, act)):
        messages.success(request, _("It is filed; a second person decides."))
        return redirect("desk-correction", made.tid)
    return asked(
        request,
        form,
        title=_("File a correction"),
        submit=_("File it"),
        back=(_("Corrections"), reverse("desk-corrections")),
    )


class Deciding(forms.Form):
    """What the second person says."""

    note = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Needed where it is refused."),
    )
    amend = forms.BooleanField(label=gettext_lazy("Register the claim’s shares as well"), required=False)
    amend_from = forms.DateField(label=gettext_lazy("Registered from"), widget=Day(), required=False)


def correction(request: Asking, correction: str) -> HttpResponseBase:
    """One claim: whom it gives and takes from, and the second person's word. Unknown where there is none."""
    row = queries.correction(correction)
    form = Deciding(**sent(request))
    accept = request.POST.get("act") == "accept"

    def act(said: dict[str, Any]) -> bool:
        if accept:
            actions.accept_correction(row.tid, by=by(request), **said)
        else:
            actions.refuse_correction(row.tid, note=said["note"], by=by(request))
        return True

    if request.method == "POST" and tried(form, act):
        messages.success(request, _("It is decided."))
        return redirect("desk-correction", row.tid)
    changes, problem = _changes(row.tid)
    return render(
        request,
        "web/operator/correction.html",
        {
            "title": _("Correction of %(work)s") % {"work": row.work},
            "row": row,
            "form": form,
            "changes": changes,
            "problem": problem,
            "open": row.state == "filed" and "approve" in request.seat.may,
            "trail": [(_("Corrections"), reverse("desk-corrections"))],
        },
    )


def _changes(tid: str) -> tuple[list[tuple[str, Cut]], str]:
    try:
        return [(one.whom, Cut(one.amount, one.currency)) for one in queries.changes_of(tid)], ""
    except QuireError as problem:
        return [], str(problem)


def debts(request: Asking) -> HttpResponseBase:
    """Who owes what for corrections; and what is proposed to be written off."""
    rows = queries.debts()
    listing = few(
        rows,
        sorts={"amount": lambda one: one.amount, "since": lambda one: one.since},
        words=lambda one: f"{one.debtor} {one.creditor} {one.work}",
    )
    proposed = [
        (one, Cut(one.amount, one.currency)) for one in queries.settlements() if one.state == "proposed"
    ]
    return listed(
        request,
        listing,
        _DEBTS,
        title=_("Who owes what"),
        lead=_("Taken from what the debtor earns in later runs; asked for where it has left."),
        empty=_("Nobody owes anything for a correction."),
        template="web/operator/debts.html",
        proposed=proposed,
        trail=[(_("Corrections"), reverse("desk-corrections"))],
    )


def write_off(request: Asking, settlement: str) -> HttpResponseBase:
    """A second person says yes or no to a write-off."""
    if request.method == "POST":
        yes = request.POST.get("act") == "approve"
        (actions.approve_write_off if yes else actions.refuse_write_off)(settlement, by=by(request))
        messages.success(request, _("It is decided."))
    return redirect("desk-debts")


def holds(request: Asking) -> HttpResponseBase:
    """Every hold, the standing ones first."""
    return listed(
        request,
        watching.holds_list(),
        _HOLDS,
        title=_("Holds"),
        lead=_("What a hold is on earns as always; the money is kept until the hold ends."),
        empty=_("Nothing is held back."),
        template="web/operator/bar.html",
        bar=[(_("Hold something"), "desk-hold-new")],
    )


class Holding(forms.Form):
    """What is held back, and why."""

    work = forms.CharField(label=gettext_lazy("Work"), max_length=2000, required=False)
    party = forms.CharField(label=gettext_lazy("Party"), max_length=80, required=False)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    starts = forms.DateField(label=gettext_lazy("Since"), widget=Day(), required=False)


def hold_new(request: Asking) -> HttpResponseBase:
    """Hold back what a work or a party earns."""
    form = Holding(**sent(request))
    if request.method == "POST" and tried(form, lambda said: actions.place_hold(**said, by=by(request))):
        messages.success(request, _("It is held from now on."))
        return redirect("desk-holds")
    return asked(
        request,
        form,
        title=_("A hold"),
        submit=_("Hold it"),
        back=(_("Holds"), reverse("desk-holds")),
        lead=_("Name a work, or a party, or both: then what the party owns of the work."),
    )


def hold(request: Asking, hold: str) -> HttpResponseBase:
    """One hold, and its end."""
    row = watching.hold(hold)
    form = forms.Form(request.POST if request.method == "POST" else None)

    def act(_said: dict[str, Any]) -> bool:
        actions.release_hold(row.tid, by=by(request))
        return True

    if request.method == "POST" and tried(form, act):
        messages.success(request, _("The hold has ended; what it held is the payees’."))
        return redirect("desk-holds")
    return render(
        request,
        "web/operator/hold.html",
        {
            "title": _("Hold on %(what)s") % {"what": row.of},
            "row": row,
            "form": form,
            "trail": [(_("Holds"), reverse("desk-holds"))],
        },
    )

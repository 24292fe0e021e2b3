"""Payments: batches of transfers, one batch, and what came back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from quire.society.kit import clock, config
from quire.society.parties import queries as parties
from quire.society.payouts import actions, queries, watching
from quire.society.web import lists
from quire.society.web.lists import Column, listed
from quire.society.web.operator.doing import tried
from quire.society.web.operator.words import party_page
from quire.society.web.pages import Asking
from quire.society.web.taking import Day, by
from quire.society.web.words import Cut

_BATCHES = (
    Column("tid", gettext_lazy("Batch"), "code", link=lambda one: reverse("desk-batch", args=[one.tid])),
    Column("on", gettext_lazy("On"), "date"),
    Column("total", gettext_lazy("Amount"), "money", lambda one: Cut(one.total, one.currency)),
    Column("payments", gettext_lazy("Payments"), "number"),
    Column("carried", gettext_lazy("Carried over"), "number"),
    Column("settled", gettext_lazy("Settled"), "date"),
)
_PAYMENTS = (
    Column("name", pgettext_lazy("who is paid", "To"), link=lambda one: party_page(one.party)),
    Column("amount", gettext_lazy("Amount"), "money", lambda one: Cut(one.amount, one.currency)),
    Column("on", gettext_lazy("On"), "date"),
    Column("text", gettext_lazy("Text")),
    Column("settled", gettext_lazy("Settled"), "date"),
    Column("returned", gettext_lazy("Came back"), "date"),
    Column("because", gettext_lazy("Why")),
)


def batches(request: Asking) -> HttpResponseBase:
    """Every batch, the newest first."""
    return listed(
        request,
        watching.batches_list(),
        _BATCHES,
        title=_("Payments"),
        lead=_("A batch pays every balance that can be paid; the bank executes its file, and you settle it."),
        empty=_("Nothing has been paid yet. Once a run is posted, prepare the first batch."),
        template="web/operator/bar.html",
        bar=[
            (_("Prepare a batch"), "desk-batch-new"),
            (_("Every payment"), "desk-payments"),
            (_("What came back"), "desk-returned"),
            (_("Returns from a file"), "desk-returns-import"),
        ],
    )


def payments(request: Asking) -> HttpResponseBase:
    """Every transfer, the newest first."""
    return listed(
        request,
        queries.payments_list(),
        _PAYMENTS,
        title=_("Every payment"),
        empty=_("Nothing has been paid yet."),
        trail=[(_("Payments"), reverse("desk-batches"))],
    )


def returned(request: Asking) -> HttpResponseBase:
    """What came back and was not sent again since."""
    return listed(
        request,
        watching.came_back(),
        _PAYMENTS,
        title=_("Payments that came back"),
        lead=_("The money is on the payee’s balance again. Ask for another account; the next batch pays it."),
        empty=_("Nothing that came back waits for anybody."),
        trail=[(_("Payments"), reverse("desk-batches"))],
    )


class Preparing(forms.Form):
    """Which balances are paid, and when."""

    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3)
    on = forms.DateField(label=gettext_lazy("Executed on"), widget=Day(), initial=clock.today)


def prepare(request: Asking) -> HttpResponseBase:
    """What a batch would pay; then, with ``act`` prepare, the batch."""
    form = Preparing(
        request.POST if request.method == "POST" else None, initial={"currency": parties.society().currency}
    )
    dry = request.POST.get("act") != "prepare"

    def act(said: dict[str, Any]) -> Any:
        return actions.prepare(currency=said["currency"].upper(), on=said["on"], by=by(request), dry_run=dry)

    done = tried(form, act) if request.method == "POST" else None
    if done and not dry:
        actions.write(done.batch)
        messages.success(request, _("The batch is prepared. Download its file and hand it to the bank."))
        return redirect("desk-batch", done.batch.tid)
    told = {}
    if done:
        largest = sorted(done.payments, key=lambda one: -one.amount)[:10]
        told = {
            "total": Cut(done.total.quanta, done.currency),
            "count": len(done.payments),
            "largest": [(one.payee.name, Cut(one.amount, done.currency)) for one in largest],
            "carried": len(done.carried),
            "left": [(one.code, Cut(one.amount, done.currency), one.reason) for one in done.carried[:20]],
        }
    return render(
        request,
        "web/operator/prepare.html",
        {
            "title": _("A batch of payments"),
            "form": form,
            "done": done,
            **told,
            "trail": [(_("Payments"), reverse("desk-batches"))],
        },
    )


class Settling(forms.Form):
    """The bank executed it."""

    on = forms.DateField(label=gettext_lazy("The bank executed it on"), widget=Day(), initial=clock.today)


def batch(request: Asking, batch: str) -> HttpResponseBase:
    """One batch: its transfers, its file, and whether it is settled. Unknown where there is none."""
    row = watching.batch(batch)
    form = Settling(request.POST if request.method == "POST" else None)

    def act(said: dict[str, Any]) -> Any:
        return actions.settle(row.tid, on=said["on"], by=by(request))

    if request.method == "POST" and tried(form, act):
        messages.success(request, _("The batch is settled."))
        return redirect("desk-batch", row.tid)
    listing = watching.payments_in(row.tid)
    if form_ := request.GET.get("format"):
        return lists.export(request, listing, _PAYMENTS, form_, row.tid)
    return render(
        request,
        "web/operator/batch.html",
        {
            "title": _("Payments of %(day)s") % {"day": row.on},
            "row": row,
            "form": form,
            "total": Cut(row.total, row.currency),
            "files": [one.name for one in actions.write(row.tid).paths]
            if "prepare" in request.seat.may
            else [],
            "table": lists.table(request, listing, _PAYMENTS, caption=_("Transfers")),
            "trail": [(_("Payments"), reverse("desk-batches"))],
        },
    )


def _files(tid: str) -> list[str]:
    """The names of a batch's files; they are written where they are not there."""
    folder = config.home() / "payments" / tid
    return (
        sorted(one.name for one in folder.iterdir())
        if folder.is_dir()
        else [one.name for one in actions.write(tid).paths]
    )


def file(request: Asking, batch: str, file: str) -> HttpResponseBase:
    """A file of a batch, for the bank. 404 for one that it has not."""
    for place in actions.write(queries.find(batch)).paths:
        if place.name == file:
            return FileResponse(place.open("rb"), as_attachment=True, filename=file)
    raise Http404("The batch has no such file.")

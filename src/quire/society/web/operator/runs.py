"""Distributions at the desk: all of them, the next one, and what it would give."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.society.distribution import actions, queries, watching
from quire.society.distribution.jobs import kept
from quire.society.kit import jobs, periods
from quire.society.kit.paging import Asked
from quire.society.web.lists import Column, listed
from quire.society.web.operator.doing import tried
from quire.society.web.operator.figures import beside
from quire.society.web.operator.words import received, together
from quire.society.web.pages import Asking
from quire.society.web.taking import by, sent

_COLUMNS = (
    Column(
        "period",
        gettext_lazy("Period"),
        kind="date",
        value=lambda run: str(run.period),
        link=lambda run: address(run.tid),
    ),
    Column("state", gettext_lazy("State"), "state"),
    Column("received", gettext_lazy("Came in"), value=lambda run: together(received(run.review))),
    Column("payees", gettext_lazy("Payees"), "number", lambda run: run.review.get("payees")),
    Column("plan", gettext_lazy("Plan")),
    Column("prepared_by", gettext_lazy("Prepared by")),
    Column("approved_by", gettext_lazy("Approved by")),
    Column("opened_at", gettext_lazy("Opened"), "date"),
)


def address(tid: str) -> str:
    """Where a run is looked at."""
    return reverse("desk-run", args=[tid])


def runs(request: Asking) -> HttpResponseBase:
    """Every run, the newest first, and what waits to be distributed."""
    return listed(
        request,
        watching.runs_list(),
        _COLUMNS,
        title=_("Runs"),
        lead=_(
            "Each divides what came in for a period, by the plan in force, and is approved by a second "
            "person before anybody is credited."
        ),
        empty=_("Nothing has been distributed yet. Record receipts, adopt a plan, and open the first run."),
        template="web/operator/runs.html",
        waiting=[] if request.GET.get("format") else watching.undistributed(),
    )


class Opening(forms.Form):
    """Which receipts a run takes, and by which plan."""

    period = forms.CharField(
        label=gettext_lazy("Period"),
        max_length=40,
        help_text=gettext_lazy("A month like 2026-03, a quarter like 2026-Q2, or a year."),
    )
    plan = forms.ChoiceField(label=gettext_lazy("Plan"), required=False)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        found = watching.plans_list().page(Asked(size=100)).rows
        told = [(one.digest, f"{one.name}, {one.starts}") for one in found]
        self.fields["plan"].choices = [("", _("the one in force on the period’s last day")), *told]  # type: ignore[attr-defined]


def opening(request: Asking) -> HttpResponseBase:
    """Open a run and have it worked; or forecast it, which keeps nothing."""
    form = Opening(initial={"period": request.GET.get("period", "")}, **sent(request))
    if request.method == "POST" and request.POST.get("act") == "forecast":
        job = tried(form, lambda said: _forecast(request, said))
        if job:
            return redirect("desk-job", job.tid)
    elif request.method == "POST":
        run = tried(
            form,
            lambda said: actions.open_run(
                period=periods.parse(said["period"]), plan=said["plan"], by=by(request)
            ),
        )
        if run:
            title = _("Divide what came in for %(period)s") % {"period": periods.Period(run.starts, run.ends)}
            ask(request, "distribution.run", run.tid, title)
            return redirect("desk-run", run.tid)
    return render(
        request,
        "web/operator/opening.html",
        {
            "title": _("A new run"),
            "form": form,
            "trail": [(_("Runs"), reverse("desk-runs"))],
            "waiting": watching.undistributed(),
        },
    )


def ask(request: Asking, kind: str, run: str, title: str) -> jobs.Job:
    """Have a run worked; whoever asks is led back to it."""
    return jobs.ask(kind, title, by=by(request), run=run, address=address(run))


def _forecast(request: Asking, said: dict[str, Any]) -> jobs.Job:
    period, key = periods.parse(said["period"]), uuid4().hex
    return jobs.ask(
        "distribution.forecast",
        _("Forecast of %(period)s") % {"period": period},
        by=by(request),
        period=str(period),
        plan=said["plan"],
        key=key,
        address=reverse("desk-forecast", args=[key]),
    )


def forecast(request: Asking, forecast: str) -> HttpResponseBase:
    """What a run would give, beside what the last one gave. 404 for a forecast that is none."""
    told = kept("forecasts", forecast) if forecast.isalnum() else None
    if told is None:
        raise Http404("There is no such forecast.")
    closed = _last_closed()
    return render(
        request,
        "web/operator/forecast.html",
        {
            "title": _("Forecast of %(period)s") % {"period": told["period"]},
            "told": told,
            "last": closed,
            "tables": beside(told["review"], closed.review if closed else {}),
            "trail": [(_("Runs"), reverse("desk-runs"))],
        },
    )


def _last_closed() -> queries.RunRow | None:
    found = watching.runs_list().page(Asked(filters={"state": "closed"}, sort="-period", size=1)).rows
    return found[0] if found else None

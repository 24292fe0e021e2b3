"""Surveys and lump sums at the desk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.society.distribution import actions as distribution
from quire.society.invoicing import actions as lump_actions
from quire.society.invoicing import queries as invoicing
from quire.society.kit.paging import few
from quire.society.kit.periods import Period
from quire.society.surveys import actions, queries
from quire.society.web import lists
from quire.society.web.lists import Column, listed
from quire.society.web.operator.doing import asked, on_disk, tried
from quire.society.web.operator.runs import ask
from quire.society.web.pages import Asking
from quire.society.web.taking import by
from quire.society.web.words import Cut

_SURVEYS = (
    Column("name", gettext_lazy("Survey"), link=lambda one: reverse("desk-survey", args=[one.name])),
    Column("stage", gettext_lazy("Stage"), "state"),
    Column("period", gettext_lazy("Period"), "date", lambda one: str(Period(one.starts, one.ends))),
    Column("size", gettext_lazy("Sample"), "number"),
    Column("measure", gettext_lazy("Measures")),
    Column("method", gettext_lazy("Method")),
)
_UNITS = (
    Column("code", gettext_lazy("Unit")),
    Column("stratum", gettext_lazy("Stratum")),
    Column("drawn", gettext_lazy("Drawn"), value=lambda one: _("yes") if one.drawn else ""),
    Column("reports", gettext_lazy("Reports"), "number"),
)
_LUMPS = (
    Column("name", gettext_lazy("Lump sum"), link=lambda one: reverse("desk-lump", args=[one.name])),
    Column("payer", gettext_lazy("Paid by")),
    Column("amount", gettext_lazy("Agreed"), "money", lambda one: Cut(one.amount, one.currency)),
    Column("received", gettext_lazy("Came in"), "money", lambda one: Cut(one.received, one.currency)),
    Column("works", gettext_lazy("Works"), "number"),
    Column("claims_until", gettext_lazy("Claims until"), "date"),
)
_CLAIMS = (
    Column("key", gettext_lazy("Work")),
    Column("member", gettext_lazy("Member")),
    Column("made_on", gettext_lazy("Claimed"), "date"),
    Column("late", gettext_lazy("Late"), value=lambda one: _("yes") if one.late else ""),
    Column("state", gettext_lazy("State"), "state", lambda one: _judged(one.accepted)),
    Column("reason", gettext_lazy("Reason")),
)


def _judged(accepted: bool | None) -> str:
    return {None: "open", True: "accepted", False: "refused"}[accepted]


def surveys(request: Asking) -> HttpResponseBase:
    """Every survey, the latest first."""
    rows = queries.surveys()
    stages = {one.stage: one.stage for one in rows}
    return listed(
        request,
        few(rows, filters={"stage": (_("Stage"), stages, lambda one: one.stage)}, words=lambda one: one.name),
        _SURVEYS,
        title=_("Surveys"),
        lead=_("Where not all use is counted, some are asked: drawn by a seed that was committed to before."),
        empty=_(
            "No survey has been drafted yet: “quire surveys draft” takes the table of those who may be asked."
        ),
    )


class Report(forms.Form):
    """What units of the sample reported."""

    file = forms.FileField(
        label=gettext_lazy("Reports"),
        max_length=200,
        help_text=gettext_lazy("CSV or JSON: unit, work, requests."),
    )


class Beacon(forms.Form):
    """What the beacon named in the design came to."""

    beacon_value = forms.CharField(
        label=gettext_lazy("What the beacon came to"), max_length=200, required=False
    )


def survey(request: Asking, survey: str) -> HttpResponseBase:
    """One survey: its design, who was drawn and has reported, and its next step. Unknown: no such one."""
    row = queries.survey_row(survey)
    posted = request.method == "POST"
    form = {"published": Beacon, "drawn": Report}.get(row.stage, forms.Form)
    if request.POST.get("act") == "close":
        form = forms.Form
    made = form(request.POST if posted else None, request.FILES if posted else None)
    if posted and tried(made, lambda said: _step(request, row, said)):
        messages.success(request, _("It is on record."))
        return redirect("desk-survey", row.name)
    units = queries.units(row.name)
    listing = few(units, words=lambda one: f"{one.code} {one.stratum}")
    if wanted := request.GET.get("format"):
        return lists.export(request, listing, _UNITS, wanted, f"units-{row.name}")
    return render(
        request,
        "web/operator/survey.html",
        {
            "title": row.name,
            "row": row,
            "form": made,
            "drawn": sum(one.drawn for one in units),
            "reported": sum(bool(one.reports) for one in units),
            "units": len(units),
            "period": Period(row.starts, row.ends),
            "table": lists.table(request, listing, _UNITS, caption=_("Units")),
            "trail": [(_("Surveys"), reverse("desk-surveys"))],
        },
    )


def _step(request: Asking, row: queries.SurveyRow, said: dict[str, Any]) -> bool:
    """The step that follows the survey's stage; a drawn one takes reports, or is closed."""
    mine = {"name": row.name, "by": by(request)}
    if row.stage == "drafted":
        actions.publish(**mine)
    elif row.stage == "published":
        actions.draw(**mine, **said)
    elif "file" not in said:
        actions.close(**mine)
    else:
        with on_disk(said["file"]) as path:
            actions.import_reports(path, **mine)
    return True


def lumps(request: Asking) -> HttpResponseBase:
    """Every lump sum."""
    return listed(
        request,
        few(invoicing.lump_sums(), words=lambda one: f"{one.name} {one.payer}"),
        _LUMPS,
        title=_("Lump sums"),
        lead=_("One sum for many works, shared among those whose claim is accepted."),
        empty=_("No lump sum has been agreed: “quire lumps agree” takes its file."),
    )


def lump(request: Asking, lump: str) -> HttpResponseBase:
    """One lump sum: where it stands, its claims and rounds. Unknown where there is none."""
    row = invoicing.lump(lump)
    claims = invoicing.claims(row.name)
    states = {one: one for one in ("open", "accepted", "refused")}
    listing = few(
        claims,
        words=lambda one: f"{one.key} {one.member}",
        filters={"state": (_("State"), states, lambda one: _judged(one.accepted))},
    )
    if wanted := request.GET.get("format"):
        return lists.export(request, listing, _CLAIMS, wanted, f"claims-{row.name}")
    return render(
        request,
        "web/operator/lump.html",
        {
            "title": row.name,
            "row": row,
            "amount": Cut(row.amount, row.currency),
            "received": Cut(row.received, row.currency),
            "left": Cut(row.reserve_left, row.currency),
            "instalments": [(day, Cut(amount, row.currency)) for day, amount in row.instalments],
            "rounds": [(one, Cut(one.amount, row.currency)) for one in invoicing.rounds(row.name)],
            "table": lists.table(
                request, listing, _CLAIMS, caption=_("Claims"), empty=_("Nobody has claimed a work.")
            ),
            "open": any(one.accepted is None for one in claims),
            "trail": [(_("Lump sums"), reverse("desk-lumps"))],
        },
    )


class Judging(forms.Form):
    """A decision on a claim to be in the class."""

    work = forms.CharField(label=gettext_lazy("Work"), max_length=2000)
    accept = forms.ChoiceField(
        label=gettext_lazy("Decision"),
        choices=[("yes", gettext_lazy("it is in the class")), ("no", gettext_lazy("it is not"))],
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)


def judge(request: Asking, lump: str) -> HttpResponseBase:
    """Decide a claim to a lump sum."""
    row = invoicing.lump(lump)
    form = Judging(request.POST if request.method == "POST" else None)

    def act(said: dict[str, Any]) -> Any:
        return lump_actions.judge(
            row.name, work=said["work"], accept=said["accept"] == "yes", reason=said["reason"], by=by(request)
        )

    if request.method == "POST" and tried(form, act):
        messages.success(request, _("It is decided."))
        return redirect("desk-lump", row.name)
    return asked(
        request,
        form,
        title=_("Decide a claim"),
        submit=_("Put it on record"),
        back=(row.name, reverse("desk-lump", args=[row.name])),
    )


def distribute(request: Asking, lump: str) -> HttpResponseBase:
    """Open the next round of a lump sum as a run, and have it worked."""
    row = invoicing.lump(lump)
    if request.method == "POST":
        run = distribution.open_lump_run(row.name, by=by(request))
        ask(request, "distribution.run", run.tid, _("Divide the lump sum %(name)s") % {"name": row.name})
        return redirect("desk-run", run.tid)
    return redirect("desk-lump", row.name)

"""One run as its stages: what each found, what to look at before it is approved, and who may take it on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from quire.core.money import quanta_of
from quire.society.distribution import actions, queries, watching
from quire.society.kit import acts, jobs
from quire.society.kit.paging import few
from quire.society.parties import queries as society
from quire.society.web import lists
from quire.society.web.lists import Column
from quire.society.web.operator.doing import asked, tried
from quire.society.web.operator.figures import beside
from quire.society.web.operator.runs import address, ask
from quire.society.web.operator.words import cut, names, party_page, signed
from quire.society.web.pages import Asking
from quire.society.web.taking import by
from quire.society.web.words import Cut

STAGES = {
    "open": pgettext_lazy("a stage", "open"),
    "frozen": pgettext_lazy("a stage", "freeze"),
    "allocated": pgettext_lazy("a stage", "allocate"),
    "reviewed": pgettext_lazy("a stage", "review"),
    "approved": pgettext_lazy("a stage", "approve"),
    "posted": pgettext_lazy("a stage", "post"),
    "closed": pgettext_lazy("a stage", "close"),
}
WORK = ("distribution.run", "distribution.approve")
GOING = {"waiting", "running", "silent"}


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage in the picture: ``css`` is done, or nothing; ``here`` where the run waits or works."""

    words: str
    css: str
    here: bool


class Cancelling(forms.Form):
    """Giving a run up."""

    reason = forms.CharField(label=gettext_lazy("Why it is given up"), max_length=300)


def run(request: Asking, run: str) -> HttpResponseBase:
    """One run. Unknown where there is none."""
    found = queries.find(run)
    row, last = queries.row(found), watching.before(found)
    pots = few(_pots(row, found), words=lambda one: f"{one.licence} {one.licensee}")
    if form := request.GET.get("potformat"):
        return lists.export(request, pots, _POTS, form, f"pots-{row.tid}", "pot")
    job = jobs.last(WORK, run=row.tid)
    going = job is not None and job.state in GOING
    shown = render(
        request,
        "web/operator/run.html",
        {
            "title": _("Distribution %(period)s") % {"period": row.period},
            "run": row,
            "last": last,
            "trail": [(_("Runs"), reverse("desk-runs"))],
            "stages": stages(row.state),
            "job": job,
            "going": going,
            "may": _may(request, row, going),
            "own": bool(request.seat.user and request.seat.user.username == row.prepared_by),
            "tables": beside(row.review, last.review if last else {}),
            "pots": lists.table(
                request,
                pots,
                _POTS,
                caption=_("Pots"),
                name="pot",
            ),
            "changes": reverse("desk-run-changes", args=[row.tid]) if last and row.review else "",
            "history": acts.history(row.tid, 30),
        },
    )
    if not going and request.headers.get("HX-Target") == "way":
        shown["HX-Refresh"] = "true"  # its work has ended: the figures below are there now
    return shown


def _may(request: Asking, row: queries.RunRow, going: bool) -> dict[str, bool]:
    """What the page offers to whoever looks: go on, approve, cancel."""
    prepare, approve = "prepare" in request.seat.may, "approve" in request.seat.may
    return {
        "go_on": prepare and not going and row.state in {"open", "frozen", "allocated", "approved", "posted"},
        "issue": prepare and row.state == "closed",
        "approve": approve and row.state == "reviewed",
        "cancel": prepare and not going and row.state in {"open", "frozen", "allocated", "reviewed"},
    }


def stages(state: str) -> list[Stage]:
    """The way of a run, and how far it is on it."""
    order = list(STAGES)
    done = order.index(state) + 1 if state in order else 0
    return [
        Stage(str(words), "done" if place < done else "", place == done)
        for place, words in enumerate(STAGES.values())
    ]


@dataclass(frozen=True, slots=True)
class PotLine:
    """A pot of the run: what there is to divide, and where it went once that is known."""

    licence: str
    licensee: str
    received: Cut
    allocated: Cut | None
    held: Cut | None
    kept: Cut | None


_POTS = (
    Column("licence", gettext_lazy("Licence")),
    Column("licensee", gettext_lazy("Licensee")),
    Column("received", gettext_lazy("To divide"), "money"),
    Column("allocated", gettext_lazy("To members and owners"), "money"),
    Column("held", gettext_lazy("Held or unclaimed"), "money"),
    Column("kept", gettext_lazy("Deducted and to funds"), "money"),
)


def _pots(row: queries.RunRow, found: Any) -> list[PotLine]:
    totals = {one["pot"]: one for one in row.review.get("totals", ())}
    return [_pot(pot, totals.get(pot.name)) for pot in watching.pots_of(found)]


def _pot(pot: watching.PotOf, told: dict[str, Any] | None) -> PotLine:
    def sum_of(*parts: str) -> Cut | None:
        if told is None:
            return None
        return cut(sum(quanta_of(told.get(part, "0")) for part in parts), pot.amount.currency)

    return PotLine(
        pot.licence or pot.name,
        pot.licensee,
        cut(pot.amount.quanta, pot.amount.currency),
        sum_of("allocated"),
        sum_of("held", "unclaimed"),
        sum_of("deducted", "fund"),
    )


def go_on(request: Asking, run: str) -> HttpResponseBase:
    """Have the stages done that follow without a person."""
    found = queries.find(run)
    if request.method == "POST":
        ask(
            request,
            "distribution.run",
            found.tid,
            _("Work on %(period)s") % {"period": queries.row(found).period},
        )
    return redirect("desk-run", found.tid)


def approve(request: Asking, run: str) -> HttpResponseBase:
    """A second person says yes; the run is posted and published by a job. Whoever prepared it is refused."""
    found = queries.find(run)
    row = queries.row(found)
    form = forms.Form(request.POST if request.method == "POST" else None)
    if request.method == "POST" and tried(form, lambda _said: actions.approve(found, by=by(request))):
        ask(
            request,
            "distribution.approve",
            found.tid,
            _("Post and publish %(period)s") % {"period": row.period},
        )
        messages.success(request, _("It is approved. It is posted and published now."))
        return redirect("desk-run", found.tid)
    return render(
        request,
        "web/operator/approve.html",
        {
            "title": _("Approve %(period)s") % {"period": row.period},
            "run": row,
            "form": form,
            "trail": [(_("Runs"), reverse("desk-runs")), (str(row.period), address(row.tid))],
            "tables": beside(row.review, {}),
        },
    )


def cancel(request: Asking, run: str) -> HttpResponseBase:
    """Give a run up before it is approved."""
    found = queries.find(run)
    row = queries.row(found)
    form = Cancelling(request.POST if request.method == "POST" else None)

    def act(said: dict[str, Any]) -> bool:
        actions.cancel(found, reason=said["reason"], by=by(request))
        return True

    if request.method == "POST" and tried(form, act):
        messages.success(request, _("The run is given up; its receipts wait for another."))
        return redirect("desk-run", found.tid)
    return asked(
        request,
        form,
        title=_("Give up %(period)s") % {"period": row.period},
        submit=_("Give the run up"),
        back=(str(row.period), address(row.tid)),
        trail=[(_("Runs"), reverse("desk-runs")), (str(row.period), address(row.tid))],
        danger=True,
        lead=_("Nothing of it was booked. Its receipts wait for another run; the run stays on record."),
    )


def changes(request: Asking, run: str) -> HttpResponseBase:
    """Whose money differs most from the last run of the kind."""
    found = queries.find(run)
    row, last = queries.row(found), watching.before(found)
    rows = watching.changes(found, last.id) if last else []
    own = society.society().currency
    rows.sort(key=lambda one: one.now.currency != own)
    known = names(one.party for one in rows)
    columns = (
        Column(
            "party",
            _("Who"),
            value=lambda one: known.get(one.party, "–"),
            link=lambda one: party_page(one.party),
        ),
        Column("now", _("In this run"), "money", lambda one: cut(one.now.quanta, one.now.currency)),
        Column("then", _("In the last"), "money", lambda one: cut(one.then.quanta, one.then.currency)),
        Column("more", _("Difference"), "money", lambda one: signed(one.difference)),
    )
    lead = _("This run against that of %(period)s; the greatest differences of each currency.")
    return lists.listed(
        request,
        few(rows),
        columns,
        title=_("Whose money changed most"),
        lead=lead % {"period": last.period} if last else "",
        empty=_("There is no closed run before this one, or nobody's money differs."),
        trail=[(_("Runs"), reverse("desk-runs")), (str(row.period), address(row.tid))],
    )


def issue(request: Asking, run: str) -> HttpResponseBase:
    """Have every payee's statement of a closed run written; each payee finds its own on its pages anyway."""
    row = queries.row(queries.find(run))
    if request.method != "POST":
        return redirect("desk-run", row.tid)
    title = _("Statements of %(period)s") % {"period": row.period}
    job = jobs.ask("statements.issue", title, by=by(request), run=row.tid, address=address(row.tid))
    return redirect("desk-job", job.tid)

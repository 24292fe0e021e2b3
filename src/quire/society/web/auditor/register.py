"""Who did what: the runs with their approvals, the register of all acts, and everybody's roles."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quire.core.money import Money, quanta_of
from quire.society.distribution import queries as distribution
from quire.society.kit import acts as record
from quire.society.kit import history
from quire.society.kit.paging import few
from quire.society.parties import queries as parties
from quire.society.web.lists import Column, listed
from quire.society.web.pages import Asking

_RUNS = (
    Column(
        "period",
        _("Period"),
        "date",
        lambda run: str(run.period),
        lambda run: reverse("audit-run", args=[run.tid]),
    ),
    Column("state", _("State"), "state"),
    Column("plan", _("Plan")),
    Column("prepared_by", _(_("Prepared by"))),
    Column("approved_by", _(_("Approved by"))),
    Column("opened_at", _("Opened"), "date"),
    Column("tid", _("Its id"), "code"),
)
_ACTS = (
    Column("at", _("When"), "date"),
    Column("by", _("Who")),
    Column("verb", _("What")),
    Column("subject", _("Of what"), "code", link=lambda act: _thing(act.subject)),
    Column(
        "detail",
        _("How"),
        value=lambda act: "; ".join(f"{key}: {value}" for key, value in act.detail.items()),
    ),
)
_HALVES = {
    "distribution.approve": "distribution.open",
    "distribution.accept-correction": "distribution.file-correction",
    "distribution.refuse-correction": "distribution.file-correction",
    "distribution.approve-write-off": "distribution.propose-write-off",
    "distribution.refuse-write-off": "distribution.propose-write-off",
    "unclaimed.dispose": "unclaimed.prepare",
}
"""What a second person decides, and what the first had done."""
_DECIDED = (
    Column("at", _("Decided"), "date"),
    Column("by", _("By")),
    Column("verb", _("What")),
    Column("subject", _("Of what"), "code"),
    Column("prepared", _("Prepared"), "date"),
    Column("prepared_by", _("By whom before")),
)
_CHANGES = (
    Column("at", _("When"), "date"),
    Column(
        "thing",
        _("Of what"),
        "code",
        link=lambda one: _thing(one.thing),
    ),
    Column("told", _("What")),
    Column("who", _("Who")),
    Column("why", _("Where")),
    Column("acts", _("Act"), value=lambda one: ", ".join(one.acts)),
    Column("removed", _("State"), "state", lambda one: "removed" if one.removed else "changed"),
    Column("table", _("Table"), value=lambda one: one.table.replace("_", " ", 1)),
)
_PARTS = {
    "received": _("came in"),
    "allocated": _("to members and owners"),
    "held": _("held"),
    "deducted": _("deducted"),
    "fund": _("to funds"),
}
_PEOPLE = (Column("name", _("User")), Column("roles", _("Roles")))


def _thing(name: str) -> str:
    """Where everything about one thing is read; nowhere for what has no id."""
    kind, _under, rest = name.partition("_")
    return reverse("audit-changed", args=[name]) if len(kind) == 3 and len(rest) == 26 else ""


def runs(request: Asking) -> HttpResponseBase:
    """Every distribution run, with who prepared and who approved it."""
    rows = list(reversed(distribution.runs()))
    states = {one.state: one.state for one in rows}
    listing = few(
        rows,
        sorts={"period": lambda run: run.period.starts, "opened_at": lambda run: run.opened_at},
        filters={"state": (_("State"), states, lambda run: run.state)},
        words=lambda run: f"{run.tid} {run.plan} {run.prepared_by} {run.approved_by}",
    )
    empty = _("No distribution has been run yet.")
    return listed(request, listing, _RUNS, title=_("Runs and bundles"), empty=empty)


def run(request: Asking, run: str) -> HttpResponse:
    """One run: decision, plan, digests, sums, and its bundle. Unknown where there is none."""
    found = distribution.row(distribution.find(run))
    sums = [
        (words, Money(quanta_of(parts[name]), currency))
        for currency, parts in found.review.get("currencies", {}).items()
        for name, words in _PARTS.items()
        if parts.get(name)
    ]
    told = {
        "title": _("Distribution %(period)s") % {"period": found.period},
        "run": found,
        "sums": sums,
        "published": found.state == "closed",
        "trail": [(_("Runs and bundles"), reverse("audit-runs"))],
    }
    return render(request, "web/auditor/run.html", told)


def acts(request: Asking) -> HttpResponseBase:
    """The register of acts."""
    return listed(
        request,
        record.register(),
        _ACTS,
        title=_("Register of acts"),
        lead=_("Whatever anybody did here, with when and how. Nothing is taken out of it."),
        empty=_("Nobody has done anything yet."),
    )


def decided(request: Asking) -> HttpResponseBase:
    """Everything that needed a second person, with both."""
    return listed(
        request,
        record.decided(_HALVES),
        _DECIDED,
        title=_("Who approved what"),
        lead=_("A second person decides what the first prepared; the database refuses one who is both."),
        empty=_("Nothing has come before a second person yet."),
    )


def changes(request: Asking) -> HttpResponseBase:
    """The trail of all that changed in place."""
    return listed(
        request,
        history.changes(),
        _CHANGES,
        title=_("Changes"),
        lead=_(
            "What rows were before they were changed or removed, written by the database itself: also of "
            "what no page or command did. Look for an id, a key or a user."
        ),
        empty=_("Nothing has been changed yet."),
        file="changes",
    )


def changed(request: Asking, thing: str) -> HttpResponse:
    """One thing's changes and acts, the newest first. 404 where nothing has this id."""
    rows, acts = history.changes_of(thing), record.history(thing)
    if not rows and not acts:
        raise Http404("Nothing on record has this id.")
    told = {"title": thing, "rows": rows, "acts": acts, "trail": [(_("Changes"), reverse("audit-changes"))]}
    return render(request, "web/auditor/changed.html", told)


def people(request: Asking) -> HttpResponseBase:
    """Everybody with a role in the society's house."""
    rows = [one for one in parties.users() if one[1]]
    listing = few(
        [{"name": name, "roles": ", ".join(roles)} for name, roles in rows], words=lambda one: one["name"]
    )
    columns = [Column(one.key, one.label, value=lambda row, key=one.key: row[key]) for one in _PEOPLE]
    return listed(request, listing, columns, title=_("Who may do what"))

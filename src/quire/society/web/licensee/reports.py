"""What the licensee reports of its own use: handed in, and held against what the sites counted."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.society.kit import clock, periods, walls
from quire.society.kit.paging import Asked, few
from quire.society.kit.periods import Period
from quire.society.licensing import holding
from quire.society.licensing.queries import LicenceRow
from quire.society.usage import actions
from quire.society.usage import queries as usage
from quire.society.usage.actions.reporting import ReportResult
from quire.society.usage.reports.own import Unpaired, reports_of
from quire.society.web import lists
from quire.society.web.licensee.home import months_before
from quire.society.web.licensee.words import me
from quire.society.web.lists import Column
from quire.society.web.pages import Asking
from quire.society.web.taking import by, sent, taken
from quire.society.web.words import here

LARGEST = 16 * 2**20
"""Bytes of a report, as by the API."""
SIDES = {
    "only-site": gettext_lazy("only what the sites counted"),
    "only-lab": gettext_lazy("only what you reported"),
}


class Handing(forms.Form):
    """A report as a file."""

    client = forms.ChoiceField(label=gettext_lazy("Of the client"))
    file = forms.FileField(
        label=gettext_lazy("File"), max_length=200,
        help_text=gettext_lazy("Content Telemetry 1.0: an event batch as JSON, or an event on each line."),
    )  # fmt: skip

    def __init__(self, clients: list[tuple[str, str]], **sent: Any) -> None:
        super().__init__(**sent)
        self.fields["client"].choices = clients

    def clean_file(self) -> bytes:
        """The report's bytes."""
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError(_("The report is too large; hand it in by parts."))
        data: bytes = file.read()
        return data


class Comparing(forms.Form):
    """Which licence and which month are compared."""

    licence = forms.ChoiceField(label=gettext_lazy("Licence"))
    period = forms.CharField(label=gettext_lazy("Month"), max_length=7)

    def __init__(self, codes: list[str], **sent: Any) -> None:
        super().__init__(**sent)
        self.fields["licence"].choices = [(code, code) for code in codes]

    def clean_period(self) -> Period:
        """The month."""
        try:
            found = periods.parse(self.cleaned_data["period"])
        except periods.BadPeriod as problem:
            raise forms.ValidationError(str(problem)) from problem
        if (found.ends - found.starts).days > 31:
            raise forms.ValidationError(_("Compare a month at a time."))
        return found


def reports(request: Asking) -> HttpResponseBase:
    """Every report that was handed in, and the form to hand in another."""
    held = [one.row for one in holding.clients_of(me(request)) if one.row.revoked is None]
    form = Handing([(one.tid, one.name) for one in held], **sent(request))
    done: list[ReportResult] = []

    def act(said: dict[str, Any]) -> None:
        client = holding.client_of(me(request), said["client"]).row
        body = said["file"]
        done.append(actions.take_report(client=client, body=body, lines=_in_lines(body), by=by(request)))

    went = taken(request, form, act, done=_("The report is read."), to=here(request, "lab-reports"))
    if went and not done[0].refused:
        return went
    columns = _columns(request)
    listing = reports_of(me(request))
    if asked := request.GET.get("format"):
        return lists.export(request, listing, columns, asked, "reports")
    return render(request, "web/licensee/reports.html", {
        "title": _("Your reports"), "form": form, "done": done[0] if done else None,
        "refused": done[0].refused[:200] if done else (), "clients": held,
        "table": lists.table(request, listing, columns, caption=_("Reports"), empty=_(
            "You have reported nothing yet. Programs report by the API; a file is handed in below.")),
    })  # fmt: skip


def _in_lines(body: bytes) -> bool:
    """Whether a report has an event on each line: its first line is a whole object, and no batch."""
    try:
        first = json.loads(body.lstrip().partition(b"\n")[0])
    except (ValueError, RecursionError):
        return False
    return isinstance(first, dict) and "events" not in first


def _columns(request: Asking) -> list[Column]:
    return [
        Column("received", _("Received"), "date"),
        Column("client", _("Client"), "code",
               link=lambda one: here(request, "lab-client", client=one.client)),
        Column("taken", _("Taken"), "number"),
        Column("again", _("Known before"), "number"),
        Column("refused", _("Refused"), "number"),
        Column("reasons", _("Why"),
               value=lambda one: ", ".join(f"{code} {n}" for code, n in one.reasons.items())),
        Column("starts", _("First event"), "date"),
        Column("ends", _("Last event"), "date"),
    ]  # fmt: skip


def compared(request: Asking) -> HttpResponseBase:
    """A month of a licence: what both sides have, what only one has; the differences to take away."""
    rows = _licences(request)
    form = Comparing([row.code for row in rows], data={
        "licence": request.GET.get("licence") or (rows[0].code if rows else ""),
        "period": request.GET.get("period") or months_before(clock.today(), 2)[0].strftime("%Y-%m"),
    })  # fmt: skip
    asked = bool(rows and "licence" in request.GET and form.is_valid())
    if asked and (side := request.GET.get("side")):
        return _taken_away(request, form.cleaned_data, side)
    return _compared(request, form, form.cleaned_data if asked else None, rows)


def _licences(request: Asking) -> list[LicenceRow]:
    """The licensee's licences that ended no longer than a year ago, the last first."""
    since = months_before(clock.today(), 13)[0]
    every = holding.licences_of(me(request)).every(Asked())
    return [row for row in every if row.ends > since and row.kind != "lump"]


def _compared(
    request: Asking, form: Comparing, said: dict[str, Any] | None, rows: list[LicenceRow]
) -> HttpResponseBase:
    found = None
    if said:
        with walls.outside():  # of one licence of this licensee's own
            found = usage.reconcile(said["period"].starts, said["period"].ends, said["licence"])
    lines = found.lines if found else ()
    columns = [
        Column("day", _("Day"), "date"),
        Column("basis", _("Compared by"),
               value=lambda one: _("number") if one.basis == "count" else _("request")),
        Column("site", _("Sites counted"), "number"),
        Column("lab", _("You reported"), "number"),
        Column("matched", _("Both"), "number"),
        Column("only_site", _("Only the sites"), "number"),
        Column("only_lab", _("Only you"), "number"),
    ]  # fmt: skip
    if said and (wanted := request.GET.get("format")):
        file = f"{said['licence']}-{said['period']}"
        return lists.export(request, few(lines), columns, wanted, file)
    table = lists.table(request, few(lines), columns, caption=_("Day by day"), empty=_(
        "Neither side has anything in this month."))  # fmt: skip
    return render(request, "web/licensee/compared.html", {
        "title": _("Compared with the sites"), "form": form, "asked": said is not None, "licences": rows,
        "sentences": found.sentences() if found else (), "table": table, "sides": SIDES.items(),
        "of": f"licence={form['licence'].value()}&period={form['period'].value()}",
        "trail": [(_("Your reports"), here(request, "lab-reports"))],
    })  # fmt: skip


def _taken_away(request: Asking, said: dict[str, Any], side: str) -> HttpResponseBase:
    """The records of one side that the other has not, as a file."""
    if side not in SIDES:
        raise Http404("There is no such list of differences.")
    span: Period = said["period"]
    listing = Unpaired(span.starts, span.ends, side, said["licence"])
    columns = [
        Column("day", _("Day"), "date"), Column("at", _("At"), "date"), Column("licence", _("Licence")),
        Column("host", _("Site")), Column("path", _("Path")), Column("content", _("Content id")),
        Column("telemetry", _("Telemetry id")), Column("request", _("Request id")),
        Column("requests", _("Requests"), "number"), Column("basis", _("Compared by")),
    ]  # fmt: skip
    with walls.outside():
        return lists.export(request, listing, columns, request.GET.get("format") or "csv",
                            f"{said['licence']}-{span}-{side}")  # fmt: skip

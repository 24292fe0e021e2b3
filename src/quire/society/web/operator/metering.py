"""Whether usage arrives: files imported and what was set aside of them, edges and their gaps."""

from __future__ import annotations

from datetime import timedelta

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.society.invoicing.strays import stray_hosts
from quire.society.kit import clock, ids, periods, spoken
from quire.society.kit.paging import few
from quire.society.parties import queries as parties
from quire.society.usage import queries
from quire.society.usage.account import HEADINGS
from quire.society.usage.imported import aside_list, imports_list
from quire.society.usage.silent import heard_list
from quire.society.web import charts, lists
from quire.society.web.lists import Column, listed
from quire.society.web.operator.words import together
from quire.society.web.pages import Asking
from quire.society.web.said import said
from quire.society.web.words import use

_IMPORTS = (
    Column("name", gettext_lazy("File"), link=lambda one: reverse("desk-import", args=[one.tid])),
    Column("host", gettext_lazy("Host")),
    Column("format", gettext_lazy("Form")),
    Column("lines", gettext_lazy("Lines"), "number"),
    Column("finished", gettext_lazy("State"), "state", lambda one: _state(one)),
    Column("starts", gettext_lazy("From"), "date"),
    Column("ends", gettext_lazy("To"), "date"),
    Column("by", gettext_lazy("By")),
)
_EDGES = (
    Column("host", gettext_lazy("Site"), link=lambda one: reverse("desk-edge", args=[one.tid])),
    Column("name", gettext_lazy("Edge")),
    Column("heard", gettext_lazy("Last heard"), "date"),
    Column("state", gettext_lazy("State"), "state", lambda one: _edge_state(one)),
    Column("gaps", gettext_lazy("Gaps"), "number"),
    Column("registered", gettext_lazy("Registered"), "date"),
)
_ASIDE = (
    Column("line", gettext_lazy("Line"), "number"),
    Column("heading", gettext_lazy("Why")),
    Column("reason", gettext_lazy("Reason")),
    Column("excerpt", gettext_lazy("What stood there"), "code"),
)


def _state(one: queries.ImportRow) -> str:
    if one.withdrawn_at:
        return "withdrawn"
    return "complete" if one.finished else "partly"


def _edge_state(one: object) -> str:
    if getattr(one, "revoked", False):
        return "revoked"
    return "silent" if getattr(one, "silent", False) else "healthy"


def imports(request: Asking) -> HttpResponseBase:
    """Every file imported."""
    return listed(
        request,
        imports_list(),
        _IMPORTS,
        title=_("Imported usage"),
        lead=_(
            "Each file’s lines are all accounted for: counted, set aside with a reason, or no use at all."
        ),
        empty=_(
            "No usage has been imported yet: “quire usage import” takes access logs, and edges send theirs."
        ),
    )


def imported(request: Asking, imported: str) -> HttpResponseBase:
    """One file: what became of its lines, and what was set aside. Unknown where there is none."""
    found = queries.find(imported)
    listing = aside_list(found.id)
    if form := request.GET.get("format"):
        return lists.export(request, listing, _ASIDE, form, f"set-aside-{found.tid}")
    account = queries.account_of(found)
    parts = [
        charts.Part(said(words), account[name].lines, spoken.number(account[name].lines))
        for name, words in HEADINGS.items()
        if account[name].lines
    ]
    return render(
        request,
        "web/operator/import.html",
        {
            "title": found.name,
            "row": found,
            "lines": account.lines,
            "drawn": charts.bars(parts, label=_("What became of its lines")),
            "table": lists.table(
                request, listing, _ASIDE, caption=_("Set aside"), empty=_("Nothing was set aside.")
            ),
            "trail": [(_("Imported usage"), reverse("desk-imports"))],
        },
    )


def edges(request: Asking) -> HttpResponseBase:
    """Every edge, the one not heard for longest first."""
    return listed(
        request,
        heard_list(),
        _EDGES,
        title=_("Edges"),
        lead=_(
            "Counted at members’ sites and sent here. One not heard for a day is silent: its use is not seen."
        ),
        empty=_("No site has an edge yet. Members register theirs on their own pages."),
    )


def edge(request: Asking, edge: str) -> HttpResponse:
    """One edge with its spools and what a person should look at. 404 where there is none."""
    row = next(iter(queries.edges(edge)), None)
    if row is None:
        raise Http404("There is no such edge.")
    return render(
        request,
        "web/operator/edge.html",
        {
            "title": f"{row.host}: {row.name}",
            "row": row,
            "alarms": row.alarms(),
            "trail": [(_("Edges"), reverse("desk-edges"))],
        },
    )


def this_month(request: Asking) -> HttpResponseBase:
    """To the period that was asked for, or to the last month that is over. BadPeriod."""
    asked = request.GET.get("period", "")
    last = clock.today().replace(day=1) - timedelta(days=1)
    period = periods.parse(asked) if asked else periods.month(last.year, last.month)
    return redirect("desk-usage-of", str(period))


def strays_of(request: Asking, period: str) -> HttpResponseBase:
    """Hosts of nobody's that crawlers visited in a period, by what they would have had. BadPeriod."""
    span = periods.parse(period)
    columns = (
        Column("host", _("Host")),
        Column("worth", _("Would have had"), value=lambda one: together(one.worth)),
        Column("licensed", _("Requests under licence"), "number"),
        Column("requests", _("Requests in all"), "number"),
        Column("operators", _("By whom"), value=lambda one: ", ".join(one.operators)),
    )
    return listed(
        request,
        few(
            stray_hosts(span),
            sorts={"licensed": lambda one: one.licensed, "requests": lambda one: one.requests},
            words=lambda one: f"{one.host} {' '.join(one.operators)}",
        ),
        columns,
        title=_("Unmatched usage in %(period)s") % {"period": span},
        lead=_(
            "On hosts that no party has registered, so it counts for nobody. What it would have had is its "
            "part of what the same licensees paid for these days. Ask whose the host is; once it is "
            "registered, “quire usage rematch” counts it."
        ),
        empty=_("Everything that crawlers visited in this period is somebody’s."),
        file=f"unmatched-{span}",
        trail=[(_("Use in %(period)s") % {"period": span}, reverse("desk-usage-of", args=[str(span)]))],
    )


def usage_of(request: Asking, period: str) -> HttpResponseBase:
    """All that crawlers took in a period, and what became of it. BadPeriod."""
    span = periods.parse(period)
    rows = sorted(queries.totals(span.starts, span.ends), key=lambda one: -one.requests)
    named = parties.names({ids.read("pty", one.licensee) for one in rows if one.licensee})
    licensees = {one.tid: one.name for one in named.values()}
    headings = {one.heading: said(HEADINGS[one.heading]) for one in rows}
    columns = (
        Column("heading", _("What became of it"), value=lambda one: said(HEADINGS[one.heading])),
        Column("operator", _("By whom")),
        Column("licensee", _("Licensee"), value=lambda one: licensees.get(one.licensee, "")),
        Column("use", _("Use"), value=lambda one: use(one.use)),
        Column("requests", _("Requests"), "number"),
    )
    listing = few(
        rows,
        sorts={"requests": lambda one: one.requests},
        filters={"heading": (_("What became of it"), headings, lambda one: one.heading)} if rows else {},
        words=lambda one: f"{one.operator} {licensees.get(one.licensee, '')}",
    )
    return listed(
        request,
        listing,
        columns,
        title=_("Use in %(period)s") % {"period": span},
        empty=_("Nothing is on record of this period. Import its logs, or look at another."),
        template="web/operator/month.html",
        period=span,
        asked=reverse("desk-usage"),
        drawn=_became(rows),
    )


def _became(rows: list[queries.Total]) -> SafeString:
    sums: dict[str, int] = {}
    for one in rows:
        sums[one.heading] = sums.get(one.heading, 0) + one.requests
    parts = [charts.Part(said(HEADINGS[name]), total, spoken.number(total)) for name, total in sums.items()]
    return charts.bars(parts, label=_("What became of the requests"))

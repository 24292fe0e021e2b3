"""Statements: all of them, one from every side, its lines, and the files to take away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.core.money import Money
from quire.society.distribution import queries as distribution
from quire.society.distribution.queries import LineShown, PivotRow, RunSum
from quire.society.kit.paging import Listed, Listing, few
from quire.society.parties import queries as parties
from quire.society.statements import actions, queries
from quire.society.web import lists
from quire.society.web.lists import Column
from quire.society.web.pages import Asking
from quire.society.web.said import said
from quire.society.web.words import cut, days, here, own_first, use

BY = {
    "work": gettext_lazy("Work"),
    "licence": gettext_lazy("Licensee"),
    "use": gettext_lazy("Use"),
    "period": gettext_lazy("Period"),
}
TYPES = {
    "json": "application/json", "csv": "text/csv; charset=utf-8", "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
}  # fmt: skip


def everything(request: Asking) -> HttpResponseBase:
    """Every closed run that gave the member anything, the newest first."""
    sums = few(
        distribution.sums_of(_me(request)),
        sorts={"period": lambda one: one.period.starts, "credited": lambda one: one.credited.quanta},
        filters={"currency": (_("Currency"), _units(request), lambda one: one.credited.currency)},
    )
    columns = [
        Column("period", _("Period"), value=lambda one: str(one.period),
               link=lambda one: here(request, "member-statement", run=one.tid)),
        Column("credited", _("Earned"), "money", lambda one: cut(one.credited)),
        Column("held", _("Still held"), "money", lambda one: cut(one.held) if one.held else None),
        Column("lines", _("Lines"), "number"),
        Column("plan", _("Plan")),
    ]  # fmt: skip
    return lists.listed(
        request, sums, columns, title=_("Statements"),
        lead=_("What each distribution gave you, and every step on the way to it."),
        empty=_("No distribution with a part of yours has been closed yet. Register your works and "
                "say yes to a use; the first statement appears here."),
    )  # fmt: skip


def _units(request: Asking) -> dict[str, str]:
    own = parties.society().currency
    return {own: own} | {one: one for one in ("EUR", "GBP", "USD", "JPY", "CHF")}


def statement(request: Asking, run: str) -> HttpResponseBase:
    """One statement in one of its currencies: sums, the way of the money, and the lines summed by
    something."""
    found, sums = _of(request, run)
    unit, by = _chosen(request, [one.credited.currency for one in sums])
    listing = distribution.Pivot(_me(request), by, run=found.id, currency=unit)
    columns = pivot_columns(request, by, found.tid)
    if form := request.GET.get("format"):
        return lists.export(request, listing, columns, form, f"{found.tid}-by-{by}")
    glance = queries.glance(found, _me(request))
    [row] = [one for one in sums if one.credited.currency == unit]
    return render(request, "web/member/statement.html", {
        "title": _("Statement %(period)s") % {"period": row.period},
        "trail": [(_("Statements"), here(request, "member-statements"))],
        "row": row, "credited": cut(row.credited), "held": cut(row.held), "unit": unit, "by": by,
        "units": [one.credited.currency for one in sums], "sides": BY,
        "ways": [(way, [(step, cut(Money(step.amount, way.currency))) for step in way.steps])
                 for way in glance.ways(unit)],
        "table": lists.table(request, listing, columns, caption=str(BY[by])),
        "rules": glance.plan.sentences(), "decision": glance.row.decision, "root": found.bundle_root,
        "forms": forms(),
    })  # fmt: skip


def _chosen(request: Asking, units: Sequence[str]) -> tuple[str, str]:
    """The currency and the side that the address asks for."""
    own = own_first(units, parties.society().currency)
    unit, by = request.GET.get("currency", own[0]), request.GET.get("by", "work")
    return (unit if unit in units else own[0]), (by if by in BY else "work")


def pivot_columns(request: Asking, by: str, run: str = "") -> list[Column]:
    """The columns of sums by something; by work each leads to its lines."""

    def label(row: PivotRow) -> str:
        return use(row.key) if by == "use" else row.label if row.key else said(row.label)

    def link(row: PivotRow) -> str:
        if not run or by not in {"work", "use"} or not row.key:
            return ""
        name = "use" if by == "use" else "work"
        return f"{here(request, 'member-lines', run=run)}?{name}={row.key}"

    columns = [Column("key", str(BY[by]), value=label, link=link)]
    if by in {"work", "licence"}:
        columns.append(Column("note", _("Address") if by == "work" else _("Licence")))
    return [
        *columns,
        Column("requests", _("Requests"), "number", lambda row: row.requests or None),
        Column("credited", _("Earned"), "money", lambda row: cut(row.credited)),
        Column("held", _("Held"), "money", lambda row: cut(row.held) if row.held else None),
    ]


def lines(request: Asking, run: str) -> HttpResponseBase:
    """The lines of a statement, each of which leads to why it is what it is."""
    found, _sums = _of(request, run)
    listing = distribution.party_lines(_me(request), found.id)
    columns = [
        Column("number", _("Line"), "number", link=lambda one: here(
            request, "member-why", run=found.tid, line=one.number)),
        Column("title", _("Work"), value=lambda one: one.title or _("Your part as a member")),
        Column("use", _("Use"), value=lambda one: use(one.use)),
        Column("source", _("Who paid")),
        Column("days", _("Days of use"), value=lambda one: days(one.since, one.until)),
        Column("requests", _("Requests"), "number", lambda one: one.requests or None),
        Column("portion", _("Portion")),
        Column("outcome", _("State"), "state"),
        Column("amount", _("Amount"), "money", lambda one: cut(one.amount)),
    ]  # fmt: skip
    return lists.listed(
        request, _worded(listing), columns, title=_("Lines of %(period)s") % {"period": _sums[0].period},
        lead=_("The largest amounts first. The number of a line leads to how it was worked out."),
        trail=[(_("Statements"), here(request, "member-statements")),
               (str(_sums[0].period), here(request, "member-statement", run=found.tid))],
    )  # fmt: skip


def _worded(listing: Listing[LineShown]) -> Listed[LineShown]:
    """The list with its uses in words."""
    filters = dict(listing.filters)
    filters["use"] = replace(filters["use"], choices={name: use(name) for name in filters["use"].choices})
    return replace(listing, filters=filters)


def earnings(request: Asking) -> HttpResponseBase:
    """What came in over any period, by work, licensee, use or period of use."""
    me = _me(request)
    sums = distribution.sums_of(me)
    unit, by = _chosen(request, [one.credited.currency for one in sums] or [parties.society().currency])
    since, until = _day(request, "since"), _day(request, "until")
    if sums and "since" not in request.GET and until is None:
        since = sums[0].period.starts  # the last period, until somebody asks for more
    listing = distribution.Pivot(me, by, currency=unit, since=since, until=until)
    columns = pivot_columns(request, by)
    title = _("Earnings")
    if form := request.GET.get("format"):
        return lists.export(request, listing, columns, form, f"earnings-by-{by}")
    units = own_first({one.credited.currency for one in sums}, parties.society().currency)
    return render(request, "web/member/earnings.html", {
        "title": title, "unit": unit, "units": units, "by": by, "sides": BY,
        "since": since, "until": until,
        "table": lists.table(request, listing, columns, caption=title, empty=_(
            "Nothing was earned in these periods. Choose others, or look at your statements.")),
    })  # fmt: skip


def _day(request: Asking, name: str) -> Any:
    from datetime import date

    try:
        return date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None


def file(request: Asking, run: str, form: str) -> HttpResponse:
    """A whole statement as a file, or the proof of its lines."""
    found, _sums = _of(request, run)
    me = parties.party(_me(request))
    if form == "proof":
        return _sent(actions.proof(found, me), "application/json", f"{me.code}-{found.tid}.proof.json")
    if form not in forms():
        raise Http404("There is no such file.")
    data = queries.file_of(found, me, form)
    return _sent(data, TYPES[form], f"{me.code}-{found.tid}.{form}")


def forms() -> list[str]:
    """The forms in which a whole statement can be taken away."""
    return [one for one in queries.FORMS if one in TYPES]


def _sent(data: bytes, kind: str, name: str) -> HttpResponse:
    return HttpResponse(data, content_type=kind, headers={
        "Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store",
    })  # fmt: skip


def _of(request: Asking, run: str) -> tuple[Any, list[RunSum]]:
    """The run and what it gave the member; 404 where it gave nothing, whether or not there is such a run."""
    found = distribution.find(run) if run != "latest" else None
    sums = distribution.sums_of(_me(request), run=found.id) if found else []
    if not sums:
        raise Http404("There is no statement of yours for this run.")
    return found, sums


def _me(request: Asking) -> UUID:
    assert request.seat.party is not None
    return request.seat.party.id

"""What the licensee took and what it was charged, by day, site and use."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.core.terms import USES
from quire.society.kit import clock, spoken, walls
from quire.society.kit.paging import Asked
from quire.society.licensing import queries as licensing
from quire.society.usage.taken import BY, Taken
from quire.society.web import charts, lists
from quire.society.web.lists import Column
from quire.society.web.pages import Asking
from quire.society.web.taking import Day
from quire.society.web.words import days, use, use_lazily

LONGEST = timedelta(days=366)
DRAWN = 62
"""Days of which each has its place in the picture; more are drawn by month."""
SUMMED = {
    "all": gettext_lazy("by day, site and use"), "day": gettext_lazy("by day"),
    "host": gettext_lazy("by site"), "use": gettext_lazy("by use"),
}  # fmt: skip


class Span(forms.Form):
    """Which days are looked at, and what they are summed by."""

    since = forms.DateField(label=gettext_lazy("From"), widget=Day())
    until = forms.DateField(label=gettext_lazy("To"), widget=Day())
    by = forms.ChoiceField(label=gettext_lazy("Summed"), choices=list(SUMMED.items()))

    host = forms.CharField(label=gettext_lazy("Site"), max_length=253, required=False)
    use = forms.ChoiceField(
        label=gettext_lazy("For"), required=False,
        choices=[("", gettext_lazy("any use")), *((name, use_lazily(name)) for name in USES)],
    )  # fmt: skip

    def clean(self) -> dict[str, object]:
        """The days are in order, and no more than a year."""
        said = super().clean() or {}
        since, until = said.get("since"), said.get("until")
        if since and until and not since <= until <= since + LONGEST:
            raise forms.ValidationError(_("Ask for a year at most, the first day before the last."))
        return said


def usage(request: Asking) -> HttpResponseBase:
    """The requests of some days with what was charged for them, as a picture and as a list."""
    form, said = _span(request)
    since, until, by = said["since"], said["until"], said["by"]
    listing = Taken(operators(request), since, until + timedelta(days=1), by, said["host"], said["use"])
    columns = [one for one in _columns() if one.key in (*BY[by], "requests", "charged")]
    with walls.outside():  # what is counted is this licensee's own by its names; the terms are everybody's
        if form_ := request.GET.get("format"):
            return lists.export(request, listing, columns, form_, f"usage-{since}-{until}")
        nothing = _("Nothing was counted in these days. Usage is counted a few minutes after it happens.")
        table = lists.table(request, listing, columns, caption=_("Requests"), empty=nothing)
        picture = drawn(replace(listing, by="day_use"))
    return _shown(request, form, days(since, until + timedelta(days=1)), table, picture)


def _shown(
    request: Asking, form: forms.Form, span: str, table: lists.Table, picture: SafeString
) -> HttpResponse:
    return render(request, "web/licensee/usage.html", {
        "title": _("Usage and spend"), "form": form, "span": span, "table": table, "drawn": picture,
    })  # fmt: skip


def operators(request: Asking) -> list[str]:
    """The names by which this licensee's requests are known: its crawlers', and its own on a token."""
    assert request.seat.party is not None
    return [request.seat.party.tid, *licensing.operators_of(request.seat.party.id)]


def _span(request: Asking) -> tuple[Span, dict[str, Any]]:
    """What is asked for; this month where nothing, or nothing that can be, is."""
    today = clock.today()
    usual = {"since": today.replace(day=1), "until": today, "by": "all", "host": "", "use": ""}
    form = Span({name: request.GET.get(name) or value for name, value in usual.items()})
    return form, form.cleaned_data if form.is_valid() else usual


def _columns() -> list[Column]:
    return [
        Column("day", _("Day"), "date"),
        Column("host", _("Site")),
        Column("use", _("For")),
        Column("requests", _("Requests"), "number"),
        Column("charged", _("Charged"), "money"),
    ]


def drawn(taken: Taken) -> SafeString:
    """Requests along the days, or along the months where they are many; a line for each use there is."""
    count = (taken.ends - taken.starts).days
    daily = count <= DRAWN
    span = [taken.starts + timedelta(days=number) for number in range(count)]
    places = span if daily else sorted({day.replace(day=1) for day in span})
    sums: dict[tuple[str, date], int] = {}
    for row in taken.every(Asked()):
        assert row.day is not None  # it is summed by day and use
        place = row.day if daily else row.day.replace(day=1)
        sums[row.use, place] = sums.get((row.use, place), 0) + row.requests
    uses = [name for name in USES if any(key[0] == name for key in sums)]
    if not uses or len(places) < 2:
        return SafeString("")
    told = spoken.day_of_month if daily else spoken.month
    series = [charts.Series(use(name), [max(sums.get((name, one), 0), 0) for one in places]) for name in uses]
    return charts.line(
        [told(one) for one in places], series, label=_("Requests"),
        told=lambda value: spoken.number(int(value)),
        over=_("day") if daily else _("month"),
    )  # fmt: skip

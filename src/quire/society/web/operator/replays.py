"""A replay: what a plan would have given in closed runs, beside what they gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from quire.core.money import quanta_of
from quire.society.distribution.jobs import kept
from quire.society.web import charts
from quire.society.web.operator.words import OUTCOMES, read, signed
from quire.society.web.pages import Asking
from quire.society.web.words import Cut


@dataclass(frozen=True, slots=True)
class Row:
    """A group or a party: what it had, would have had, and the difference."""

    name: str
    had: Cut
    would: Cut
    more: str
    people: int = 0
    gain: int = 0
    lose: int = 0
    link: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One currency of a replay."""

    currency: str
    everybody: Row
    picture: SafeString
    outcomes: list[Row]
    groups: list[tuple[str, list[Row]]]
    changes: list[Row]


def replay(request: Asking, replay: str) -> HttpResponse:
    """What came of a replay. 404 where there is none of that name."""
    told = kept("replays", replay) if replay.isalnum() else None
    if told is None:
        raise Http404("There is no such replay.")
    return render(
        request,
        "web/operator/replay.html",
        {
            "title": _("Replay of “%(name)s”") % {"name": told["plan"]},
            "told": told,
            "shown": [_shown(one) for one in told["currencies"]],
            "trail": [(_("Plans"), reverse("desk-plans"))],
        },
    )


def _shown(one: dict[str, Any]) -> Shown:
    unit = one["currency"]
    groups = [(_("By what they had, in tenths"), [_group(x, unit) for x in one["tenths"]])]
    if any(group["name"] for group in one["after"]):
        groups.append((_("By tier of this plan"), [_group(x, unit) for x in one["after"]]))
    outcomes = [
        Row(
            str(OUTCOMES.get("allocated" if name == "payable" else name, name)),
            read(had, unit),
            read(would, unit),
            signed(Cut(quanta_of(would) - quanta_of(had), unit)),
        )
        for name, (had, would) in one["outcomes"].items()
        if name != "pooled"
    ]
    changes = [
        Row(
            row["name"],
            read(row["had"], unit),
            read(row["would"], unit),
            signed(Cut(quanta_of(row["would"]) - quanta_of(row["had"]), unit)),
            link=reverse("desk-party", args=[row["party"]]),
        )
        for row in one["changes"]
    ]
    return Shown(unit, _group(one["all"], unit), _drawn(groups[0][1], unit), outcomes, groups, changes)


def _group(one: dict[str, Any], unit: str) -> Row:
    more = Cut(quanta_of(one["would"]) - quanta_of(one["had"]), unit)
    return Row(
        one["name"] or _("no tier"),
        read(one["had"], unit),
        read(one["would"], unit),
        signed(more),
        one["people"],
        one["gain"],
        one["lose"],
    )


def _drawn(tenths: list[Row], unit: str) -> SafeString:
    """Had and would have had, tenth by tenth."""
    if len(tenths) < 2 or any(row.had.quanta < 0 or row.would.quanta < 0 for row in tenths):
        return SafeString("")
    series = [
        charts.Series(_("had"), [row.had.quanta for row in tenths]),
        charts.Series(_("would have had"), [row.would.quanta for row in tenths]),
    ]
    return charts.line(
        [row.name for row in tenths],
        series,
        label=_("Members in tenths, from who had least to who had most"),
        told=lambda value: Cut(int(value), unit).grouped(),
    )

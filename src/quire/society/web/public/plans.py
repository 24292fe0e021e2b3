"""Plans as everybody may read them: those adopted, and one in sentences, as a picture, and in its text."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from quire.core.plan import Plan
from quire.core.plan import picture as letters
from quire.society.distribution import watching
from quire.society.web import lists
from quire.society.web.lists import Column
from quire.society.web.pages import Asking
from quire.society.web.public.front import plan_in_force
from quire.society.web.splitting import split


def plans(request: Asking) -> HttpResponseBase:
    """Every plan adopted, the latest first."""
    now = plan_in_force()
    columns = [
        Column("name", _("Plan"), link=lambda one: reverse("plan", args=[one.tid])),
        Column("starts", _("In force from"), "date"),
        Column("now", _("For"), value=lambda one: _said(one, now)),
        Column("decision", _("Adopted by")),
    ]
    return lists.listed(
        request, watching.plans_list(), columns, title=_("Plans"),
        lead=_("A plan says how what comes in is divided. The members adopt its exact text, and it stays as "
               "it was adopted."),
        empty=_("No plan has been adopted yet. Until the members adopt one, nothing is divided."),
    )  # fmt: skip


def _said(one: watching.PlanRow, now: watching.PlanRow | None) -> str:
    if one.by_name:
        return _("runs that name it")
    return _("every run, today") if now and one.tid == now.tid else _("every run")


def plan(request: Asking, plan: str) -> HttpResponseBase:
    """One plan. kit.nouns.Unknown where there is none."""
    row = watching.plan(plan)
    read = Plan.parse(row.text)
    return render(request, "web/public/plan.html", {
        "title": row.name, "plan": row, "trail": [(_("Plans"), reverse("plans"))],
        "sentences": read.sentences(), "picture": split(read), "letters": "\n".join(letters(read)),
    })  # fmt: skip

"""Plans at the desk: those adopted, one in words, and the editor that says what a text would do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.core.plan import Plan, PlanWrong, fitting
from quire.core.plan import picture as letters
from quire.society.distribution import actions, watching
from quire.society.distribution import fitting as with_licences
from quire.society.kit import clock, jobs
from quire.society.membership import watching as membership
from quire.society.web.lists import Column, listed
from quire.society.web.operator.doing import tried
from quire.society.web.pages import Asking
from quire.society.web.splitting import split
from quire.society.web.taking import Day, by

SHIPPED = ("per-usage", "tiered", "hybrid")
_LINE = re.compile(r"line (\d+)")
_LABEL = re.compile(r"“([^”]+)”")

_COLUMNS = (
    Column("name", gettext_lazy("Plan"), link=lambda one: reverse("desk-plan", args=[one.tid])),
    Column("starts", gettext_lazy("In force from"), "date"),
    Column(
        "by_name",
        gettext_lazy("For"),
        value=lambda one: _("runs that name it") if one.by_name else _("every run"),
    ),
    Column("decision", gettext_lazy("Adopted by")),
    Column("digest", gettext_lazy("Digest"), "code", lambda one: one.digest[7:23]),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What keeps a plan from working, and the line of the text that it is about (0: none in particular)."""

    line: int
    there: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Explained:
    """A text looked at: the problems, or what the plan says and how it splits money."""

    problems: list[Problem]
    name: str = ""
    sentences: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    picture: str = ""
    letters: str = ""


def plans(request: Asking) -> HttpResponseBase:
    """Every plan adopted, the latest first."""
    return listed(
        request,
        watching.plans_list(),
        _COLUMNS,
        title=_("Plans"),
        lead=_(
            "A plan says how what comes in is divided. Its exact text is adopted by a decision and stays."
        ),
        empty=_("No plan has been adopted yet. Begin with one that comes with Quire."),
        template="web/operator/plans.html",
        shipped=SHIPPED,
    )


def plan(request: Asking, plan: str) -> HttpResponse:
    """One adopted plan: its sentences, its picture and its text. Unknown where there is none."""
    row = watching.plan(plan)
    return render(
        request,
        "web/operator/plan.html",
        {
            "title": row.name,
            "plan": row,
            "told": explained(row.text),
            "trail": [(_("Plans"), reverse("desk-plans"))],
        },
    )


class Text(forms.Form):
    """The text of a plan, and what may be done with it."""

    text = forms.CharField(
        label=gettext_lazy("The plan"),
        strip=False,
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 26, "spellcheck": "false", "class": "code"}),
    )


class Adopting(forms.Form):
    """From when, and by whose decision."""

    starts = forms.DateField(label=gettext_lazy("In force from"), widget=Day())
    decision = forms.CharField(
        label=gettext_lazy("Decision"),
        max_length=200,
        help_text=gettext_lazy("Like: Members’ meeting of 12 March 2026, item 4."),
    )
    by_name = forms.BooleanField(label=gettext_lazy("Only for runs that name it"), required=False)


class Replaying(forms.Form):
    """Over how many runs."""

    runs = forms.IntegerField(label=gettext_lazy("Closed runs"), min_value=1, max_value=120, initial=12)


def editor(request: Asking) -> HttpResponseBase:
    """A text with its explanation beside it; check it, replay it over closed runs, adopt it."""
    act = request.POST.get("act", "") if request.method == "POST" else ""
    text = Text({"text": request.POST.get("text", "")} if act else {"text": begun(request)})
    adopting = Adopting(request.POST if act == "adopt" else None, initial={"starts": clock.today()})
    replaying = Replaying(request.POST if act == "replay" else None)
    if text.is_valid() and act == "replay":
        job = tried(replaying, lambda said: _replay(request, text.cleaned_data["text"], said["runs"]))
        if job:
            return redirect("desk-job", job.tid)
    if text.is_valid() and act == "adopt":
        made = tried(
            adopting, lambda said: actions.adopt_plan(text=text.cleaned_data["text"], by=by(request), **said)
        )
        if made:
            messages.success(request, _("The plan is adopted."))
            return redirect("desk-plan", made.tid)
    return render(
        request,
        "web/operator/editor.html",
        {
            "title": _("A plan"),
            "form": text,
            "adopting": adopting,
            "replaying": replaying,
            "told": explained(str(text["text"].value() or "")),
            "trail": [(_("Plans"), reverse("desk-plans"))],
        },
    )


def begun(request: Asking) -> str:
    """The text that one begins with: of an adopted plan, or of one that comes with Quire. 404 for another."""
    wanted = request.GET.get("from", "hybrid")
    if wanted in SHIPPED:
        return (files("quire.core") / "plans" / f"{wanted}.toml").read_text("utf-8")
    if wanted.startswith("pln_"):
        return watching.plan(wanted).text
    raise Http404("There is no such plan.")


def _replay(request: Asking, text: str, runs: int) -> jobs.Job:
    name = Plan.parse(text).name
    key = uuid4().hex
    title = _("Replay of “%(name)s”") % {"name": name}
    return jobs.ask(
        "distribution.replay",
        title,
        by=by(request),
        text=text,
        against=f"LAST-{runs}",
        key=key,
        address=reverse("desk-replay", args=[key]),
    )


def explained(text: str) -> Explained:
    """What a text of a plan says, or everything that keeps it from working."""
    lines = text.replace("\r\n", "\n").split("\n")
    try:
        plan = Plan.parse(text)
    except PlanWrong as problem:
        return Explained([_problem(one, lines) for one in problem.data["problems"]])
    today = clock.today()
    unfit = list(with_licences.unfit(plan, with_licences.in_force_from(today)))
    notes = (*fitting.idle(plan), *fitting.notes(plan, membership.count()))
    return Explained(
        [_problem(one, lines) for one in unfit],
        plan.name,
        tuple(plan.sentences()),
        notes,
        split(plan),
        "\n".join(letters(plan)),
    )


def _problem(sentence: str, lines: list[str]) -> Problem:
    """A problem with its line: the one that the reader of TOML names, or that has the label it is about."""
    found = _LINE.search(sentence)
    line = int(found[1]) if found else _labelled(sentence, lines)
    there = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    return Problem(line if there else 0, there, sentence)


def _labelled(sentence: str, lines: list[str]) -> int:
    named = [f'"{one}"' for one in _LABEL.findall(sentence)]
    return next((n for n, line in enumerate(lines, 1) if any(one in line for one in named)), 0)

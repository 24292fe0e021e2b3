"""Who asks to join, and who belongs: applications with every reason, members, and parties."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from quire.society.kit import clock
from quire.society.membership import actions, queries, watching
from quire.society.membership.queries import ApplicationFacts
from quire.society.membership.rules import Rule, as_text
from quire.society.web.lists import Column, listed
from quire.society.web.operator.doing import asked, tried
from quire.society.web.pages import Asking
from quire.society.web.said import said
from quire.society.web.taking import Day, by, sent


def party(one: Any) -> str:
    """Where the party of a row is looked at."""
    return reverse("desk-party", args=[one.party.tid])


_APPLICATIONS = (
    Column(
        "on",
        pgettext_lazy("a day", "Of"),
        "date",
        link=lambda one: reverse("desk-application", args=[one.tid]),
    ),
    Column("party", gettext_lazy("Who"), value=lambda one: one.party.name, link=party),
    Column(
        "admitted", gettext_lazy("Outcome"), "state", lambda one: "admitted" if one.admitted else "refused"
    ),
    Column("reasons", gettext_lazy("Reasons"), value=lambda one: " ".join(one.reasons)),
)
_MEMBERS = (
    Column("party", gettext_lazy("Who"), value=lambda one: one.party.name, link=party),
    Column("code", gettext_lazy("Code"), "code", lambda one: one.party.code),
    Column("starts", gettext_lazy("Member since"), "date"),
    Column("ends", gettext_lazy("Until"), "date"),
    Column("notice_on", gettext_lazy("Notice given"), "date"),
)


def applications(request: Asking) -> HttpResponseBase:
    """Every application with its outcome and reasons."""
    return listed(
        request,
        watching.applications_list(),
        _APPLICATIONS,
        title=_("Applications"),
        lead=_(
            "The criteria decide, all at once and the same for everybody. Who is refused hears every reason."
        ),
        empty=_("Nobody has applied yet. Put an application on record, or hand in a file with many."),
        template="web/operator/applications.html",
    )


def application(request: Asking, application: str) -> HttpResponse:
    """One application: what was shown, criterion by criterion, and what came of it."""
    found = watching.application(application)
    criteria = next(one for one in queries.criteria_versions() if one.tid == found.criteria)
    return render(
        request,
        "web/operator/application.html",
        {
            "title": found.party.name,
            "one": found,
            "criteria": criteria,
            "judged": judged(found, criteria.rules),
            "trail": [(_("Applications"), reverse("desk-applications"))],
        },
    )


def judged(found: ApplicationFacts, rules: tuple[Rule, ...]) -> list[tuple[str, str, str, str]]:
    """Each criterion: its name, what is needed, what was shown, and the reason where it does not suffice."""
    shown = dict(found.shown)
    made = []
    for rule in rules:
        needed = as_text(rule.value)
        least = _("at least %(number)s") % {"number": needed} if rule.kind == "at-least" else needed
        said = shown.get(rule.name, "")
        reason = next(
            (
                one
                for one in found.reasons
                if one == rule.sentence.replace("{shown}", said).replace("{needed}", needed)
            ),
            "",
        )
        made.append((rule.name.replace("_", " "), least, said, reason))
    return made


class Applying(forms.Form):
    """Who applies, and what is shown for each criterion in force."""

    party = forms.CharField(
        label=gettext_lazy("Party"),
        max_length=80,
        help_text=gettext_lazy("Its code or id; it is put on record first, under Parties."),
    )
    on = forms.DateField(label=pgettext_lazy("a day", "Of"), widget=Day(), initial=clock.today)

    def __init__(self, rules: tuple[Rule, ...], **given: Any) -> None:
        super().__init__(**given)
        for rule in rules:
            label = said(rule.name.replace("_", " ").capitalize())
            if rule.kind == "is":
                choices = [("", "–"), ("yes", _("yes")), ("no", _("no"))]
                self.fields[f"rule-{rule.name}"] = forms.ChoiceField(label=label, choices=choices)
            else:
                wanted = _("At least %(number)s is needed.") % {"number": as_text(rule.value)}
                self.fields[f"rule-{rule.name}"] = forms.CharField(
                    label=label, max_length=20, help_text=wanted
                )


def apply(request: Asking) -> HttpResponseBase:
    """Put an application on record: it is judged at once."""
    rules = queries.criteria_on(clock.today()).rules
    form = Applying(rules, **sent(request))

    def act(said: dict[str, Any]) -> Any:
        shown = {rule.name: said[f"rule-{rule.name}"] for rule in rules}
        return actions.apply(party=said["party"], shown=shown, on=said["on"], by=by(request))

    if request.method == "POST" and (made := tried(form, act)):
        told = _("Admitted: every criterion is met.") if made.admitted else _("Refused, with every reason.")
        messages.success(request, told)
        return redirect("desk-application", made.tid)
    return asked(
        request,
        form,
        title=_("An application"),
        submit=_("Judge it"),
        back=(_("Applications"), reverse("desk-applications")),
        lead=_("Nobody decides over it: the criteria in force on its day do."),
    )


def members(request: Asking) -> HttpResponseBase:
    """Every membership that there is or was."""
    return listed(
        request,
        watching.members_list(),
        _MEMBERS,
        title=_("Members"),
        empty=_("The society has no member yet. Who applies and meets the criteria becomes one."),
    )

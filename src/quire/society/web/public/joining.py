"""How one becomes a member: the criteria, the same for everybody, and how to leave again."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from quire.society.kit import clock
from quire.society.membership import queries
from quire.society.membership.errors import NoCriteria
from quire.society.membership.rules import Rule, as_text
from quire.society.parties import queries as parties
from quire.society.web.pages import Asking
from quire.society.web.said import said


def joining(request: Asking) -> HttpResponseBase:
    """The criteria in force, in words; and those to come."""
    today = clock.today()
    versions = queries.criteria_versions()
    try:
        now = queries.in_force(versions, today)
    except NoCriteria:
        now = None
    return render(request, "web/public/joining.html", {
        "title": _("Joining"), "now": now, "rules": [_told(one) for one in now.rules] if now else [],
        "coming": [(one, [_told(rule) for rule in one.rules]) for one in versions if one.starts > today],
        "from": parties.society() if parties.founded() else None,
    })  # fmt: skip


def _told(rule: Rule) -> tuple[str, str]:
    """What is looked at, and what is needed."""
    name = said(rule.name.replace("_", " ").capitalize())
    if rule.kind == "at-least":
        return name, _("at least %(number)s") % {"number": as_text(rule.value)}
    return name, _("yes") if rule.value else _("no")

"""A licensee's pages."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from quire.society.web import jobs, team
from quire.society.web.licensee import home
from quire.society.web.pages import Page

PAGES = (
    Page("", "lab", home.home, menu="Home"),
    Page("team/", "lab-team", team.team, menu=_("Team"), writes="admin"),
    *jobs.pages("licensee"),
)

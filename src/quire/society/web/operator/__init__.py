"""The pages of the society's own people."""

from __future__ import annotations

from quire.society.web import jobs
from quire.society.web.operator import home
from quire.society.web.pages import Page

PAGES = (Page("", "desk", home.home, menu="Work queue"), *jobs.pages("operator"))

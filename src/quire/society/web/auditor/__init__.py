"""The auditor's pages: everything, to read."""

from __future__ import annotations

from quire.society.web.auditor import home
from quire.society.web.pages import Page

PAGES = (Page("", "audit", home.home, menu="Overview"),)

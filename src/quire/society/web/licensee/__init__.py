"""A licensee's pages."""

from __future__ import annotations

from quire.society.web.licensee import home
from quire.society.web.pages import Page

PAGES = (Page("", "lab", home.home, menu="Home"),)

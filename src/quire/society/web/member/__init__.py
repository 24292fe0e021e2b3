"""A member's pages."""

from __future__ import annotations

from quire.society.web.member import home
from quire.society.web.pages import Page

PAGES = (Page("", "member", home.home, menu="Home"),)

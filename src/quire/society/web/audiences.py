"""Everybody who comes, and every page there is: the one list from which addresses, menus and tests are
made."""

from __future__ import annotations

from quire.society.web import auditor, licensee, member, operator, public
from quire.society.web.pages import Audience, Page

AUDIENCES = (
    Audience("public", "The public", "", public.PAGES),
    Audience("member", "Member", "member/<str:party>/", member.PAGES),
    Audience("licensee", "Licensee", "lab/<str:party>/", licensee.PAGES),
    Audience("operator", "The society's desk", "desk/", operator.PAGES),
    Audience("auditor", "Auditor", "audit/", auditor.PAGES),
)


def audience(name: str) -> Audience:
    """The audience of this name."""
    return next(one for one in AUDIENCES if one.name == name)


def pages() -> list[tuple[Audience, Page]]:
    """Every page there is, with whose it is."""
    return [(one, page) for one in AUDIENCES for page in one.pages]

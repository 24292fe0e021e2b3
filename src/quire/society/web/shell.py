"""What stands round every page: the society's name, the menu of whoever looks, and where else they may go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from quire.core.errors import QuireError
from quire.society.parties import queries as parties
from quire.society.parties.models import User
from quire.society.web import notices, pages
from quire.society.web.audiences import audience


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a menu. ``here`` is "page" where it leads to the page that is open, "true" where that page
    stands below it, else ""."""

    label: str
    address: str
    here: str


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere else that the user may sit: a party's pages, the desk, the auditor's seat."""

    label: str
    address: str


def around(request: HttpRequest) -> dict[str, Any]:
    """The context of every page: ``society``, ``seat``, ``menu``, ``places``, ``languages``, ``bell``,
    ``sso`` (the provider's name, or "") and ``must_have_mfa``."""
    seat = getattr(request, "seat", None)
    user = request.user if isinstance(getattr(request, "user", None), User) else None
    return {
        "society": _society(),
        "seat": seat,
        "menu": _menu(request, seat) if seat else [],
        "places": places(user) if user else [],
        "languages": settings.LANGUAGES,
        "bell": notices.bell(seat) if user else None,
        "sso": settings.SSO.name if settings.SSO else "",
        "must_have_mfa": settings.REQUIRE_MFA and bool(user and parties.roles(user)),
    }


def _society() -> Any:
    try:
        return parties.society()
    except QuireError:
        return None


def _menu(request: Any, seat: pages.Seat) -> list[tuple[str, list[Entry]]]:
    named = {"party": seat.party.code} if seat.party else {}
    told = [
        (heading, [(str(one.menu), reverse(one.name, kwargs=named)) for one in entries])
        for heading, entries in pages.menu(audience(seat.audience), seat)
    ]
    near = _nearest(request.path, [address for _, entries in told for _, address in entries])
    here = "page" if near == request.path else "true"
    return [
        (heading, [Entry(label, address, here if address == near else "") for label, address in entries])
        for heading, entries in told
    ]


def _nearest(path: str, addresses: list[str]) -> str:
    """The menu's entry that the page stands below: the longest address that its own begins with."""
    below = [one for one in addresses if path == one or path.startswith(one.rstrip("/") + "/")]
    return max(below, key=len, default="")


def places(user: User) -> list[Place]:
    """Where the user may sit, the society's own house first."""
    roles = parties.roles(user)
    found = []
    if roles & {"operator", "approver"}:
        found.append(Place(_("The desk"), reverse("desk")))
    if "auditor" in roles:
        found.append(Place(_("The auditor’s seat"), reverse("audit")))
    for one in parties.seats(user=user):
        page = "lab" if one.party.kind == "lab" else "member"
        found.append(Place(one.party.name, reverse(page, kwargs={"party": one.party.code})))
    return found

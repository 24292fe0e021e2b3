"""Every room's checks, run when the auditor asks."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from quire.society import audit
from quire.society.kit import clock
from quire.society.web.pages import Asking


def checks(request: Asking) -> HttpResponse:
    """What is checked, by room; a POST runs all of it and says what was found."""
    rooms: dict[str, list[str]] = {}
    for room, check in audit.rooms():
        rooms.setdefault(room, []).append((check.__doc__ or "").partition("\n")[0])
    told = {"title": _("Check everything"), "rooms": rooms, "found": None, "at": clock.now()}
    if request.method == "POST":
        told["found"] = audit.findings()
    return render(request, "web/auditor/checks.html", told)

"""Opens a page to whom it is for, and builds the second wall: what a party's page may see of the database."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from quire.core.errors import QuireError
from quire.society.kit import trail, walls
from quire.society.parties import queries as parties
from quire.society.parties.models import User
from quire.society.parties.queries import PartyName
from quire.society.web.pages import Asking, Audience, Page, Seat, View
from quire.society.web.rules import allowed


def guard(audience: Audience, page: Page) -> View:
    """The page's view behind its door: 404 for a party that is none or is not yours, the sign-in page for who
    has not signed in, 403 for what you may not do. A refusal of the society's is shown as a sentence.
    """

    @wraps(page.view)
    def opened(request: Asking, *given: Any, **named: Any) -> HttpResponseBase:
        if request.method not in {"GET", "HEAD"} and not (page.writes and request.method == "POST"):
            return HttpResponseNotAllowed(["GET", "HEAD", *(["POST"] if page.writes else [])])
        user = request.user if isinstance(request.user, User) else None
        if user is None and audience.name != "public":
            return redirect_to_login(request.get_full_path())
        request.seat = _seat(audience, user, named.pop("party", None) if audience.of_party else None)
        request.page, request.audience = page, audience  # type: ignore[attr-defined]
        _check(request, page)
        with said(request), wall(request.seat):
            return _answered(request, page, *given, **named)

    opened.limited = True  # type: ignore[attr-defined]  # web.limits counts who asks for it
    return opened


def _seat(audience: Audience, user: User | None, code: str | None) -> Seat:
    party = _party(code) if code is not None else None
    may = allowed(audience.name, user, party.id if party else None)
    if code is not None and (party is None or "read" not in may):
        raise Http404("There is no such page for you.")  # whether the party exists is nobody's business
    return Seat(audience.name, user, party, may)


def _party(code: str) -> PartyName | None:
    try:
        found = parties.party(code)
    except QuireError:
        return None
    return PartyName(found.id, found.tid, found.code, found.name, found.kind)


def _check(request: Asking, page: Page) -> None:
    needs = page.writes if request.method == "POST" else page.needs
    if needs not in request.seat.may or page.needs not in request.seat.may:
        raise PermissionDenied(f"This needs somebody who may {needs}.")


def _answered(request: Asking, page: Page, *given: Any, **named: Any) -> HttpResponseBase:
    try:
        return page.view(request, *given, **named)
    except QuireError as problem:
        if request.method == "POST":
            messages.error(request, str(problem))
            return redirect(request.get_full_path())
        return render(request, "web/refused.html", {"problem": problem}, status=problem.status)


def said(request: Asking) -> AbstractContextManager[None]:
    """Who writes, and on which page, for the trail of changes."""
    if request.method != "POST":
        return nullcontext()
    return trail.because(request.seat.user.username if request.seat.user else "", request.path)


def wall(seat: Seat) -> AbstractContextManager[None]:
    """While it stands, the database itself shows the rows of the seat's party alone (``kit.walls``). Who is
    of the house, and the public's pages, see what their queries ask for.
    """
    if seat.party is None or seat.user is None or parties.roles(seat.user):
        return nullcontext()
    return walls.looking_as(seat.party.id)

"""How people come in: invited, never by signing up; then wherever they sit."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from quire.society.web.shell import places


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """What of django-allauth is set otherwise."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up by themselves: a team or the society invites."""
        return False


def home(request: Any) -> HttpResponseBase:
    """Where somebody goes who has signed in: their one seat, or a choice of them."""
    if not request.user.is_authenticated:
        return redirect("account_login")
    found = places(request.user)
    if len(found) == 1:
        return redirect(found[0].address)
    return render(request, "web/seats.html", {"places": found})

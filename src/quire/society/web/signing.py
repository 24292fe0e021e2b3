"""How people come in: invited, never by signing up; then wherever they sit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.utils import is_mfa_enabled
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from quire.core.errors import QuireError
from quire.society.parties import queries as parties
from quire.society.parties.models import User
from quire.society.web.shell import places

INVITED = "invitation"
"""Where a session keeps the invitation by which somebody is coming in."""


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """What of django-allauth is set otherwise."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up by themselves: a team or the society invites."""
        return False


class Connected(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Who comes by the society's own provider."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Who has opened a good invitation in this browser comes in by the provider, too."""
        return invited(request) is not None


def invited(request: HttpRequest) -> parties.InvitationRow | None:
    """The open invitation that was opened in this browser, if there is one."""
    try:
        return parties.invitation(str(request.session.get(INVITED, "")))
    except QuireError:
        return None


class Hygiene:
    """Nothing that somebody signed in sees stays in a browser's memory; and, where it is so set, the
    society's own people have a second factor before they see anything."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user if isinstance(request.user, User) else None
        if user is None:
            return self.answer(request)
        said = self._second_factor(request, user) or self.answer(request)
        if not said.has_header("Cache-Control"):
            add_never_cache_headers(said)
        return said

    def _second_factor(self, request: HttpRequest, user: User) -> HttpResponseBase | None:
        open_to_all = request.path.startswith(
            (reverse("account_login").rsplit("login", 1)[0], settings.STATIC_URL)
        )
        if open_to_all or not must_have_mfa(user) or is_mfa_enabled(user):
            return None
        messages.warning(request, _("Set up a second factor first; whoever works for the society has one."))
        return redirect("mfa_index")


def must_have_mfa(user: User) -> bool:
    """Whether the society has its own people sign in with a second factor, and this is one of them."""
    return bool(settings.REQUIRE_MFA and parties.roles(user))


def home(request: Any) -> HttpResponseBase:
    """Where somebody goes who has signed in: on with an invitation that was opened, else to their one seat,
    or a choice of them."""
    if not request.user.is_authenticated:
        return redirect("account_login")
    if invited(request) is not None:
        return redirect("invitation", request.session[INVITED])
    found = places(request.user)
    if len(found) == 1:
        return redirect(found[0].address)
    return render(request, "web/seats.html", {"places": found})

"""How many pages somebody may ask for in a minute, whatever process of the server they come to.

Tries at signing in are limited by django-allauth, more narrowly, in the same database (``CACHES``); the HTTP
API limits its keys.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address

from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from quire.society.kit import rates
from quire.society.parties.models import User

_OTHERS = ("/api/", "/static/", "/healthz", "/readyz", "/metrics")
"""What is no page, or has limits of its own."""


class Limits:
    """Middleware: 429, with ``Retry-After``, to who asks for more."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The page, or that it is too much."""
        whose = _whose(request) if settings.PAGE_LIMIT else ""
        rate = rates.count(whose, settings.PAGE_LIMIT) if whose else None
        if rate is None or not rate.over:
            return self._answer(request)
        answer = render(request, "429.html", {"seconds": rate.seconds}, status=429)
        answer["Retry-After"] = str(rate.seconds)
        return answer


def _whose(request: HttpRequest) -> str:
    """Under what a request is counted: the user, else the address (of IPv6 its network); "" for one that is
    not counted, as from this machine itself."""
    if request.path.startswith(_OTHERS):
        return ""
    try:
        address = get_ip(request)
        if ip_address(address).is_loopback:
            return ""
    except (PermissionDenied, ValueError):  # a socket without an address
        return ""
    return f"page:user:{request.user.pk}" if isinstance(request.user, User) else f"page:{address}"

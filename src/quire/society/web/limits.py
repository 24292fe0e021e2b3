"""How many pages somebody may ask for in a minute, whatever process of the server they come to.

Tries at signing in are limited by django-allauth, more narrowly, in the same database (``CACHES``); the HTTP
API limits its keys.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from quire.society.kit import rates
from quire.society.parties.models import User


class Limits:
    """Middleware: 429, with ``Retry-After``, to who asks for more. Only what the guard opens is a page: edges
    and crawlers ask elsewhere, and often."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer, of whatever is asked for."""
        return self._answer(request)

    def process_view(self, request: HttpRequest, view: Any, *_: Any) -> HttpResponseBase | None:
        """That it is too much; None where the page may be opened."""
        whose = _whose(request) if settings.PAGE_LIMIT and getattr(view, "limited", False) else ""
        rate = rates.count(whose, settings.PAGE_LIMIT) if whose else None
        if rate is None or not rate.over:
            return None
        answer = render(request, "429.html", {"seconds": rate.seconds}, status=429)
        answer["Retry-After"] = str(rate.seconds)
        return answer


def _whose(request: HttpRequest) -> str:
    """Under what a request is counted: the user, else the address (of IPv6 its network); "" for one that is
    not counted, as from this machine itself."""
    try:
        address = get_ip(request)
        if ip_address(address).is_loopback:
            return ""
    except (PermissionDenied, ValueError):  # a socket without an address
        return ""
    return f"page:user:{request.user.pk}" if isinstance(request.user, User) else f"page:{address}"

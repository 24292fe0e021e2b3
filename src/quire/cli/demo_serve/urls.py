"""The demonstration's addresses: the society's, and the way in."""

from __future__ import annotations

from django.contrib.auth import login
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_safe

from quire.cli.demo_serve import links, people
from quire.society import urls
from quire.society.parties import queries as parties

HERE = {"127.0.0.1", "::1"}


@require_safe
def enter(request: HttpRequest, token: str) -> HttpResponseBase:
    """Sign in whom the link is for. 404 for a link that is not good, and for anybody who is elsewhere."""
    try:
        name = links.user_of(token)
    except BadSignature as problem:
        raise Http404("This link is not good: quire demo serve prints new ones.") from problem
    if request.META.get("REMOTE_ADDR") not in HERE or name not in {one.user for one in people.PEOPLE}:
        raise Http404("This link is for the demonstration's own machine.")
    login(request, parties.acting(name), backend="django.contrib.auth.backends.ModelBackend")
    return redirect("home")


urlpatterns = [path("demo/<str:token>", enter, name="demo-enter"), *urls.urlpatterns]

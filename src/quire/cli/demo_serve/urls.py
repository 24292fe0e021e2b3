"""The demonstration's addresses: the society's, and the ways in."""

from __future__ import annotations

from django.contrib.auth import login, logout
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_safe

from quire.cli.demo_serve import links, people, tour
from quire.society import urls
from quire.society.parties import queries as parties

HERE = {"127.0.0.1", "::1"}


@require_safe
def enter(request: HttpRequest, token: str) -> HttpResponseBase:
    """Sign in whom the link is for, or begin the tour. 404 for a link that is not good, and for anybody who
    is elsewhere."""
    try:
        name = links.user_of(token)
    except BadSignature as problem:
        raise Http404("This link is not good: quire demo serve prints new ones.") from problem
    if request.META.get("REMOTE_ADDR") not in HERE or name not in people.LINKED:
        raise Http404("This link is for the demonstration's own machine.")
    if name == people.TOUR:
        return _stand(request, 1)
    _be(request, name)
    return redirect("home")


@require_safe
def walk(request: HttpRequest, step: int) -> HttpResponseBase:
    """Go to a step of the tour, as the person whose page it is; 0 ends it. 404 for who has not begun it."""
    if not tour.number(request) or step > len(tour.STEPS):
        raise Http404("The tour begins with its own link: quire demo serve prints it.")
    if step == 0:
        del request.session[tour.AT]
        return redirect("home" if request.user.is_authenticated else "front")
    return _stand(request, step)


def _stand(request: HttpRequest, step: int) -> HttpResponseBase:
    there = tour.STEPS[step - 1]
    if there.user:
        _be(request, there.user)
    else:
        logout(request)
    request.session[tour.AT] = step
    return redirect(there.address())


def _be(request: HttpRequest, user: str) -> None:
    login(request, parties.acting(user), backend="django.contrib.auth.backends.ModelBackend")


handler500 = urls.handler500
urlpatterns = [
    path("demo/tour/<int:step>", walk, name="demo-tour"),
    path("demo/<str:token>", enter, name="demo-enter"),
    *urls.urlpatterns,
]

"""Every page's address."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from django.views.decorators.http import require_safe

from quire.society.web.audiences import AUDIENCES
from quire.society.web.guard import guard
from quire.society.web.invited import invitation
from quire.society.web.signing import home


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


urlpatterns = [
    path("healthz", health, name="health"),
    path("home", home, name="home"),
    path("invitation/<str:token>", invitation, name="invitation"),
    path("account/", include("allauth.urls")),
    *(pattern for audience in AUDIENCES for pattern in audience.patterns(guard)),
]

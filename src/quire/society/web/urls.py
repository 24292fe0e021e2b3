"""Every page's address."""

from __future__ import annotations

from django.urls import include, path

from quire.society.web import running
from quire.society.web.audiences import AUDIENCES
from quire.society.web.guard import guard
from quire.society.web.invited import invitation
from quire.society.web.languages import choose
from quire.society.web.signing import home

urlpatterns = [
    path("healthz", running.lives, name="health"),
    path("readyz", running.ready, name="ready"),
    path("metrics", running.figures, name="metrics"),
    path("home", home, name="home"),
    path("language", choose, name="language"),
    path("invitation/<str:token>", invitation, name="invitation"),
    path("account/", include("allauth.urls")),
    *(pattern for audience in AUDIENCES for pattern in audience.patterns(guard)),
]

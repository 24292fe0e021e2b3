"""Where each address goes."""

from __future__ import annotations

from django.urls import path

from quire.society.api import urls as api
from quire.society.web import views

urlpatterns = [
    path("", views.front, name="front"),
    path("bundles/<str:run>.zip", views.bundle, name="bundle"),
    path("keys.json", views.keys, name="keys"),
    path("healthz", views.health, name="health"),
    *api.urlpatterns,
]

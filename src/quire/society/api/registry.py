"""``/api/v1``: the registry in bulk and as a snapshot, sites, telemetry; with its OpenAPI document."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []

"""RSL's Open License Protocol: tokens, their introspection, keys and revocations."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []

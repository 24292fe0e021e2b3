"""What edges ask for and bring: policies, allowances, batches of events."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []

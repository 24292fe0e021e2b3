"""What a site's terms are, for anybody: licence.xml, robots.txt, tdmrep.json, the published tariffs."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []

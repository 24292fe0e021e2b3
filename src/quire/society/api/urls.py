"""Every address of the API, gathered."""

from __future__ import annotations

from quire.society.api import edge, olp, registry, sites, tariffs

urlpatterns = [
    *olp.urlpatterns,
    *tariffs.urlpatterns,
    *edge.urlpatterns,
    *sites.urlpatterns,
    *registry.urlpatterns,
]

"""Every address of the API, gathered."""

from __future__ import annotations

from quire.society.api import edge, olp, registry, sites

urlpatterns = [
    *olp.urlpatterns,
    *edge.urlpatterns,
    *sites.urlpatterns,
    *registry.urlpatterns,
]

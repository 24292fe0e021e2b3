"""Every address of the API, gathered."""

from __future__ import annotations

from quire.society.api import edge, olp, registry, sites
from quire.society.api.keyed import serving
from quire.society.api.resources import TABLE

urlpatterns = [
    *olp.urlpatterns,
    *edge.urlpatterns,
    *sites.urlpatterns,
    *serving.patterns(TABLE),
    *registry.urlpatterns,
]

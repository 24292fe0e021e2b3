"""Where each address goes."""

from __future__ import annotations

from quire.society.api import urls as api
from quire.society.web import urls as web

handler500 = "quire.society.web.running.broken"
urlpatterns = [*web.urlpatterns, *api.urlpatterns]

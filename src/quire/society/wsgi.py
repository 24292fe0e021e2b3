"""The web server's door; Django runs under WSGI (see docs/decisions).

Batches of events go a shorter way: they are most of the traffic, and need nothing of Django's middleware.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quire.society.settings")
pages = get_wsgi_application()

from quire.society.usage.acceptance.door import ADDRESS  # noqa: E402 – Django must be set up first
from quire.society.usage.acceptance.wsgi import batches  # noqa: E402


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer one request."""
    if environ["PATH_INFO"] == ADDRESS and environ["REQUEST_METHOD"] == "POST":
        return batches(environ, start_response)
    return pages(environ, start_response)

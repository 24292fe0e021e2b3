"""The web server's door; Django runs under WSGI (see docs/decisions).

Batches of events go a shorter way: they are most of the traffic, and need nothing of Django's middleware.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quire.society.settings")
pages = get_wsgi_application()

from quire.core.errors import QuireError  # noqa: E402 – Django must be set up first
from quire.society.kit import requests  # noqa: E402
from quire.society.usage.acceptance import wsgi  # noqa: E402
from quire.society.usage.acceptance.door import ADDRESS  # noqa: E402

_log = logging.getLogger("quire.requests")


class _Unforeseen(QuireError):
    """A batch met an error that nobody foresaw; it is on the log, and the edge comes again with the batch."""

    code = "usage.failed"
    status = 500


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer one request."""
    if environ["PATH_INFO"] == ADDRESS and environ["REQUEST_METHOD"] == "POST":
        return _batches(environ, start_response)
    return pages(environ, start_response)


def _batches(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    began, status = time.perf_counter(), 500

    def told(line: str, headers: list[tuple[str, str]]) -> Any:
        nonlocal status
        status = int(line[:3])
        return start_response(line, headers)

    try:
        return wsgi.batches(environ, told)
    except Exception as problem:  # noqa: BLE001 - the log has where, the edge is told to come again
        _log.error("broke", exc_info=problem, extra={"page": "batches"})
        return wsgi.refused(_Unforeseen("The society failed at this batch: keep it and come back."), told)
    finally:
        requests.tell("batches", "POST", status, time.perf_counter() - began)

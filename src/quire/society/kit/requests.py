"""Each request of the server: it has an id, which the answer bears and every line of the log meanwhile; it is
told in one line, by its page and never by its address; and it is counted."""

from __future__ import annotations

import logging
import re
import secrets
import sys
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.core.signals import got_request_exception
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from quire.society.kit import config, metrics

HEADER = "X-Request-ID"
_GIVEN = re.compile(r"[A-Za-z0-9_-]{8,64}")
_QUIET = {"health", "ready", "metrics"}
"""Pages that are asked for every few seconds by machines: counted, not told."""
log = logging.getLogger("quire.requests")


def new_id(given: str = "") -> str:
    """An id for a request: the one that a proxy of the society's own has given it, else a new one."""
    if config.proxies() and _GIVEN.fullmatch(given):
        return given
    return "req_" + secrets.token_hex(8)


class Requests:
    """The outermost middleware."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._answer = answer
        got_request_exception.connect(_broke, dispatch_uid="quire.requests")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer, with the request's id."""
        request.id = new_id(request.headers.get(HEADER, ""))  # type: ignore[attr-defined]
        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request=request.id):  # type: ignore[attr-defined]
            answer = self._answer(request)
            answer[HEADER] = request.id  # type: ignore[attr-defined]
            tell(
                page_of(request),
                request.method or "",
                answer.status_code,
                time.perf_counter() - began,
            )
        return answer


def page_of(request: HttpRequest) -> str:
    """The name of the page, or the pattern of its address, or "nothing" where there is none."""
    match = request.resolver_match
    if match is None:
        return "static" if request.path.startswith("/static/") else "nothing"
    return match.view_name or match.route


def tell(page: str, method: str, status: int, seconds: float) -> None:
    """Put a request that was answered on the log and count it."""
    method = method if method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "other"
    metrics.answered(page, method, status, seconds)
    level = logging.ERROR if status >= 500 else logging.INFO
    if page not in _QUIET or status >= 500:
        milliseconds = round(seconds * 1000, 1)
        log.log(
            level, "request", extra={"page": page, "method": method, "status": status, "ms": milliseconds}
        )


def _broke(sender: Any, request: HttpRequest | None = None, **_: Any) -> None:
    """A page failed in a way that nobody foresaw: the log has where."""
    problem = sys.exc_info()[1]
    log.error("broke", exc_info=problem, extra={"page": page_of(request) if request else ""})

"""The short way from the web server to the door."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from quire.core.errors import QuireError
from quire.society.usage.acceptance.door import DOOR, Answer, refusal


def batches(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """A WSGI application (PEP 3333) that takes a batch, whatever the address."""
    answer = DOOR.answer(
        environ.get("HTTP_AUTHORIZATION", ""),
        environ.get("HTTP_CONTENT_ENCODING", ""),
        environ.get("CONTENT_LENGTH", ""),
        environ["wsgi.input"].read,
    )
    return _said(answer, start_response)


def refused(problem: QuireError, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The same, of a batch that was refused before the door."""
    return _said(refusal(problem), start_response)


def _said(answer: Answer, start_response: Callable[..., Any]) -> Iterable[bytes]:
    headers = [("Content-Type", answer.type), ("Content-Length", str(len(answer.body))), *answer.headers]
    start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
    return [answer.body]

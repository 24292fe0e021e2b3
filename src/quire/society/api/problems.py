"""Every error of ``/api/`` as a problem document (RFC 9457): a title, a status, a code, and a sentence for a
person.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from quire.core import problems
from quire.core.errors import QuireError
from quire.core.problems import TYPE

_SENTENCES = {
    400: "The request cannot be read.",
    403: "This is not allowed.",
    404: "There is nothing at this address; /api/v1/openapi.json lists what there is.",
    405: "This address is not asked in this way; the header Allow says how.",
    413: "The request is larger than is read here.",
    415: "The request's body is in a form that is not read here.",
}


class NotAuthorised(QuireError):
    """The client has not shown who it is."""

    code = "api.unauthorised"
    status = 401


class TooLarge(QuireError):
    """More than is answered in one request."""

    code = "api.too-large"
    status = 413


class WrongType(QuireError):
    """A body in another form than is read here."""

    code = "api.media-type"
    status = 415


class Unchanged(QuireError):
    """What the caller has is what it would get (RFC 9110 §13.1.2, for methods other than GET)."""

    code = "api.unchanged"
    status = 412


def problem(status: int, code: str, detail: str, **more: Any) -> HttpResponse:
    """A problem document; ``more`` are further members of it."""
    return _said(problems.document(status, code, detail, **more))


def _said(document: dict[str, Any]) -> HttpResponse:
    answer = HttpResponse(json.dumps(document, default=str), content_type=TYPE, status=document["status"])
    answer["Cache-Control"] = "no-store"
    if document["status"] == 401:
        answer["WWW-Authenticate"] = 'Basic realm="quire", charset="UTF-8"'
    return answer


def of(error: QuireError) -> HttpResponse:
    """The document of an error: its code, its sentence and its data."""
    return _said(problems.of(error))


def answers(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A view whose QuireErrors become problem documents."""

    def told(request: HttpRequest, *given: Any, **named: Any) -> HttpResponseBase:
        try:
            return view(request, *given, **named)
        except QuireError as error:
            return of(error)

    return told


class Problems:
    """Middleware: whatever else refuses a request under ``/api/`` answers in the same form."""

    def __init__(self, ask: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._ask = ask

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer, or the problem document that stands for it."""
        answer = self._ask(request)
        told = str(answer.get("Content-Type", "")).split(";")[0]
        if answer.status_code < 400 or told == TYPE or not f"{request.path}/".startswith("/api/"):
            return answer
        status = answer.status_code
        sentence = _SENTENCES.get(status, "The server failed at this request; it is on record.")
        made = problem(status, f"api.{status}", sentence)
        if allow := answer.get("Allow"):
            made["Allow"] = allow
        return made

"""What every OAuth endpoint shares: the form of a request, who sends it, and how it is refused (RFC 6749)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, JsonResponse
from django.http.request import RawPostDataException

from quire.core.errors import QuireError
from quire.society.api.edge import calling
from quire.society.licensing import failures, queries
from quire.society.licensing.errors import TokenDenied, UnknownClient
from quire.society.licensing.queries import ClientRow

FORM = "application/x-www-form-urlencoded"
RSL = "application/rsl+xml"
MOST_BYTES = 64 * 1024
MOST_FIELDS = 100
_REPEATED = {"audience"}


class BadRequest(TokenDenied):
    """The request is not as RFC 6749 has it."""

    code = "olp.request"


class NotPosted(TokenDenied):
    """The address is asked by POST alone."""

    code = "olp.method"
    status = 405


class UnsupportedGrant(TokenDenied):
    """Another grant than client credentials."""

    code = "olp.grant"
    error = "unsupported_grant_type"


class UnsupportedTerms(TokenDenied):
    """Terms in another language than RSL."""

    code = "olp.license-type"
    error = "invalid_license"


class TooManyFailures(TokenDenied):
    """So many wrong secrets for this client from this address that the next ones are not looked at."""

    code = "olp.slow-down"
    error = "invalid_client"
    status = 429


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a request; each stands once, but for ``audience``."""

    fields: Mapping[str, tuple[str, ...]]

    def get(self, name: str, default: str | None = None) -> Any:
        """The value, or ``default`` where the field is absent or empty (RFC 6749 §3.2)."""
        found = self.fields.get(name)
        return found[0] if found else default

    def need(self, name: str) -> str:
        """The value, or BadRequest."""
        found: str | None = self.get(name)
        if found is None:
            raise BadRequest(f"The field {name} is missing.")
        return found

    def all(self, name: str) -> list[str]:
        """Every value of a field that may stand more than once."""
        return list(self.fields.get(name, ()))


def form(request: HttpRequest) -> Form:
    """The request's fields. BadRequest for another type, a body that is too large, no UTF-8, or a field
    twice.
    """
    if (request.content_type or "").lower() != FORM:
        raise BadRequest(f"The request is a form: Content-Type {FORM}.")
    try:
        body = request.body
    except (SuspiciousOperation, RawPostDataException, OSError) as problem:
        raise BadRequest("The request's body cannot be read.") from problem
    if len(body) > MOST_BYTES:
        raise BadRequest(f"The request's body has more than {MOST_BYTES} bytes.")
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except (UnicodeError, ValueError) as problem:
        raise BadRequest("The request's body is no form in UTF-8.") from problem
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        if name in fields and name not in _REPEATED:
            raise BadRequest(f"The field {name[:40]} stands twice.")
        if "\0" in value:
            raise BadRequest(f"The field {name[:40]} holds a NUL.")
        if value:
            fields[name] = (*fields.get(name, ()), value)
    return Form(fields)


def client(request: HttpRequest, fields: Form) -> ClientRow:
    """Who asks, by HTTP Basic (RFC 6749 §2.3.1). UnknownClient, or TooManyFailures for a while."""
    if fields.get("client_secret") or fields.get("client_assertion"):
        raise BadRequest("A client shows who it is by HTTP Basic, and in no other way.")
    name, secret = _basic(request.headers.get("Authorization", ""))
    named = fields.get("client_id", name)
    if named != name:
        raise BadRequest("The field client_id and the Authorization name two clients.")
    address = str(request.META.get("REMOTE_ADDR", ""))
    if failures.blocked(name, address, secret):
        raise TooManyFailures("Too many wrong secrets for this client: wait a minute.")
    found = queries.authenticate(name, secret)
    if found is None:
        failures.failed(name, address)
        raise UnknownClient("The client is unknown, its secret is wrong, or it was revoked.")
    failures.succeeded(name, secret)
    return found


def edge(request: HttpRequest) -> str:
    """Which edge asks, by its signature of the request (docs/boundary.md §6); else UnknownClient."""
    try:
        return calling(request)
    except QuireError as problem:
        raise UnknownClient(problem.sentence) from problem


def denied(problem: TokenDenied) -> JsonResponse:
    """A refusal as RFC 6749 §5.2 has it."""
    answer = JsonResponse(
        {"error": problem.error, "error_description": _ascii(problem.sentence)}, status=problem.status
    )
    if problem.status == 401:
        answer["WWW-Authenticate"] = 'Basic realm="quire", charset="UTF-8"'
    elif problem.status == 429:
        answer["Retry-After"] = str(failures.SECONDS)
    elif problem.status == 405:
        answer["Allow"] = "POST"
    return answer


def _basic(header: str) -> tuple[str, str]:
    scheme, _, given = header.partition(" ")
    if scheme.lower() != "basic":
        raise UnknownClient("Show which client this is: Authorization: Basic, of its id and secret.")
    try:
        text = base64.b64decode(given.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as problem:
        raise UnknownClient("The Authorization cannot be read.") from problem
    name, colon, secret = text.partition(":")
    name, secret = unquote_plus(name), unquote_plus(secret)
    if not colon or not secret or len(text) > 1_000 or "\0" in text:
        raise UnknownClient("The Authorization holds no id and secret.")
    return name, secret


def _ascii(sentence: str) -> str:
    """RFC 6749 §5.2: printable ASCII, without quotation marks and backslashes."""
    kept = sentence.replace('"', "'").replace("\\", "/")
    return "".join(letter if " " <= letter <= "~" else "?" for letter in kept)[:500]

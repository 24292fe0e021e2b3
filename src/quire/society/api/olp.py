"""RSL's Open License Protocol: tokens, their introspection, keys and revocations.

Forms: RFC 6749 §4.4 (client credentials) with RSL's ``license`` and ``resource``; RFC 7662; RFC 7517. Errors are
RFC 6749's JSON. Whatever is sent, the answer is one of these and never a 5xx but the 501 of ``/olp/key``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.csrf import csrf_exempt

from quire.core.errors import QuireError
from quire.society.api import oauth
from quire.society.licensing import actions, elements, keys
from quire.society.licensing.errors import TokenDenied

JWKS_SECONDS = 900
"""How long the keys may be kept: much shorter than a new key is published before it signs (keys.AHEAD)."""


def _answers(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """An endpoint of OAuth: POST only, errors in its JSON, nothing kept by a cache (RFC 6749 §5.1)."""

    @csrf_exempt
    def endpoint(request: HttpRequest, **named: str) -> HttpResponse:
        try:
            if request.method != "POST":
                raise oauth.NotPosted("This address is asked by POST.")
            answer = view(request, **named)
        except TokenDenied as denied:
            answer = oauth.denied(denied)
        except QuireError as problem:
            answer = JsonResponse(
                {"error": "invalid_request", "error_description": problem.sentence}, status=400
            )
        answer["Cache-Control"] = "no-store"
        answer["Pragma"] = "no-cache"
        return answer

    return endpoint


@_answers
def token(request: HttpRequest, host: str = "") -> HttpResponse:
    """A token for client credentials; at ``/olp/sites/{host}/token`` for that site where ``resource`` says none."""
    form = oauth.form(request)
    client = oauth.client(request, form)
    if form.need("grant_type") != "client_credentials":
        raise oauth.UnsupportedGrant("The only grant_type here is client_credentials.")
    if form.get("license_type", oauth.RSL) != oauth.RSL:
        raise oauth.UnsupportedTerms(f"The only license_type here is {oauth.RSL}.")
    element = form.get("license")
    resource = form.need("resource") if element is not None else form.get("resource", "/")
    issued = actions.issue_token(
        client=client,
        permitted=elements.permitted(element),
        resource=resource or "/",
        audience=form.all("audience") or ([host] if host else []),
    )
    return JsonResponse(
        {
            "access_token": issued.token,
            "token_type": "License",
            "expires_in": issued.expires_in,
            "scope": " ".join(issued.uses),
        }
    )


def jwks(request: HttpRequest) -> HttpResponse:
    """The public keys that tokens, policies, lists and allowances are signed with (RFC 7517 §5)."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    body = json.dumps({"keys": keys.public_keys()}, sort_keys=True).encode()
    return _kept(request, body, "application/jwk-set+json", JWKS_SECONDS)


def _kept(request: HttpRequest, body: bytes, kind: str, seconds: int) -> HttpResponse:
    """An answer that may be kept for a time, and is not sent again to who has it (RFC 9110 §13.1.2)."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    known = {one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")}
    headers = {"ETag": tag, "Cache-Control": f"public, max-age={seconds}", "Access-Control-Allow-Origin": "*"}
    if known & {tag, "*"}:
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body, content_type=kind, headers=headers)


_KEY_SETS = (
    ".well-known/jwks.json",
    "olp/jwks",
    "olp/.well-known/jwks.json",
    "olp/.well-known/jwks.json/platform",
    "olp/sandbox/jwks",
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("olp/token", token),
    path("olp/sites/<str:host>/token", token),
    *(path(address, jwks) for address in _KEY_SETS),
]

"""RSL's Open License Protocol: tokens, their introspection, keys and revocations.

Forms: RFC 6749 §4.4 (client credentials) with RSL's ``license`` and ``resource``; RFC 7662; RFC 7517. Errors
are RFC 6749's JSON. Whatever is sent, the answer is one of these; no input makes a 5xx but the 501 of
``/olp/key``.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.csrf import csrf_exempt

from quire.core.errors import QuireError
from quire.society.api import oauth
from quire.society.licensing import actions, elements, keys, queries
from quire.society.licensing.errors import TokenDenied

log = logging.getLogger(__name__)

REVOCATIONS_SECONDS = 60
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
        except DatabaseError:
            log.exception("The licence server could not ask the database.")
            told = "The society cannot answer now: keep the token that you have and come back."
            answer = JsonResponse({"error": "server_error", "error_description": told}, status=503)
            answer["Retry-After"] = "10"
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
    """A token for client credentials; at ``/olp/sites/{host}/token`` for that site where ``resource`` says
    none.
    """
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
            "license_id": issued.licence.tid,
            "terms": issued.licence.conditions.sentences(),
        }
    )


@_answers
def introspect(request: HttpRequest, host: str = "") -> HttpResponse:
    """Whether a token is good (RFC 7662). A client hears of its own tokens, an edge of every one."""
    form = oauth.form(request)
    if request.headers.get("Authorization", "").lower().startswith("edge "):
        oauth.edge(request)
        known = queries.introspect(form.need("token"))
    else:
        client = oauth.client(request, form)
        known = queries.introspect(form.need("token"), client=client.tid)
    return JsonResponse(known.as_json() if known else {"active": False})


@_answers
def key(request: HttpRequest, host: str = "") -> HttpResponse:
    """RSL's EMS, the key of an encrypted work: no site here encrypts, so there is none to give."""
    told = "No site of this society encrypts its works; they are fetched as they are, with the token."
    return JsonResponse({"error": "server_error", "error_description": told}, status=501)


def revocations(request: HttpRequest) -> HttpResponse:
    """The signed list of what was revoked (docs/boundary.md §5)."""
    return _kept(request, queries.revocation_list, "application/json", REVOCATIONS_SECONDS)


def jwks(request: HttpRequest) -> HttpResponse:
    """The public keys that tokens, policies, lists and allowances are signed with (RFC 7517 §5)."""
    return _kept(request, _key_set, "application/jwk-set+json", JWKS_SECONDS)


def _key_set() -> bytes:
    return json.dumps({"keys": keys.public_keys()}, sort_keys=True).encode()


def _kept(request: HttpRequest, made: Callable[[], bytes], kind: str, seconds: int) -> HttpResponse:
    """An answer that may be kept for a time, and is not sent again to who has it (RFC 9110 §13.1.2)."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    body = made()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    known = {one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")}
    headers = {"ETag": tag, "Cache-Control": f"public, max-age={seconds}", "Access-Control-Allow-Origin": "*"}
    if known & {tag, "*"}:
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body, content_type=kind, headers=headers)


_SERVERS = ("olp", "olp/sites/<str:host>")
"""The licence server's address, and the one that it has for each site: what a licence.xml may name as
``server``, so that a client that sends a bare pattern has said which site it means.
"""
_KEY_SETS = (
    ".well-known/jwks.json",
    "olp/jwks",
    "olp/.well-known/jwks.json",
    "olp/.well-known/jwks.json/platform",
    "olp/sandbox/jwks",
)

urlpatterns: list[URLPattern | URLResolver] = [
    *(path(f"{server}/token", token) for server in _SERVERS),
    *(path(f"{server}/introspect", introspect) for server in _SERVERS),
    *(path(f"{server}/key", key) for server in _SERVERS),
    path("olp/revocations", revocations),
    *(path(address, jwks) for address in _KEY_SETS),
]

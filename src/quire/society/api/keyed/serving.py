"""The door of every resource for keys: who asks, how often, whether they may; and its refusals."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseNotAllowed
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from quire.core.errors import NotFound, QuireError, Refused
from quire.society.api import problems
from quire.society.api.keyed import answering
from quire.society.api.keyed.given import query_of
from quire.society.api.keyed.table import Call, Does, Endpoint, Many, One, methods, needs
from quire.society.kit import rates
from quire.society.kit.ids import BadId
from quire.society.kit.rates import Rate
from quire.society.parties import queries as parties

_BEARER = re.compile(r"quire_(live|test)_[A-Za-z0-9_-]{43}")
_PART = re.compile(r"\{(\w+)\}")
_UNFIT = re.compile("[\x00-\x1f\ud800-\udfff]")
REALM = 'Bearer realm="quire"'


class NoKey(QuireError):
    """No key was shown, or none that is good."""

    code = "api.unauthorised"
    status = 401


class TooOften(QuireError):
    """The key was shown more often in this minute than it may be."""

    code = "api.too-often"
    status = 429


class NotForKey(Refused):
    """The resource is not for this key."""

    code = "api.scope"


class Nothing(NotFound):
    """There is nothing at this address."""

    code = "api.404"


def patterns(table: Sequence[Endpoint]) -> list[URLPattern]:
    """The addresses of the table, each with all that it is asked for."""
    at: dict[str, dict[str, Endpoint]] = {}
    for one in table:
        for method in methods(one):
            at.setdefault(one.path, {})[method] = one
    things = {one.path: one for one in table if isinstance(one, One)}
    # An address that is written out comes before one with a part to be filled in.
    order = sorted(at, key=lambda one: _PART.sub("~", one))
    return [
        path("api/v1" + _PART.sub(r"<str:\1>", one), _view(at[one], things), name=f"api{one}")
        for one in order
    ]


def _view(by_method: Mapping[str, Endpoint], things: Mapping[str, One]) -> Any:
    @csrf_exempt
    def view(request: HttpRequest, **named: str) -> HttpResponseBase:
        return _let_in(request, by_method, things, named)

    return view


def _let_in(
    request: HttpRequest, by_method: Mapping[str, Endpoint], things: Mapping[str, One], named: dict[str, str]
) -> HttpResponseBase:
    one = by_method.get(str(request.method))
    if one is None:
        return HttpResponseNotAllowed(sorted(by_method))
    rate = None
    try:
        shown = _shown(request)
        rate = rates.count(f"api {shown.key.id}", shown.key.per_minute)
        if rate.over:
            raise TooOften(f"This key may ask {rate.most:,} times a minute; wait {rate.seconds} seconds.")
        _check(one, shown.key.audience, shown.may)
        if any(_UNFIT.search(part) or len(part) > 2_000 for part in named.values()):
            raise Nothing("There is nothing at this address.")
        answer = _answer(request, Call(shown.key, shown.user, shown.may, named), one, things)
    except BadId as error:  # of an address to read: nothing can be there
        nowhere = Nothing(error.sentence) if not isinstance(one, Does) else error
        answer = _refused(nowhere, rate)
    except QuireError as error:
        answer = _refused(error, rate)
    return _limits(answer, rate)


def _answer(request: HttpRequest, call: Call, one: Endpoint, things: Mapping[str, One]) -> HttpResponse:
    if isinstance(one, Many):
        return answering.many(request, call, one)
    if isinstance(one, One):
        return answering.one(request, call, one)
    query_of(request, ())
    return answering.done(request, call, one, things)


def _shown(request: HttpRequest) -> parties.Shown:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not _BEARER.fullmatch(secret.strip()):
        raise NoKey("Show your key: Authorization: Bearer quire_live_… or quire_test_….")
    found = parties.shown_key(secret.strip())
    if found is None:
        raise NoKey("This key is unknown, or was revoked.")
    return found


def _check(one: Endpoint, audience: str, may: frozenset[str]) -> None:
    needed = needs(one, audience)
    if needed is None:
        raise NotForKey(f"This is not for a key of a {audience}.")
    for scope in ("read", needed):
        if scope not in may:
            raise NotForKey(f"This needs a key that may {scope}, of somebody who may.", needs=scope)


def _refused(error: QuireError, rate: Rate | None) -> HttpResponse:
    answer = problems.of(error)
    if error.status == 401:
        answer["WWW-Authenticate"] = REALM
    elif isinstance(error, NotForKey):
        answer["WWW-Authenticate"] = f'{REALM}, error="insufficient_scope"'
    elif error.status == 429 and rate is not None:
        answer["Retry-After"] = str(rate.seconds)
    elif error.code == "idempotency.in-flight":
        answer["Retry-After"] = "1"
    return answer


def _limits(answer: HttpResponseBase, rate: Rate | None) -> HttpResponseBase:
    """How the key stands (draft-ietf-httpapi-ratelimit-headers-11)."""
    if rate is not None:
        answer["RateLimit-Policy"] = f'"key";q={rate.most};w={rates.SECONDS}'
        answer["RateLimit"] = f'"key";r={rate.left};t={rate.seconds}'
    return answer

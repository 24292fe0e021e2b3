"""``/api/v1``: the registry in bulk and as a snapshot, sites and tariffs; with its OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.csrf import csrf_exempt
from ninja import Router, Schema

from quire.core.errors import Refused
from quire.core.terms import USES
from quire.core.urls import canonical_host
from quire.society.api import asked, conditional, described, problems, telemetry
from quire.society.api.keyed import document
from quire.society.api.resources import TABLE
from quire.society.api.v1 import ADDITIONS, api, caller, read
from quire.society.kit import changes, clock, config
from quire.society.licensing import policy, queries, registry, snapshot
from quire.society.licensing.registry import Asker

router = Router(tags=["registry"])
PIECES = 500
"""Answers sent at once."""


class NotYours(Refused):
    """What holds for one licensee is told to that licensee alone."""

    code = "registry.not-yours"


class RegistryOut(Schema):
    """The state of the registry: ``version`` changes whenever an answer may."""

    version: str
    on: str
    uses: list[str]
    most_urls: int
    most_urls_unknown: int


class SiteOut(Schema):
    """What is public of a site: its terms without any licensee's own, and where they are published."""

    host: str
    rightsholder: str
    site: str
    rules: list[dict[str, Any]]
    licence: str
    server: str


class TariffsOut(Schema):
    """The published tariffs in force today."""

    server: str
    page: str
    tariffs: list[dict[str, Any]]


@read(router, "/registry", response={200: RegistryOut}, openapi_extra=described.KEPT)
def state(request: HttpRequest) -> HttpResponse:
    """The registry's version, to ask whether anything has changed; the ETag is the version."""
    version = changes.version()
    said = RegistryOut(
        version=version, on=str(clock.today()), uses=list(USES),
        most_urls=asked.MOST_URLS, most_urls_unknown=asked.MOST_URLS_UNKNOWN,
    )  # fmt: skip
    body = said.model_dump_json()
    return conditional.answer(
        request, body, "application/json", f'"{version}"', {"Cache-Control": "no-cache"}
    )


@router.post("/registry/lookup", openapi_extra=described.LOOKUP, response={200: described.LookupOut})
def lookup(request: HttpRequest) -> HttpResponseBase:
    """May these be used, for what, by whom, at what price, and why: for as many URLs as 100,000 in one call.

    JSON, or NDJSON with a URL on a line. A client hears what holds for its licensee; anybody else, of at
    most 1,000 URLs, what holds for everybody. ``If-None-Match`` with the version of an earlier answer is
    answered 412 where nothing has changed since.
    """
    client = caller(request)
    question = asked.read(request, asked.MOST_URLS if client else asked.MOST_URLS_UNKNOWN)
    if question.licensee and (
        client is None or question.licensee not in (client.licensee_tid, client.licensee_code)
    ):
        raise NotYours("What holds for a licensee is told to its own clients alone; ask without licensee.")
    whose = Asker() if client is None else Asker.of(client.licensee, client.licensee_tid)
    tag = f'"{changes.version()}"'
    if conditional.holds(request, tag):
        raise problems.Unchanged("Nothing in the registry has changed since that answer.")
    found = registry.answers(question.urls, whose, question.uses or USES)
    first = next(found, None)  # what can go wrong goes wrong before the answer has begun
    every = found if first is None else chain([first], found)
    kind, pieces = (
        (asked.NDJSON, _lines(every)) if question.lines else ("application/json", _object(every, tag))
    )
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization, Content-Type"}
    return StreamingHttpResponse(pieces, content_type=kind, headers=headers)


def _lines(found: Iterator[bytes]) -> Iterator[bytes]:
    for part in _parts(found):
        yield b"\n".join(part) + b"\n"


def _object(found: Iterator[bytes], tag: str) -> Iterator[bytes]:
    yield f'{{"version":{tag},"on":"{clock.today()}","answers":['.encode()
    comma = b""
    for part in _parts(found):
        yield comma + b",".join(part)
        comma = b","
    yield b"]}"


def _parts(found: Iterator[bytes]) -> Iterator[list[bytes]]:
    part: list[bytes] = []
    for one in found:
        part.append(one)
        if len(part) == PIECES:
            yield part
            part = []
    if part:
        yield part


@read(router, "/registry/snapshot", openapi_extra=described.SNAPSHOT, response={200: None})
def parquet(request: HttpRequest) -> HttpResponseBase:
    """The newest snapshot of what holds for everybody, as Parquet: for looking up without asking."""
    caller(request, needed=True)
    made = snapshot.newest()
    return conditional.file(request, made.parquet, described.PARQUET, f'"{made.digest}"')


@read(router, "/registry/snapshot.json", openapi_extra=described.ENVELOPE, response={200: dict[str, Any]})
def envelope(request: HttpRequest) -> HttpResponse:
    """The snapshot's signed envelope: when it was made, its columns, its size, and its SHA-256."""
    made = snapshot.newest()
    headers = {"Cache-Control": "public, max-age=300"}
    return conditional.answer(request, made.envelope, "application/json", f'"{made.digest}"', headers)


@read(router, "/sites/{host}", response={200: SiteOut}, openapi_extra=described.SITE)
def site(request: HttpRequest, host: str) -> HttpResponse:
    """What is public of the terms of a host that its owner has verified."""
    terms = policy.terms_of_host(host)
    name = canonical_host(host)
    public = ("pattern", "permits", "price")
    rules = [
        {part: value for part, value in rule.document().items() if part in public} for rule in terms.rules
    ]
    said = SiteOut(
        host=name, rightsholder=terms.rightsholder, site=terms.site, rules=rules, server=terms.server,
        licence=f"{config.url()}/sites/{name}/license.xml",
    )  # fmt: skip
    tag = conditional.tag_of(body := said.model_dump_json().encode())
    return conditional.answer(
        request, body, "application/json", tag, {"Cache-Control": "public, max-age=300"}
    )


@read(router, "/tariffs", response={200: TariffsOut}, openapi_extra=described.KEPT)
def tariffs(request: HttpRequest) -> HttpResponse:
    """The published tariffs that a licence may be taken under today."""
    found = [row.as_json() for row in queries.tariffs_in_force(clock.today())]
    url = config.url()
    body = TariffsOut(server=f"{url}/olp", page=f"{url}/licences", tariffs=found).model_dump_json().encode()
    headers = {"Cache-Control": "public, max-age=300"}
    return conditional.answer(request, body, "application/json", conditional.tag_of(body), headers)


@csrf_exempt
def nowhere(request: HttpRequest) -> HttpResponse:
    """The API's own address, with and without a slash: there is nothing there to read."""
    raise Http404


api.add_router("", router)
api.add_router("", telemetry.router)
ADDITIONS.append(lambda said: document.add(said, TABLE))

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1", nowhere),
    path("api/v1/", nowhere),
    path("api/v1/", api.urls),
]

"""``/api/v1``: the part of the API that is described by OpenAPI. Rooms' addresses are routers added to
``api``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Router, Schema
from ninja.errors import HttpError, ValidationError

from quire.core.errors import QuireError
from quire.society.api import oauth, problems
from quire.society.licensing.errors import TokenDenied
from quire.society.licensing.queries import ClientRow

T = TypeVar("T")


class Problem(Schema):
    """A problem document (RFC 9457); ``code`` is for programs, ``detail`` a sentence for a person."""

    type: str
    title: str
    status: int
    code: str
    detail: str


class Described(NinjaAPI):
    """The API with what every operation shares in its OpenAPI document: problems, and how clients sign in."""

    def get_openapi_schema(self, **given: Any) -> Any:
        """The document of ``/api/v1/openapi.json``."""
        said = super().get_openapi_schema(**given)
        for operations in said["paths"].values():
            operations.pop("head", None)  # HTTP itself says what HEAD is
        parts = said["components"]
        parts.setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
        parts.setdefault("securitySchemes", {}).update(SECURITY)
        for add in ADDITIONS:
            add(said)
        return said


ADDITIONS: list[Callable[[dict[str, Any]], None]] = []
"""What else the document says: each adds its own to it."""
SECURITY = {"client": {"type": "http", "scheme": "basic", "description": "A client's id and secret."}}

api = Described(
    title="Quire",
    version="1",
    description="A collecting society for AI: what may be used, by whom, for what, and at what price.",
    urls_namespace="api-v1",
    docs_url=None,
)


def read(router: Router, address: str, **described: Any) -> Callable[[T], T]:
    """Register an operation that is asked with GET, and so with HEAD too (RFC 9110 §9.3.2)."""
    add: Callable[[T], T] = router.api_operation(["GET", "HEAD"], address, **described)
    return add


def refusals(*statuses: int) -> dict[int, Any]:
    """What OpenAPI says of an operation's refusals."""
    shape = {problems.TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": f"Refused: {status}", "content": shape} for status in statuses}


def caller(request: HttpRequest, *, needed: bool = False) -> ClientRow | None:
    """The client by HTTP Basic; None for nobody, unless somebody is ``needed``. NotAuthorised."""
    if not request.headers.get("Authorization"):
        if needed:
            raise problems.NotAuthorised(
                "Show which client this is: Authorization: Basic, of its id and secret."
            )
        return None
    try:
        return oauth.client(request, oauth.Form({}))
    except TokenDenied as denied:
        if denied.status == 429:
            raise
        raise problems.NotAuthorised(denied.sentence) from denied


@api.exception_handler(QuireError)
def _quire(request: HttpRequest, error: QuireError) -> HttpResponse:
    answer = problems.of(error)
    if error.status == 429:
        answer["Retry-After"] = "60"
    return answer


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    first = error.errors[0] if error.errors else {}
    where = ".".join(str(part) for part in first.get("loc", ()))
    return problems.problem(422, "api.invalid", f"{where}: {first.get('msg', 'is not as described')}.")


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problems.problem(error.status_code, f"api.{error.status_code}", str(error))


@api.exception_handler(Http404)
def _nothing(request: HttpRequest, error: Http404) -> HttpResponse:
    return problems.problem(404, "api.404", "There is nothing at this address.")

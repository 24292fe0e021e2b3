"""What edges ask for and bring: policies, allowances, batches of events."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from quire.core import edge_auth
from quire.society.api import conditional, problems
from quire.society.licensing import policy
from quire.society.usage.acceptance import door
from quire.society.usage.edges import find_edge


def calling(request: HttpRequest) -> str:
    """The id of the edge that signed this request (not a batch), registered and not revoked.

    Raises edge_auth.NotThisEdge, Stale and NotABatch: 401, 401 and 400.
    """
    return edge_auth.read_request(
        request.headers.get("Authorization", ""),
        request.method or "",
        request.get_full_path(),
        request.body,
        door.DOOR.known.key,
        datetime.now(UTC),
    )


@require_safe
@problems.answers
def site_policy(request: HttpRequest) -> HttpResponse:
    """The signed policy of the calling edge's site (docs/boundary.md §3); 304 where the edge has it already."""
    site = find_edge(calling(request)).site_id
    tag, body = policy.current(site)
    return conditional.answer(request, body, "application/json", tag, {"Cache-Control": "private, no-cache"})


@csrf_exempt
@require_POST
def batches(request: HttpRequest) -> HttpResponse:
    """Numbered events (docs/boundary.md §6). ``quire serve`` answers before Django is asked (``wsgi.py``)."""
    answer = door.DOOR.answer(
        request.headers.get("Authorization", ""),
        request.headers.get("Content-Encoding", ""),
        request.headers.get("Content-Length", ""),
        request.read,
    )
    return HttpResponse(answer.body, answer.type, answer.status, headers=dict(answer.headers))


urlpatterns: list[URLPattern | URLResolver] = [
    path("usage/batches", batches, name="usage-batches"),
    path("edge/v1/policy", site_policy, name="edge-policy"),
]

"""What edges ask for and bring: policies, allowances, batches of events."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TypeGuard

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from quire.core import allowances as allowance
from quire.core import canonical, edge_auth
from quire.core.errors import Invalid
from quire.core.money import Money
from quire.society.api import conditional, problems
from quire.society.invoicing import actions as invoicing
from quire.society.kit import config
from quire.society.licensing import keys, policy
from quire.society.usage.acceptance import door
from quire.society.usage.edges import find_edge

_SPOOL = re.compile(r"[0-9a-f]{8,64}")
_MOST_ASKED = 256 * 1024


def calling(request: HttpRequest) -> str:
    """The id of the edge that signed this request (not a batch), registered and not revoked.

    Raises edge_auth.NotThisEdge, Stale and BadClaims: 401, 401 and 400.
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
    """The signed policy of the calling edge's site (docs/boundary.md §3); 304 where the edge has it."""
    site = find_edge(calling(request)).site_id
    tag, body = policy.current(site)
    return conditional.answer(request, body, "application/json", tag, {"Cache-Control": "private, no-cache"})


@csrf_exempt
@require_POST
@problems.answers
def allowances(request: HttpRequest) -> HttpResponse:
    """Parts of licensees' balances for one spool of the calling edge (docs/boundary.md §7)."""
    edge, body = calling(request), request.body
    told = canonical.parse(body) if len(body) <= _MOST_ASKED else None
    told = told if isinstance(told, dict) else {}
    spool, wanted, held = told.get("spool"), told.get("wanted"), told.get("held")
    good = isinstance(spool, str) and _SPOOL.fullmatch(spool)
    if not good or not _texts(wanted) or not (held is None or _texts(held)):
        raise Invalid("Say which spool asks, and for which licensees: {spool, lane, wanted, held}.")
    made = invoicing.allow(edge=edge, spool=str(spool), wanted=wanted, held=held)
    key, issuer = keys.signing_key(), f"{config.url()}/olp"
    given = [
        allowance.issue(
            allowance.Allowance(
                id=one.tid,
                iss=issuer,
                edge=edge,
                spool=one.spool,
                licensee=one.licensee.tid,
                amount=Money(one.amount, one.currency),
                expires=int(one.expires_at.timestamp()),
            ),
            key,
        )
        for one in made
    ]
    return JsonResponse({"allowances": given}, headers={"Cache-Control": "no-store"})


def _texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


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
    path("edge/v1/allowances", allowances, name="edge-allowances"),
]

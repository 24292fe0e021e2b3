"""For those who keep the server running: does it live, is it ready, and its figures."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from importlib.metadata import version

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from quire.society.kit import health, jobs, metrics
from quire.society.kit.metrics import Figure
from quire.society.ledger import queries as ledger
from quire.society.usage import queries as usage

_PLAIN = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Something broke</title>
<h1>Something broke</h1>
<p>It is on record. Nothing was half done: what you did has either happened or not. Try again in a while.</p>
<p>Reference: <code>{}</code></p>
"""


@require_safe
def lives(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 where the server can do its work, else 503; and of each thing that it needs whether it is there."""
    found = {"database": health.answers()}
    if found["database"]:
        found["migrations"] = _holds(lambda: not health.missing() and not health.unknown())
        found["worker"] = _holds(health.worker_lives)
        found["ledger"] = _holds(ledger.last_is_sealed)
    fine = all(found.values())
    told = {name: "ok" if holds else "wrong" for name, holds in found.items()}
    answer = JsonResponse({"status": "ok" if fine else "wrong", **told}, status=200 if fine else 503)
    answer["Cache-Control"] = "no-store"
    return answer


def _holds(ask: Callable[[], bool]) -> bool:
    try:
        return ask()
    except DatabaseError:  # its table is not there yet
        return False


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus, to who has the token; 404 to anybody else."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    if not (wanted and scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), wanted.encode())):
        raise Http404("There is no such page.")
    answer = HttpResponse(metrics.text(_standing), content_type=metrics.TYPE)
    answer["Cache-Control"] = "no-store"
    return answer


def _standing() -> Iterator[Figure]:
    """How the society stands; nothing but "down" where the database does not answer."""
    yield Figure("quire_info", "The version that runs.", 1, (("version", version("quire")),))
    up = health.answers()
    yield Figure("quire_database_up", "Whether the database answers.", float(up))
    if not up:
        return
    missing = len(health.missing())
    yield Figure("quire_migrations_missing", "Migrations that the database has yet to have.", missing)
    if missing:
        return
    for state, count in jobs.counts().items():
        yield Figure("quire_jobs", "Jobs of the last thirty days, by state.", count, (("state", state),))
    silent = health.worker_silent()
    yield Figure(
        "quire_worker_up", "Whether a worker was heard within a minute.", float(health.worker_lives())
    )
    if silent is not None:
        yield Figure("quire_worker_silent_seconds", "Seconds since a worker was heard.", silent)
    yield Figure(
        "quire_usage_backlog_bytes", "Usage accepted from edges and not yet counted.", usage.backlog()
    )
    yield Figure("quire_ledger_head", "The number of the ledger's last transaction.", ledger.head().number)


def broken(request: HttpRequest) -> HttpResponse:
    """Something failed that nobody foresaw: a page with the request's id, by which the log has it."""
    reference = getattr(request, "id", "")
    try:
        return render(request, "500.html", {"reference": reference}, status=500)
    except Exception:  # noqa: BLE001 - what broke the page may break this one, too: no database, say
        return HttpResponse(_PLAIN.format(reference), status=500)

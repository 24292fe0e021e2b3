"""The desk's first page: what waits for somebody, by money and deadline."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from quire.society.membership import watching as membership
from quire.society.parties import queries as parties
from quire.society.web.operator.queue import queue
from quire.society.web.pages import Asking


def home(request: Asking) -> HttpResponse:
    """The work queue, narrowed to one kind with ``?kind=``."""
    items = queue(parties.society().currency) if parties.founded() else []
    counts: dict[str, int] = {}
    for one in items:
        counts[one.kind] = counts.get(one.kind, 0) + 1
    chosen = request.GET.get("kind", "")
    return render(
        request,
        "web/operator/home.html",
        {
            "title": _("Work queue"),
            "counts": sorted(counts.items()),
            "chosen": chosen,
            "items": [one for one in items if chosen in ("", one.kind)],
            "members": membership.count(),
            "founded": parties.founded(),
        },
    )

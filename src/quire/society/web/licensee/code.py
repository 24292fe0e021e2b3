"""Working code for a licensee's programs, with the client's own id in it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from quire.core.terms import USES
from quire.society.kit import config
from quire.society.licensing import holding
from quire.society.licensing.holding import ClientHeld
from quire.society.parties import queries as parties
from quire.society.web.licensee.words import me
from quire.society.web.pages import Asking

NO_CLIENT = "cli_…"


def code(request: Asking) -> HttpResponse:
    """What a program needs to get pages under the licensee's licences: the client, Scrapy, and curl."""
    found = [one for one in holding.clients_of(me(request)) if one.row.revoked is None]
    chosen = _chosen(found, request.GET.get("client", ""))
    return render(request, "web/licensee/code.html", {
        "title": _("Code"), "clients": found, "chosen": chosen.row.tid if chosen else "",
        "client": chosen.row.tid if chosen else NO_CLIENT,
        "sandbox": bool(chosen and chosen.row.mode == "sandbox"),
        "use": chosen.row.scopes[0] if chosen else USES[0],
        "server": f"{config.url()}/olp", "origin": config.url(), "currency": parties.society().currency,
    })  # fmt: skip


def _chosen(found: list[ClientHeld], wanted: str) -> ClientHeld | None:
    """The client that was asked for; else a live one; else any."""
    by_wish = [one for one in found if one.row.tid == wanted]
    live = [one for one in found if one.row.mode == "live"]
    return next(iter([*by_wish, *live, *found]), None)

"""For crawlers: where a site says what it allows, how a token is got, and code that does both."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from quire.society.kit import config
from quire.society.parties import queries as parties
from quire.society.web.pages import Asking


def crawlers(request: Asking) -> HttpResponseBase:
    """The addresses that a crawler needs, in the order in which it needs them, with working code."""
    return render(request, "web/public/crawlers.html", {
        "title": _("For crawlers"), "server": f"{config.url()}/olp", "home": config.url(),
        "currency": parties.society().currency if parties.founded() else "EUR",
    })  # fmt: skip

"""The published tariffs, for people and for programs: what a licence costs, and how to take one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.vary import vary_on_headers

from quire.core.errors import QuireError
from quire.core.money import Money
from quire.society.kit import clock, config
from quire.society.licensing import queries
from quire.society.licensing.queries import TariffRow
from quire.society.parties import queries as parties

HOW = (
    "To take a licence, write to the society and name the tariff, the uses and the first day. You get a "
    "client id and a secret; with these your crawler asks the licence server for a token, and shows "
    "it to each site."
)
CREDIT = (
    "Where a site asks a price for each request, you pay in advance: transfer an amount to the society and "
    "name yourself and your licence. What sites charge is taken from it."
)
_USES = {
    "ai-train": "training models",
    "ai-input": "grounding answers, retrieval",
    "ai-index": "an index for AI",
    "search": "a search engine that links to the page",
}
_REFUSALS = {
    "no-token": "The site wants a licence token and the request had none. Take a licence here, get a token.",
    "malformed": "What stands after “Authorization: License” is not one of our tokens, whole and unaltered.",
    "bad-signature": "The token was altered, or is not from our licence server. Get a new one.",
    "unknown-key": "The token names a key that we do not publish. Get a new one.",
    "unknown-issuer": "The token is another society’s, or a sandbox’s. Get one of our licence server.",
    "expired": "Tokens live for minutes. Get a new one.",
    "not-yet": "The token begins later than the site’s clock says. Try again in a minute.",
    "revoked": "We took back the token, its client or its licence. Write to us before you get another.",
    "wrong-audience": "The token is for other sites. Ask for one with this page’s address as “resource”.",
    "wrong-use": "Your licence does not cover what this page may be used for.",
    "forbidden": "The publisher gives this page to nobody, or not by the request.",
    "key-proof": "The token is bound to your key, and the request was not signed with it.",
    "replay": "A signature is good once. Sign each request anew.",
    "cannot-judge": "The site cannot tell at the moment whether the token is good. Come back later.",
    "no-price": "The page has a price. Say in crawler-max-price or crawler-exact-price what you would pay.",
    "price-too-low": "The page costs more than crawler-max-price says.",
    "price-not-exact": "The page’s price is another than crawler-exact-price says.",
    "bad-price": "A price is a currency, a blank and an amount: EUR 0.01.",
    "two-prices": "Send one of the two price headers, once.",
    "credit-asked": "The site is asking us for a part of your balance. Come back in a few seconds.",
    "no-credit": "Your balance with us does not suffice. Add to it as said above.",
}
"""What each refusal of an edge means: its ``type`` is this page, at the code (docs/boundary.md §4)."""


@vary_on_headers("Accept")
def licences(request: HttpRequest) -> HttpResponse:
    """The tariffs in force today or later, as a page; as JSON where that is asked for (``Accept``,
    ``?format=json``).
    """
    today = clock.today()
    open_ones = {row.ref for row in queries.tariffs_in_force(today)}
    shown = [row for row in queries.tariffs() if row.ref in open_ones or row.starts > today]
    if request.GET.get("format") == "json" or _wants_json(request):
        found = [row.as_json() for row in shown]
        return JsonResponse({"server": f"{config.url()}/olp", "how": HOW, "tariffs": found})
    name, address = _society()
    return render(request, "web/public/licences.html", {
        "title": gettext("Licences for AI"), "name": name, "address": address, "how": HOW, "credit": CREDIT,
        "server": f"{config.url()}/olp", "tariffs": [_tariff(row) for row in shown],
        "refusals": _REFUSALS.items(),
    })  # fmt: skip


def _wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def _society() -> tuple[str, str]:
    """Its name and its postal address, on a line."""
    try:
        found = parties.society()
    except QuireError:
        return "this society", "not founded yet"
    street = f"{found.street} {found.building}".strip()
    place = f"{found.postcode} {found.town} ({found.country})".strip()
    return found.name, ", ".join(part for part in (found.name, street, place) if part)


def _tariff(row: TariffRow) -> dict[str, Any]:
    prices = [f"{Money(price, row.currency).grouped()} for {tier}" for tier, price in row.prices.items()]
    fee = [f"{Money(row.fee, row.currency).grouped()} a year"] if row.fee else []
    share = [queries.share_sentence(row).rstrip(".")] if row.rate else []
    return {
        "row": row,
        "when": f"{row.starts} until {row.ends}" if row.ends else f"{row.starts}",
        "uses": ", ".join(f"{use} ({_USES[use]})" for use in row.uses),
        "price": "; ".join([queries.KINDS[row.kind], *fee, *share, *prices]),
        "terms": row.conditions.sentences(),
    }

"""The published tariffs, for people and for programs: what a licence costs, and how to take one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _
from django.views.decorators.vary import vary_on_headers

from quire.core.errors import QuireError
from quire.core.money import Money
from quire.society.kit import clock, config, spoken
from quire.society.licensing import queries
from quire.society.licensing.queries import TariffRow
from quire.society.parties import queries as parties
from quire.society.web.said import said

HOW = _(
    "To take a licence, write to the society and name the tariff, the uses and the first day. You get a "
    "client id and a secret; with these your crawler asks the licence server for a token, and shows "
    "it to each site."
)
CREDIT = _(
    "Where a site asks a price for each request, you pay in advance: transfer an amount to the society and "
    "name yourself and your licence. What sites charge is taken from it."
)
_USES = {
    "ai-train": _("training models"),
    "ai-input": _("grounding answers, retrieval"),
    "ai-index": _("an index for AI"),
    "search": _("a search engine that links to the page"),
}
_REFUSALS = {
    "no-token": _(
        "The site wants a licence token and the request had none. Take a licence here, get a token."
    ),
    "malformed": _(
        "What stands after “Authorization: License” is not one of our tokens, whole and unaltered."
    ),
    "bad-signature": _("The token was altered, or is not from our licence server. Get a new one."),
    "unknown-key": _("The token names a key that we do not publish. Get a new one."),
    "unknown-issuer": _("The token is another society’s, or a sandbox’s. Get one of our licence server."),
    "expired": _("Tokens live for minutes. Get a new one."),
    "not-yet": _("The token begins later than the site’s clock says. Try again in a minute."),
    "revoked": _("We took back the token, its client or its licence. Write to us before you get another."),
    "wrong-audience": _("The token is for other sites. Ask for one with this page’s address as “resource”."),
    "wrong-use": _("Your licence does not cover what this page may be used for."),
    "forbidden": _("The publisher gives this page to nobody, or not by the request."),
    "key-proof": _("The token is bound to your key, and the request was not signed with it."),
    "replay": _("A signature is good once. Sign each request anew."),
    "cannot-judge": _("The site cannot tell at the moment whether the token is good. Come back later."),
    "no-price": _(
        "The page has a price. Say in crawler-max-price or crawler-exact-price what you would pay."
    ),
    "price-too-low": _("The page costs more than crawler-max-price says."),
    "price-not-exact": _("The page’s price is another than crawler-exact-price says."),
    "bad-price": _("A price is a currency, a blank and an amount: EUR 0.01."),
    "two-prices": _("Send one of the two price headers, once."),
    "credit-asked": _("The site is asking us for a part of your balance. Come back in a few seconds."),
    "no-credit": _("Your balance with us does not suffice. Add to it as said above."),
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
        with override("en-gb"):  # what programs read is the same for everybody
            return JsonResponse({"server": f"{config.url()}/olp", "how": str(HOW), "tariffs": found})
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
        return gettext("this society"), gettext("not founded yet")
    street = f"{found.street} {found.building}".strip()
    place = f"{found.postcode} {found.town} ({found.country})".strip()
    return found.name, ", ".join(part for part in (found.name, street, place) if part)


def _tariff(row: TariffRow) -> dict[str, Any]:
    prices = [
        gettext("%(amount)s for %(tier)s")
        % {"amount": spoken.money(Money(price, row.currency)), "tier": tier}
        for tier, price in row.prices.items()
    ]
    fee = (
        [gettext("%(amount)s a year") % {"amount": spoken.money(Money(row.fee, row.currency))}]
        if row.fee
        else []
    )
    share = [queries.share_sentence(row).rstrip(".")] if row.rate else []
    span = {"first": spoken.day(row.starts), "last": spoken.day(row.ends) if row.ends else ""}
    return {
        "row": row,
        "when": gettext("%(first)s until %(last)s") % span if row.ends else span["first"],
        "uses": ", ".join(f"{use} ({_USES[use]})" for use in row.uses),
        "price": "; ".join([said(queries.KINDS[row.kind]), *fee, *share, *prices]),
        "terms": row.conditions.sentences(),
    }


def _amount(row: TariffRow, quanta: int) -> str:
    return spoken.money(Money(quanta, row.currency))

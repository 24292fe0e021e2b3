"""The published tariffs, for people and for programs: what a licence costs, and how to take one."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe
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
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Licences: {name}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }}
article {{ border-top: 1px solid #999; padding: .5rem 0 }}
dt {{ font-weight: 600 }} dd {{ margin: 0 0 .4rem }}
</style></head>
<body><main>
<h1>Licences of {name}</h1>
<p>{how}</p>
<p>Licence server: <code>{server}</code></p>
{tariffs}
</main></body></html>
"""
_TARIFF = """<article id="{ref}">
<h2>{sentence}</h2>
<dl>
<dt>Tariff</dt><dd>{ref}, in force from {when}</dd>
<dt>Uses</dt><dd>{uses}</dd>
<dt>Price</dt><dd>{price}</dd>
<dt>Terms</dt><dd><ul>{terms}</ul></dd>
<dt>Adopted by</dt><dd>{decision}</dd>
</dl>
</article>"""


@require_safe
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
    return HttpResponse(_page(shown))


def _wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def _page(shown: Sequence[TariffRow]) -> SafeString:
    try:
        name = parties.society().name
    except QuireError:
        name = "this society"
    parts = format_html_join("\n", "{}", ((_tariff(row),) for row in shown))
    none = format_html("<p>{}</p>", "No tariff is published yet.")
    return format_html(_PAGE, name=name, how=HOW, server=f"{config.url()}/olp", tariffs=parts or none)


def _tariff(row: TariffRow) -> SafeString:
    prices = [f"{Money(price, row.currency).grouped()} for {tier}" for tier, price in row.prices.items()]
    fee = [f"{Money(row.fee, row.currency).grouped()} a year"] if row.fee else []
    return format_html(
        _TARIFF,
        ref=row.ref,
        sentence=row.sentence,
        when=f"{row.starts} until {row.ends}" if row.ends else f"{row.starts}",
        uses=", ".join(row.uses),
        price="; ".join([queries.KINDS[row.kind], *fee, *prices]),
        terms=format_html_join("", "<li>{}</li>", ((one,) for one in row.conditions.sentences())),
        decision=row.decision,
    )


urlpatterns: list[URLPattern | URLResolver] = [path("licences", licences, name="licences")]

"""What a site's terms are, for anybody: license.xml, robots.txt and tdmrep.json, three of the four
renderings.

Never with ``only`` and ``never``: who was given more or refused is nobody's business. Refusals are problem
documents.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.http import require_safe

from quire.core import renderings, robots
from quire.core.rsl import MEDIA_TYPE
from quire.core.site import SiteTerms
from quire.society.api import conditional, problems
from quire.society.licensing import policy

KEPT = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}


def licence_xml(terms: SiteTerms) -> str:
    """The terms as RSL 1.0."""
    return renderings.rsl_document(terms)


def robots_txt(terms: SiteTerms) -> str:
    """The lines that the society adds, as a robots.txt that a site without one may serve as it is."""
    return robots.add_lines("", renderings.robots_lines(terms))


def tdmrep_json(terms: SiteTerms) -> str:
    """The terms as TDMRep has them."""
    return json.dumps(renderings.tdmrep(terms), indent=1) + "\n"


def _page(render: Callable[[SiteTerms], str], kind: str) -> Callable[..., object]:
    @require_safe
    @problems.answers
    def page(request: HttpRequest, host: str) -> HttpResponse:
        body = render(policy.terms_of_host(host)).encode()
        return conditional.answer(request, body, kind, conditional.tag_of(body), KEPT)

    return page


urlpatterns: list[URLPattern | URLResolver] = [
    path("sites/<str:host>/license.xml", _page(licence_xml, MEDIA_TYPE)),
    path("sites/<str:host>/robots.txt", _page(robots_txt, "text/plain; charset=utf-8")),
    path("sites/<str:host>/tdmrep.json", _page(tdmrep_json, "application/json")),
]

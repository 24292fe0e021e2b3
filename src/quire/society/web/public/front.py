"""The front page: what the society is, how a euro is split, and where to go from here; and its files."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from quire.core.errors import QuireError
from quire.core.plan import Plan
from quire.society.distribution import public as distribution
from quire.society.distribution import queries
from quire.society.distribution.public import Split
from quire.society.distribution.queries import PlanRow
from quire.society.kit import clock
from quire.society.kit.config import home as house
from quire.society.membership import watching as membership
from quire.society.parties import queries as parties
from quire.society.web import charts
from quire.society.web.pages import Asking
from quire.society.web.public.words import PARTS, money
from quire.society.web.splitting import split as planned


def front(request: Asking) -> HttpResponseBase:
    """What the society is and how it divides: by the plan in force, and in the last distribution."""
    if not parties.founded():
        return render(request, "web/public/empty.html", {"title": _("There is no society here yet")})
    plan, last = plan_in_force(), distribution.last_published()
    society = parties.society()
    return render(request, "web/public/front.html", {
        "title": society.name, "society": society, "members": membership.count(),
        "plan": plan, "planned": planned(Plan.parse(plan.text)) if plan else "",
        "last": last, "pictures": [picture(one) for one in last.splits] if last else [],
    })  # fmt: skip


def plan_in_force() -> PlanRow | None:
    """The plan by which every run that names none is divided today."""
    today = clock.today()
    found = [one for one in queries.plans() if not one.by_name and one.starts <= today]
    return found[-1] if found else None


def picture(split: Split, of: str = "") -> SafeString:
    """How what came in, in one currency, was divided; ``of`` goes before: the year, say."""
    parts = [
        charts.Part(str(words), split.parts.get(name, 0), money(split.parts.get(name, 0), split.currency),
                    css=css)
        for name, (words, css) in PARTS.items()
    ]  # fmt: skip
    label = _("How %(sum)s was divided") % {"sum": money(split.received, split.currency)}
    label = f"{of}: {label}" if of else label
    return charts.bar(
        [one for one in parts if one.value > 0], label=label, heads=(_("where to"), _("amount"))
    )


def bundle(request: Asking, run: str) -> FileResponse:
    """A published bundle, as a zip."""
    try:
        found = distribution.published(run)
    except QuireError as problem:
        raise Http404(problem.sentence) from problem
    if not found.zip.is_file():
        raise Http404("This run has no published bundle.")
    return FileResponse(open(found.zip, "rb"), as_attachment=True, filename=found.zip.name)


def keys(request: Asking) -> HttpResponse:
    """The public keys that bundles are signed with."""
    place = house() / "published" / "keys.json"
    if not place.is_file():
        raise Http404("No key has been made yet.")
    return HttpResponse(place.read_bytes(), content_type="application/jwk-set+json")

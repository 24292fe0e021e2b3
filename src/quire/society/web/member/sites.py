"""The member's sites: registered, shown to be theirs, metered by edges, with terms and prices by path."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.core.errors import QuireError
from quire.core.money import Money
from quire.core.terms import USES
from quire.society.kit import clock, walls
from quire.society.kit.paging import Asked
from quire.society.mandates import actions as terms
from quire.society.mandates import queries as mandates
from quire.society.parties import queries as parties
from quire.society.repertoire import actions, queries
from quire.society.repertoire.queries import SiteRow
from quire.society.usage import actions as metering
from quire.society.usage import queries as usage
from quire.society.web import lists
from quire.society.web.lists import Column
from quire.society.web.pages import Asking
from quire.society.web.taking import Day, by, sent, taken
from quire.society.web.words import Cut, days, here, use, use_lazily

METHODS = {
    "well-known": gettext_lazy("a file on the site"), "dns": gettext_lazy("a DNS record"),
    "meta": gettext_lazy("a tag on the front page"),
}  # fmt: skip


class Site(forms.Form):
    """A site as a member registers it."""

    host = forms.CharField(label=gettext_lazy("Host"), max_length=253,
                           help_text=gettext_lazy("Like example.org, without https://."))  # fmt: skip
    patterns = forms.CharField(
        label=gettext_lazy("Paths"), max_length=1000, initial="/",
        help_text=gettext_lazy("“/” is all of it. Where only a part is yours, its paths: /blog/ /photos/."),
    )  # fmt: skip


def sites(request: Asking) -> HttpResponseBase:
    """Every site of the member."""
    columns = [
        Column("host", _("Host"), link=lambda one: here(request, "member-site", site=one.code)),
        Column("patterns", _("Paths"), value=lambda one: " ".join(one.patterns)),
        Column("state", _("State"), "state", lambda one: "verified" if one.verified else "unverified"),
        Column("tier", _("Content tier")),
        Column("code", _("Code")),
    ]
    return lists.listed(
        request, queries.sites_list(_me(request)), columns, title=_("Sites"),
        lead=_("What is asked for on a site, and is no work on record, counts for the site."),
        empty=_("You have registered no site yet. Register the one on which your work stands, so that what "
                "AI takes there is counted."),
        template="web/member/sites.html",
    )  # fmt: skip


def new(request: Asking) -> HttpResponse:
    """Register a site."""
    form = Site(**sent(request))
    made: list[str] = []

    def act(said: dict[str, Any]) -> None:
        site = actions.register_site(code=_code(request, said["host"]), host=said["host"],
                                     owner=_whose(request), patterns=said["patterns"].split(),
                                     by=by(request))  # fmt: skip
        made.append(site.code)

    done = _("The site is registered. Show next that it is yours.")
    if taken(request, form, act, done=done, to=here(request, "member-sites")):
        return redirect(here(request, "member-site", site=made[0]))
    return render(request, "web/member/form.html", {
        "title": _("Register a site"), "form": form, "submit": _("Register"), "trail": _trail(request),
        "cancel": here(request, "member-sites"),
        "lead": _("Next you show that the host is yours, by a line in a file, a DNS record or a tag."),
    })  # fmt: skip


def _code(request: Asking, host: str) -> str:
    """A code that nobody has: the host's name, or with a number behind it."""
    name = "".join(one if one.isalnum() else "-" for one in host.lower()).strip("-")[:50] or "site"
    taken_ = {one.code for one in queries.sites_list().page(Asked(search=name, size=200)).rows}
    return next(code for number in range(1, 10**4)
                if (code := name if number == 1 else f"{name}-{number}") not in taken_)  # fmt: skip


class Verify(forms.Form):
    """How one shows that a site is one's own."""

    method = forms.ChoiceField(label=gettext_lazy("By"), choices=list(METHODS.items()))


class Edge(forms.Form):
    """An edge, by its name."""

    name = forms.CharField(label=gettext_lazy("Name of the edge"), max_length=80, initial="edge")


class PathTerm(forms.Form):
    """Yes or no to a use of what lies under a path."""

    pattern = forms.CharField(label=gettext_lazy("Path"), max_length=500, initial="/")
    use = forms.ChoiceField(label=gettext_lazy("Use"), choices=[
        ("all", gettext_lazy("every use")), *((name, use_lazily(name)) for name in USES)])  # fmt: skip
    answer = forms.ChoiceField(label=gettext_lazy("Answer"), choices=[
        ("no", gettext_lazy("no")), ("yes", gettext_lazy("yes again, within a no"))])  # fmt: skip
    starts = forms.DateField(label=gettext_lazy("From"), widget=Day())


class PathPrice(forms.Form):
    """What a request under a path costs."""

    pattern = forms.CharField(label=gettext_lazy("Path"), max_length=500, initial="/")
    price = forms.CharField(label=gettext_lazy("Price of a request"), max_length=30,
                            help_text=gettext_lazy("Like 0.002"))  # fmt: skip
    starts = forms.DateField(label=gettext_lazy("From"), widget=Day())


def site(request: Asking, site: str) -> HttpResponseBase:
    """One site; what is sent says by ``act`` what is to be done."""
    found = _found(request, site)
    wanted = request.POST.get("act", "") if request.method == "POST" else ""
    forms_ = _forms(request, wanted)
    if wanted and (went := _done(request, found, wanted, forms_)):
        return went
    return render(request, "web/member/site.html", {
        "title": found.host, "site": found, "trail": _trail(request),
        "checks": queries.checks_of(found.id)[:10],
        "edges": usage.edges(sites=[found.id]), "forms": forms_,
        "terms": [(one, days(one.starts, one.ends), use(one.use),
                   Cut(one.price.quanta, one.price.currency) if one.price else None)
                  for one in mandates.path_facts(found.id)],
        "currency": parties.society().currency, "today": clock.today(),
    })  # fmt: skip


def _forms(request: Asking, wanted: str) -> dict[str, forms.Form]:
    tomorrow = {"starts": date.fromordinal(clock.today().toordinal() + 1)}
    kinds = {"begin": (Verify, {}), "edge": (Edge, {}), "term": (PathTerm, tomorrow),
             "price": (PathPrice, tomorrow)}  # fmt: skip
    return {
        name: kind(initial=initial, prefix=name, **(sent(request) if name == wanted else {}))
        for name, (kind, initial) in kinds.items()
    }


def _done(
    request: Asking, found: SiteRow, wanted: str, forms_: dict[str, forms.Form]
) -> HttpResponseBase | None:
    """Do what was asked; None where a form is to be shown again with what is wrong."""
    to = here(request, "member-site", site=found.code)
    if wanted == "look":
        return _looked(request, found, to)
    if wanted == "begin":
        return taken(request, forms_["begin"], lambda said: _begin(request, found, said["method"]),
                     done=_("Put it there, then let us look."), to=to)  # fmt: skip
    if wanted == "edge":
        return _edge(request, found, forms_["edge"])
    if wanted == "term":
        return taken(request, forms_["term"], lambda said: terms.set_terms(
            site=found.code, pattern=said["pattern"], use=said["use"], answer=said["answer"] == "yes",
            starts=said["starts"], by=by(request)), done=_("The terms are on record."), to=to)  # fmt: skip
    if wanted == "price":
        unit = parties.society().currency
        return taken(request, forms_["price"], lambda said: terms.set_price(
            site=found.code, pattern=said["pattern"], price=Money.parse(said["price"], unit),
            starts=said["starts"], by=by(request)), done=_("The price is on record."), to=to)  # fmt: skip
    if wanted in {"revoke", "end"}:
        return _ended(request, found, wanted, to)
    raise Http404("There is nothing of this kind to do.")


def _begin(request: Asking, found: SiteRow, method: str) -> None:
    asked = actions.start_verification(site=found.code, method=method, by=by(request))
    messages.info(request, f"{asked.where} {asked.text if asked.method != 'meta' else ''}")


def _looked(request: Asking, found: SiteRow, to: str) -> HttpResponseBase:
    try:
        with walls.outside():
            actions.verify_site(site=found.code, by=by(request))
        messages.success(request, _("It is there: the site is yours."))
    except QuireError as problem:
        messages.error(request, str(problem))
    return redirect(to)


def _edge(request: Asking, found: SiteRow, form: forms.Form) -> HttpResponseBase | None:
    """Register an edge: its key is shown once, on the page that answers."""
    made: list[Any] = []
    to = here(request, "member-site", site=found.code)
    if not taken(
        request,
        form,
        lambda said: made.append(metering.register_edge(site=found.code, name=said["name"], by=by(request))),
        done=_("The edge is registered."),
        to=to,
    ):
        return None  # fmt: skip
    import json

    answer = render(request, "web/member/edge_new.html", {
        "title": _("The edge of %(host)s") % {"host": found.host}, "edge": made[0],
        "key": json.dumps(made[0].private_jwk), "trail": [*_trail(request), (found.host, to)], "to": to,
    })  # fmt: skip
    answer["Cache-Control"] = "no-store"
    return answer


def _ended(request: Asking, found: SiteRow, wanted: str, to: str) -> HttpResponseBase:
    """Revoke an edge of this site, or end a term or price of it: nothing of another's."""
    name = request.POST.get("of", "")
    with walls.outside():
        if wanted == "revoke":
            if name not in {one.tid for one in usage.edges(sites=[found.id])}:
                raise Http404("There is no such edge of this site.")
            reason = request.POST.get("reason", "").strip() or _("revoked on the member’s page")
            metering.revoke_edge(name, reason=reason, by=by(request))
            messages.success(request, _("The edge is revoked; nothing more is taken from it."))
        else:
            facts = {one.tid: one for one in mandates.path_facts(found.id)}
            if name not in facts:
                raise Http404("There is no such term of this site.")
            today = clock.today()
            if facts[name].price is not None:
                terms.end_price(price=name, ends=today, by=by(request))
            else:
                terms.end_terms(term=name, ends=today, by=by(request))
            messages.success(request, _("It is over from today."))
    return redirect(to)


def _found(request: Asking, code: str) -> SiteRow:
    try:
        found = queries.site(code)
    except QuireError:
        found = None  # type: ignore[assignment]
    if found is None or found.owner != _me(request):
        raise Http404("There is no such site of yours.")
    return found


def _whose(request: Asking) -> str:
    assert request.seat.party is not None
    return request.seat.party.code


def _me(request: Asking) -> Any:
    assert request.seat.party is not None
    return request.seat.party.id


def _trail(request: Asking) -> list[tuple[str, str]]:
    return [(_("Sites"), here(request, "member-sites"))]

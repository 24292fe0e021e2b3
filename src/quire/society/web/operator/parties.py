"""Parties at the desk: the list, and one from every side."""

from __future__ import annotations

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from quire.society.distribution import queries as distribution
from quire.society.kit import acts
from quire.society.membership import queries as membership
from quire.society.parties import queries
from quire.society.parties.watching import parties_list
from quire.society.payouts import queries as payouts
from quire.society.repertoire import queries as repertoire
from quire.society.web.lists import Column, listed
from quire.society.web.pages import Asking
from quire.society.web.words import Cut, cut, days

_COLUMNS = (
    Column("name", gettext_lazy("Name"), link=lambda one: reverse("desk-party", args=[one.tid])),
    Column("code", gettext_lazy("Code"), "code"),
    Column("kind", gettext_lazy("Kind")),
)
RUNS = 8


def parties(request: Asking) -> HttpResponseBase:
    """Every party: members, payees, licensees."""
    return listed(
        request,
        parties_list(),
        _COLUMNS,
        title=_("Parties"),
        lead=_("Everybody who is paid or who pays, found by name, code or number."),
        empty=_("Nobody is on record yet. Put the first on record, or hand in many with their applications."),
        template="web/operator/bar.html",
        bar=[(_("Put one on record"), "desk-party-new")],
    )


_TAXES = (
    Column(
        "party",
        gettext_lazy("Who"),
        value=lambda one: one.party.name,
        link=lambda one: reverse("desk-party", args=[one.party.tid]),
    ),
    Column("country", gettext_lazy("Taxed in")),
    Column("number", gettext_lazy("Number"), value=lambda one: one.masked),
    Column("none_because", gettext_lazy("If none: why")),
    Column("treaty", gettext_lazy("Treaty"), value=lambda one: _("claimed") if one.treaty else ""),
    Column("on", gettext_lazy("Declared"), "date"),
    Column("signed", gettext_lazy("Signed")),
)


def taxes(request: Asking) -> HttpResponseBase:
    """What parties declared for tax: of each, the declaration that holds."""
    missing = queries.undeclared()
    lead = _("For the society’s returns. A number is shown whole on its party’s page alone.")
    if missing:
        several = ngettext(
            "%(count)d party that is paid has declared nothing.",
            "%(count)d parties that are paid have declared nothing.",
            missing,
        )
        lead = f"{lead} {several % {'count': missing}}"
    return listed(
        request,
        queries.taxes_list(),
        _TAXES,
        title=_("Tax forms"),
        lead=lead,
        empty=_("Nobody has declared anything yet. Members do it on their own pages, under Tax form."),
        file="tax-forms",
    )


def party(request: Asking, who: str) -> HttpResponse:
    """One party (by code or id): standing, works, money, and its own pages. Unknown: no such one."""
    found = queries.party(who)
    sums = distribution.sums_of(found.id, last=RUNS)
    spans = membership.memberships_of(found)
    mine, shared = repertoire.works_of(found.id)
    lab = found.kind == "lab"
    return render(
        request,
        "web/operator/party.html",
        {
            "title": found.name,
            "party": found,
            "lab": lab,
            "works": mine,
            "shared": shared,
            "spans": [(days(one.starts, one.ends), one.notice_on) for one in spans],
            "out": membership.standing_records(found),
            "applications": membership.applications(found)[-5:],
            "accounts": [_account(one) for one in payouts.account_of(found)],
            "tax": next(iter(queries.tax_forms(found.id)), None),
            "payee": queries.payees([found.id])[found.id],
            "runs": [(one, cut(one.credited), cut(one.held)) for one in sums],
            "own": reverse("lab" if lab else "member", kwargs={"party": found.code}),
            "team": reverse("lab-team" if lab else "member-team", kwargs={"party": found.code}),
            "seats": queries.seats(party=found.id),
            "history": acts.history(found.tid, 30),
            "trail": [(_("Parties"), reverse("desk-parties"))],
        },
    )


def _account(one: payouts.Account) -> tuple[payouts.Account, dict[str, Cut]]:
    return one, {
        name: Cut(getattr(one, name), one.currency)
        for name in ("credited", "paid", "in_transit", "carried", "returned")
    }

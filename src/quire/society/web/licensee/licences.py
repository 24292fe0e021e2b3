"""A licensee's licences, in words; the published tariffs, and taking a licence under one."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.core.money import Money
from quire.society.invoicing import queries as invoicing
from quire.society.kit import clock
from quire.society.licensing import actions, holding
from quire.society.licensing import queries as licensing
from quire.society.licensing.queries import LicenceRow, TariffRow
from quire.society.web import lists
from quire.society.web.licensee.words import MEANS, kind, me, prices, terms
from quire.society.web.lists import Column
from quire.society.web.pages import Asking
from quire.society.web.taking import Day, by, sent, taken
from quire.society.web.words import Cut, days, here, use


def licences(request: Asking) -> HttpResponseBase:
    """Every licence that the licensee has or had."""
    columns = [
        Column("code", _("Licence"), link=lambda one: here(request, "lab-licence", licence=one.tid)),
        Column("state", _("State"), "state", state),
        Column("uses", _("For"), value=lambda one: ", ".join(map(use, one.uses))),
        Column("kind", _("Paid by"), value=lambda one: kind(one.kind)),
        Column("starts", _("From"), "date"),
        Column("ends", _("Until"), "date"),
        Column("published", _("Tariff")),
    ]
    return lists.listed(
        request, holding.licences_of(me(request)), columns, title=_("Licences"), file="licences",
        template="web/licensee/licences.html",
        empty=_("You have no licence yet. Look at what there is, and take one."),
    )  # fmt: skip


def state(row: LicenceRow) -> str:
    """Whether a licence is in force today."""
    today = clock.today()
    return "in force" if row.starts <= today < row.ends else "expired" if row.ends <= today else "waiting"


def licence(request: Asking, licence: str) -> HttpResponse:
    """One licence: its terms in words, and how its account stands."""
    row = holding.licence_of(me(request), licence)
    told = invoicing.outstanding(row.id)
    return render(request, "web/licensee/licence.html", {
        "title": row.code, "row": row, "state": state(row), "term": days(row.starts, row.ends),
        "kind": kind(row.kind), "uses": _uses(row), "terms": terms(row), "prices": prices(row),
        "due": _cut(told.due), "received": _cut(told.received), "open": _cut(told.open),
        "foreign": ", ".join(_cut(one).grouped() for one in told.foreign),
        "trail": [(_("Licences"), here(request, "lab-licences"))],
    })  # fmt: skip


def tariffs(request: Asking) -> HttpResponse:
    """The tariffs that a licence may be taken under today."""
    found = licensing.tariffs_in_force(clock.today())
    return render(request, "web/licensee/tariffs.html", {
        "title": _("Tariffs"), "trail": [(_("Licences"), here(request, "lab-licences"))],
        "tariffs": [
            {"row": row, "uses": ", ".join(map(use, row.uses)), "prices": prices(row)} for row in found
        ],
    })  # fmt: skip


class Taking(forms.Form):
    """A licence as it is taken."""

    starts = forms.DateField(label=gettext_lazy("From"), widget=Day())
    code = forms.SlugField(
        label=gettext_lazy("Its name"), max_length=64,
        help_text=gettext_lazy("By which you and the society call it; letters, digits and hyphens."),
    )  # fmt: skip
    agreed = forms.BooleanField(label=gettext_lazy("We agree to these terms and to what it costs."))

    def clean_starts(self) -> date:
        """A licence is not taken for days that are over."""
        starts: date = self.cleaned_data["starts"]
        if starts < clock.today():
            raise ValidationError(_("A licence begins today at the earliest."))
        return starts


def take(request: Asking, tariff: str) -> HttpResponseBase:
    """One tariff with all that it asks for; an admin takes a licence under it."""
    row = licensing.tariff(tariff)
    form = Taking(initial={"starts": clock.today(), "code": _name(request, row)}, **sent(request))
    assert request.seat.party is not None
    whose = request.seat.party.code

    def act(said: dict[str, Any]) -> None:
        actions.take_licence(code=said["code"], tariff=row.code, licensee=whose, starts=said["starts"],
                             by=by(request))  # fmt: skip

    done, to = _("The licence is yours. Make a client next."), here(request, "lab-licences")
    if went := taken(request, form, act, done=done, to=to):
        return went
    return render(request, "web/licensee/take.html", {
        "title": row.code, "row": row, "uses": _uses(row), "terms": terms(row), "prices": prices(row),
        "kind": kind(row.kind), "form": form,
        "trail": [(_("Licences"), to), (_("Tariffs"), here(request, "lab-tariffs"))],
    })  # fmt: skip


def _name(request: Asking, row: TariffRow) -> str:
    assert request.seat.party is not None
    return f"{request.seat.party.code}-{row.code}-{clock.today().year}"[:64]


def _uses(row: LicenceRow | TariffRow) -> list[tuple[str, str]]:
    return [(use(name), str(MEANS[name])) for name in row.uses]


def _cut(one: Money) -> Cut:
    return Cut(one.quanta, one.currency)

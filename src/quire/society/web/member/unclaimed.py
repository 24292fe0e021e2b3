"""Money that nobody is known to own: looked through, and claimed with one's evidence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.core.money import Money
from quire.society.kit import walls
from quire.society.kit.paging import Asked
from quire.society.unclaimed import actions, queries
from quire.society.unclaimed.queries import Item
from quire.society.web import lists
from quire.society.web.lists import Column
from quire.society.web.pages import Asking
from quire.society.web.taking import by, sent, taken
from quire.society.web.words import cut, here, use


def unclaimed(request: Asking) -> HttpResponseBase:
    """What is unclaimed, with the work it is of; each leads to a claim. Own claims stand above it."""
    if request.method == "POST":
        return _withdrawn(request)
    columns = [
        Column("title", _("Work"), value=lambda one: one.title or _("no work: nobody stood in the portion"),
               link=lambda one: _claim(request, one)),
        Column("role", _("Class of right")),
        Column("use", _("Use"), value=lambda one: use(one.use) if one.use else ""),
        Column("period", _("Period"), "date", lambda one: str(one.period)),
        Column("licensee", _("Who paid")),
        Column("amount", _("Amount"), "money", lambda one: cut(Money(one.amount, one.currency))),
        Column("until", _("Kept at least until"), "date", _kept),
    ]  # fmt: skip
    mine = queries.claims_list(_me(request).id).page(Asked()).rows
    return lists.listed(
        request, queries.unclaimed_list(), columns, title=_("Unclaimed money"),
        lead=_("It was earned by a share of a work whose owner nobody knows. If it is yours, choose the work "
               "and say what shows it: it is paid to you, whatever period it is of."),
        empty=_("Nothing is unclaimed: every cent divided so far has an owner."),
        template="web/member/unclaimed.html", claims=mine,
    )  # fmt: skip


class Mine(forms.Form):
    """What shows that it is yours."""

    evidence = forms.CharField(
        label=gettext_lazy("What shows that it is yours"), max_length=400,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("A contract, a register’s number, a credit. Whoever decides reads it, and it "
                               "stays on record."),
    )  # fmt: skip


def claim(request: Asking) -> HttpResponseBase:
    """Claim what is unclaimed of a work in a class of right."""
    work, role = request.GET.get("work", ""), request.GET.get("role", "")
    if not work:
        return redirect(here(request, "member-unclaimed"))
    found = queries.of_work(work, role)
    if not found:
        raise Http404("Nothing of this is unclaimed.")
    form = Mine(**sent(request))

    def act(said: dict[str, Any]) -> None:
        actions.claim(party=_me(request).id, work=found[0].subject, role=role, evidence=said["evidence"],
                      by=by(request))  # fmt: skip

    to = here(request, "member-unclaimed")
    if went := taken(request, form, act, done=_("Your claim is filed; the society looks at it."), to=to):
        return went
    sums: dict[str, int] = {}
    for one in found:
        sums[one.currency] = sums.get(one.currency, 0) + one.amount
    return render(request, "web/member/unclaimed_claim.html", {
        "title": found[0].title, "role": role, "form": form, "cancel": to, "work": found[0].work,
        "trail": [(_("Unclaimed money"), to)],
        "sums": [cut(Money(amount, unit)) for unit, amount in sorted(sums.items())],
        "periods": sorted({str(one.period) for one in found}),
    })  # fmt: skip


def _withdrawn(request: Asking) -> HttpResponseBase:
    """Give up a claim of one's own."""
    tid = request.POST.get("claim", "")
    if tid not in {one.tid for one in queries.claims_list(_me(request).id).every(Asked())}:
        raise Http404("There is no such claim of yours.")
    with walls.outside():
        actions.withdraw_claim(claim=tid, by=by(request))
    messages.success(request, _("The claim is given up."))
    return redirect(here(request, "member-unclaimed"))


def _claim(request: Asking, one: Item) -> str:
    if not one.work or "manage" not in request.seat.may:
        return ""
    return f"{here(request, 'member-unclaimed-claim')}?{urlencode({'work': one.subject, 'role': one.role})}"


def _kept(one: Item) -> Any:
    return one.dates.disposable - timedelta(days=1)


def _me(request: Asking) -> Any:
    assert request.seat.party is not None
    return request.seat.party

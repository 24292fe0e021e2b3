"""The member's standing, its name in published bundles, and leaving."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.core.money import Money
from quire.society.kit import clock, walls
from quire.society.mandates import actions as mandates
from quire.society.mandates import queries as answers
from quire.society.membership import queries
from quire.society.membership.queries import Member
from quire.society.parties import actions as parties_actions
from quire.society.parties.queries.pseudonyms import pseudonym_of
from quire.society.payouts import queries as payouts
from quire.society.web.pages import Asking
from quire.society.web.taking import Day, by, sent, taken
from quire.society.web.words import cut, days, here


def membership(request: Asking) -> HttpResponseBase:
    """Memberships, standing, what was shown to be admitted, and the pseudonym, which is changed here."""
    me = _me(request)
    if request.method == "POST":
        on = request.POST.get("pseudonym") == "on"
        with walls.outside():
            parties_actions.set_pseudonym(party=me.id, on=on, by=by(request))
        name = _("a pseudonym") if on else _("your own id")
        done = _("From the next distribution on you stand in bundles by %(name)s.") % {"name": name}
        messages.success(request, done)
        return redirect(here(request, "member-membership"))
    return render(request, "web/member/membership.html", {
        "title": _("Membership"), "memberships": [(one, days(one.starts, one.ends))
                                                  for one in queries.memberships_of(me.id)],
        "current": _current(me.id), "reasons": queries.standing_records(me.id),
        "applications": queries.applications(me.id), "pseudonym": pseudonym_of(me.id),
    })  # fmt: skip


def _current(me: Any) -> Member | None:
    today = clock.today()
    found = (one for one in queries.memberships_of(me) if one.starts <= today)
    return next((one for one in found if one.ends is None or one.ends > today), None)


class Leave(forms.Form):
    """Notice."""

    ends = forms.DateField(
        label=gettext_lazy("First day on which you are no member"), widget=Day(),
        help_text=gettext_lazy("At the earliest today, at the latest six months from today."),
    )  # fmt: skip
    sure = forms.BooleanField(label=gettext_lazy("I have read what happens, and give notice"))


def leave(request: Asking) -> HttpResponse:
    """Give notice, having seen what ends with it."""
    me = _me(request)
    today = clock.today()
    form = Leave(initial={"ends": today}, **sent(request))

    def act(said: dict[str, Any]) -> None:
        mandates.leave(member=me.id, notice_on=today, ends=said["ends"], by=by(request))

    to = here(request, "member-membership")
    if went := taken(request, form, act, done=_("Your notice is on record."), to=to):
        return went
    said = answers.mandates_of(me.id)
    standing = [one for one in said if one.ends is None or one.ends > today]
    return render(request, "web/member/leave.html", {
        "title": _("Leave"), "form": form, "cancel": to, "trail": [(_("Membership"), to)],
        "answers": len(standing), "direct": len(answers.direct_of(me.id)), "current": _current(me.id),
        "carried": [cut(Money(one.carried, one.currency))
                    for one in payouts.account_of(me.id) if one.carried],
        "latest": _six_months(today),
    })  # fmt: skip


def _six_months(day: date) -> date:
    from quire.society.membership.actions import LONGEST_NOTICE, months_later

    return months_later(day, LONGEST_NOTICE)


def _me(request: Asking) -> Any:
    assert request.seat.party is not None
    return request.seat.party

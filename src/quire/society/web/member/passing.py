"""A part of one's own share of a work is passed on to somebody else, from a day on."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.core.errors import Invalid
from quire.core.shares import ROLES, Holder, Shares, parse_share, share_text
from quire.society.kit import clock
from quire.society.parties import queries as parties
from quire.society.repertoire import actions
from quire.society.repertoire import queries as repertoire
from quire.society.web.taking import Day


class NotYours(Invalid):
    """More is passed on than the giver has, or owners change again on a later day already."""

    code = "works.not-yours"


class PassOn(forms.Form):
    """To whom, as what, how much of the work, from when."""

    party = forms.CharField(label=gettext_lazy("To"), max_length=64,
                            help_text=gettext_lazy("The party’s code, as the society knows it."))  # fmt: skip
    role = forms.ChoiceField(label=gettext_lazy("As"), choices=[(one, one) for one in ROLES])
    share = forms.CharField(label=gettext_lazy("Share of the whole work"), max_length=40,
                            help_text=gettext_lazy("Like 1/3 or 25%. It is taken from yours."))  # fmt: skip
    starts = forms.DateField(label=gettext_lazy("For use from"), widget=Day(),
                             help_text=gettext_lazy("Today at the earliest: what was used before stays "
                                                    "as it was."))  # fmt: skip


def pass_on(*, work: UUID, giver: str, said: dict[str, Any], by: Any) -> None:
    """From ``starts`` on a part of the giver's share (code) is another's. NotYours, Unknown, BadShares."""
    taker, share, starts = parties.party(said["party"]).code, parse_share(said["share"]), said["starts"]
    if starts < clock.today():
        raise NotYours(_("Choose today or a later day: what was used before was earned by who owned it."))
    if taker == giver:
        raise NotYours(_("You have it already."))
    if any(one.starts is not None and one.starts > starts for one in repertoire.versions_of(work)):
        raise NotYours(_("Its owners change again on a later day; choose a day after that."))
    shares = divided(repertoire.owners(work, starts), giver, Holder(taker, said["role"], share))
    why = f"{giver} passed {share_text(share)} on to {taker}"
    actions.amend_owners(work=work, starts=starts, shares=shares, why=why, by=by)


def divided(present: Shares, giver: str, taker: Holder) -> Shares:
    """The owners once the giver's roles, in their order, have given up the taker's share. NotYours."""
    left, owned = taker.share, {}
    for party, role, share in present:
        given = min(share, left) if party == giver else Fraction(0)
        left -= given
        if share > given:
            owned[party, role] = share - given
    if left or taker.share <= 0:
        raise NotYours(_("You cannot pass on more of it than you have."))
    mine = (taker.party, taker.role)
    owned[mine] = owned.get(mine, Fraction(0)) + taker.share
    return Shares(tuple(Holder(*place, share) for place, share in owned.items()))


def first_day() -> date:
    """The day that the form begins with."""
    return clock.today()

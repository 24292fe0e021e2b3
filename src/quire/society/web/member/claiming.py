"""A claim to a work: filed by saying one's own share, or every owner's."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from django import forms
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.core.disputes import OF_MONEY
from quire.core.shares import ROLES, UNKNOWN, parse_share, share_text
from quire.society.disputes import actions
from quire.society.kit import clock
from quire.society.repertoire import queries as repertoire
from quire.society.web.member.disputes import KINDS
from quire.society.web.pages import Asking
from quire.society.web.said import said_lazily
from quire.society.web.taking import Day, by, sent, taken
from quire.society.web.words import here


class Claim(forms.Form):
    """A claim about a work."""

    work = forms.CharField(label=gettext_lazy("Work"), max_length=2000,
                           help_text=gettext_lazy("Its address or number."))  # fmt: skip
    kind = forms.ChoiceField(label=gettext_lazy("What is claimed"), choices=list(KINDS.items()))
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("In a sentence or two; the other side reads it."),
    )  # fmt: skip
    share = forms.CharField(
        label=gettext_lazy("Your share, all in all"), max_length=40, required=False,
        help_text=gettext_lazy("Like 1/3 or 25%. It is taken from owners nobody knows first, then from the "
                               "others in proportion to what they have."),
    )  # fmt: skip
    role = forms.ChoiceField(
        label=gettext_lazy("As"), choices=[(one, said_lazily(one)) for one in ROLES], initial="owner"
    )
    shares = forms.CharField(
        label=gettext_lazy("Or every owner, as they should be"), max_length=2000, required=False,
        help_text=gettext_lazy("All of them, as party:role:share between semicolons, like "
                               "gazette:publisher:2/3; lantern:photographer:1/3."),
    )  # fmt: skip
    since = forms.DateField(label=gettext_lazy("For use since"), required=False, widget=Day(),
                            help_text=gettext_lazy("Empty: from the beginning."))  # fmt: skip
    wanted = forms.CharField(label=gettext_lazy("Tier or type, as it should be"), max_length=32,
                             required=False)  # fmt: skip


def new(request: Asking) -> HttpResponseBase:
    """File a claim."""
    form = Claim(initial={"work": request.GET.get("work", "")}, **sent(request))
    assert request.seat.party is not None
    code, made = request.seat.party.code, []

    def act(said: dict[str, Any]) -> None:
        role, share = said.pop("role"), said.pop("share")
        if share and said["kind"] in OF_MONEY:
            said["shares"] = owned_with(said["work"], code, role, parse_share(share))
        made.append(actions.file_dispute(claimant=code, by=by(request), **said))

    to = here(request, "member-disputes")
    if taken(request, form, act, done=_("Your claim is filed."), to=to):
        return redirect(here(request, "member-dispute", dispute=made[0].tid))
    return render(request, "web/member/form.html", {
        "title": _("Claim"), "form": form, "submit": _("File the claim"), "cancel": to,
        "trail": [(_("Claims"), to)],
        "lead": _("A claim to a share holds that share at once. One of ownership or authorship is documented "
                  "first, and lapses where that is not done in time. What is not in dispute is paid on."),
    })  # fmt: skip


def owned_with(work: str, code: str, role: str, share: Fraction) -> str:
    """The owners of a work, if this party's whole share of it were this: what it gets more comes from owners
    whom nobody knows first, then from the others in proportion. Unknown for a work that is none.
    """
    present = repertoire.owners(repertoire.work(work).id, clock.today())
    mine = sum((one.share for one in present if one.party == code), Fraction(0))
    nobodys = sum((one.share for one in present if one.party == UNKNOWN), Fraction(0))
    others = 1 - mine - nobodys
    of_nobody = min(max(share - mine, Fraction(0)), nobodys)
    kept_by_nobody = 1 - of_nobody / nobodys if nobodys else Fraction(1)
    kept_by_others = (others - (share - mine - of_nobody)) / others if others else Fraction(1)
    owned = {(code, role): share}
    for one in present:
        kept = one.share * (kept_by_nobody if one.party == UNKNOWN else kept_by_others)
        if one.party != code and kept > 0:
            owned[one.party, one.role] = kept
    return "; ".join(f"{who}:{what}:{share_text(part)}" for (who, what), part in owned.items())

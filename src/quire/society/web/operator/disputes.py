"""Disputes at the desk: the queue by money and days, and one with its story and its ends."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.core.errors import QuireError
from quire.society.disputes import actions, queries
from quire.society.disputes.queries import DisputeRow
from quire.society.kit.paging import few
from quire.society.parties import queries as parties
from quire.society.web.lists import Column, listed
from quire.society.web.operator.doing import asked, on_disk, tried
from quire.society.web.operator.words import together
from quire.society.web.pages import Asking
from quire.society.web.taking import Day, by, sent
from quire.society.web.words import Cut

KINDS = {
    "share": gettext_lazy("a share of it"),
    "ownership": gettext_lazy("who owns it: it was passed on"),
    "authorship": gettext_lazy("who made it"),
    "tier": gettext_lazy("its content tier"),
    "type": gettext_lazy("its type"),
}
_COLUMNS = (
    Column(
        "title",
        gettext_lazy("Work"),
        value=lambda one: one.title or one.work,
        link=lambda one: reverse("desk-dispute", args=[one.tid]),
    ),
    Column("held", gettext_lazy("Held"), value=lambda one: together(one.held)),
    Column("left", gettext_lazy("Days left"), "number"),
    Column("kind", gettext_lazy("About")),
    Column("claimant", gettext_lazy("Claimant")),
    Column("state", gettext_lazy("State"), "state"),
    Column("due", gettext_lazy("Waits until"), "date"),
    Column("filed", gettext_lazy("Filed"), "date", lambda one: one.filed_on),
)


def disputes(request: Asking) -> HttpResponseBase:
    """What is open, the most money and the fewest days first; with ``?all=yes`` what has ended, too."""
    every = request.GET.get("all") == "yes"
    if every:
        listing: Any = queries.disputes_list()
    else:
        rows = queries.rows()
        listing = few(
            rows,
            filters={"kind": (_("About"), {one.kind: one.kind for one in rows}, lambda one: one.kind)},
            sorts={
                "left": lambda one: 10**6 if one.left is None else one.left,
                "filed": lambda one: one.filed_on,
            },
            words=lambda one: f"{one.title} {one.work} {one.claimant}",
        )
    return listed(
        request,
        listing,
        _COLUMNS,
        title=_("Disputes"),
        lead=_("While two say that a work is theirs, what it earns is held."),
        empty=_("Nobody disputes anything. Members file claims on their own pages, or you do for them."),
        template="web/operator/disputes.html",
        every=every,
    )


class Filing(forms.Form):
    """A claim, for somebody."""

    claimant = forms.CharField(
        label=gettext_lazy("Claimant"), max_length=80, help_text=gettext_lazy("Its code or id.")
    )
    work = forms.CharField(
        label=gettext_lazy("Work"), max_length=2000, help_text=gettext_lazy("Its address, number or key.")
    )
    kind = forms.ChoiceField(label=gettext_lazy("About"), choices=list(KINDS.items()))
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=1000, widget=forms.Textarea({"rows": 3})
    )
    shares = forms.CharField(
        label=gettext_lazy("Shares claimed"),
        max_length=2000,
        required=False,
        help_text=gettext_lazy("party:role:share between semicolons; all of the work."),
    )
    since = forms.DateField(label=gettext_lazy("For use since"), widget=Day(), required=False)
    wanted = forms.CharField(label=gettext_lazy("Tier or type claimed"), max_length=40, required=False)


def file(request: Asking) -> HttpResponseBase:
    """File a claim for a party."""
    form = Filing(**sent(request))
    if request.method == "POST" and (
        made := tried(form, lambda said: actions.file_dispute(**said, by=by(request)))
    ):
        messages.success(request, _("The claim is on record."))
        return redirect("desk-dispute", made.tid)
    return asked(
        request,
        form,
        title=_("File a claim"),
        submit=_("File it"),
        back=(_("Disputes"), reverse("desk-disputes")),
    )


class Settling(forms.Form):
    """What the sides agreed on."""

    shares = forms.CharField(
        label=gettext_lazy("Shares agreed on"),
        max_length=2000,
        help_text=gettext_lazy("party:role:share between semicolons; all of the work."),
    )
    text = forms.CharField(label=gettext_lazy("What was agreed"), max_length=300)
    starts = forms.DateField(
        label=gettext_lazy("From"),
        widget=Day(),
        required=False,
        help_text=gettext_lazy("Left empty: from the day that was claimed."),
    )


class Deciding(forms.Form):
    """What somebody decided: shares, or a tier or type."""

    who = forms.CharField(
        label=gettext_lazy("Who decided"),
        max_length=100,
        help_text=gettext_lazy("The committee, the court, the arbitrator."),
    )
    result = forms.CharField(label=gettext_lazy("Decided"), max_length=2000)
    text = forms.CharField(label=gettext_lazy("With what reason"), max_length=300)
    starts = forms.DateField(label=gettext_lazy("From"), widget=Day(), required=False)

    def __init__(self, of_shares: bool, **given: Any) -> None:
        super().__init__(**given)
        self.fields["result"].help_text = (
            _("party:role:share between semicolons; all of the work.")
            if of_shares
            else _("The tier or the type.")
        )


class Paper(forms.Form):
    """A document of one side."""

    party = forms.CharField(
        label=gettext_lazy("Of"), max_length=80, help_text=gettext_lazy("The side’s code.")
    )
    title = forms.CharField(label=gettext_lazy("What it is"), max_length=200)
    file = forms.FileField(label=gettext_lazy("File"), max_length=200)


class Withdrawing(forms.Form):
    """The claimant gives up."""

    text = forms.CharField(label=gettext_lazy("What the claimant says"), max_length=300)


def dispute(request: Asking, dispute: str) -> HttpResponseBase:
    """One dispute: who says what, what is held, what happened, and its ends. Unknown where there is none."""
    found = queries.find(dispute)
    row = queries.row(found)
    of_shares = row.kind not in {"tier", "type"}
    forms_ = _forms(request, row, of_shares)
    if request.method == "POST" and _done(request, row, forms_, of_shares):
        return redirect("desk-dispute", row.tid)
    shares = {what: _shares(found, what) for what in ("present", "claimed", "final")} if of_shares else {}
    known = parties.by_code({row.claimant, *dict(row.respondents)})
    return render(
        request,
        "web/operator/dispute.html",
        {
            "title": row.title or row.work,
            "row": row,
            "kind": KINDS.get(row.kind, row.kind),
            "forms": forms_,
            "claimant": known[row.claimant].name if row.claimant in known else row.claimant,
            "respondents": [
                (known[code].name if code in known else code, code, part) for code, part in row.respondents
            ],
            "held": [Cut(one.quanta, one.currency) for one in row.held],
            "shares": shares,
            "story": queries.story(found),
            "papers": queries.documents(found),
            "trail": [(_("Disputes"), reverse("desk-disputes"))],
        },
    )


def _shares(found: Any, what: str) -> list[tuple[str, str, Any]]:
    """Nothing where it has not ended, or ended without shares."""
    try:
        return [(one.party, one.role, one.share) for one in queries.stated(found, what)]
    except QuireError:
        return []


def _forms(request: Asking, row: DisputeRow, of_shares: bool) -> dict[str, forms.Form]:
    """What may be done with it now, by whoever looks."""
    if "prepare" not in request.seat.may or row.state not in {"filed", "documented", "disputed"}:
        return {}
    act = request.POST.get("act", "") if request.method == "POST" else ""

    def given(name: str) -> dict[str, Any]:
        return {"prefix": name, **(sent(request) if act == name else {})}

    made: dict[str, forms.Form] = {"paper": Paper(**given("paper"))}
    if row.state != "filed":
        if of_shares:
            made["settle"] = Settling(**given("settle"))
        made["decide"] = Deciding(of_shares, **given("decide"))
    return made | {"withdraw": Withdrawing(**given("withdraw"))}


def _done(request: Asking, row: DisputeRow, forms_: dict[str, forms.Form], of_shares: bool) -> bool:
    act = request.POST.get("act", "")
    form = forms_.get(act)
    if form is None:
        return False
    mine = {"dispute": row.tid, "by": by(request)}

    def done(said: dict[str, Any]) -> bool:
        if act == "settle":
            actions.settle(**mine, **said)
        elif act == "decide":
            result = said.pop("result")
            actions.decide(**mine, **said, **({"shares": result} if of_shares else {"wanted": result}))
        elif act == "withdraw":
            actions.withdraw(**mine, **said)
        else:
            _handed_in(row, said, mine)
        return True

    if not tried(form, done):
        return False
    messages.success(request, _("It is on record."))
    return True


def _handed_in(row: DisputeRow, said: dict[str, Any], mine: dict[str, Any]) -> None:
    """Whichever document is awaited of that side now, or a further one."""
    with on_disk(said["file"]) as path:
        if row.state == "filed" and said["party"] == row.claimant:
            actions.document(**mine, title=said["title"], path=path)
        elif row.state == "documented" and said["party"] in dict(row.respondents):
            actions.answer(**mine, party=said["party"], title=said["title"], path=path)
        else:
            actions.add_document(**mine, party=said["party"], title=said["title"], path=path)


def tick(request: Asking) -> HttpResponseBase:
    """Move on every dispute whose time has run out."""
    if request.method == "POST":
        moved = actions.tick(by=by(request))
        messages.success(request, _("%(count)d disputes moved on.") % {"count": len(moved)})
    return redirect("desk-disputes")

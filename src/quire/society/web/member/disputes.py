"""Claims: those of the member and those against it, with their documents and days."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django import forms
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.core.disputes import OF_MONEY
from quire.core.errors import QuireError
from quire.society.disputes import actions, queries
from quire.society.disputes.queries import DisputeRow
from quire.society.kit.paging import Asked
from quire.society.parties import queries as parties
from quire.society.web import lists
from quire.society.web.lists import Column
from quire.society.web.pages import Asking
from quire.society.web.taking import by, sent, taken
from quire.society.web.words import cut, here

KINDS = {
    "share": gettext_lazy("a share: I own a part, or a larger one"),
    "ownership": gettext_lazy("who owns it: it was passed to me"),
    "authorship": gettext_lazy("who made it: I did"),
    "tier": gettext_lazy("its content tier"),
    "classification": gettext_lazy("its type"),
}


def everything(request: Asking) -> HttpResponseBase:
    """Every dispute in which the member is a side."""
    columns = [
        Column("title", _("Work"), link=lambda one: here(request, "member-dispute", dispute=one.tid)),
        Column("kind", _("About")),
        Column("claimant", _("Claimant")),
        Column("state", _("State"), "state"),
        Column("filed", _("Filed"), "date", lambda one: one.filed_on),
        Column("due", _("Due by"), "date"),
        Column("held", _("Held of yours"), "money", lambda one: cut(one.held[0]) if one.held else None),
    ]
    return lists.listed(
        request, queries.disputes_list(_me(request).id), columns, title=_("Claims"),
        lead=_("Where two say that a work is theirs, its share is held until they agree or it is decided."),
        empty=_("Nobody disputes anything with you. A claim begins on a work’s page, or where you search "
                "before you register."),
        template="web/member/disputes.html",
    )  # fmt: skip


class Paper(forms.Form):
    """A document."""

    title = forms.CharField(label=gettext_lazy("What it is"), max_length=200)
    file = forms.FileField(label=gettext_lazy("File"), max_length=200,
                           help_text=gettext_lazy("Up to 50 MB. The society keeps it; the other side reads "
                                                  "its title and digest."))  # fmt: skip


class End(forms.Form):
    """Giving a claim up."""

    text = forms.CharField(label=gettext_lazy("Why you give it up"), max_length=300)


def dispute(request: Asking, dispute: str) -> HttpResponseBase:
    """One dispute: what is claimed, what is held, what happened, and what can be done now."""
    row, mine = _found(request, dispute)
    wanted = request.POST.get("act", "") if request.method == "POST" else ""
    paper = Paper(prefix="paper", **(sent(request) if wanted == "paper" else {}))
    end = End(prefix="end", **(sent(request) if wanted == "withdraw" else {}))
    step, names = _next(row, _me(request).code), _names({row.claimant, *dict(row.respondents)})
    went = None
    if wanted == "paper" and step:
        went = _handed_in(request, row, step, paper)
    elif wanted == "withdraw" and mine:
        went = _given_up(request, row, end)
    return went or render(request, "web/member/dispute.html", {
        "title": row.title, "row": row, "kind": KINDS.get(row.kind, row.kind), "mine": mine,
        "trail": [(_("Claims"), here(request, "member-disputes"))],
        "claimant": names.get(row.claimant, row.claimant),
        "respondents": [(names.get(code, code), part) for code, part in row.respondents],
        "held": [cut(one) for one in row.held], "story": queries.story(row.tid),
        "papers": queries.documents(row.tid), "step": step, "paper": paper, "end": end,
        **_shares(row),
    })  # fmt: skip


def _handed_in(request: Asking, row: DisputeRow, step: str, form: Paper) -> HttpResponseBase | None:
    def act(said: dict[str, Any]) -> None:
        _document(request, row, step, _me(request).code, said)

    to = here(request, "member-dispute", dispute=row.tid)
    return taken(request, form, act, done=_("The document is on record."), to=to)


def _given_up(request: Asking, row: DisputeRow, form: End) -> HttpResponseBase | None:
    def act(said: dict[str, Any]) -> None:
        actions.withdraw(dispute=row.tid, text=said["text"], by=by(request))

    to = here(request, "member-dispute", dispute=row.tid)
    return taken(request, form, act, done=_("The claim is given up; what was held goes back."), to=to)


def _shares(row: DisputeRow) -> dict[str, Any]:
    """Who owned it, and who should by the claim; nothing of a claim that is about no shares."""
    if row.kind not in OF_MONEY:
        return {}
    found = queries.find(row.tid)
    told = {what: list(queries.stated(found, what)) for what in ("present", "claimed")}
    names = _names(holder.party for some in told.values() for holder in some)
    return {
        what: [(names.get(one.party, _("somebody nobody knows")), one.role, one.share) for one in some]
        for what, some in told.items()
    }


def _next(row: DisputeRow, code: str) -> str:
    """Which document the member can hand in now: document, answer, add, or none."""
    if row.state == "filed":
        return "document" if row.claimant == code else ""
    if row.state == "documented" and row.claimant != code and code in dict(row.respondents):
        return "answer"
    return "add" if row.state in {"documented", "disputed"} else ""


def _document(request: Asking, row: DisputeRow, step: str, code: str, said: dict[str, Any]) -> None:
    with tempfile.NamedTemporaryFile() as place:
        for part in said["file"].chunks():
            place.write(part)
        place.flush()
        path, title = Path(place.name), said["title"]
        if step == "document":
            actions.document(dispute=row.tid, title=title, path=path, by=by(request))
        elif step == "answer":
            actions.answer(dispute=row.tid, party=code, title=title, path=path, by=by(request))
        else:
            actions.add_document(dispute=row.tid, party=code, title=title, path=path, by=by(request))


def _names(codes: Iterable[str]) -> dict[str, str]:
    return {code: party.name for code, party in parties.by_code(codes).items()}


def _found(request: Asking, tid: str) -> tuple[DisputeRow, bool]:
    """The dispute, and whether the member claims; 404 where it is no side of it."""
    me = _me(request)
    try:
        row = queries.row(tid)
    except QuireError:
        raise Http404("There is no such dispute of yours.") from None
    listed = queries.disputes_list(me.id).page(Asked(search=row.work, size=200)).rows
    if row.tid not in {one.tid for one in listed}:
        raise Http404("There is no such dispute of yours.")
    return row, row.claimant == me.code


def _me(request: Asking) -> Any:
    assert request.seat.party is not None
    return request.seat.party

"""The member's works: all of them, and one from every side."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from quire.society.disputes import queries as disputes
from quire.society.distribution import queries as distribution
from quire.society.kit import acts, clock, ids
from quire.society.kit.paging import Asked
from quire.society.parties import queries as parties
from quire.society.repertoire import queries as repertoire
from quire.society.repertoire.actions import offer_share
from quire.society.repertoire.queries import WorkShown
from quire.society.unclaimed import queries as unclaimed
from quire.society.web import lists
from quire.society.web.lists import Column
from quire.society.web.member.offers import Offering
from quire.society.web.pages import Asking
from quire.society.web.taking import by, sent, taken
from quire.society.web.words import cut, days, here, own_first, use

ROLES = {
    "original_id": "original", "syndicator_share": "share of the copy’s publisher", "starts": "from",
    "ends": "until", "words": "words",
}  # fmt: skip


def works(request: Asking) -> HttpResponseBase:
    """Every work that the member registered, and those of others in which it has a share."""
    me = _me(request)
    code = request.seat.party.code if request.seat.party else ""
    columns = [
        Column("title", _("Title"), link=lambda one: here(request, "member-work", work=one.tid)),
        Column("key", _("Address or number")),
        Column("type", _("Type")),
        Column("tier", _("Content tier")),
        Column("whose", _("Whose"), value=lambda one: _whose(one, code)),
        Column("identifier", _("Number")),
    ]
    return lists.listed(
        request, repertoire.works_list(me), columns, title=_("Works"),
        lead=_("What is paid for when it is used under a licence. A request for an address that is no work "
               "counts for its site."),
        empty=_("You have registered no work yet. Register one, or hand in a file with many."),
        template="web/member/works.html",
    )  # fmt: skip


def _whose(one: WorkShown, code: str) -> str:
    if one.original:
        return _("a copy")
    return _("yours") if one.member == code else _("a share of yours")


def work(request: Asking, work: str) -> HttpResponse:
    """One work: who owns it since when, what came of it, claims to it, and what was changed. What is sent
    offers a part of it."""
    me = _me(request)
    found = repertoire.work_shown(me, ids.read("wrk", work))
    form = Offering(**sent(request))
    if went := taken(
        request,
        form,
        lambda said: offer_share(work=found.id, giver=me, by=by(request), **said),
        done=_("It is offered. It is theirs once they say yes."),
        to=here(request, "member-work", work=work),
    ):
        return went  # fmt: skip
    today = repertoire.owners(found.id, clock.today())
    named = parties.by_code({holder.party for holder in today})
    unit, side = _chosen(request)
    pivot = distribution.Pivot(me, side, subject=found.tid)
    used = pivot.page(Asked(size=200)).rows
    order = own_first((row.credited.currency for row in used), unit)
    return render(request, "web/member/work.html", {
        "title": found.title, "work": found, "by": side,
        "trail": [(_("Works"), here(request, "member-works"))],
        "days": days(found.starts, found.ends),
        "owners": [(named[one.party].name if one.party in named else _("somebody nobody knows"), one.role,
                    one.share, one.party in named and named[one.party].id == me) for one in today],
        "versions": [(days(one.starts, one.ends), one.holders) for one in repertoire.versions_of(found.id)],
        "copies": repertoire.copies(found.id), "offers": repertoire.offers_of(found.id),
        "used": [(use(row.key) if side == "use" else row.label, row.note, cut(row.credited), cut(row.held),
                  row.requests) for row in sorted(used, key=lambda row: order.index(row.credited.currency))],
        "claims": _claims(found, me),
        "unclaimed": unclaimed.of_work(found.tid) if any(one.party == "unknown" for one in today) else [],
        "history": [_told(one) for one in acts.history(found.tid, 50)],
        "form": form, "owns": any(one.party in named and named[one.party].id == me for one in today),
        "mine": bool(request.seat.party) and found.member == request.seat.party.code,
    })  # fmt: skip


def _chosen(request: Asking) -> tuple[str, str]:
    by = request.GET.get("by", "period")
    return parties.society().currency, by if by in {"period", "licence", "use"} else "period"


def _claims(work: WorkShown, me: UUID) -> list[disputes.DisputeRow]:
    """Disputes about it in which the member is a side."""
    found = disputes.disputes_list(me).page(Asked(search=work.key, size=50)).rows
    return [one for one in found if one.work == work.key]


def _told(act: acts.ActRow) -> tuple[Any, str, str]:
    """When, by whom, and what was changed, in words."""
    was, now = act.detail.get("was", {}), act.detail.get("now", {})
    changes = [f"{ROLES.get(name, name)}: {was.get(name)} → {value}" for name, value in now.items()]
    return act.at, act.by, "; ".join(changes) or act.verb.partition(".")[2].replace("-", " ")


def _me(request: Asking) -> UUID:
    assert request.seat.party is not None
    return request.seat.party.id

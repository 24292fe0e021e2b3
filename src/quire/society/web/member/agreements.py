"""Agreements: what the member passes on of what it earns, and what is passed on to it."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from quire.core.plan import percent
from quire.society.kit.paging import few
from quire.society.parties import queries as parties
from quire.society.repertoire import queries
from quire.society.repertoire.queries import AgreementRow
from quire.society.web import lists
from quire.society.web.lists import Column
from quire.society.web.pages import Asking
from quire.society.web.words import days, use


def agreements(request: Asking) -> HttpResponseBase:
    """Every agreement in which the member gives or takes."""
    assert request.seat.party is not None
    me = request.seat.party
    rows = queries.agreements_of(me.id)
    codes = {row.giver for row in rows} | {code for row in rows for code, _role, _share in row.takers}
    names = {code: party.name for code, party in parties.by_code(codes).items()}
    columns = [
        Column("code", _("Agreement"), "code"),
        Column("giver", _("Passes on"), value=lambda row: names.get(row.giver, row.giver)),
        Column("retention", _("Keeps"), value=lambda row: percent(row.retention)),
        Column("takers", _("The rest goes to"), value=lambda row: _takers(row, names)),
        Column("uses", _("Of"), value=_of),
        Column("days", _("When"), value=lambda row: days(row.starts, row.ends)),
    ]
    return lists.listed(
        request, few(rows, words=lambda row: f"{row.code} {row.giver}"), columns, title=_("Agreements"),
        lead=_("What one party earns and passes on to others, worked out in every distribution. The society "
               "records an agreement when its sides have signed it."),
        empty=_("You have no agreement with anybody. Ask the society to record one: who passes on, what they "
                "keep, and who takes which share of the rest."),
    )  # fmt: skip


def _takers(row: AgreementRow, names: dict[str, str]) -> str:
    return "; ".join(
        f"{names.get(code, _('somebody nobody knows'))} ({role}) {percent(share)}"
        for code, role, share in row.takers
    )


def _of(row: AgreementRow) -> Any:
    told = [
        _("%(count)d works") % {"count": len(row.works)} if row.works else _("all works"),
        ", ".join(use(name) for name in row.uses) if row.uses else _("all uses"),
        ", ".join(row.roles) if row.roles else "",
    ]
    return "; ".join(filter(None, told))

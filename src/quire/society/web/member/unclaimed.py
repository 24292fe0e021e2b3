"""Money that nobody is known to own: looked through, and claimed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http.response import HttpResponseBase
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from quire.core.money import Money
from quire.society.unclaimed import queries
from quire.society.unclaimed.queries import Item
from quire.society.web import lists
from quire.society.web.lists import Column
from quire.society.web.member.words import cut, here, use
from quire.society.web.pages import Asking


def unclaimed(request: Asking) -> HttpResponseBase:
    """What is unclaimed, with the work it is of; each leads to a claim."""
    columns = [
        Column("title", _("Work"), value=lambda one: one.title or _("no work: nobody stood in the portion"),
               link=lambda one: _claim(request, one)),
        Column("role", _("Class of right")),
        Column("use", _("Use"), value=lambda one: use(one.use) if one.use else ""),
        Column("period", _("Period"), value=lambda one: str(one.period)),
        Column("licensee", _("Who paid")),
        Column("amount", _("Amount"), "money", lambda one: cut(Money(one.amount, one.currency))),
        Column("until", _("Kept at least until"), "date", _kept),
    ]  # fmt: skip
    return lists.listed(
        request, queries.unclaimed_list(), columns, title=_("Unclaimed money"),
        lead=_("It was earned by a share of a work whose owner nobody knows. If it is yours, choose the work "
               "and claim the share: with your evidence it is paid to you, whatever period it is of."),
        empty=_("Nothing is unclaimed: every cent divided so far has an owner."),
    )  # fmt: skip


def _claim(request: Asking, one: Item) -> str:
    if not one.work:
        return ""
    return f"{here(request, 'member-disputes-new')}?{urlencode({'work': one.work})}"


def _kept(one: Item) -> Any:
    return one.dates.disposable - timedelta(days=1)

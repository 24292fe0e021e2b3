"""Works that the society represents, and money whose owner is sought."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from quire.core.money import DECIMALS, Money
from quire.society.kit.paging import Listing
from quire.society.parties import queries as parties
from quire.society.repertoire import queries as repertoire
from quire.society.repertoire.queries import WorkShown
from quire.society.unclaimed import queries
from quire.society.unclaimed.actions.publishing import LEAST
from quire.society.unclaimed.queries import Item
from quire.society.web import lists
from quire.society.web.lists import Column
from quire.society.web.pages import Asking
from quire.society.web.words import cut, use


@dataclass(frozen=True, slots=True)
class Represented:
    """A work as everybody may see it. ``by`` is who registered it, by name, or by its pseudonym."""

    title: str
    type: str
    key: str
    identifier: str
    by: str


def works(request: Asking) -> HttpResponseBase:
    """The works on record, found by words of a title or an address, or by an identifier."""
    columns = [
        Column("title", _("Title")),
        Column("type", _("Type")),
        Column("key", _("Address")),
        Column("identifier", _("Identifier"), "code"),
        Column("by", _("Registered by")),
    ]
    return lists.listed(
        request, represented(), columns, title=_("Works"),
        lead=_("What our members registered with us: look for words of a title, a host or an address, or for "
               "an identifier such as an ISRC or a DOI."),
        empty=_("No work is on record yet. The first appears here when a member registers it."),
    )  # fmt: skip


def represented() -> Listing[Represented]:
    """Every work, without what is nobody's business: its tier, its shares, its owner's real name."""
    every = repertoire.works_list()

    def make(rows: Sequence[Any]) -> Iterator[Represented]:
        told: list[WorkShown] = list(every.make(rows))
        names = parties.shown_names(one.member for one in told)
        for one in told:
            yield Represented(one.title, one.type, one.key, one.identifier, names.get(one.member, ""))

    return Listing(
        every.rows, make, every.sorts, {"type": every.filters["type"]}, every.search, every.counted
    )


def unclaimed(request: Asking) -> HttpResponseBase:
    """What waits for its owner, and how to claim it."""
    columns = [
        Column("title", _("Work"), value=lambda one: one.title or _("no work: nobody stood in the portion")),
        Column("work", _("Address")),
        Column("role", _("Class of right")),
        Column("use", _("Use"), value=lambda one: use(one.use) if one.use else ""),
        Column("period", _("Period"), "date", lambda one: str(one.period)),
        Column("licensee", _("Who paid")),
        Column("amount", _("Amount"), "money", told),
        Column("until", _("Kept at least until"), "date", lambda one: one.dates.disposable),
        Column("tid", _("Item"), "code"),
    ]  # fmt: skip
    listing = queries.unclaimed_list()
    worded = {"use": replace(listing.filters["use"], choices={
        name: use(name) for name in listing.filters["use"].choices})}  # fmt: skip
    return lists.listed(
        request, replace(listing, filters=dict(listing.filters) | worded), columns,
        title=_("Unclaimed money"), file="unclaimed", template="web/public/unclaimed.html",
        lead=_("It was earned by a share of a work whose owner nobody knows. If it is yours, it is paid to "
               "you, whatever period it is of."),
        empty=_("Nothing is unclaimed: every cent divided so far has an owner."), least=LEAST,
    )  # fmt: skip


def told(one: Item) -> Money | None:
    """The amount as it is paid; None of what is too small to be named in public, as in the published list."""
    return cut(Money(one.amount, one.currency)) if one.amount >= LEAST * 10**DECIMALS else None

"""Licences as a list that does not grow with the society."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from quire.core.terms import USES
from quire.society.kit import clock
from quire.society.kit.paging import Filter, Listing, Sort
from quire.society.licensing.models import Licence
from quire.society.licensing.queries import LicenceRow
from quire.society.licensing.queries.licences import _row


def licences_list() -> Listing[LicenceRow]:
    """Every licence there is or was, the newest first; operators are left to the licence's own page."""
    return Listing(
        Licence.objects.select_related("licensee", "tariff"),
        lambda some: [_row(one, ()) for one in some],
        {"starts": Sort("starts", descending=True), "ends": Sort("ends"), "code": Sort("code")},
        {
            "now": Filter("Today", {"yes": "in force", "no": "not"}, _now),
            "use": Filter("Use", {use: use for use in USES}, lambda use: Q(uses__contains=[use])),
        },
        lambda words: Q(code__icontains=words) | Q(licensee__name__icontains=words),
    )


def every() -> QuerySet[Licence]:
    """Every licence with its licensee, for rooms above to add their sums to."""
    return Licence.objects.select_related("licensee")


def _now(said: str) -> Q:
    today = clock.today()
    now = Q(starts__lte=today, ends__gt=today)
    return now if said == "yes" else ~now

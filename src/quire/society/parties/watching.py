"""Parties as a list that does not grow with the society."""

from __future__ import annotations

from django.db.models import Q

from quire.society.kit.paging import Filter, Listing, Sort
from quire.society.parties.models import KINDS, Party
from quire.society.parties.queries import PartyName


def kinds() -> dict[str, str]:
    """Every kind of party that there may be, and how it is called."""
    return dict(KINDS)


def parties_list() -> Listing[PartyName]:
    """Every party, by code."""
    kinds = Party.objects.order_by("kind").values_list("kind", flat=True).distinct()
    return Listing(
        Party.objects.all(),
        lambda some: [PartyName(p.id, p.tid, p.code, p.name, p.kind) for p in some],
        {"code": Sort("code"), "name": Sort("name")},
        {
            "kind": Filter("Kind", {kind: kind for kind in kinds}, lambda kind: Q(kind=kind)),
            "account": Filter("Bank account", {"no": "none on record"}, lambda _: Q(iban="")),
        },
        lambda words: Q(code__icontains=words) | Q(name__icontains=words) | Q(identifiers__value=words),
    )

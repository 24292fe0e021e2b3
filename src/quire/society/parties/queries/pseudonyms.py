"""What parties are called in published bundles."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from quire.core.lineage import PSEUDONYM
from quire.society.kit import ids
from quire.society.parties.models import Party, Pseudonym


def pseudonyms() -> dict[str, str]:
    """TypeID to the name of each party that goes by a pseudonym from now on."""
    rows = Pseudonym.objects.filter(standing=True).select_related("party")
    return {one.party.tid: one.name for one in rows}


def published(names: Iterable[str]) -> dict[str, UUID]:
    """Each of these published names to its party: a TypeID, or a pseudonym that it has or had."""
    told = list(names)
    hidden = [name for name in told if name.startswith(PSEUDONYM)]
    known = dict(Pseudonym.objects.filter(name__in=hidden).values_list("name", "party_id")) if hidden else {}
    return {name: known[name] if name in known else ids.read(Party.prefix, name) for name in told}


def pseudonym_of(party: UUID) -> str:
    """The name that the party goes by from now on; "" where it stands in bundles by its own id."""
    found = Pseudonym.objects.filter(party=party, standing=True).values_list("name", flat=True).first()
    return found or ""


def shown_rows() -> QuerySet[Party]:
    """Parties with the name that the public reads of them: ``shown`` is the pseudonym, where one stands."""
    standing = Pseudonym.objects.filter(party=OuterRef("id"), standing=True).values("name")[:1]
    return Party.objects.annotate(shown=Coalesce(Subquery(standing), F("name")))


def shown_names(codes: Iterable[str]) -> dict[str, str]:
    """Code to the name that the public reads of a party."""
    return dict(shown_rows().filter(code__in=set(codes)).values_list("code", "shown"))

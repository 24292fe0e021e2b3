"""What parties declared for tax."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, Subquery

from quire.society.kit.paging import Filter, Listing, Sort
from quire.society.parties.identifiers import mask
from quire.society.parties.models import Party, TaxForm
from quire.society.parties.queries.people import PartyName


@dataclass(frozen=True, slots=True)
class TaxRow:
    """A declaration. ``masked`` is its number as pages show it; ``none_because`` why there is none."""

    tid: str
    party: PartyName
    country: str
    number: str
    none_because: str
    treaty: bool
    signed: str
    on: date
    by: str

    @property
    def masked(self) -> str:
        """Enough of the number to recognise it: "DE…4321"."""
        return mask(self.number) if self.number else ""


def tax_forms(party: UUID) -> list[TaxRow]:
    """Every declaration of a party, the one that holds first."""
    rows = TaxForm.objects.filter(party=party).select_related("party", "by").order_by("-on", "-id")
    return [_row(one) for one in rows[:50]]


def taxes_list() -> Listing[TaxRow]:
    """The declaration that holds of every party that made one, by party."""
    newest = TaxForm.objects.filter(party=OuterRef("party")).order_by("-on", "-id").values("id")[:1]
    rows = TaxForm.objects.filter(id=Subquery(newest)).select_related("party", "by")
    return Listing(
        rows,
        _rows,
        {"party": Sort("party__code"), "on": Sort("on", descending=True), "country": Sort("country")},
        {
            "treaty": Filter(
                "Treaty", {"yes": "claimed", "no": "not claimed"}, lambda said: Q(treaty=said == "yes")
            ),
            "number": Filter("Number", {"no": "has none"}, lambda _: Q(number="")),
        },
        lambda words: Q(party__code__icontains=words) | Q(party__name__icontains=words) | Q(country=words),
    )


def undeclared() -> int:
    """How many parties that are paid to an account have declared nothing."""
    said = TaxForm.objects.filter(party=OuterRef("id"))
    return Party.objects.exclude(iban="").exclude(kind="lab").filter(~Exists(said)).count()


def _rows(rows: Sequence[Any]) -> Iterator[TaxRow]:
    return map(_row, rows)


def _row(one: TaxForm) -> TaxRow:
    party = one.party
    named = PartyName(party.id, party.tid, party.code, party.name, party.kind)
    return TaxRow(
        one.tid, named, one.country, one.number, one.none_because, one.treaty, one.signed, one.on,
        one.by.username if one.by else "",
    )  # fmt: skip

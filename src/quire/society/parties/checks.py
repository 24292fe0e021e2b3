"""What must always hold of parties; run by ``quire audit``."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from quire.core.errors import QuireError
from quire.society.parties import facts
from quire.society.parties.models import Party, Society


def every_party_is_whole() -> Iterator[str]:
    """Every party on record could be imported again: cells in their plain form, an address with an IBAN."""
    for party in Party.objects.order_by("code").prefetch_related("identifiers"):
        known = facts.facts_of(party)
        try:
            for column in facts.COLUMNS:
                if facts.check_cell(column, getattr(known, column)) != getattr(known, column):
                    yield f"Party {party.code}: {column} is not in its plain form."
            facts.check_whole(known)
        except QuireError as problem:
            yield f"Party {party.code}: {problem.sentence}"


def the_society_can_pay() -> Iterator[str]:
    """The society's own account is one that payments can be made from."""
    for society in Society.objects.all():
        try:
            for column in ("country", "iban", "bic"):
                facts.check_cell(column, getattr(society, column))
        except QuireError as problem:
            yield f"The society: {problem.sentence}"


CHECKS: list[Callable[[], Iterator[str]]] = [every_party_is_whole, the_society_can_pay]

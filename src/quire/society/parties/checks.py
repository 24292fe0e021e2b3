"""What must always hold of parties; run by ``quire audit``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from quire.core.chains import check
from quire.core.errors import QuireError
from quire.core.shares import share_text
from quire.society.parties import facts
from quire.society.parties.models import Party, Society
from quire.society.parties.queries import succession


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


def successions_lead_somewhere() -> Iterator[str]:
    """Successors' shares sum to one; a succession without any says why; none leads back to its party."""
    rows = succession.successions(all_=True)
    for row in rows:
        whole = sum((one.share for one in row.takers), Fraction(0))
        if row.takers and whole != 1:
            yield f"The successors of {row.code} have {share_text(whole)} of its place, not all of it."
        if bool(row.takers) == bool(row.unclear):
            yield f"The succession {row.tid} of {row.code} names no successors, and no reason; or both."
    try:
        check([row.told for row in rows if row.standing and row.takers])
    except QuireError as problem:
        yield f"Successions: {problem.sentence}"


CHECKS: list[Callable[[], Iterator[str]]] = [
    every_party_is_whole,
    the_society_can_pay,
    successions_lead_somewhere,
]

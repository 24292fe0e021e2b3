"""The agreements and successions that bear on a run: those of whoever may be credited, to the end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from quire.core.chains import Agreement
from quire.core.shares import UNKNOWN
from quire.society.kit import ids
from quire.society.parties import queries as parties
from quire.society.parties.models import Party
from quire.society.repertoire import queries as repertoire


def of(there: Collection[UUID], rows: Iterable[Any], starts: date, ends: date) -> tuple[Agreement, ...]:
    """Every agreement of these parties, of those who take from them, and so on, that has a day in the period,
    sorted by giver and id. Of the works that one names, those among the run's ``rows`` are told alone."""
    named = {row.tid for row in rows}
    given: dict[str, list[Agreement]] = {}
    for row in (*repertoire.agreements(), *parties.successions()):
        if (one := _of_run(row.told, named, starts, ends)) is not None:
            given.setdefault(one.giver, []).append(one)
    found: list[Agreement] = []
    rest, seen = [ids.show(Party.prefix, party) for party in there], set[str]()
    while rest:
        giver = rest.pop()
        if giver in seen:
            continue
        seen.add(giver)
        found += given.get(giver, ())
        rest += [holder.party for one in given.get(giver, ()) for holder in one.takers or ()]
    return tuple(sorted(found, key=lambda one: (one.giver, one.id)))


def _of_run(told: Agreement, named: Collection[str], starts: date, ends: date) -> Agreement | None:
    """The agreement as far as the run has to do with it; None where it has nothing."""
    if (told.starts is not None and told.starts >= ends) or (told.ends is not None and told.ends <= starts):
        return None
    if told.subjects is None:
        return told
    subjects = tuple(one for one in told.subjects if one in named)
    return replace(told, subjects=subjects) if subjects else None


def takers(agreed: Sequence[Agreement]) -> set[UUID]:
    """Everybody who takes by one of them."""
    names = {holder.party for one in agreed for holder in one.takers or ()} - {UNKNOWN}
    return {ids.read(Party.prefix, name) for name in names}

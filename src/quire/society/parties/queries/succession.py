"""Who stands in whose place: the successions that stand, and where they lead in the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from uuid import UUID

from quire.core.chains import SUCCESSION, Agreement
from quire.core.shares import Holder, Shares
from quire.society.kit import ids
from quire.society.parties.models import SUCCESSIONS, UNIVERSAL, Party, Succession

ROLE = "owner"
"""A successor has no role of its own: it stands in the party's. This one is written where one must be."""


@dataclass(frozen=True, slots=True)
class Successor:
    """One who stands in a party's place, by code."""

    id: UUID
    code: str
    name: str
    share: Fraction


@dataclass(frozen=True, slots=True)
class SuccessionRow:
    """A succession: ``takers`` are empty while ``unclear`` says why. ``standing``: none clarifies it yet."""

    id: UUID
    tid: str
    party: UUID
    party_tid: str
    code: str
    name: str
    kind: str
    starts: date
    unclear: str
    takers: tuple[Successor, ...]
    standing: bool

    @property
    def universal(self) -> bool:
        """Whether it takes everything not yet paid, whenever it was earned."""
        return self.kind in UNIVERSAL

    @property
    def told(self) -> Agreement:
        """The same, as a run follows it."""
        holders = tuple(
            Holder(ids.show(Party.prefix, one.id), ROLE, one.share)
            for one in sorted(self.takers, key=lambda one: one.code)
        )
        return Agreement(
            self.tid,
            SUCCESSION,
            self.party_tid,
            None if self.universal else self.starts,
            None,
            Fraction(0),
            Shares(holders) if holders else None,
        )

    def sentence(self) -> str:
        """What stands on record, for people."""
        if self.unclear:
            return f"who succeeds it since {self.starts} is not clear: {self.unclear.rstrip('.')}"
        names = ", ".join(one.code for one in self.takers)
        return f"since {self.starts} {SUCCESSIONS[self.kind]} has its place: {names}"


def successions(*, all_: bool = False) -> tuple[SuccessionRow, ...]:
    """The successions that stand, by the party's code; with ``all_`` those clarified since as well."""
    found = Succession.objects.select_related("party", "clarified_by").prefetch_related("takers__party")
    rows = (_row(one) for one in found.order_by("party__code", "id"))
    return tuple(row for row in rows if all_ or row.standing)


def _row(one: Succession) -> SuccessionRow:
    takers = tuple(
        Successor(taker.party_id, taker.party.code, taker.party.name, taker.share)
        for taker in sorted(one.takers.all(), key=lambda taker: taker.party.code)
    )
    party = one.party
    return SuccessionRow(
        one.id, one.tid, party.id, party.tid, party.code, party.name, one.kind, one.starts, one.unclear,
        takers, not hasattr(one, "clarified_by"),
    )  # fmt: skip


def succeeded() -> dict[UUID, SuccessionRow]:
    """Parties that are no more, by the succession that says so: none of them is paid."""
    return {row.party: row for row in successions() if row.universal}


def moving(rows: Iterable[SuccessionRow], first: Iterable[SuccessionRow] = ()) -> tuple[Agreement, ...]:
    """The successions by which a balance goes on: all that take everything, and ``first`` as if they did."""
    told = {row.tid: row.told for row in rows if row.universal}
    told |= {row.tid: replace(row.told, starts=None) for row in first}
    return tuple(told.values())


def payees_behind(rows: Iterable[SuccessionRow], party: UUID) -> Iterator[tuple[SuccessionRow, set[UUID]]]:
    """The successions of a party and of all whose place it stands in, directly or through others; with each
    who is paid in the end, along the successors' own successors."""
    by_party = {row.party: row for row in rows}
    takers = {row.party: [one.id for one in row.takers] for row in by_party.values()}
    givers: dict[UUID, list[UUID]] = {}
    for giver, mine in takers.items():
        for taker in mine:
            givers.setdefault(taker, []).append(giver)
    behind = _reached(party, givers)
    for row in by_party.values():
        if row.party in behind:
            yield row, {one for one in _reached(row.party, takers) if not takers.get(one)}


def _reached(party: UUID, further: Mapping[UUID, Sequence[UUID]]) -> set[UUID]:
    rest, seen = [party], {party}
    while rest:
        new = [one for one in further.get(rest.pop(), ()) if one not in seen]
        seen.update(new)
        rest += new
    return seen

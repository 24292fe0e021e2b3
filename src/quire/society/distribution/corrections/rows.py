"""The rows of a closed run that a claim is about, each with what it should have been."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from quire.core.chains import Chains
from quire.core.corrections import Correction as Row
from quire.core.corrections import Old, changes
from quire.core.distribution.adjusting import PREFIX
from quire.core.shares import Holder, Shares, parse_share
from quire.society.distribution.corrections import reconciling
from quire.society.distribution.corrections.errors import BadClaim, NothingToCorrect, OwnerUnknown
from quire.society.distribution.corrections.models import Correction
from quire.society.distribution.models import Line
from quire.society.kit import ids
from quire.society.parties import queries as parties
from quire.society.repertoire import queries as repertoire

Told = dict[str, Any]
SharesOn = Callable[[date], Shares]


@dataclass(frozen=True, slots=True)
class Found:
    """A row of the closed run: what its lines have in common, and the lines in their order."""

    currency: str
    first: Told
    old: tuple[Old, ...]


def corrected(claim: Correction) -> list[Row]:
    """What the claim makes of each row of the work in its run; rows that stay as they are are left out.

    Their ids are those of their first lines until they are kept. Raises NothingToCorrect, OwnerUnknown, and
    CannotReconcile for a claim by a census.
    """
    if claim.census_id is not None:
        return reconciling.corrected(claim)
    shares_on = shares_of(claim)
    found = [row for one in rows(claim) if (row := _row(claim, one, shares_on)) is not None]
    if not found:
        raise NothingToCorrect(
            f"Nothing that {claim.run.tid} divided for {claim.work.key} would change by this claim."
        )
    return found


def rows(claim: Correction) -> Iterator[Found]:
    """The rows of the work, in the order of their lines."""
    found = (
        Line.objects.filter(run=claim.run, detail__subject=claim.work.tid)
        .exclude(pot__pool__startswith=PREFIX)
        .order_by("number")
        .values_list("pot__currency", "party_id", "amount", "number", "outcome", "detail")
    )
    grouped: dict[tuple[Any, ...], list[Any]] = {}
    for one in found:
        told = one[-1]
        names = ("pot", "share", "from", "use", "source", "evidence")
        grouped.setdefault(tuple(told.get(name) for name in names), []).append(one)
    for lines in grouped.values():
        if any(outcome == "unclaimed" for *_, outcome, _ in lines):
            raise OwnerUnknown(
                f"A part of what {claim.work.key} earned in {claim.run.tid} is unclaimed; say first whose it "
                "is: quire unclaimed match."
            )
        yield Found(lines[0][0], lines[0][-1], tuple(_old(*line) for line in lines))


def _old(_: str, party: UUID, amount: int, number: int, __: str, told: Told) -> Old:
    return Old(ids.show("pty", party), told["role"], parse_share(told["part"]), amount, number)


def shares_of(claim: Correction) -> SharesOn:
    """Who owns the work in truth, by the day: as the claim says, or as the repertoire has it now."""
    if claim.shares:
        told = Shares(tuple(Holder(party, role, parse_share(share)) for party, role, share in claim.shares))
        return lambda _: told
    return registered(claim)


def registered(claim: Correction) -> SharesOn:
    """Who owns the claim's work by the register as it is now, by the day."""
    [subject] = repertoire.subjects([claim.work_id])

    def on(day: date) -> Shares:
        for starts, ends, shares in subject.versions:
            if (starts is None or starts <= day) and (ends is None or day < ends):
                return shares
        return Shares.sole(subject.member_tid)

    return on


def read_shares(text: str) -> Shares:
    """``code:role:1/2; …`` as shares of parties on record. Raises Unknown, BadClaim, what ``Shares`` does."""
    holders = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        code, *rest = (piece.strip() for piece in part.split(":"))
        if len(rest) != 2:
            raise BadClaim(f"The shares have {part[:60]!r}; write party:role:share, a semicolon between two.")
        holders.append(Holder(parties.party(code).tid, rest[0], parse_share(rest[1])))
    return Shares(tuple(holders))


def _row(claim: Correction, found: Found, shares_on: SharesOn) -> Row | None:
    told = found.first
    starts = date.fromisoformat(told["from"])
    new = shares_on(starts) if claim.part else None
    if claim.part == 1 and new is not None and _held(new) == _held_before(found.old):
        return None
    return Row(
        str(found.old[0].line), claim.run.tid, claim.run.bundle_root, found.currency, told["share"],
        claim.work.tid, starts, date.fromisoformat(told["until"]), told.get("use", ""),
        sum(one.amount for one in found.old), found.old, new, claim.reason, claim.filed_on,
        Fraction(claim.part), claim.to,
    )  # fmt: skip


def _held(shares: Shares) -> dict[tuple[str, str], Fraction]:
    return {(one.party, one.role): one.share for one in shares}


def _held_before(old: Iterable[Old]) -> dict[tuple[str, str], Fraction]:
    """Shares by party and role; what a hold divided is put together again."""
    found: dict[tuple[str, str], Fraction] = {}
    for one in old:
        found[one.party, one.role] = found.get((one.party, one.role), Fraction(0)) + one.share
    return found


def differences(found: Iterable[Row]) -> dict[str, dict[str, int]]:
    """Currency to party or fund to what it has too little (or, below zero, too much), before agreements."""
    order = {one.tid: place for place, one in enumerate(parties.names().values())}
    names, chains = list(order), Chains((), order)
    sums: dict[str, dict[str, int]] = {}
    for row in found:
        mine = sums.setdefault(row.currency, {})
        changed, fund = changes(row, chains)
        told: Mapping[str, int] = {names[place]: one.amount for place, one in changed.items()}
        for name, amount in {**told, **({row.to: fund} if fund else {})}.items():
            mine[name] = mine.get(name, 0) + amount
    return sums

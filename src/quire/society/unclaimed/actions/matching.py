"""Pay unclaimed money to those who were found to own it, with its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db import transaction

from quire.core.allocation import allocate
from quire.core.shares import UNKNOWN, Holder, Shares, share_text
from quire.society.distribution import actions as distribution
from quire.society.kit import acts, clock, ids
from quire.society.parties import queries as parties
from quire.society.repertoire import actions as registering
from quire.society.repertoire import queries as repertoire
from quire.society.unclaimed import queries
from quire.society.unclaimed.errors import BadMatch, NothingUnclaimed
from quire.society.unclaimed.models import Match
from quire.society.unclaimed.queries import Item


def match(
    *,
    shares: Mapping[str, Fraction],
    evidence: str,
    item: str = "",
    work: str = "",
    role: str = "",
    amend_from: date | None = None,
    amend: bool = False,
    by: Any,
) -> list[Match]:
    """Pay what is unclaimed of an item, or of a work (of one class, if ``role`` is given), to parties (code
    to share, together one). Its run, period and class stay on record, and are said on their statements.

    With ``amend`` the work's registration names them in place of the unknown owners of those classes, for use
    from ``amend_from`` on (None: from the beginning). One match is made for each work's class.

    Raises, in this order: ReadsOnly; BadMatch; Unknown for a party or work; NothingUnclaimed;
    distribution.AlreadyGiven where somebody else was first.
    """
    parties.may_write(by)
    _check(shares, evidence, item, work)
    named = {parties.party(code).id: share for code, share in sorted(shares.items())}
    found = _found(item, work, role)
    classes = sorted({one.role for one in found})
    with transaction.atomic():
        # First the registration, then the money, as the end of a dispute does: neither waits for the other.
        for name in classes if amend else ():
            _amend(found[0], name, shares, amend_from, evidence, by)
        return [_pay([one for one in found if one.role == name], named, evidence, by) for name in classes]


def _check(shares: Mapping[str, Fraction], evidence: str, item: str, work: str) -> None:
    if bool(item) == bool(work):
        raise BadMatch("Name either an item or a work.")
    check_shares(shares, evidence)


def check_shares(shares: Mapping[str, Fraction], evidence: str) -> None:
    """BadMatch for a match without evidence, whose shares do not add up, or with somebody unknown."""
    if not evidence.strip():
        raise BadMatch("Say what shows that it is theirs: the evidence stays on record.")
    if not shares or any(share <= 0 for share in shares.values()) or sum(shares.values()) != 1:
        raise BadMatch("The parties' shares are above 0 and add up to exactly 1.")
    if UNKNOWN in shares:
        raise BadMatch("What is matched is matched to somebody known.")


def _found(item: str, work: str, role: str) -> list[Item]:
    if item:
        one = queries.find(item)
        several = [] if one is None else [one]
    else:
        several = queries.of_work(work, role)
    if not several:
        raise NothingUnclaimed(
            f"Nothing of {item or work[:200]} is unclaimed{f' as {role}' if role else ''}."
        )
    if not several[0].subject:
        raise BadMatch(f"{item} is of no work: nobody stood in its portion. It can only be disposed of.")
    return several


def _pay(found: Sequence[Item], named: Mapping[UUID, Fraction], evidence: str, by: Any) -> Match:
    """One award of one class of a work, pot by pot."""
    pots: dict[tuple[UUID, str], int] = {}
    for one in found:
        pots[one.pot, one.currency] = pots.get((one.pot, one.currency), 0) + one.amount
    parts = [
        distribution.Part(pot, currency, party, amount, found[0].role)
        for (pot, currency), whole in sorted(pots.items())
        for party, amount in allocate(whole, dict(named)).items()
    ]
    award = distribution.give(
        [line for one in found for line in one.lines],
        parts,
        kind="match",
        text=f"Found to be yours: {found[0].work[:100]}, as {found[0].role}",
        by=by,
    )
    made = Match.objects.create(award_id=award.id, subject=found[0].subject, evidence=evidence.strip()[:500])
    acts.record(
        "unclaimed.match", made, by=by, work=found[0].work, role=found[0].role, evidence=evidence.strip(),
        to={str(ids.show("pty", party)): share_text(share) for party, share in named.items()},
    )  # fmt: skip
    return made


def _amend(
    item: Item, role: str, shares: Mapping[str, Fraction], starts: date | None, evidence: str, by: Any
) -> None:
    """Put the parties in the place of the unknown owner of a class; nothing where there is none any more."""
    row = repertoire.work(item.work)
    present = repertoire.owners(row.id, clock.today())
    whole = sum((h.share for h in present if (h.party, h.role) == (UNKNOWN, role)), Fraction(0))
    if not whole:
        return
    owned = {(h.party, h.role): h.share for h in present if (h.party, h.role) != (UNKNOWN, role)}
    for code, share in shares.items():
        owned[code, role] = owned.get((code, role), Fraction(0)) + share * whole
    registering.amend_owners(
        work=row.id,
        starts=starts,
        shares=Shares(tuple(Holder(*place, share) for place, share in owned.items())),
        why=f"Unclaimed share matched: {evidence.strip()}"[:300],
        by=by,
    )

"""Honour whoever comes after unclaimed money was disposed of, out of the reserve that was kept for them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db import transaction

from quire.core.allocation import allocate
from quire.society.distribution import actions as distribution
from quire.society.distribution import queries as divided
from quire.society.kit import acts, locks
from quire.society.ledger import queries as books
from quire.society.parties import queries as parties
from quire.society.repertoire import queries as repertoire
from quire.society.unclaimed.actions.disposing import LATE
from quire.society.unclaimed.actions.matching import check_shares
from quire.society.unclaimed.errors import BadDisposal, NothingUnclaimed
from quire.society.unclaimed.models import Match

Place = tuple[UUID, str, str]
"""A pot, its currency, and a class of right."""


def honour(*, work: str, shares: Mapping[str, Fraction], evidence: str, decision: str, by: Any) -> Match:
    """Pay what a work's unknown owner had earned, and what has been disposed of since, to those who turned
    out to be it (code to share, together one): as far as the reserve reaches, each pot in proportion.

    Raises, in this order: ReadsOnly, BadMatch, BadDisposal without a decision, Unknown, NothingUnclaimed
    where nothing of the work was disposed of, all of it is paid, or the reserve is empty.
    """
    parties.may_write(by)
    check_shares(shares, evidence)
    if not decision.strip():
        raise BadDisposal("Name the decision by which the late claim is honoured.")
    named = {parties.party(code).id: share for code, share in sorted(shares.items())}
    found = repertoire.work(work)
    with transaction.atomic():
        locks.wait("unclaimed")
        due = _due(found.tid)
        if not due:
            raise NothingUnclaimed(f"Nothing of {found.key[:200]} was disposed of that is still to be paid.")
        paid = _within_reserve(due)
        if not paid:
            raise NothingUnclaimed(f"The reserve {LATE} is empty; what was disposed of is gone.")
        award = distribution.give(
            [],
            list(_parts(paid, named)),
            kind="late",
            text=f"Paid late: {found.key[:80]}: {decision.strip()}",
            by=by,
        )
        made = Match.objects.create(award_id=award.id, subject=found.tid, evidence=evidence.strip()[:500])
        acts.record("unclaimed.honour", made, by=by, work=found.key, decision=decision, evidence=evidence)
    return made


def _due(subject: str) -> dict[Place, int]:
    """What was disposed of of a work, less what has been honoured since."""
    due = divided.disposed_of(subject)
    for match in Match.objects.filter(subject=subject, award__kind="late"):
        for part in match.award.parts.filter(party__isnull=False).select_related("pot"):
            due[part.pot_id, part.pot.currency, part.role] -= part.amount
    return {place: amount for place, amount in due.items() if amount}


def _within_reserve(due: Mapping[Place, int]) -> dict[Place, int]:
    """What of it the reserve reaches for, currency by currency."""
    found: dict[Place, int] = {}
    for currency in sorted({currency for _, currency, _ in due}):
        mine = {place: amount for place, amount in due.items() if place[1] == currency}
        there = min(-books.balance(f"rights:{LATE}", currency), sum(mine.values()))
        if there > 0:
            found |= allocate(there, mine)
    return {place: amount for place, amount in found.items() if amount}


def _parts(paid: Mapping[Place, int], named: Mapping[UUID, Fraction]) -> Any:
    for (pot, currency, role), amount in sorted(paid.items()):
        yield distribution.Part(pot, currency, None, -amount, role, LATE)
        for party, part in allocate(amount, dict(named)).items():
            yield distribution.Part(pot, currency, party, part, role)

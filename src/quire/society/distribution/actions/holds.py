"""Hold what a work or a party earns, and release it: back to whom it was credited to, unchanged."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction

from quire.society.distribution.errors import BadHold
from quire.society.distribution.models import Hold, Line
from quire.society.kit import acts, clock, locks
from quire.society.kit.nouns import one
from quire.society.ledger import accounts
from quire.society.ledger import actions as ledger
from quire.society.parties import queries as parties
from quire.society.repertoire import queries as repertoire


def place_hold(*, reason: str, by: Any, work: str = "", party: str = "", starts: date | None = None) -> Hold:
    """From now on, hold what this work (URL or identifier) or this party (code) earns in any run."""
    if bool(work) == bool(party):
        raise BadHold("Name either a work or a party to hold.")
    if not reason.strip():
        raise BadHold("A hold needs its reason: the member will read it.")
    with transaction.atomic():
        hold = Hold.objects.create(
            work_id=repertoire.work_id(work) if work else None,
            party_id=parties.party(party).id if party else None,
            reason=reason.strip()[:200],
            starts=starts or clock.today(),
        )
        acts.record("distribution.hold", hold, by=by, reason=reason, work=work, party=party)
    return hold


def release_hold(hold_tid: str, *, by: Any) -> int:
    """End a hold and move what it held to the payees' balances, each currency in its own entries.

    Returns how many lines were released. Lines that another hold still covers stay held.
    """
    with transaction.atomic():
        locks.wait("distribution:holds")
        hold = one(
            Hold.objects.filter(id=_id(hold_tid), released_on=None),
            f"No standing hold has the id {hold_tid}.",
        )
        lines = list(Line.objects.filter(hold=hold, outcome="held").select_related("pot", "party", "run"))
        sums: dict[tuple[str, str], int] = {}
        for line in lines:
            key = (line.party.tid, line.pot.currency)
            sums[key] = sums.get(key, 0) + line.amount
        entries = [
            entry
            for (party, currency), amount in sorted(sums.items())
            if amount
            for entry in (
                ledger.EntryIn(accounts.held(party), currency, amount),
                ledger.EntryIn(accounts.payable(party), currency, -amount),
            )
        ]
        if entries:
            ledger.post(
                key=f"release:{hold.tid}",
                date=clock.today(),
                kind="release",
                text=f"Released: {hold.reason}"[:200],
                entries=entries,
                by=by,
            )
        hold.released_on = clock.today()
        hold.save(update_fields=["released_on"])
        acts.record("distribution.release", hold, by=by, lines=len(lines))
    return len(lines)


def _id(tid: str) -> Any:
    from quire.society.kit import ids

    return ids.read(Hold.prefix, tid)

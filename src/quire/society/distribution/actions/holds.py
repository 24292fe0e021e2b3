"""Hold what a work or a party earns, and release it: back to whom it was credited to, unchanged."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models.fields.json import KeyTextTransform

from quire.society.distribution.actions.succession import LOCK, carry_over
from quire.society.distribution.errors import BadHold
from quire.society.distribution.models import Hold, Line, Run
from quire.society.kit import acts, clock, ids, locks
from quire.society.kit.nouns import one
from quire.society.ledger import accounts
from quire.society.ledger import actions as ledger
from quire.society.parties import queries as parties
from quire.society.repertoire import queries as repertoire


def place_hold(*, reason: str, by: Any, work: str = "", party: str = "", starts: date | None = None) -> Hold:
    """From now on, hold what this work (URL or identifier) or this party (code) earns in any run.

    ``starts`` is the day on record, today if left out. Runs frozen before stay as they are; a party on hold
    is not paid either. Raises parties.ReadsOnly, BadHold, Unknown.
    """
    parties.may_write(by)
    if bool(work) == bool(party):
        raise BadHold("Name either a work or a party to hold.")
    if not reason.strip():
        raise BadHold("A hold needs its reason: the member will read it.")
    if starts and starts > clock.today():
        raise BadHold(f"A hold stands from the day it is placed; place this one on {starts}.")
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

    Returns how many lines were released. Lines that another hold still covers stay held until that one ends;
    lines of a run not yet posted are released when it is. Raises parties.ReadsOnly, Unknown.
    """
    parties.may_write(by)
    with transaction.atomic():
        locks.wait(LOCK)
        hold = one(
            Hold.objects.filter(id=ids.read(Hold.prefix, hold_tid), released_on=None),
            f"No standing hold has the id {hold_tid}.",
        )
        hold.released_on = clock.today()
        hold.save(update_fields=["released_on"])
        posted = Line.objects.filter(run__state__in=["posted", "closed"])
        count = let_go(posted, key=f"release:{hold.tid}", text=f"Released: {hold.reason}", by=by)
        carry_over(by=by)
        acts.record("distribution.release", hold, by=by, lines=count)
    return count


def let_go_of_run(run: Run, *, by: Any) -> int:
    """Release at once what the run held for holds that ended while it was under way."""
    return let_go(
        Line.objects.filter(run=run),
        key=f"release:{run.tid}",
        text=f"Released before distribution {run.tid} was posted",
        by=by,
    )


def let_go(lines: Any, *, key: str, text: str, by: Any) -> int:
    """Make payable those of the posted ``lines`` that were held and are covered by no standing hold.

    Call it inside a transaction that has waited for ``LOCK``. Returns how many lines there were.
    """
    free = _free(lines)
    sums: dict[tuple[str, str], int] = {}
    for line in free:
        place = (ids.show("pty", line.party), line.currency)
        sums[place] = sums.get(place, 0) + line.amount
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
        ledger.post(key=key, date=clock.today(), kind="release", text=text[:200], entries=entries, by=by)
    _record(free)
    return len(free)


class _Held(NamedTuple):
    """A held line, as far as its release needs it."""

    id: UUID
    party: UUID
    currency: str
    amount: int
    subject: str | None


def _free(lines: Any) -> list[_Held]:
    standing = Hold.objects.filter(released_on=None).select_related("work")
    parties_held = {hold.party_id for hold in standing if hold.party_id}
    works_held = {hold.work.tid for hold in standing if hold.work}
    found = (
        lines.filter(outcome="held", hold__isnull=False, release=None)
        .order_by("run_id", "number")
        .values_list("id", "party_id", "pot__currency", "amount", KeyTextTransform("subject", "detail"))
    )
    held = (_Held(*row) for row in found.iterator(chunk_size=20_000))
    return [line for line in held if line.party not in parties_held and line.subject not in works_held]


def _record(free: list[_Held]) -> None:
    """COPY, because a hold on a member may have held a hundred thousand lines."""
    columns = "COPY distribution_release (id, line_id, released_on) FROM STDIN"
    with connection.wrap_database_errors, connection.cursor() as sql, sql.copy(columns) as copy:
        for line in free:
            copy.write_row((ids.new(), line.id, clock.today()))

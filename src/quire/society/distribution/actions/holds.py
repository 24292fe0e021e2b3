"""Hold what a work or a party earns, and release it: back to whom it was credited to, unchanged, or to those
to whom the end of a dispute awards it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models.fields.json import KeyTextTransform

from quire.core.allocation import allocate
from quire.core.shares import share_text
from quire.society.distribution.actions import awards, succession
from quire.society.distribution.actions.sold import Sold
from quire.society.distribution.actions.succession import LOCK, carry_over
from quire.society.distribution.corrections import taking
from quire.society.distribution.errors import BadAward, BadHold
from quire.society.distribution.models import Hold, HoldAward, Line, Run
from quire.society.kit import acts, clock, ids, locks
from quire.society.kit.nouns import one
from quire.society.ledger import accounts
from quire.society.ledger import actions as ledger
from quire.society.parties import queries as parties
from quire.society.repertoire import queries as repertoire


def place_hold(
    *,
    reason: str,
    by: Any,
    work: str = "",
    party: str = "",
    starts: date | None = None,
    part: Fraction = Fraction(1),
    since: date | None = None,
) -> Hold:
    """From now on, hold what this work (URL, identifier or key) or this party (code) earns in any run; of
    both, a ``part`` of what the party owns of the work, of use from ``since`` on (None: of all days).

    ``starts`` is the day on record, today if left out. Runs frozen before stay as they are; a party on hold
    is not paid either, unless it is for one work. Raises parties.ReadsOnly, BadHold, Unknown.
    """
    parties.may_write(by)
    if not work and not party:
        raise BadHold("Name a work or a party to hold, or both.")
    if not (work and party) and (part != 1 or since is not None):
        raise BadHold("To hold a part, or from a day of use on, name the party and the work.")
    if not 0 < part <= 1:
        raise BadHold("The part that is held lies above 0 and is at most 1.")
    if not reason.strip():
        raise BadHold("A hold needs its reason: the member will read it.")
    if not reason.strip().isprintable():
        raise BadHold("The reason stands on one line, of characters that can be shown.")
    if starts and starts > clock.today():
        raise BadHold(f"A hold stands from the day it is placed; place this one on {starts}.")
    with transaction.atomic():
        hold = Hold.objects.create(
            work_id=repertoire.work(work).id if work else None,
            party_id=parties.party(party).id if party else None,
            reason=reason.strip()[:200],
            starts=starts or clock.today(),
            part=part,
            since=since,
        )
        acts.record(
            "distribution.hold", hold, by=by, reason=reason, work=work, party=party, part=share_text(part)
        )
    return hold


def release_hold(hold_tid: str, *, by: Any, to: Mapping[str, Fraction] | None = None) -> int:
    """End a hold and move what it held to the payees' balances, each currency in its own entries.

    ``to`` awards what is held to parties (code to share): the share of the hold's own party goes back to the
    lines' own parties. Only a hold on a party and a work can be awarded. Lines of it that are still to come,
    from runs frozen while it stood, follow the same shares.

    Returns how many lines were released. Lines that another hold still covers stay held until that one ends;
    lines of a run not yet posted are released when it is. Raises parties.ReadsOnly, Unknown,
    corrections.HoldNeeded while a run not yet posted corrects what it holds, BadAward.
    """
    parties.may_write(by)
    with transaction.atomic():
        locks.wait(LOCK)
        hold = one(
            Hold.objects.filter(id=ids.read(Hold.prefix, hold_tid), released_on=None),
            f"No standing hold has the id {hold_tid}.",
        )
        taking.must_be_free(hold)
        _award(hold, to or {})
        hold.released_on = clock.today()
        hold.save(update_fields=["released_on"])
        posted = Line.objects.filter(run__state__in=["posted", "closed"])
        count = let_go(posted, key=f"release:{hold.tid}", text=f"Released: {hold.reason}", by=by)
        carry_over(by=by)
        told = {party: share_text(share) for party, share in (to or {}).items()}
        acts.record("distribution.release", hold, by=by, lines=count, to=told)
    return count


def _award(hold: Hold, to: Mapping[str, Fraction]) -> None:
    """Record to whom a hold's money goes, where it is not simply released."""
    if not to:
        return
    if hold.work_id is None or hold.party_id is None:
        raise BadAward("Only what is held of one party's share of one work can be awarded to others.")
    if any(share <= 0 for share in to.values()) or sum(to.values()) != 1:
        raise BadAward("The shares of an award are above 0 and add up to exactly 1.")
    named = {parties.party(code).id: share for code, share in to.items()}
    if set(named) != {hold.party_id}:
        HoldAward.objects.bulk_create(
            HoldAward(hold=hold, party_id=party, share=share) for party, share in sorted(named.items())
        )


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
    shares = _shares({line.hold for line in free})
    for hold, several in groupby(sorted(free, key=lambda one: one.hold), key=lambda one: one.hold):
        if hold in shares:
            _give(hold, list(several), shares[hold], by=by)
    # What waits until it is clear who succeeds its party goes to that one, and not to the party.
    waits = set(succession.unclear(lines).values_list("id", flat=True))
    awarded = sum(line.hold in shares for line in free)
    free = [line for line in free if line.hold not in shares and line.id not in waits]
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
    return awarded + len(free)


class _Held(NamedTuple):
    """A held line, as far as its release needs it."""

    id: UUID
    party: UUID
    currency: str
    amount: int
    subject: str | None
    hold: UUID
    pot: UUID
    role: str | None
    starts: str | None
    until: str | None
    use: str | None

    @property
    def days(self) -> awards.Days | None:
        """What it was earned by, where it says on which days."""
        if not self.starts or not self.until:
            return None
        first, last = date.fromisoformat(self.starts), date.fromisoformat(self.until)
        return awards.Days(first, last, self.subject or "", self.use or "")


def _shares(holds: set[UUID]) -> dict[UUID, dict[UUID, Fraction]]:
    """Of those of the holds that were awarded: party to share."""
    found: dict[UUID, dict[UUID, Fraction]] = {}
    for hold, party, share in HoldAward.objects.filter(hold__in=holds).values_list(
        "hold_id", "party_id", "share"
    ):
        found.setdefault(hold, {})[party] = share
    return found


def _give(hold_id: UUID, lines: list[_Held], shares: Mapping[UUID, Fraction], *, by: Any) -> None:
    """Award a hold's lines, pot by pot and party by party, exactly by the shares."""
    hold = Hold.objects.select_related("work").get(id=hold_id)
    sold = Sold()
    sums: dict[tuple[Any, ...], int] = {}
    for line in lines:
        # Whom a sale has a day for is judged by days; of all others the whole of a pot is divided at once.
        dated = sold.any_of({line.party, *shares})
        days = line.days if dated else None
        place = (line.pot, line.currency, line.party, line.role or "", days or ())
        sums[place] = sums.get(place, 0) + line.amount
    parts = [
        part
        for (pot, currency, own, role, days), whole in sorted(sums.items())
        for party, amount in allocate(whole, shares).items()
        for part in sold.follow(
            awards.Part(pot, currency, own if party == hold.party_id else party, amount, role),
            awards.Days(*days) if days else None,
        )
    ]
    found = [
        awards.kept(line.id, line.pot, line.currency, line.amount, "held", line.party, line.role)
        for line in lines
    ]
    text = f"Released from dispute: {hold.work.key[:80] if hold.work else ''}: {hold.reason}"
    awards.record(found, parts, kind="dispute", text=text, by=by)


def _free(lines: Any) -> list[_Held]:
    standing = list(Hold.objects.filter(released_on=None).select_related("work"))
    parties_held = {hold.party_id for hold in standing if hold.party_id and not hold.work_id}
    works_held = {hold.work.tid for hold in standing if hold.work and not hold.party_id}
    disputed = {hold.id for hold in standing if hold.work_id and hold.party_id}
    found = (
        lines.filter(outcome="held", hold__isnull=False, release=None)
        .order_by("run_id", "number")
        .values_list(
            "id", "party_id", "pot__currency", "amount", KeyTextTransform("subject", "detail"), "hold_id",
            "pot_id", *(KeyTextTransform(name, "detail") for name in ("role", "from", "until", "use")),
        )
    )  # fmt: skip
    held = (_Held(*row) for row in found.iterator(chunk_size=20_000))
    return [
        line
        for line in held
        if line.party not in parties_held and line.subject not in works_held and line.hold not in disputed
    ]


def _record(free: list[_Held]) -> None:
    """COPY, because a hold on a member may have held a hundred thousand lines."""
    columns = "COPY distribution_release (id, line_id, released_on) FROM STDIN"
    with connection.wrap_database_errors, connection.cursor() as sql, sql.copy(columns) as copy:
        for line in free:
            copy.write_row((ids.new(), line.id, clock.today()))

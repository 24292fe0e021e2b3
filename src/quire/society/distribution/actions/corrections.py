"""File, accept and refuse claims that a closed run divided something wrongly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from django.db import transaction

from quire.core.corrections import Correction as Row
from quire.core.corrections.records import FUND, write
from quire.core.money import Money
from quire.core.plan import Plan
from quire.core.shares import UNKNOWN, Holder, Shares, parse_share, share_text
from quire.society.distribution.corrections import errors, rows
from quire.society.distribution.corrections.models import KINDS, Corrected, Correction
from quire.society.distribution.corrections.window import minimum, until
from quire.society.distribution.models import Run
from quire.society.distribution.queries import find
from quire.society.kit import acts, clock, ids, locks
from quire.society.kit.nouns import one
from quire.society.parties import queries as parties
from quire.society.repertoire import actions as registering
from quire.society.repertoire import queries as repertoire
from quire.society.surveys import queries as surveys

FILED = tuple(kind for kind in KINDS if kind != "survey")
"""Kinds of claims about one work; a survey is reconciled as a whole."""

LOCK = "distribution:corrections"
"""Held by whoever decides a claim, so that a row has one correction after the other."""


def file_correction(
    *,
    run: str,
    work: str,
    kind: str,
    reason: str,
    by: Any,
    shares: Shares | None = None,
    part: Fraction = Fraction(1),
    to: str = "",
    filed_on: date | None = None,
) -> Correction:
    """Claim that a closed run divided what a work earned wrongly.

    ``kind`` is shares, owner or usage. ``shares`` own the work in truth; without them those whom the
    repertoire has on record, once they are amended there. Of usage that did not take place, ``part`` is what
    did, and the rest goes ``to`` a fund. ``filed_on`` is the day on record, today if left out.

    Raises parties.ReadsOnly, Unknown, BadClaim, RunNotClosed, TooLate, OwnerUnknown, NothingToCorrect,
    TooSmall, in this order.
    """
    parties.may_write(by)
    found, filed = find(run), filed_on or clock.today()
    _check_claim(kind, reason, shares, part, to, filed)
    _must_be_open(found, filed)
    with transaction.atomic():
        claim = Correction.objects.create(
            run=found,
            work_id=repertoire.work_id(work),
            kind=kind,
            shares=[[h.party, h.role, share_text(h.share)] for h in shares or ()],
            part=part,
            to=to,
            reason=reason.strip(),
            filed_on=filed,
            filed_by=by,
        )
        if shares is not None or kind == "usage":
            _must_matter(rows.corrected(claim))
        acts.record("distribution.file-correction", claim, by=by, run=found.tid, work=work, kind=kind)
    return claim


def file_reconciliation(*, run: str, census: str, by: Any) -> Correction:
    """Claim that a closed run divided by a survey's estimates what a census (``cns_…``) has counted since.

    The same again returns the claim that stands. Raises parties.ReadsOnly, Unknown, BadClaim where the run
    did not divide by that survey, RunNotClosed, TooLate, CannotReconcile, OwnerUnknown, NothingToCorrect,
    TooSmall, in this order.
    """
    parties.may_write(by)
    found = find(run)
    told = surveys.census(census)
    if told.survey not in Plan.parse(found.plan.text).surveys:
        raise errors.BadClaim(f"The run {found.tid} divided nothing by the survey {told.survey}.")
    _must_be_open(found, clock.today())
    with transaction.atomic():
        locks.wait(LOCK)
        known = Correction.objects.filter(run=found, census=told.id).exclude(state="refused").first()
        if known is not None:
            return known
        claim = Correction.objects.create(
            run=found,
            census_id=told.id,
            kind="survey",
            reason=f"Survey {told.survey}: the census {told.file[:100]} counted otherwise",
            filed_on=clock.today(),
            filed_by=by,
        )
        _must_matter(rows.corrected(claim))
        acts.record("distribution.file-correction", claim, by=by, run=found.tid, kind="survey")
    return claim


def _must_be_open(found: Run, filed: date) -> None:
    """Only what a closed run divided is corrected, and only in the time for claims."""
    if found.state != "closed":
        raise errors.RunNotClosed(
            f"The run {found.tid} is {found.state}; cancel it and run again, instead of correcting it."
        )
    last = until(found)
    if filed > last:
        raise errors.TooLate(
            f"Claims about the run {found.tid} were taken until {last}; this one is of {filed}.",
            until=last.isoformat(),
        )


def _check_claim(kind: str, reason: str, shares: Shares | None, part: Fraction, to: str, filed: date) -> None:
    if kind not in FILED:
        raise errors.BadClaim(f"{kind!r} is no kind of correction; it must be one of {', '.join(FILED)}.")
    if not 0 < len(reason.strip()) <= 300:
        raise errors.BadClaim("Say in at most 300 characters what was wrong: those concerned will read it.")
    if shares is not None and any(holder.party == UNKNOWN for holder in shares):
        raise errors.BadClaim("Say whose the work is; what nobody is known to own is no correction.")
    if (kind == "usage") != (part < 1) or not 0 <= part <= 1 or (part < 1) != bool(FUND.fullmatch(to)):
        raise errors.BadClaim(
            "Of usage that did not take place, say which part of it did (from 0 to less than 1), and the "
            "fund that the rest goes to, fund:NAME; of anything else say neither."
        )
    if kind == "owner" and (shares is None or len(shares) != 1):
        raise errors.BadClaim("Say to whom the work belonged: one party.")
    if filed > clock.today():
        raise errors.BadClaim(f"A claim is filed on the day it comes in; file this one on {filed}.")


def _must_matter(found: Sequence[Row]) -> None:
    """What changes must be worth the trouble, in one currency at least."""
    sums = rows.differences(found)
    moved = {currency: sum(max(0, one) for one in mine.values()) for currency, mine in sums.items()}
    if all(amount < minimum(currency) for currency, amount in moved.items()):
        told = " and ".join(str(Money(amount, currency)) for currency, amount in sorted(moved.items()))
        least = " and ".join(str(Money(minimum(currency), currency)) for currency in sorted(moved))
        raise errors.TooSmall(f"By this claim {told} would change; below {least} nothing is corrected.")


def accept_correction(
    name: str, *, by: Any, note: str = "", amend: bool = False, amend_from: date | None = None
) -> list[Corrected]:
    """A second person finds a claim right: the next run of each currency posts its rows.

    With ``amend``, the register has the claim's shares too, for use from ``amend_from`` on (None: from the
    first day of the run that is corrected): a correction alone is about the past.

    Raises parties.RoleMissing, Unknown, Decided, parties.SecondPerson, BadClaim where the claim says no
    shares to amend the register by, OwnerUnknown, NothingToCorrect, TooSmall, NotPostedYet; what
    repertoire.amend_owners does.
    """
    parties.need_role(by, "approver")
    with transaction.atomic():
        locks.wait(LOCK)
        claim = _undecided(name)
        parties.second_person(by, claim.filed_by_id, "filed this claim", "accepts it")
        if amend and not claim.shares:
            raise errors.BadClaim(
                "The claim says no shares: it took those that the register has already, or is about usage."
            )
        found = rows.corrected(claim)
        _must_matter(found)
        kept = [_kept(claim, row) for row in found]
        _decide(claim, "accepted", by, note)
        acts.record("distribution.accept-correction", claim, by=by, rows=len(kept), note=note)
        if amend:
            _amend(claim, amend_from or claim.run.starts, by)
    return kept


def _amend(claim: Correction, starts: date, by: Any) -> None:
    """Write a claim's shares into the register, and say why."""
    codes = {row.tid: row.code for row in parties.names().values()}
    shares = Shares(
        tuple(Holder(codes[party], role, parse_share(share)) for party, role, share in claim.shares)
    )
    registering.amend_owners(
        work=claim.work_id, starts=starts, shares=shares, why=f"{claim.tid}: {claim.reason}"[:300], by=by
    )


def refuse_correction(name: str, *, note: str, by: Any) -> Correction:
    """A claim is found wrong; ``note`` says why. Raises parties.RoleMissing, Unknown, Decided, BadClaim."""
    parties.need_role(by, "approver")
    if not 0 < len(note.strip()) <= 300:
        raise errors.BadClaim("Say in at most 300 characters why the claim is refused.")
    with transaction.atomic():
        locks.wait(LOCK)
        claim = _undecided(name)
        _decide(claim, "refused", by, note)
        acts.record("distribution.refuse-correction", claim, by=by, note=note)
    return claim


def _undecided(name: str) -> Correction:
    claim: Correction = one(
        Correction.objects.select_related("run", "work").filter(id=ids.read(Correction.prefix, name)),
        f"No correction has the id {name}: see quire corrections list.",
    )
    if claim.state != "filed":
        raise errors.Decided(f"The claim {name} was {claim.state} on {claim.decided_on}.")
    return claim


def _decide(claim: Correction, state: str, by: Any, note: str) -> None:
    claim.state, claim.note, claim.decided_by, claim.decided_on = state, note.strip(), by, clock.today()
    claim.save(update_fields=["state", "note", "decided_by", "decided_on"])


def _kept(claim: Correction, row: Row) -> Corrected:
    """A corrected row on record, after the last one of the same row if there is any."""
    first = row.old[0].line
    made = Corrected(correction=claim, run=claim.run, currency=row.currency, first_line=first)
    before = Corrected.objects.filter(run=claim.run, first_line=first).order_by("-id").first()
    record = {**write(row), "correction": made.tid}
    if before is not None:
        _must_be_posted(before)
        record["after"] = before.tid
    made.record = record
    made.save(force_insert=True)
    return made


def _must_be_posted(before: Corrected) -> None:
    taken = getattr(before, "taken", None)
    if taken is None or not Run.objects.filter(pots=taken.pot_id, state__in=["posted", "closed"]).exists():
        raise errors.NotPostedYet(
            f"The same was corrected by {before.correction.tid}, which no run has posted yet; wait for it."
        )

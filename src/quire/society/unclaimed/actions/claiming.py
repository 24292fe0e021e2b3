"""A party claims what is unclaimed; somebody of the society accepts it or says why not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

from django.db import transaction

from quire.society.kit import acts, clock, ids, locks
from quire.society.kit.nouns import one
from quire.society.parties import queries as parties
from quire.society.repertoire import queries as repertoire
from quire.society.unclaimed import queries
from quire.society.unclaimed.actions.matching import match
from quire.society.unclaimed.errors import AlreadyClaimed, BadMatch, ClaimEnded, NothingUnclaimed
from quire.society.unclaimed.models import Claim


def claim(*, party: parties.Ref, work: str, role: str, evidence: str, by: Any) -> Claim:
    """The party claims all that is unclaimed of a work (URL, identifier or id) in a class of right.

    Raises, in this order: ReadsOnly; Unknown for the party or the work; BadMatch without evidence;
    NothingUnclaimed; AlreadyClaimed.
    """
    parties.may_write(by)
    who = parties.party(party)
    found = ids.read("wrk", work) if work.startswith("wrk_") else repertoire.work(work).id
    if not evidence.strip():
        raise BadMatch("Say what shows that it is yours: whoever decides reads it.")
    tid = ids.show("wrk", found)
    if not queries.of_work(tid, role):
        raise NothingUnclaimed(f"Nothing of this work is unclaimed as {role[:20] or 'any class'}.")
    with transaction.atomic():
        locks.wait("unclaimed:claims")
        if Claim.objects.filter(party=who, work=found, role=role, state="open").exists():
            raise AlreadyClaimed("You have claimed this already; it is being looked at.")
        made = Claim.objects.create(
            party=who, work_id=found, role=role, evidence=evidence.strip()[:500], filed_by=by,
            filed_on=clock.today(),
        )  # fmt: skip
        acts.record("unclaimed.claim", made, by=by, party=who.code, work=tid, role=role)
    return made


def accept_claim(*, claim: str, note: str = "", amend: bool = True, by: Any) -> Claim:
    """What is unclaimed is the claimant's: it is paid as a match, and with ``amend`` the work is registered
    so. Raises ReadsOnly, Unknown, SecondPerson, ClaimEnded, and what ``match`` refuses."""
    with _deciding(claim, by) as found:
        if found.filed_by_id is not None:
            parties.second_person(by, found.filed_by_id, "filed this claim", "accepts it")
        match(shares={found.party.code: Fraction(1)}, evidence=f"{found.tid}: {found.evidence}"[:500],
              work=found.work.key, role=found.role, amend=amend, by=by)  # fmt: skip
        _end(found, "accepted", note, by)
    return found


def refuse_claim(*, claim: str, note: str, by: Any) -> Claim:
    """It is not: the claimant reads why. Raises ReadsOnly, Unknown, BadMatch without a reason, ClaimEnded."""
    with _deciding(claim, by) as found:
        if not note.strip():
            raise BadMatch("Say why it is refused: the claimant reads it.")
        _end(found, "refused", note, by)
    return found


def withdraw_claim(*, claim: str, by: Any) -> Claim:
    """The claimant gives it up. Raises ReadsOnly, Unknown, ClaimEnded."""
    with _deciding(claim, by) as found:
        _end(found, "withdrawn", "", by)
    return found


@contextmanager
def _deciding(tid: str, by: Any) -> Iterator[Claim]:
    """One open claim, with nobody else deciding about it."""
    parties.may_write(by)
    wanted = ids.read(Claim.prefix, tid)
    with transaction.atomic():
        locks.wait("unclaimed:claims")
        rows = Claim.objects.filter(id=wanted).select_related("party", "work")
        found: Claim = one(rows, f"No claim has the id {tid}.")
        if found.state != "open":
            raise ClaimEnded(f"The claim {found.tid} is {found.state} already.")
        yield found


def _end(found: Claim, state: str, note: str, by: Any) -> None:
    found.state, found.note, found.ended_on, found.ended_by = state, note.strip()[:300], clock.today(), by
    found.save(update_fields=["state", "note", "ended_on", "ended_by"])
    acts.record(f"unclaimed.claim-{state}", found, by=by, note=found.note)

"""File a claim, document it, answer it; and hold what is in dispute from the day it is documented."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from quire.core import disputes as rules
from quire.core.canonical import digest as digest_of
from quire.core.shares import UNKNOWN, Shares, share_text
from quire.society.disputes import queries
from quire.society.disputes.errors import AlreadyDisputed, BadClaim, BadDocument, NoParty, WrongState
from quire.society.disputes.models import OPEN, Dispute, DisputeHold, Document, StatedShare, Step
from quire.society.distribution import actions as distribution
from quire.society.kit import acts, clock, config, locks, papers
from quire.society.parties import queries as parties
from quire.society.repertoire import queries as repertoire

LOCK = "disputes"
LARGEST = 50_000_000
"""Bytes of a document."""


@contextmanager
def writing(by: Any) -> Iterator[None]:
    """One transaction in which no other dispute moves; ReadsOnly for an auditor."""
    parties.may_write(by)
    with transaction.atomic():
        locks.wait(LOCK)
        yield


def file_dispute(
    *,
    kind: str,
    work: str,
    claimant: str,
    reason: str,
    shares: str = "",
    since: date | None = None,
    wanted: str = "",
    by: Any,
) -> Dispute:
    """A claim that the work (URL, identifier or key) belongs to ``shares`` (``party:role:share`` between
    semicolons, all of it) since a day of use (None: from the beginning), or is of another tier or type.

    A claim of shares alone needs no documents, and is in dispute at once; one of a tier or a type goes
    straight to who decides, and holds nothing. Any other lapses unless it is documented in time.

    Raises, in this order: ReadsOnly; BadClaim for an unknown kind, without reason, or about a copy; Unknown;
    BadClaim, repertoire.BadShares or ClaimWrong for what is claimed; AlreadyDisputed where the claimant has
    an open dispute about the work, or another one is about the share of somebody whom this would take from.
    """
    with writing(by):
        party, found = parties.party(claimant), repertoire.work(work)
        _check(kind, found, reason)
        stated = _stated(kind, found, party.code, shares, since, wanted)
        if Dispute.objects.filter(work=found.id, claimant=party, state__in=OPEN).exists():
            raise AlreadyDisputed(f"{party.code} has an open dispute about {found.key[:100]} already.")
        _must_be_alone(found, party.code, stated)
        today, needs = clock.today(), kind in ("authorship", "ownership")
        made = Dispute.objects.create(
            kind=kind,
            work_id=found.id,
            claimant=party,
            since=since,
            wanted=wanted,
            reason=reason.strip()[:300],
            state="filed" if needs else "disputed",
            filed_on=today,
            document_by=rules.by(today, config.dispute_days("document")) if needs else None,
        )
        for what, owned in stated.items():
            state_shares(made, what, owned)
        step(made, f"{party.code} claims: {reason.strip()}")
        acts.record("disputes.file", made, by=by, kind=kind, work=found.key, claimant=party.code)
        if kind == "share":
            hold(made, by=by)
    return made


def _must_be_alone(work: repertoire.WorkRow, claimant: str, stated: dict[str, Shares]) -> None:
    """One dispute about a share at a time: two would each hold it, and give it away twice."""
    mine = rules.held(stated["present"], stated["claimed"]) if stated else {}
    for other in queries.open_about(work.id) if stated else ():
        if both := sorted(mine.keys() & other.takes_from.keys()):
            raise AlreadyDisputed(
                f"What {both[0]} has of {work.key[:100]} is in dispute already: {other.tid}, claimed by "
                f"{other.claimant} on {other.filed_on}. Whoever ends it can give {claimant} a share as well; "
                "if it is withdrawn or lapses, file this one then.",
                dispute=other.tid,
            )


def _check(kind: str, work: repertoire.WorkRow, reason: str) -> None:
    if kind not in rules.KINDS:
        raise BadClaim(f"A dispute is about {', '.join(rules.KINDS)}.")
    if not reason.strip():
        raise BadClaim("Say in a sentence what is claimed, and why: the other side will read it.")
    if work.original:
        raise BadClaim(f"{work.key[:100]} is a copy; its owners are those of {work.original[:100]}.")


def _stated(
    kind: str, work: repertoire.WorkRow, claimant: str, shares: str, since: date | None, wanted: str
) -> dict[str, Shares]:
    """The shares as they are and as they are claimed; nothing of a claim that is about no shares."""
    if kind not in rules.OF_MONEY:
        now = work.tier if kind == "tier" else work.type
        if shares or since or not wanted or wanted == now:
            raise BadClaim(f"Name the {kind} that the work should have; it has {now}.")
        return {}
    if wanted:
        raise BadClaim("A claim about shares names no tier and no type.")
    present = repertoire.owners(work.id, clock.today())
    claimed = repertoire.shares_of(shares)
    parties_known(claimed)
    rules.held(present, claimed)
    if rules.whole(claimed).get(claimant, 0) <= rules.whole(present).get(claimant, 0):
        raise BadClaim(f"By this claim {claimant} would have no more than it has now.")
    return {"present": present, "claimed": claimed}


def parties_known(shares: Shares) -> dict[str, UUID]:
    """The parties of shares by code; Unknown where one is not on record."""
    return {code: parties.party(code).id for code, _, _ in shares if code != UNKNOWN}


def state_shares(dispute: Dispute, what: str, shares: Shares) -> None:
    """Put shares on the dispute's record."""
    known = parties_known(shares)
    StatedShare.objects.bulk_create(
        StatedShare(dispute=dispute, what=what, party_id=known.get(code), role=role, share=share)
        for code, role, share in shares
    )


def step(dispute: Dispute, text: str) -> None:
    """Add to the dispute's story."""
    Step.objects.create(dispute=dispute, on=clock.today(), text=text[:700])


def hold(dispute: Dispute, *, by: Any) -> None:
    """Hold the disputed part of every respondent's share from now on: of the work, and of its copies."""
    present, claimed = queries.stated(dispute, "present"), queries.stated(dispute, "claimed")
    keys = [dispute.work.key, *repertoire.copies(dispute.work_id)]
    for code, part in rules.held(present, claimed).items():
        for key in keys:
            made = distribution.place_hold(
                reason=f"In dispute ({dispute.kind}): {dispute.reason}"[:200],
                work=key,
                party=code,
                part=part,
                since=dispute.since,
                by=by,
            )
            DisputeHold.objects.create(dispute=dispute, respondent_id=parties.party(code).id, hold_id=made.id)
        step(dispute, f"{share_text(part)} of what {code} has of the work is held from now on.")


def document(*, dispute: str, title: str, path: Path, by: Any) -> Document:
    """The claimant's first document: the disputed share is held from today, and the respondents have their
    time to answer. Further ones are added by ``add_document``.

    Raises ReadsOnly, Unknown, WrongState, BadDocument.
    """
    with writing(by):
        found = queries.find(dispute)
        must_be(found, "filed")
        _in_time(found.document_by, "to document the claim")
        made = _keep(found, found.claimant_id, title, path)
        found.state, found.documented_on = "documented", clock.today()
        found.answer_by = rules.by(clock.today(), config.dispute_days("answer"))
        found.save(update_fields=["state", "documented_on", "answer_by"])
        step(
            found,
            f"Documented by {found.claimant.code}: {made.title}. An answer is due by {found.answer_by}.",
        )
        acts.record("disputes.document", found, by=by, digest=made.digest, answer_by=str(found.answer_by))
        hold(found, by=by)
    return made


def answer(*, dispute: str, party: str, title: str, path: Path, by: Any) -> Document:
    """A respondent's document: from now on both sides are documented, and only a settlement, a decision or
    the claimant ends it. Raises ReadsOnly, Unknown, WrongState, NoParty, BadDocument."""
    with writing(by):
        found = queries.find(dispute)
        must_be(found, "documented")
        _in_time(found.answer_by, "to answer")
        who = parties.party(party)
        if who.id not in set(found.holds.values_list("respondent_id", flat=True)):
            raise NoParty(f"{party} has nothing in this dispute to answer for.")
        made = _keep(found, who.id, title, path)
        found.state, found.answered_on = "disputed", clock.today()
        found.save(update_fields=["state", "answered_on"])
        step(found, f"Answered by {who.code}: {made.title}.")
        acts.record("disputes.answer", found, by=by, party=who.code, digest=made.digest)
    return made


def add_document(*, dispute: str, party: str, title: str, path: Path, by: Any) -> Document:
    """A further document of either side, while the dispute is open."""
    with writing(by):
        found = queries.find(dispute)
        must_be(found, "documented", "disputed")
        who = parties.party(party)
        sides = {found.claimant_id, *found.shares.filter(what="present").values_list("party_id", flat=True)}
        if who.id not in sides:
            raise NoParty(f"{party} is no side of this dispute.")
        made = _keep(found, who.id, title, path)
        step(found, f"{who.code} handed in: {made.title}.")
        acts.record("disputes.add-document", found, by=by, party=who.code, digest=made.digest)
    return made


def must_be(dispute: Dispute, *states: str) -> None:
    """WrongState unless the dispute is in one of these states."""
    if dispute.state not in states:
        raise WrongState(f"The dispute {dispute.tid} is {dispute.state}; this follows {' or '.join(states)}.")


def _in_time(last: date | None, what: str) -> None:
    if last is not None and rules.overdue(last, clock.today()):
        raise WrongState(f"The time {what} ended on {last}: quire disputes tick moves it on.")


def _keep(dispute: Dispute, party: UUID, title: str, path: Path) -> Document:
    """Keep a document's file, private to the society, under its digest."""
    if not title.strip():
        raise BadDocument("A document has a title.")
    size = path.stat().st_size
    if not 0 < size <= LARGEST:
        raise BadDocument(f"{path.name} has {size} bytes; a document has from 1 to {LARGEST:,}.")
    data = path.read_bytes()
    name = digest_of(data)
    papers.put(config.private("disputes") / dispute.tid, {name.replace(":", "-"): data})
    return Document.objects.create(
        dispute=dispute, party_id=party, title=title.strip()[:200], digest=name, size=size, on=clock.today()
    )

"""End a dispute: by agreement, by decision, by the claimant, or because a time ran out."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q

from quire.core import disputes as rules
from quire.core.errors import QuireError
from quire.core.shares import Shares, share_text
from quire.society.disputes import queries
from quire.society.disputes.actions.filing import must_be, parties_known, state_shares, step, writing
from quire.society.disputes.errors import BadClaim
from quire.society.disputes.models import Dispute
from quire.society.distribution import actions as distribution
from quire.society.kit import acts, clock
from quire.society.repertoire import actions as registering
from quire.society.repertoire import queries as repertoire


def settle(*, dispute: str, shares: str, text: str, starts: date | None = None, by: Any) -> Dispute:
    """The sides have agreed on these shares, from ``starts`` (None: from the day that was claimed).

    Raises ReadsOnly, Unknown, WrongState, BadClaim, repertoire.BadShares, ClaimWrong.
    """
    with writing(by):
        found = queries.find(dispute)
        must_be(found, "documented", "disputed")
        _of_shares(found)
        _must_say(text)
        _finish(found, "settled", repertoire.shares_of(shares), starts or found.since, "the sides", text, by)
    return found


def decide(
    *,
    dispute: str,
    who: str,
    text: str,
    shares: str = "",
    wanted: str = "",
    starts: date | None = None,
    by: Any,
) -> Dispute:
    """``who`` has decided: these shares from ``starts`` (None: from the day that was claimed), or this tier
    or type (the present one, if the claim fails) for runs frozen from ``starts`` on.

    Raises ReadsOnly, Unknown, WrongState, BadClaim, repertoire.BadShares, ClaimWrong.
    """
    with writing(by):
        found = queries.find(dispute)
        must_be(found, "documented", "disputed")
        _must_say(text)
        if not who.strip():
            raise BadClaim("Say who decided: the committee, the court, the arbitrator.")
        if found.kind in rules.OF_MONEY:
            if wanted:
                raise BadClaim("This dispute is about shares; it ends with shares.")
            _finish(found, "decided", repertoire.shares_of(shares), starts or found.since, who, text, by)
        else:
            if shares or not wanted:
                raise BadClaim(f"Say which {found.kind} was decided.")
            _classify(found, wanted, starts or clock.today(), who, text, by)
    return found


def withdraw(*, dispute: str, text: str, by: Any) -> Dispute:
    """The claimant gives up: what was held goes back. Raises ReadsOnly, Unknown, WrongState, BadClaim."""
    with writing(by):
        found = queries.find(dispute)
        must_be(found, "filed", "documented", "disputed")
        _must_say(text)
        _end(found, "withdrawn", found.claimant.code, text, by=by)
        _release(found, None, by)
    return found


def tick(*, on: date | None = None, by: Any) -> list[Dispute]:
    """Move on every dispute whose time has run out by ``on`` (today, if left out), the earliest first.

    A claim not documented lapses. One not answered is granted: the registration is amended from the day
    claimed, and what was held goes to whom it was claimed for. A tier or type decided for a day that has come
    is applied. Again does nothing. What cannot move now, such as where a run under way takes from what is
    held, stays as it is, overdue in the queue, and the others move.
    """
    on = on or clock.today()
    moved = []
    with writing(by):
        for one in _due(on):
            with suppress(QuireError), transaction.atomic():
                moved.append(_moved(one, by))
    return moved


def _due(on: date) -> list[Dispute]:
    waiting = Q(state="filed", document_by__lt=on) | Q(state="documented", answer_by__lt=on)
    later = Q(state="decided", applied_on=None, applies_from__lte=on, wanted__gt="")
    found = Dispute.objects.filter(waiting | later).select_related("work", "claimant")
    return list(found.order_by("filed_on", "id"))


def _moved(one: Dispute, by: Any) -> Dispute:
    if one.state == "decided":
        _apply(one, by)
    elif one.state == "filed":
        _end(one, "lapsed", "", f"No document came by {one.document_by}; nothing was held.", by=by)
    else:
        text = f"No answer came by {one.answer_by}; the claim is granted."
        _finish(one, "amended", _as_now(one)[1], one.since, "", text, by)
    return one


def _of_shares(dispute: Dispute) -> None:
    if dispute.kind not in rules.OF_MONEY:
        raise BadClaim(f"The {dispute.kind} of a work is decided, not agreed on.")


def _must_say(text: str) -> None:
    if not text.strip():
        raise BadClaim("Say in a sentence how it ended: it stays on record.")


def _finish(
    dispute: Dispute, state: str, final: Shares, starts: date | None, who: str, text: str, by: Any
) -> None:
    """End a dispute about shares: amend the registration, and award what was held."""
    parties_known(final)
    awards = rules.awarded(*_as_now(dispute), final)
    state_shares(dispute, "final", final)
    _end(dispute, state, who, text, by=by, applies_from=starts, applied_on=clock.today())
    registering.amend_owners(
        work=dispute.work_id, starts=starts, shares=final, why=f"{dispute.tid}: {text}"[:300], by=by
    )
    _release(dispute, awards, by)


def _as_now(dispute: Dispute) -> tuple[Shares, Shares]:
    """The owners before the dispute, and those claimed: as they are now, where another dispute about the work
    has ended since the claim was filed. BadClaim where what is held is no longer what the claim is about."""
    present, claimed = queries.stated(dispute, "present"), queries.stated(dispute, "claimed")
    now = repertoire.owners(dispute.work_id, clock.today())
    if now == present:
        return present, claimed
    moved = rules.shifted(claimed, present, now)
    if rules.held(now, moved) != rules.held(present, claimed):
        raise BadClaim(
            f"The owners of {dispute.work.key[:100]} were amended since {dispute.tid} was filed, and what is "
            "held is not what it is about any more: have it withdrawn, and filed again."
        )
    return now, moved


def _classify(dispute: Dispute, wanted: str, starts: date, who: str, text: str, by: Any) -> None:
    told = f"{text} ({dispute.kind}: {wanted})"
    if (
        wanted != dispute.wanted
    ):  # the claim fails, or another word was found: what was wanted stays on record
        told = f"{told}; {dispute.wanted} was wanted"
    now = dispute.work.tier if dispute.kind == "tier" else dispute.work.type
    if wanted not in (dispute.wanted, now):
        raise BadClaim(f"The decision is for {dispute.wanted} or for {now}; any other is a claim of its own.")
    _end(dispute, "decided", who, told, by=by, applies_from=starts if wanted == dispute.wanted else None)
    if wanted == dispute.wanted and starts <= clock.today():
        _apply(dispute, by)


def _apply(dispute: Dispute, by: Any) -> None:
    """Give the work what was decided."""
    named = {"tier" if dispute.kind == "tier" else "type": dispute.wanted}
    registering.amend_work(work=dispute.work_id, why=dispute.tid, by=by, **named)
    dispute.applied_on = clock.today()
    dispute.save(update_fields=["applied_on"])
    step(dispute, f"The work's {dispute.kind} is {dispute.wanted} from now on.")


def _end(dispute: Dispute, state: str, who: str, text: str, *, by: Any, **days: date | None) -> None:
    dispute.state, dispute.ended_on = state, clock.today()
    dispute.ended_by, dispute.outcome = who.strip()[:200], text.strip()[:500]
    for name, day in days.items():
        setattr(dispute, name, day)
    dispute.save(update_fields=["state", "ended_on", "ended_by", "outcome", *days])
    step(dispute, f"{state.capitalize()}{f' by {who.strip()}' if who.strip() else ''}: {text.strip()}")
    acts.record(f"disputes.{state}", dispute, by=by, who=who, text=text)


def _release(dispute: Dispute, awards: dict[str, dict[str, Any]] | None, by: Any) -> None:
    """End the holds: back to where it was held, or to whom it is awarded."""
    for one in dispute.holds.select_related("hold", "respondent").order_by("id"):
        to = None if awards is None else awards[one.respondent.code]
        distribution.release_hold(one.hold.tid, to=to, by=by)
        if one.hold.work_id == dispute.work_id:
            parts = ", ".join(f"{share_text(part)} to {code}" for code, part in (to or {}).items())
            told = parts or f"all of it to {one.respondent.code}"
            step(dispute, f"Of what was held of {one.respondent.code}: {told}.")

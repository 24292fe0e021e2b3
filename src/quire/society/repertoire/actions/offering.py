"""A part of one's own share of a work is offered to another party, who says yes or no."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from uuid import UUID

from quire.core.shares import ROLES, Holder, Shares, parse_share, share_text
from quire.society.kit import acts, clock
from quire.society.kit.nouns import one
from quire.society.parties import facts
from quire.society.parties import queries as parties
from quire.society.parties.models import User
from quire.society.repertoire import queries
from quire.society.repertoire.actions.amending import amend_owners
from quire.society.repertoire.actions.intake import writing
from quire.society.repertoire.errors import BadCopy, OfferClosed, OfferRefused
from quire.society.repertoire.models import ShareAnswer, ShareOffer, Work

BARS: list[Callable[[UUID, str], str]] = []
"""Each says why a party (its code) may not give of a work now, or "". Rooms above put theirs here: what
is held of a share would be nobody's once somebody else has the share."""


def offer_share(
    *, work: UUID, giver: UUID, taker: str, role: str, share: str, starts: date, text: str = "",
    by: User | None,
) -> ShareOffer:  # fmt: skip
    """Offer ``share`` of the whole work ("1/3", "25%"), taken from the giver's own, to ``taker`` (code) as
    ``role``, for use from ``starts`` on. Nothing changes until the taker accepts.

    Refused in this order: ReadsOnly; Unknown (work, party); BadCopy; BadShares for a share that cannot be
    read; OfferRefused: a role that is none, a share in dispute, a day that is over, the giver itself, owners
    that change again later, more than the giver has, the same offer open already.
    """
    with writing(by):
        found = one(Work.objects.filter(id=work), "There is no such work any more.")
        to, of = parties.party(taker), parties.party(giver)
        if found.original_id is not None:
            raise BadCopy(f"{found.key[:100]} is a copy: offer a part of its original.", work=found.tid)
        holder = Holder(to.code, _role(role), parse_share(share))
        said = facts.check_text("the note", text, 200)
        _check(found.id, of.code, holder, starts)
        made = {"work": found, "giver": of, "taker": to, "role": holder.role, "share": holder.share}
        if ShareOffer.objects.filter(answer=None, **made).exists():
            raise OfferRefused(f"This part is offered to {to.name} already; it waits for their answer.")
        offer = ShareOffer.objects.create(**made, starts=starts, text=said, on=clock.today())
        acts.record(
            "repertoire.offer-share", found, by=by, offer=offer.tid, giver=of.code, taker=to.code,
            role=holder.role, share=share_text(holder.share), starts=starts.isoformat(),
        )  # fmt: skip
    return offer


def answer_offer(offer: UUID, *, party: UUID, accept: bool, by: User | None) -> ShareAnswer:
    """The taker accepts or declines. Accepted, the part is the taker's from the offer's first day on, or from
    today where that is over. Refused in this order: ReadsOnly; Unknown for who is not the taker; OfferClosed;
    on a yes OfferRefused, where the giver has not so much of it any more.
    """
    with writing(by):
        found = _open(offer, taker=party)
        if accept:
            starts = max(found.starts, clock.today())
            holder = Holder(found.taker.code, found.role, found.share)
            shares = _check(found.work_id, found.giver.code, holder, starts)
            why = f"{found.giver.code} passed {share_text(found.share)} on to {found.taker.code}"
            amend_owners(work=found.work_id, starts=starts, shares=shares, why=why, by=by)
        return _end(found, "accepted" if accept else "declined", by)


def withdraw_offer(offer: UUID, *, party: UUID, by: User | None) -> ShareAnswer:
    """The giver takes an open offer back. ReadsOnly, Unknown for who is not the giver, OfferClosed."""
    with writing(by):
        return _end(_open(offer, giver=party), "withdrawn", by)


def _open(offer: UUID, **whose: UUID) -> ShareOffer:
    rows = ShareOffer.objects.filter(id=offer, **whose).select_related("giver", "taker")
    found: ShareOffer = one(rows, "There is no such offer for you to answer.")
    if answered := ShareAnswer.objects.filter(offer=found).first():
        raise OfferClosed(f"This offer was {answered.answer} on {answered.on}.")
    return found


def _end(offer: ShareOffer, answer: str, by: User | None) -> ShareAnswer:
    made = ShareAnswer.objects.create(offer=offer, answer=answer, on=clock.today())
    acts.record(f"repertoire.offer-{answer}", offer.work, by=by, offer=offer.tid)
    return made


def _role(role: str) -> str:
    if role not in ROLES:
        raise OfferRefused(f"There is no role {role[:40]!r}: {', '.join(ROLES)}.")
    return role


def _check(work: UUID, giver: str, taker: Holder, starts: date) -> Shares:
    """The owners from ``starts`` on, were it accepted. OfferRefused."""
    if why := next((why for bar in BARS if (why := bar(work, giver))), ""):
        raise OfferRefused(why)
    if starts < clock.today():
        raise OfferRefused("Choose today or a later day: what was used before was earned by who owned it.")
    if taker.party == giver:
        raise OfferRefused("You have it already.")
    if any(one.starts is not None and one.starts > starts for one in queries.versions_of(work)):
        raise OfferRefused("Its owners change again on a later day; choose a day after that.")
    return divided(queries.owners(work, starts), giver, taker)


def divided(present: Shares, giver: str, taker: Holder) -> Shares:
    """The owners once the giver's roles, in their order, have given up the taker's share. OfferRefused."""
    left, owned = taker.share, {}
    for party, role, share in present:
        given = min(share, left) if party == giver else Fraction(0)
        left -= given
        if share > given:
            owned[party, role] = share - given
    if left or taker.share <= 0:
        raise OfferRefused("You cannot pass on more of it than you have.")
    mine = (taker.party, taker.role)
    owned[mine] = owned.get(mine, Fraction(0)) + taker.share
    return Shares(tuple(Holder(*place, share) for place, share in owned.items()))

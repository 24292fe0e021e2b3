"""Parts of works that were offered, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db.models import Q

from quire.society.kit import ids
from quire.society.kit.nouns import one
from quire.society.kit.paging import Filter, Listing, Sort
from quire.society.repertoire.models import ShareOffer


@dataclass(frozen=True, slots=True)
class OfferRow:
    """An offer. ``giver`` and ``taker`` are codes, with their names; ``state`` is open, accepted, declined
    or withdrawn; ``answered`` the day on which it came to its end."""

    id: UUID
    tid: str
    work: str
    title: str
    giver: str
    giver_name: str
    taker: str
    taker_name: str
    role: str
    share: Fraction
    starts: date
    text: str
    on: date
    state: str
    answered: date | None


def offers_list(party: UUID) -> Listing[OfferRow]:
    """Every offer in which the party gives or takes, the newest first."""
    states = {"open": "open", "accepted": "accepted", "declined": "declined", "withdrawn": "withdrawn"}
    sides = {"taker": "offered to you", "giver": "offered by you"}
    return Listing(
        _rows().filter(Q(giver=party) | Q(taker=party)),
        _told,
        {"on": Sort("on", descending=True), "starts": Sort("starts", descending=True)},
        {
            "state": Filter(
                "State", states, lambda s: Q(answer=None) if s == "open" else Q(answer__answer=s)
            ),
            "side": Filter("Side", sides, lambda side: Q(**{side: party})),
        },
        lambda words: (
            Q(work__title__icontains=words)
            | Q(giver__name__icontains=words)
            | Q(taker__name__icontains=words)
        ),
    )


def offer(tid: str, *, party: UUID) -> OfferRow:
    """One in which the party gives or takes. Unknown."""
    rows = _rows().filter(Q(giver=party) | Q(taker=party), id=ids.read(ShareOffer.prefix, tid))
    [row] = _told([one(rows, "You have no such offer.")])
    return row


def offer_row(tid: str) -> OfferRow:
    """An offer by its id, whoever looks. Unknown."""
    [row] = _told(
        [one(_rows().filter(id=ids.read(ShareOffer.prefix, tid)), f"No offer has the id {tid[:60]}.")]
    )
    return row


def open_offers(party: UUID, most: int) -> list[OfferRow]:
    """Those that wait for the party's answer, the oldest first."""
    return list(_told(_rows().filter(taker=party, answer=None).order_by("on", "id")[:most]))


def offers_of(work: UUID) -> list[OfferRow]:
    """The open offers of parts of a work."""
    return list(_told(_rows().filter(work=work, answer=None).order_by("on", "id")[:50]))


def _rows() -> Any:
    return ShareOffer.objects.select_related("work", "giver", "taker", "answer")


def _told(rows: Sequence[Any]) -> Iterator[OfferRow]:
    for row in rows:
        answer = getattr(row, "answer", None)
        yield OfferRow(
            row.id, row.tid, row.work.tid, row.work.title, row.giver.code, row.giver.name, row.taker.code,
            row.taker.name, row.role, row.share, row.starts, row.text, row.on,
            answer.answer if answer else "open", answer.on if answer else None,
        )  # fmt: skip

"""Lines of posted runs that nobody is known to own, and what is held for a thing; for the rooms above."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform

from quire.society.distribution.corrections import settlements
from quire.society.distribution.models import AwardPart, Line, PotReceipt, Release
from quire.society.kit import ids

DONE = ("posted", "closed")


@dataclass(frozen=True, slots=True)
class Ownerless:
    """A line that was left unclaimed (with its work and its class of right), or that a portion or pot in
    which nobody stood kept (with neither). ``collected`` is the last day on which its money came in;
    ``amount`` in quanta of ``currency``."""

    id: UUID
    run: str
    number: int
    pot: UUID
    starts: date
    ends: date
    licence: str
    licensee: str
    share: str
    currency: str
    amount: int
    role: str
    subject: str
    use: str
    collected: date

    @property
    def tid(self) -> str:
        """The id of the line."""
        return ids.show(Line.prefix, self.id)


_COLUMNS = (
    "id", "run_id", "number", "pot_id", "pot__starts", "pot__ends", "pot__licence__code",
    "pot__licence__licensee__name", "pot__currency", "amount",
)  # fmt: skip
_DETAIL = ("share", "role", "subject", "use")


def ownerless_lines() -> QuerySet[Line]:
    """Every line without an owner that is still there; an amount of nothing is none."""
    released = Release.objects.filter(line=OuterRef("pk"))  # a join here is thought to leave one row
    return Line.objects.filter(
        ~Exists(released), run__state__in=DONE, outcome__in=["held", "unclaimed"], party=None, amount__gt=0
    )


def ownerless(only: Iterable[UUID] | None = None, subject: str = "") -> Iterator[Ownerless]:
    """Every line without an owner that is still there, by run and number; ``only`` some of them, by id, or
    those of one ``subject`` (TypeID)."""
    rows = ownerless_lines().order_by("run_id", "number")
    rows = rows if only is None else rows.filter(id__in=list(only))
    rows = rows.filter(detail__subject=subject) if subject else rows
    told = {name: KeyTextTransform(name, "detail") for name in _DETAIL}
    collected = _Collected()
    for row in rows.values_list(*_COLUMNS, *told.values()).iterator(chunk_size=5_000):
        line, run, number, pot, starts, ends, code, licensee, currency, amount, *detail = row
        share, role, subject, use = (one or "" for one in detail)
        yield Ownerless(
            line, ids.show("dst", run), number, pot, starts, ends, code or "", licensee or "", share,
            currency, amount, role, subject, use, collected.of(run, pot),
        )  # fmt: skip


class _Collected:
    """The last day on which money of a pot came in; of a pool, of any pot of its run."""

    def __init__(self) -> None:
        rows = PotReceipt.objects.values_list("pot_id", "pot__run_id").annotate(
            last=Max("receipt__received_on")
        )
        self.pots: dict[UUID, date] = {}
        self.runs: dict[UUID, date] = {}
        for pot, run, last in rows:
            self.pots[pot] = last
            self.runs[run] = max(last, self.runs.get(run, last))

    def of(self, run: UUID, pot: UUID) -> date:
        return self.pots.get(pot) or self.runs[run]


def earned(starts: date, ends: date, currency: str) -> dict[str, dict[UUID, int]]:
    """Class of right to what each party earned in it, in quanta of the currency: of pots whose period shares
    a day with this one. By lines that were payable or have been released, by the ends of disputes and by
    matches; what was disposed of is not earned."""
    pots = {"pot__currency": currency, "pot__starts__lt": ends, "pot__ends__gt": starts}
    lines = Line.objects.filter(
        Q(outcome="payable") | Q(outcome="held", release__isnull=False, release__award=None),
        run__state__in=DONE, detail__has_key="subject", **pots,
    )  # fmt: skip
    parts = AwardPart.objects.filter(award__kind__in=["dispute", "match"], party__isnull=False, **pots)
    parts = parts.filter(Q(waiting=False) | Q(release__isnull=False))
    role = KeyTextTransform("role", "detail")
    found: dict[str, dict[UUID, int]] = {}
    for rows in (lines.values_list(role, "party_id"), parts.values_list("role", "party_id")):
        for name, party, amount in rows.order_by().annotate(sum=Sum("amount")):
            there = found.setdefault(name, {})
            there[party] = there.get(party, 0) + amount
    return found


def held_for(things: Iterable[tuple[Any, UUID]]) -> dict[Any, dict[str, int]]:
    """Of (thing, hold): thing to what posted runs hold for its holds now, in quanta by currency."""
    of = {hold: thing for thing, hold in things}
    rows = Line.objects.filter(run__state__in=DONE, outcome="held", hold__in=list(of), release=None)
    found: dict[Any, dict[str, int]] = {}
    for hold, currency, amount in (
        rows.order_by().values_list("hold_id", "pot__currency").annotate(sum=Sum("amount"))
    ):
        mine = found.setdefault(of[hold], {})
        mine[currency] = mine.get(currency, 0) + amount
    return found


@dataclass(frozen=True, slots=True)
class Given:
    """A part of an award as its party reads it: why, on which day, and of which run and period it was."""

    kind: str
    text: str
    on: date
    run: str
    starts: date
    ends: date
    currency: str
    amount: int
    role: str
    party: UUID | None
    to: str


def awards_by_party() -> dict[UUID, list[Given]]:
    """What came to every party by awards, in the order in which they were made."""
    found: dict[UUID, list[Given]] = {}
    for one in awards_of():
        if one.party is not None:
            found.setdefault(one.party, []).append(one)
    return found


def awards_of(party: UUID | None = None, award: UUID | None = None) -> list[Given]:
    """What came to a party, or of one award to everybody, by awards, in the order in which they were made;
    then by debts that were settled outside of runs."""
    rows = AwardPart.objects.select_related("award", "pot", "release").order_by("award_id", "id")
    if party is not None:
        rows = rows.filter(party=party)
    if award is not None:
        rows = rows.filter(award=award)
    found = [
        Given(
            one.award.kind, _told(one), one.award.on, ids.show("dst", one.pot.run_id), one.pot.starts,
            one.pot.ends, one.pot.currency, one.amount, one.role, one.party_id, one.to,
        )
        for one in rows
    ]  # fmt: skip
    if award is None:
        found += [
            Given(
                one.kind, one.text, one.on, ids.show("dst", one.pot.run_id), one.pot.starts, one.pot.ends,
                one.pot.currency, one.amount, "", one.party, "",
            )
            for one in settlements.told(party)
        ]  # fmt: skip
    return found


def _told(one: AwardPart) -> str:
    """What an award says to a party; of what waits, that it does."""
    if one.waiting and not hasattr(one, "release"):
        return f"Held until it is clear who succeeds you: {one.award.text}"
    return str(one.award.text)


def disposed_of(subject: str) -> dict[tuple[UUID, str, str], int]:
    """Pot, currency and class of right to quanta of a work's (TypeID) lines that disposals gave away."""
    rows = Line.objects.filter(release__award__kind="disposal", outcome="unclaimed", detail__subject=subject)
    columns = ("pot_id", "pot__currency", KeyTextTransform("role", "detail"))
    summed = rows.order_by().values_list(*columns).annotate(sum=Sum("amount"))
    return {(pot, currency, role): amount for pot, currency, role, amount in summed}


def gone_to(award: UUID) -> dict[str, dict[str, int]]:
    """Class of right to quanta by currency of the lines that an award gave away."""
    rows = Line.objects.filter(release__award=award).order_by()
    found: dict[str, dict[str, int]] = {}
    role = KeyTextTransform("role", "detail")
    for name, currency, amount in rows.values_list(role, "pot__currency").annotate(sum=Sum("amount")):
        found.setdefault(name or "", {})[currency] = amount
    return found

"""Who passes on what they earn to whom: agreements, successions, and owners whom nobody knows.

A label keeps 30 % and passes the rest on to the artist; an heir takes the place of an author who died; a
publisher that was bought is succeeded by its buyer from a day on. Each is an ``Agreement`` of a giver with
its takers. ``Chains.pass_on`` follows them from whoever a share was credited to, to the end:

1. Where a pass-through of the party is in force, the amount is divided at once between the party, by its
   retention, and the takers, by their shares of the rest.
2. What stays with the party goes to its successors, where it has any: a successor owes what the party owed.
   Where it is not clear who succeeds, it is held under the party's name.
3. What a taker or successor gets is passed on in the same way, to any depth.

Every division is ``allocation.allocate``, and a tie goes to the smaller ordinal of the run. A pass-through is
of works and sites: what a member gets as a member, under no work, stays with it. A succession is of all.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import chain, pairwise, product
from typing import Any

from quire.core import terms
from quire.core.allocation import allocate
from quire.core.errors import Invalid
from quire.core.places import Places, Record
from quire.core.shares import ROLES, UNKNOWN, Holder, Shares, parse_share, share_text

PASS_THROUGH, SUCCESSION = "pass-through", "succession"
KINDS = (PASS_THROUGH, SUCCESSION)
MOST_LINKS = 10_000
"""Links that one amount may take. Real chains have three or four; a file made to fill the memory, more."""
MOST_STEPS = 100_000
"""Steps taken to find out whether agreements that lead back to their giver ever do so at one time."""
MOST_DEEP = 3_000
"""Agreements that an amount may go through one after the other: each line names all of them."""
MOST_DIGITS = 4_000
"""Digits of the part of a whole that a line states: many agreements of long shares would make it longer
than a number can be read again."""

ANY = None
"""In place of a work, use or role: every one that is not named."""


class ChainWrong(Invalid):
    """An agreement that contradicts itself or another: a share of nothing, an overlap, a circle."""

    code = "chains.wrong"


@dataclass(frozen=True, slots=True)
class Agreement:
    """``giver`` keeps ``retention`` of what it earns and passes the rest on to ``takers``, by their shares.

    Of use on the days from ``starts`` (None: always) until ``ends`` (None: for ever), of these ``subjects``,
    ``uses`` and ``roles`` (None: all). A succession keeps nothing; its takers are None while it is not clear
    who they are, and its ``starts`` is None where it takes everything not yet paid. Raises ChainWrong.
    """

    id: str
    kind: str
    giver: str
    starts: date | None
    ends: date | None
    retention: Fraction
    takers: Shares | None
    subjects: tuple[str, ...] | None = None
    uses: tuple[str, ...] | None = None
    roles: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for wrong in _faults(self):
            raise ChainWrong(f"The agreement {self.id}: {wrong}.", agreement=self.id)


def _faults(one: Agreement) -> Iterator[str]:
    """What one agreement contradicts in itself; the first is enough."""
    if one.kind not in KINDS:
        yield f"its kind must be {' or '.join(KINDS)}"
    if one.starts is not None and one.ends is not None and one.ends <= one.starts:
        yield "it ends before it has begun"
    if not isinstance(one.retention, Fraction) or not 0 <= one.retention < 1:
        yield "its retention must be a fraction from 0 to less than 1; one that keeps all passes nothing on"
    if one.kind == SUCCESSION and one.retention:
        yield "a succession keeps nothing back"
    if one.takers is None and one.kind != SUCCESSION:
        yield "nobody takes what is passed on; only a succession may be unclear"
    yield from _takers_at_fault(one)
    known = (("subjects", None), ("uses", terms.USES), ("roles", ROLES))
    for name, allowed in known:
        values = getattr(one, name)
        if values is not None and (not values or list(values) != sorted(set(values))):
            yield f"its {name} must be sorted, each once, and not none at all"
        if values is not None and allowed and not {*values} <= {*allowed}:
            yield f"its {name} must be among {', '.join(allowed)}"


def _takers_at_fault(one: Agreement) -> Iterator[str]:
    names = [holder.party for holder in one.takers or ()]
    if one.giver in names:
        yield "the giver cannot take from itself"
    if one.giver == UNKNOWN:
        yield "somebody who is not known passes nothing on"
    if one.kind == SUCCESSION and len({*names}) < len(names):
        yield "a successor takes the giver's place in every role, and is named once"


@dataclass(frozen=True, slots=True)
class Link:
    """Where a part of an amount came to rest. ``party`` is an ordinal of the run, None where nobody is known.

    ``via`` names the agreements on the way, the first first; ``of`` is the amount that came to the giver of
    the last, ``part`` the fraction of the whole. ``retained``: the party is that giver, and kept this.
    ``unclear``: nobody knows yet who succeeds it, so it must be held.
    """

    party: int | None
    role: str
    amount: int
    part: Fraction = Fraction(1)
    via: tuple[str, ...] = ()
    of: int = 0
    retained: bool = False
    unclear: bool = False


class Chains:
    """The agreements of a run, ready to be followed. Raises ChainWrong for what ``check`` refuses.

    ``order`` gives each party its ordinal; every giver and taker must have one.
    """

    def __init__(self, agreements: Sequence[Agreement], order: Mapping[str, int]) -> None:
        check(agreements)
        self.order = order
        self.names = {place: name for name, place in order.items()}
        self.books = _books(agreements)
        self.givers = frozenset(order[name] for name in self.books if name in order)

    def pass_on(
        self, amount: int, party: int, subject: str | None, use: str, day: date, role: str
    ) -> list[Link]:
        """Where an amount credited to ``party`` comes to rest, in any unit; the parts add up to it exactly.

        A party is followed by those who take from it: first what it keeps, then the takers by ordinal and
        role. ``subject`` is None, and ``use`` empty, for what is not earned by a work. ChainWrong where there
        are more than ``MOST_LINKS`` links.
        """
        rest = [Link(party, role, amount)]
        found: list[Link] = []
        while rest:
            here = rest.pop()
            further = self._step(here, subject, use, day)
            if further is None:
                found.append(here)
            else:
                _must_be_told(further)
                # The last is taken first, so that a chain is told from its beginning.
                rest += reversed(further)
            if len(rest) + len(found) > MOST_LINKS:
                raise ChainWrong("The agreements divide one amount into too many parts; end some of them.")
        return found

    def _step(self, here: Link, subject: str | None, use: str, day: date) -> list[Link] | None:
        """Where a link leads; None where it rests."""
        book = None if here.party is None or here.unclear else self.books.get(self.names[here.party])
        if book is None:
            return None
        owes = subject is not None and not here.retained
        if owes and (one := book.find(PASS_THROUGH, subject, use, here.role, day)):
            return self._divided(one, here)
        one = book.find(SUCCESSION, subject, use, here.role, day)
        return None if one is None else self._succeeded(one, here)

    def _divided(self, one: Agreement, here: Link) -> list[Link]:
        assert one.takers is not None
        assert here.party is not None
        rest = 1 - one.retention
        weights = {(self._place(holder), holder.role): rest * holder.share for holder in one.takers}
        if one.retention:
            weights[here.party, here.role] = one.retention
        return [self._link(one, here, key, weights[key], part) for key, part in _parts(here, weights)]

    def _succeeded(self, one: Agreement, here: Link) -> list[Link]:
        """Successors stand where the giver stood: in its role, for the part that it had."""
        if one.takers is None:
            unclear = Link(
                here.party, here.role, here.amount, here.part, (*here.via, one.id), here.amount, unclear=True
            )
            return [unclear]
        weights = {(self._place(holder), here.role): holder.share for holder in one.takers}
        return [self._link(one, here, key, weights[key], part) for key, part in _parts(here, weights)]

    def _link(self, one: Agreement, here: Link, key: tuple[int, str], weight: Fraction, amount: int) -> Link:
        place, role = key
        return Link(
            None if place == len(self.order) else place,
            role,
            amount,
            here.part * weight,
            (*here.via, one.id),
            here.amount,
            retained=place == here.party,
        )

    def _place(self, holder: Holder) -> int:
        """The ordinal of a taker; of somebody unknown, the one after the last."""
        return len(self.order) if holder.party == UNKNOWN else self.order[holder.party]


def can_be_told(links: int, part: Fraction) -> bool:
    """Whether a line can tell of a way through so many agreements, for this part of a whole."""
    return links <= MOST_DEEP and part.denominator < _LONGEST


def _must_be_told(links: Sequence[Link]) -> None:
    for one in links:
        if not can_be_told(len(one.via), one.part):
            raise ChainWrong(
                f"An amount goes through {len(one.via)} agreements, from {one.via[0]} to {one.via[-1]}; a "
                f"line names {MOST_DEEP} at most, and a part of {MOST_DIGITS} digits. End some of them.",
                agreements=[one.via[0], one.via[-1]],
            )


_LONGEST = 10**MOST_DIGITS


def _parts(here: Link, weights: Mapping[tuple[int, str], Fraction]) -> list[tuple[tuple[int, str], int]]:
    """The amount divided, the giver's own part first, the others in their order."""
    parts = allocate(here.amount, weights)
    return sorted(parts.items(), key=lambda part: (part[0][0] != here.party, part[0]))


# Every agreement in its place


_Key = tuple[str, str | None, str | None, str | None]
"""Kind, subject, use and role; ANY for every one that the giver's agreements do not name."""


@dataclass(slots=True)
class _Book:
    """The agreements of one giver: for each key, spans of days that do not meet, in order."""

    uses: frozenset[str]
    roles: frozenset[str]
    spans: dict[_Key, list[tuple[date, date, Agreement]]] = field(default_factory=dict)

    def put(self, one: Agreement) -> None:
        """Write an agreement down under every key that it is for."""
        uses: tuple[str | None, ...] = one.uses or (*sorted(self.uses), ANY)
        roles: tuple[str | None, ...] = one.roles or (*sorted(self.roles), ANY)
        span = (one.starts or date.min, one.ends or date.max, one)
        for subject, use, role in product(one.subjects or (ANY,), uses, roles):
            self.spans.setdefault((one.kind, subject, use, role), []).append(span)

    def find(self, kind: str, subject: str | None, use: str, role: str, day: date) -> Agreement | None:
        """The one agreement of this kind in force: for the work itself, or for all."""
        use_, role_ = (use if use in self.uses else ANY), (role if role in self.roles else ANY)
        for named in (subject, ANY) if subject is not None else (ANY,):
            if one := self._on(self.spans.get((kind, named, use_, role_)), day):
                return one
        return None

    @staticmethod
    def _on(spans: list[tuple[date, date, Agreement]] | None, day: date) -> Agreement | None:
        if not spans:
            return None
        place = bisect_right(spans, day, key=_starts) - 1
        return spans[place][2] if place >= 0 and day < spans[place][1] else None

    def overlap(self) -> tuple[Agreement, Agreement] | None:
        """Two agreements of a kind that are both in force for the same work, use and role on some day."""
        for spans in self.spans.values():
            spans.sort(key=lambda span: (span[0], span[1], span[2].id))
            if met := next(((a[2], b[2]) for a, b in pairwise(spans) if b[0] < a[1]), None):
                return met
        for (kind, subject, use, role), spans in self.spans.items():
            whole = self.spans.get((kind, ANY, use, role)) if subject is not ANY else None
            for span in spans if whole else ():
                place = bisect_right(whole or (), span[0], key=_starts)
                for other in (whole or ())[max(place - 1, 0) : place + 1]:
                    if max(span[0], other[0]) < min(span[1], other[1]):
                        return other[2], span[2]
        return None


def _starts(span: tuple[date, date, Agreement]) -> date:
    return span[0]


def _books(agreements: Iterable[Agreement]) -> dict[str, _Book]:
    """The agreements by giver; ChainWrong where two of one giver overlap."""
    by_giver: dict[str, list[Agreement]] = {}
    for one in agreements:
        by_giver.setdefault(one.giver, []).append(one)
    books = {}
    for giver, several in by_giver.items():
        book = books[giver] = _Book(
            frozenset(use for one in several for use in one.uses or ()),
            frozenset(role for one in several for role in one.roles or ()),
        )
        for one in several:
            book.put(one)
        if met := book.overlap():
            first, second = met
            raise ChainWrong(
                f"The agreements {first.id} and {second.id} of {giver} are both in force for the same use of "
                "the same work; end one before the other begins, or name other works.",
                agreements=[first.id, second.id],
            )
    return books


def check(agreements: Sequence[Agreement]) -> None:
    """Refuse agreements that overlap, or lead back to their giver on the same days for the same use.

    Roles are not looked at for the latter: they change on the way. Raises ChainWrong, which names them.
    """
    _books(agreements)
    by_giver: dict[str, list[Agreement]] = {}
    for one in knotted(agreements):
        by_giver.setdefault(one.giver, []).append(one)
    steps = 0
    for start in chain.from_iterable(by_giver.values()):
        rest: list[tuple[tuple[Agreement, ...], _Scope]] = [((start,), _Scope.of(start))]
        while rest:
            way, scope = rest.pop()
            if any(holder.party == start.giver for holder in way[-1].takers or ()):
                raise _circle(way)
            further = [one for holder in way[-1].takers or () for one in by_giver.get(holder.party, ())]
            if (steps := steps + len(further)) > MOST_STEPS or len(way) > MOST_DEEP:
                raise ChainWrong("Too many agreements lead to each other's givers; end some of them.")
            # A circle that does not come by the start is found from one of its own.
            passed = {one.giver for one in way}
            new = ((one, scope.meet(_Scope.of(one))) for one in further if one.giver not in passed)
            rest += [((*way, one), met) for one, met in new if met]


def _circle(way: Sequence[Agreement]) -> ChainWrong:
    names = [*(one.giver for one in way), way[0].giver]
    told = " → ".join(
        [*names[:_SHOWN], *(["…"] if len(names) > 2 * _SHOWN else []), *names[_SHOWN:][-_SHOWN:]]
    )
    codes = ", ".join(one.id for one in way[:_SHOWN]) + (" …" if len(way) > _SHOWN else "")
    return ChainWrong(
        f"What {way[0].giver} passes on would come back to it: {told}. Leave one of the agreements "
        f"{codes} out.",
        agreements=[one.id for one in way],
    )


_SHOWN = 5
"""Names that a sentence has at the beginning, and at the end, of a long circle."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """Days, works and uses that agreements have in common; None for all of them."""

    starts: date
    ends: date
    subjects: frozenset[str] | None
    uses: frozenset[str] | None

    @classmethod
    def of(cls, one: Agreement) -> _Scope:
        subjects, uses = (None if some is None else frozenset(some) for some in (one.subjects, one.uses))
        return cls(one.starts or date.min, one.ends or date.max, subjects, uses)

    def meet(self, other: _Scope) -> _Scope | None:
        """What both have; None where that is nothing."""
        starts, ends = max(self.starts, other.starts), min(self.ends, other.ends)
        subjects, uses = _both(self.subjects, other.subjects), _both(self.uses, other.uses)
        empty = starts >= ends or subjects == frozenset() or uses == frozenset()
        return None if empty else _Scope(starts, ends, subjects, uses)


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def knotted(agreements: Sequence[Agreement]) -> list[Agreement]:
    """The agreements that could be part of a circle: nobody is left who gives nothing, or takes nothing.

    Whoever is taken away is looked at once, so that a long chain costs no more than its length.
    """
    gives: dict[str, set[str]] = {}
    takes: dict[str, set[str]] = {}
    for one in agreements:
        for holder in one.takers or ():
            gives.setdefault(one.giver, set()).add(holder.party)
            takes.setdefault(holder.party, set()).add(one.giver)
    rest = list(gives.keys() ^ takes.keys())
    gone: set[str] = set()
    while rest:
        if (party := rest.pop()) in gone:
            continue
        gone.add(party)
        for way, back in ((gives, takes), (takes, gives)):
            for other in way.pop(party, ()):
                back.get(other, set()).discard(party)
                if not back.get(other):
                    rest.append(other)
    return [
        one
        for one in agreements
        if one.giver not in gone and any(holder.party not in gone for holder in one.takers or ())
    ]


# To the bundle and back


def write(one: Agreement) -> Record:
    """An agreement as ``agreements.jsonl`` has it."""
    takers = one.takers
    return {
        "agreement": one.id,
        "kind": one.kind,
        "giver": one.giver,
        "from": None if one.starts is None else one.starts.isoformat(),
        "until": None if one.ends is None else one.ends.isoformat(),
        "retention": share_text(one.retention),
        "takers": None if takers is None else [[h.party, h.role, share_text(h.share)] for h in takers],
        "subjects": None if one.subjects is None else list(one.subjects),
        "uses": None if one.uses is None else list(one.uses),
        "roles": None if one.roles is None else list(one.roles),
    }


def read(one: Record, places: Places) -> Agreement:
    """The agreement of a record, all of whose parties, works and sites are those of the run. ValueError,
    KeyError or ChainWrong for what is none."""
    names = _texts(one, "subjects")
    for name in names or ():
        places.subject(name)
    takers = None if one["takers"] is None else _holders(one["takers"], places)
    places.party(one["giver"])
    return Agreement(
        _text(one["agreement"]),
        one["kind"],
        one["giver"],
        _day(one["from"]),
        _day(one["until"]),
        parse_share(one["retention"]),
        takers,
        names,
        _texts(one, "uses"),
        _texts(one, "roles"),
    )


def _holders(told: Any, places: Places) -> Shares:
    if not isinstance(told, list):
        raise ValueError("takers must be a list")
    for party, _, _ in told:
        if party != UNKNOWN:
            places.party(party)
    return Shares(tuple(Holder(party, role, parse_share(share)) for party, role, share in told))


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("an agreement must have a name")
    return value


def _texts(one: Record, key: str) -> tuple[str, ...] | None:
    told = one[key]
    if told is not None and not (isinstance(told, list) and all(isinstance(text, str) for text in told)):
        raise ValueError(f"{key} must be a list of texts, or null")
    return None if told is None else tuple(told)


def _day(told: Any) -> date | None:
    return None if told is None else date.fromisoformat(told)

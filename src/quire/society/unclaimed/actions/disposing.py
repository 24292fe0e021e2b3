"""Dispose of unclaimed money whose time is over: prepared by one person, done by another, by a decision."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from quire.core import canonical
from quire.core import unclaimed as rules
from quire.core.money import decimal_of
from quire.society.distribution import actions as distribution
from quire.society.distribution import queries as divided
from quire.society.distribution.actions import Part
from quire.society.kit import acts, clock, config, ids, locks
from quire.society.parties import queries as parties
from quire.society.unclaimed import queries
from quire.society.unclaimed.errors import BadDisposal, Changed, NothingUnclaimed
from quire.society.unclaimed.models import Disposal
from quire.society.unclaimed.queries import WORLD, Item

WAY = re.compile(r"class|class-equally|country|fund:[a-z0-9][a-z0-9_.-]{0,59}")
LATE = "fund:late-claims"
"""Where a reserve lies for those who come after the disposal."""


class Plan(NamedTuple):
    """What a disposal would do: the lines it takes, the parts they go in, and the items that nobody of their
    class is there to take, which stay unclaimed."""

    lines: tuple[UUID, ...]
    parts: tuple[Part, ...]
    left: tuple[Item, ...]

    @property
    def digest(self) -> str:
        """One digest of all of it, that a second person's yes is to."""
        told = {
            "lines": sorted(ids.show("lin", line) for line in self.lines),
            "parts": sorted(map(_told, self.parts)),
        }
        return canonical.digest(canonical.dumps(told))


def _told(part: Part) -> list[str]:
    party = ids.show("pty", part.party) if part.party else ""
    return [ids.show("pot", part.pot), party, part.role, part.to, decimal_of(part.amount)]


def prepare(
    *, way: str, decision: str, year: int | None = None, reserve: Fraction = Fraction(0), by: Any
) -> tuple[Disposal, Plan]:
    """Prepare to dispose of everything unclaimed whose time is over, collected in ``year`` (the last that is
    over, if left out) or before, by the members' ``decision``.

    ``way``: ``class`` (to the rightsholders of its class, in proportion to what they earned in its period),
    ``class-equally``, ``fund:NAME``, or ``country`` (a public fund of its territory). ``reserve`` is the part
    that stays back, in ``fund:late-claims``, for claims that come later.

    Raises, in this order: RoleMissing, BadDisposal, DisposalWrong, NothingUnclaimed.
    """
    parties.need_role(by, "operator")
    if not WAY.fullmatch(way):
        raise BadDisposal("Unclaimed money goes to class, class-equally, country or fund:NAME.")
    if not decision.strip():
        raise BadDisposal("Name the members' decision by which it is disposed of.")
    rules.kept_back(0, reserve)
    with transaction.atomic():
        locks.wait("unclaimed")
        over = clock.today().year - config.unclaimed_years(rules.YEARS) - 1
        last = over if year is None else min(year, over)
        found = plan(way, last, reserve)
        if not found.lines:
            raise NothingUnclaimed(_nothing(found))
        made = Disposal.objects.create(
            way=way, decision=decision.strip()[:300], year=last, reserve=reserve, digest=found.digest,
            prepared_by=by, prepared_on=clock.today(),
        )  # fmt: skip
        acts.record("unclaimed.prepare", made, by=by, way=way, decision=decision, lines=len(found.lines))
    return made, found


def _nothing(found: Plan) -> str:
    if found.left:
        return "Nobody of its class earned anything in its period: decide on another way, such as a fund."
    return "Nothing unclaimed may be disposed of yet: quire unclaimed list says from when each item may."


def approve(*, disposal: str, by: Any) -> Disposal:
    """Do what was prepared, as a second person. Raises parties.RoleMissing, Unknown, parties.SecondPerson,
    and Changed where it is not prepared, or what is there is no longer what was prepared."""
    parties.need_role(by, "approver")
    with transaction.atomic():
        locks.wait("unclaimed")
        found = queries.disposal(disposal)
        if found.state != "prepared":
            raise Changed(f"The disposal {found.tid} is {found.state}.")
        parties.second_person(by, found.prepared_by_id, "prepared this disposal", "does it")
        now = plan(found.way, found.year, found.reserve)
        if now.digest != found.digest:
            raise Changed(
                f"Since {found.tid} was prepared something was matched, or a run was posted: withdraw it, "
                "and prepare it anew."
            )
        award = distribution.give(now.lines, now.parts, kind="disposal", text=_text(found), by=by)
        found.state, found.approved_by, found.done_on, found.award_id = "done", by, clock.today(), award.id
        found.save(update_fields=["state", "approved_by", "done_on", "award"])
        acts.record("unclaimed.dispose", found, by=by, way=found.way, decision=found.decision)
    return found


def _text(found: Disposal) -> str:
    return f"Unclaimed money of {found.year} and before, by decision: {found.decision}"


def withdraw(*, disposal: str, by: Any) -> Disposal:
    """Drop what was prepared."""
    parties.may_write(by)
    with transaction.atomic():
        locks.wait("unclaimed")
        found = queries.disposal(disposal)
        if found.state != "prepared":
            raise Changed(f"The disposal {found.tid} is {found.state}.")
        found.state = "withdrawn"
        found.save(update_fields=["state"])
        acts.record("unclaimed.withdraw", found, by=by)
    return found


def plan(way: str, year: int, reserve: Fraction) -> Plan:
    """What a disposal would do today."""
    today = clock.today()
    items = [one for one in queries.items() if one.collected.year <= year and one.dates.disposable <= today]
    parts: list[Part] = []
    taken: list[Item] = []
    left: list[Item] = []
    ways = _Ways(way)
    for several in _by_pot(items):
        late = {one.tid: rules.kept_back(one.amount, reserve) for one in several}
        given = list(ways.parts(several, late))
        gone = {one.role for one in given} if way.startswith("class") else {one.role for one in several}
        for one in several:
            (taken if one.role in gone else left).append(one)
        parts += given
        kept: dict[str, int] = {}
        for one in several:
            if one.role in gone:
                kept[one.role] = kept.get(one.role, 0) + late[one.tid]
        parts += [
            Part(several[0].pot, several[0].currency, None, amount, role, LATE)
            for role, amount in sorted(kept.items())
            if amount
        ]
    return Plan(tuple(line for one in taken for line in one.lines), tuple(parts), tuple(left))


def _by_pot(items: Sequence[Item]) -> Iterator[list[Item]]:
    pots: dict[UUID, list[Item]] = {}
    for one in items:
        pots.setdefault(one.pot, []).append(one)
    yield from pots.values()


class _Ways:
    """The parts of a pot's items, by the way that was decided; what each class earned is looked up once."""

    def __init__(self, way: str) -> None:
        self.way = way
        self.earned: dict[tuple[Any, ...], dict[str, dict[UUID, int]]] = {}
        self.country = parties.society().country.lower()

    def parts(self, items: Sequence[Item], late: dict[str, int]) -> Iterator[Part]:
        """Everything but what stays in reserve."""
        if self.way.startswith("class"):
            yield from self._class(items, late)
            return
        sums: dict[tuple[str, str], int] = {}
        for one in items:
            place = (one.role, self._fund(one))
            sums[place] = sums.get(place, 0) + one.amount - late[one.tid]
        for (role, to), amount in sorted(sums.items()):
            yield Part(items[0].pot, items[0].currency, None, amount, role, to)

    def _class(self, items: Sequence[Item], late: dict[str, int]) -> Iterator[Part]:
        first = items[0]
        amounts: dict[str, int] = {}
        for one in items:
            if one.role:
                amounts[one.role] = amounts.get(one.role, 0) + one.amount - late[one.tid]
        place = (first.period.starts, first.period.ends, first.currency)
        if place not in self.earned:
            self.earned[place] = divided.earned(*place)
        named = {
            role: {str(party): amount for party, amount in there.items()}
            for role, there in self.earned[place].items()
        }
        parts, _ = rules.to_class(amounts, named, equally=self.way == "class-equally")
        for (role, party), amount in parts.items():
            yield Part(first.pot, first.currency, UUID(party), amount, role)

    def _fund(self, one: Item) -> str:
        if self.way != "country":
            return self.way
        return f"fund:public-{self.country if one.territory == WORLD else one.territory.lower()}"

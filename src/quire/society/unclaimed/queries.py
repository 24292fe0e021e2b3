"""What is unclaimed: by work, class of right, use, period and pot, with its dates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q

from quire.core import unclaimed as rules
from quire.core.money import decimal_of
from quire.core.terms import USES
from quire.society.distribution import queries as distribution
from quire.society.kit import config, ids
from quire.society.kit.nouns import one
from quire.society.kit.paging import Filter, Listing, Sort
from quire.society.kit.periods import Period
from quire.society.parties import queries as parties
from quire.society.repertoire import queries as repertoire
from quire.society.unclaimed.models import CLAIM_STATES, Claim, Disposal

WORLD = "world"
"""In place of a country: the work's member has none on record."""


@dataclass(frozen=True, slots=True)
class Item:
    """Money of one work, class of right, use and pot, in quanta of ``currency``; ``tid`` is the id of its
    first line. Money that a portion or pot kept, because nobody stood in it, has no work and no class.

    ``territory`` is the country of the member who registered the work, else ``world``: licences name none.
    """

    tid: str
    lines: tuple[UUID, ...]
    subject: str
    work: str
    title: str
    role: str
    use: str
    territory: str
    period: Period
    run: str
    pot: UUID
    licence: str
    licensee: str
    share: str
    currency: str
    amount: int
    collected: date

    @property
    def dates(self) -> rules.Dates:
        """By when it is listed, and from when it may be disposed of."""
        return rules.dates(self.collected, config.unclaimed_years(rules.YEARS))

    def as_json(self, *, amount: bool = True) -> dict[str, Any]:
        """For people and programs."""
        dates = self.dates
        return {
            "item": self.tid,
            "work": self.work,
            "title": self.title,
            "class": self.role,
            "use": self.use,
            "territory": self.territory,
            "period": str(self.period),
            "run": self.run,
            "pot": ids.show("pot", self.pot),
            "licence": self.licence,
            "licensee": self.licensee,
            **({"currency": self.currency, "amount": decimal_of(self.amount)} if amount else {}),
            "collected": self.collected.year,
            "listed by": dates.listed.isoformat(),
            "public by": dates.public.isoformat(),
            "disposable from": dates.disposable.isoformat(),
        }


def unclaimed_list() -> Listing[Item]:
    """What is unclaimed now, a line each, the largest first; found by words of a work's title or address."""
    return Listing(
        distribution.ownerless_lines().select_related("pot"),
        _listed,
        {"amount": Sort("amount", descending=True)},
        {
            "use": Filter("Use", {use: use for use in USES}, lambda use: Q(detail__use=use)),
            "role": Filter("Class of right", {}, lambda role: Q(detail__role=role)),
        },
        _of_works,
    )


def _of_works(words: str) -> Q:
    """Lines of works that are found by these words: of the first thousand."""
    rows = repertoire.works_list()
    found = rows.rows.filter(rows.search(words)) if rows.search else rows.rows
    tids = [ids.show("wrk", work) for work in found.values_list("id", flat=True)[:1000]]
    return Q(detail__subject__in=tids)


def _listed(rows: Sequence[Any]) -> list[Item]:
    found = {line.id: line for line in distribution.ownerless(row.id for row in rows)}
    known = _Works(line.subject for line in found.values())
    return [_item([found[row.id]], known) for row in rows if row.id in found]


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim to what is unclaimed of a work's class: by whom, why, and what became of it."""

    tid: str
    party: str
    party_name: str
    work: str
    title: str
    role: str
    evidence: str
    state: str
    filed_on: date
    ended_on: date | None
    note: str


def claims_list(party: UUID | None = None) -> Listing[ClaimRow]:
    """Claims to unclaimed money, the newest first; all, or one party's."""
    rows = Claim.objects.all() if party is None else Claim.objects.filter(party=party)
    return Listing(
        rows.select_related("party", "work"),
        lambda some: (
            ClaimRow(one.tid, one.party.code, one.party.name, one.work.key, one.work.title, one.role,
                     one.evidence, one.state, one.filed_on, one.ended_on, one.note)
            for one in some
        ),
        {"filed": Sort("filed_on", descending=True)},
        {"state": Filter("State", {state: state for state in CLAIM_STATES}, lambda state: Q(state=state))},
    )  # fmt: skip


def claimant(tid: str) -> UUID:
    """The party that filed a claim. Unknown where there is none of this id."""
    rows = Claim.objects.filter(id=ids.read(Claim.prefix, tid))
    found: UUID = one(rows, f"No claim has the id {tid}.").party_id
    return found


def items(subject: str = "") -> list[Item]:
    """Everything that is unclaimed now, or what is of one work (TypeID), by run and number."""
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for line in distribution.ownerless(subject=subject):
        groups.setdefault((line.pot, line.subject, line.role, line.use, line.share), []).append(line)
    known = _Works(lines[0].subject for lines in groups.values())
    return [_item(lines, known) for lines in groups.values()]


def search(words: str = "") -> list[Item]:
    """What is unclaimed of works in whose key, title, class, territory, licensee or period every word is."""
    wanted = words.lower().split()
    found = items()
    return [
        item for item in found if all(any(word in text.lower() for text in _texts(item)) for word in wanted)
    ]


def of_work(name: str, role: str = "") -> list[Item]:
    """What is unclaimed of one work (URL, identifier, key or id), all of it or of one class."""
    subject = name if name.startswith("wrk_") else repertoire.work(name).tid
    return [item for item in items(subject) if item.subject == subject and role in ("", item.role)]


def find(tid: str) -> Item | None:
    """An item by its id; BadId for what is no line's."""
    line = next(distribution.ownerless([ids.read("lin", tid)]), None)
    return next((item for item in items(line.subject) if item.tid == tid), None) if line else None


def disposal(tid: str) -> Disposal:
    """A disposal by its id, or the ``latest``; Unknown where there is none."""
    rows = Disposal.objects.select_related("prepared_by", "approved_by", "award")
    if tid == "latest":
        found = one(rows.order_by("-id"), "Nothing has been prepared yet: quire unclaimed dispose.")
    else:
        found = one(rows.filter(id=ids.read(Disposal.prefix, tid)), f"No disposal has the id {tid}.")
    assert isinstance(found, Disposal)
    return found


def disposals() -> list[Disposal]:
    """Every disposal, the oldest first."""
    return list(Disposal.objects.select_related("prepared_by", "approved_by", "award").order_by("id"))


def _texts(item: Item) -> tuple[str, ...]:
    return (
        item.work, item.title, item.role, item.use, item.territory, item.licensee, str(item.period), item.tid,
        item.share,
    )  # fmt: skip


def _item(lines: list[Any], known: _Works) -> Item:
    first = lines[0]
    key, title, territory = known.of(first.subject)
    return Item(
        first.tid,
        tuple(line.id for line in lines),
        first.subject,
        key,
        title,
        first.role,
        first.use,
        territory,
        Period(first.starts, first.ends),
        first.run,
        first.pot,
        first.licence,
        first.licensee,
        first.share,
        first.currency,
        sum(line.amount for line in lines),
        first.collected,
    )


class _Works:
    """Key, title and country of works, looked up together."""

    def __init__(self, subjects: Iterable[str]) -> None:
        wanted = {ids.read("wrk", tid) for tid in subjects if tid.startswith("wrk_")}
        rows = list(repertoire.subjects(wanted))
        countries = {
            party: facts.country for party, facts in parties.payees({row.member for row in rows}).items()
        }
        self.known = {row.tid: (row.key, row.title, countries.get(row.member) or WORLD) for row in rows}

    def of(self, subject: str) -> tuple[str, str, str]:
        return self.known.get(subject, ("", "", WORLD))

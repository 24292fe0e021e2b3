"""Who gained by a disposal: by class of right, and by size. A cent that left its class is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from quire.core import unclaimed as rules
from quire.core.money import decimal_of
from quire.society.distribution import queries as distribution
from quire.society.parties import queries as parties
from quire.society.unclaimed import queries
from quire.society.unclaimed.models import Disposal


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class of right in one currency, in quanta: what was unclaimed in it, what came to parties of it
    (how many), and what went into funds. The rest went to another class, which nothing here does."""

    role: str
    currency: str
    unclaimed: int
    same: int
    parties: int
    funds: dict[str, int]

    @property
    def left_class(self) -> int:
        """What came to parties of another class."""
        return self.unclaimed - self.same - sum(self.funds.values())


@dataclass(frozen=True, slots=True)
class BandRow:
    """A band of the parties that gained, by what they earned in the same periods: how many, and how much."""

    currency: str
    band: str
    parties: int
    gained: int


@dataclass(frozen=True, slots=True)
class Report:
    """Who gained by one disposal."""

    disposal: Disposal
    classes: tuple[ClassRow, ...]
    bands: tuple[BandRow, ...]

    def sentence(self) -> str:
        """Whether money stayed in its class."""
        gone = [row for row in self.classes if row.left_class]
        if gone:
            told = "; ".join(f"{decimal_of(r.left_class)} {r.currency} of {r.role}" for r in gone)
            return f"Money went to another class of right: {told}."
        funds = any(row.funds for row in self.classes)
        return "Every cent stayed in its class of right" + (
            ", or went into a fund as decided." if funds else "."
        )

    def as_json(self) -> dict[str, Any]:
        """For people and programs."""
        return {
            "disposal": self.disposal.tid,
            "way": self.disposal.way,
            "decision": self.disposal.decision,
            "prepared by": self.disposal.prepared_by.username,
            "approved by": self.disposal.approved_by.username if self.disposal.approved_by else "",
            "classes": [
                {
                    "class": row.role, "currency": row.currency, "unclaimed": decimal_of(row.unclaimed),
                    "to its class": decimal_of(row.same), "parties": row.parties,
                    "to funds": {name: decimal_of(amount) for name, amount in row.funds.items()},
                    "left its class": decimal_of(row.left_class),
                }
                for row in self.classes
            ],
            "by size": [
                {
                    "currency": row.currency, "band": row.band, "parties": row.parties,
                    "gained": decimal_of(row.gained),
                }
                for row in self.bands
            ],
            "sentence": self.sentence(),
        }  # fmt: skip


def report(disposal: Disposal | str) -> Report:
    """The report of a disposal that was done. Unknown where there is none of this id."""
    found = queries.disposal(disposal) if isinstance(disposal, str) else disposal
    if found.award_id is None:
        return Report(found, (), ())
    given = distribution.awards_of(award=found.award_id)
    gone = distribution.gone_to(found.award_id)
    classes = [
        _class(role, currency, amount, [one for one in given if (one.role, one.currency) == (role, currency)])
        for role, sums in sorted(gone.items())
        for currency, amount in sorted(sums.items())
    ]
    return Report(found, tuple(classes), tuple(_bands(given)))


def _class(role: str, currency: str, amount: int, given: list[Any]) -> ClassRow:
    funds: dict[str, int] = {}
    for one in given:
        if one.to:
            funds[one.to] = funds.get(one.to, 0) + one.amount
    theirs = [one for one in given if one.party]
    return ClassRow(
        role, currency, amount, sum(one.amount for one in theirs), len({one.party for one in theirs}), funds
    )


def _bands(given: list[Any]) -> list[BandRow]:
    rows = []
    names = parties.names({one.party for one in given if one.party})
    for currency in sorted({one.currency for one in given if one.party}):
        mine = [one for one in given if one.party and one.currency == currency]
        gained: dict[UUID, int] = {}
        for one in mine:
            gained[one.party] = gained.get(one.party, 0) + one.amount
        earned: dict[str, int] = {names[party].code: 0 for party in gained}
        for span in {(one.starts, one.ends) for one in mine}:
            for role in distribution.earned(*span, currency).values():
                for party in gained.keys() & role.keys():
                    earned[names[party].code] += role[party]
        of = rules.bands(earned)
        for name, _ in rules.BANDS:
            there = [party for party in gained if of[names[party].code] == name]
            rows.append(BandRow(currency, name, len(there), sum(gained[party] for party in there)))
    return rows

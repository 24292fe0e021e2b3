"""A published line with what a person needs to follow it."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from quire.core.money import quanta_of
from quire.society.statements.published import Published, Record
from quire.society.statements.shape import Line, Pot


def line_of(published: Published, pot: Pot, record: Record) -> Line:
    """The line of a record of this pot; ``published`` has learnt what its subject is."""
    portion = next(one for one in pot.portions if one.label == record["share"])
    return Line(
        number=record["line"],
        record=record,
        pot=pot,
        portion=portion,
        outcome=record["outcome"],
        amount=quanta_of(record["amount"]),
        role=record["role"],
        weight=Fraction(record["weight"]),
        part=Fraction(record["part"]),
        subject=published.subject(record["subject"]) if "subject" in record else None,
        use=record.get("use", ""),
        starts=_day(record.get("from")),
        ends=_day(record.get("until")),
        requests=record.get("requests", 0),
        held_because=published.held_because(record),
        agreed=published.agreed.sentence(record, pot.currency),
        low=Fraction(record["low"]) if "low" in record else None,
        high=Fraction(record["high"]) if "high" in record else None,
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None

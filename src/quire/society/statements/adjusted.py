"""What a run corrects of closed ones, as a payee reads it: old share, new share, reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from fractions import Fraction
from typing import Any

from quire.core.distribution.adjusting import PREFIX
from quire.core.money import decimal_of, quanta_of
from quire.core.shares import share_text
from quire.society.statements import words
from quire.society.statements.shape import Adjustment, Subject


def is_one(record: Any) -> bool:
    """Whether a published line corrects a closed run."""
    return str(record["pot"]).startswith(PREFIX)


def of(records: Iterable[Any], subject: Callable[[str], Subject]) -> Iterator[Adjustment]:
    """The adjustments among a payee's lines; ``subject`` says what a work is called."""
    for record in filter(is_one, records):
        told = record["corrects"]
        yield Adjustment(
            number=record["line"],
            record=record,
            currency=record["pot"].removeprefix(PREFIX),
            outcome=record["outcome"],
            amount=quanta_of(record["amount"]),
            subject=subject(record["subject"]),
            starts=date.fromisoformat(record["from"]),
            ends=date.fromisoformat(record["until"]),
            use=record.get("use", ""),
            portion=told["share"],
            run=told["run"],
            old=Fraction(told["old"]) if "old" in told else None,
            new=Fraction(told["new"]) if "new" in told else None,
            reason=told["reason"],
        )


def shares(one: Adjustment) -> tuple[str, str]:
    """The old and the new share as people read them; empty where the party only stands in another's place."""
    return tuple("" if share is None else words.number(share) for share in (one.old, one.new))  # type: ignore[return-value]


def as_json(one: Adjustment) -> dict[str, Any]:
    """Among the statement's lines; ``record`` is what ``quire verify`` looks at."""
    told: dict[str, Any] = {
        "line": one.number,
        "record": one.record,
        "currency": one.currency,
        "amount": decimal_of(one.amount),
        "outcome": one.outcome,
        "corrects": one.run,
        "reason": one.reason,
        one.subject.kind: {"id": one.subject.tid, "title": one.subject.title, "key": one.subject.key},
    }
    named = (("old_share", one.old), ("new_share", one.new))
    return told | {name: share_text(share) for name, share in named if share is not None}


def as_row(one: Adjustment) -> tuple[object, ...]:
    """A row of the CSV, whose columns are those of lines."""
    before, now = shares(one)
    changed = f"{before} → {now}" if before else ""
    return (
        one.number, one.outcome, decimal_of(one.amount), one.currency, "", "", one.subject.title,
        one.subject.key, one.use, one.starts, one.ends, "", "", "", f"adjustment: {one.reason}", "", "",
        changed, "", one.record["pot"], one.subject.tid, "", "", "",
    )  # fmt: skip

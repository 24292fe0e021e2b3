"""The terms on record, gathered from the rooms that own them, as ``standing`` takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import TypeVar

from quire.core import terms
from quire.society.kit.periods import Period
from quire.society.licensing import queries as licensing
from quire.society.mandates import queries as mandates
from quire.society.usage.standing import Granted, Terms

T = TypeVar("T")


def gather(starts: date, ends: date) -> Terms:
    """Everything that may decide a heading on the days of [starts, ends)."""
    period = Period(starts, ends)
    direct = mandates.direct_licences(period=period)
    licences = licensing.in_force(starts, ends)
    return Terms(
        licensees=licensees(direct),
        licences=_by(
            (Granted(row.licensee_tid, row.uses, row.starts, row.ends) for row in licences),
            lambda row: row.licensee,
        ),
        spans=mandates.member_spans(),
        answers=_by(mandates.answers(period=period), lambda row: row.member),
        direct=_by(direct, lambda row: row.member),
    )


def licensees(direct: Iterable[terms.DirectLicence]) -> dict[str, str]:
    """Operators to parties: of everybody with a licence ever, and of those with a direct licence alone.

    A party is its own operator too: edges name whoever showed a token.
    """
    found = {
        name: row.licensee_tid for row in licensing.licences() for name in (*row.operators, row.licensee_tid)
    }
    known = set(found.values())
    for party in {one.licensee for one in direct} - known:
        found |= dict.fromkeys(licensing.operators_of(party), party)
    return {name.casefold(): party for name, party in found.items()}


def _by(rows: Iterable[T], key: Callable[[T], str]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found

"""The worked tables of docs/algorithms/disputes.md are what the core does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from quire.core import disputes, unclaimed
from quire.core.shares import Holder, Shares, parse_share

PAGE = Path(__file__).parents[2] / "docs/algorithms/disputes.md"
Row = list[str]


def tables() -> dict[str, list[Row]]:
    """The head of each table, as a text, to its rows."""
    found = {}
    for block in re.findall(r"(?:^\|.*\n)+", PAGE.read_text(), re.MULTILINE):
        head, _, *rows = block.splitlines()
        found[head] = [[cell.strip() for cell in row.strip().strip("|").split("|")] for row in rows]
    return found


HELD, ENDS, DAYS, DATES, CLASSES = tables().values()


def parts(text: str) -> dict[str, Fraction]:
    return {name: parse_share(share) for name, share in _pairs(text)}


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for part in filter(None, text.split(";")):
        name, _, share = part.strip().partition(" ")
        yield name, share


def shares(text: str) -> Shares:
    return Shares(tuple(Holder(name, "owner", share) for name, share in parts(text).items()))


@pytest.mark.parametrize(("title", "now", "claimed", "held"), HELD)
def test_what_is_held(title: str, now: str, claimed: str, held: str) -> None:
    assert disputes.held(shares(now), shares(claimed)) == parts(held), title


@pytest.mark.parametrize(("title", "now", "claimed", "final", "of", "to"), ENDS)
def test_to_whom_it_goes(title: str, now: str, claimed: str, final: str, of: str, to: str) -> None:
    assert disputes.awarded(shares(now), shares(claimed), shares(final))[of] == parts(to), title


@pytest.mark.parametrize(("begins", "days", "last", "late"), DAYS)
def test_days(begins: str, days: str, last: str, late: str) -> None:
    end = disputes.by(date.fromisoformat(begins), int(days))
    assert end.isoformat() == last
    assert disputes.overdue(end, date.fromisoformat(late))
    assert not disputes.overdue(end, date.fromisoformat(late) - timedelta(days=1))


@pytest.mark.parametrize(("collected", "distribute", "listed", "public", "disposable"), DATES)
def test_dates(collected: str, distribute: str, listed: str, public: str, disposable: str) -> None:
    found = unclaimed.dates(date.fromisoformat(collected))
    told = (found.distribute, found.listed, found.public, found.disposable)
    assert [day.isoformat() for day in told] == [distribute, listed, public, disposable]


def test_classes() -> None:
    amounts = {name: int(amount) for name, amount, _, _ in CLASSES}
    earned = {name: {who: int(n) for who, n in _pairs(told)} for name, _, told, _ in CLASSES}
    gets = {(name, who): int(n) for name, _, _, got in CLASSES if got != "stays" for who, n in _pairs(got)}
    left = {name: int(amount) for name, amount, _, got in CLASSES if got == "stays"}
    assert unclaimed.to_class(amounts, earned) == (gets, left)

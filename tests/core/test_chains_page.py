"""The worked examples of docs/algorithms/chains.md are what the core does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from quire.core.chains import Agreement, Chains
from quire.core.shares import UNKNOWN, Holder, Shares, parse_share

PAGE = Path(__file__).parents[2] / "docs/algorithms/chains.md"
Row = list[str]


def tables(text: str) -> Iterator[list[Row]]:
    """The rows of each table, without its head."""
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in block.splitlines()]
        yield rows[2:]


def examples() -> dict[str, list[list[Row]]]:
    """Title of each example to its two tables."""
    _, *parts = PAGE.read_text().partition("## Worked examples")[2].split("\n### ")
    return {part.splitlines()[0]: list(tables(part)) for part in parts}


def agreement(row: Row) -> Agreement:
    name, kind, giver, keeps, takers, starts, ends = row
    named = [part.strip().split(":") for part in takers.split(";")] if takers != "unclear" else []
    shares = (
        Shares(tuple(Holder(who, role, parse_share(part)) for who, role, part in named)) if named else None
    )
    return Agreement(name, kind, giver, day(starts), day(ends), parse_share(keeps), shares)


def day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def credited(rows: list[Row]) -> Iterator[tuple[Row, list[Row]]]:
    """Each credit with the lines it becomes."""
    for row in rows:
        if row[0]:
            found: tuple[Row, list[Row]] = (row[:4], [])
            yield found
        found[1].append(row[4:])


@pytest.mark.parametrize("title", examples())
def test_the_page_says_what_the_core_does(title: str) -> None:
    told, lines = examples()[title]
    agreements = [agreement(row) for row in told]
    names = {one.giver for one in agreements}
    names |= {holder.party for one in agreements for holder in one.takers or () if holder.party != UNKNOWN}
    order = {name: place for place, name in enumerate(sorted(names))}
    chain, by_place = Chains(agreements, order), sorted(names)
    for (party, role, on, amount), expected in list(credited(lines)):
        links = chain.pass_on(int(amount), order[party], "wrk", "search", date.fromisoformat(on), role)
        got = [
            [
                UNKNOWN if one.party is None else by_place[one.party] + (" (held)" if one.unclear else ""),
                one.role,
                str(one.amount),
                " ".join(one.via),
            ]
            for one in links
        ]
        assert got == expected


def test_there_are_as_many_examples_as_the_page_promises() -> None:
    assert len(examples()) == 7
    assert all(len(two) == 2 for two in examples().values())

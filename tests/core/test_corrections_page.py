"""The worked examples of docs/algorithms/corrections.md are what the core does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from quire.core.chains import Chains
from quire.core.corrections import Correction, Debt, Move, Old, settle
from quire.core.shares import Holder, Shares, parse_share

PAGE = Path(__file__).parents[2] / "docs/algorithms/corrections.md"
ORDER = {"ann": 0, "bob": 1, "cal": 2}
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


def listed(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]


def correction(row: Row) -> tuple[str, Correction]:
    """The run that posts it first, and the correction."""
    name, filed, old, new, held, run = row
    lines = []
    for number, told in enumerate(listed(old)):
        party, role, share, amount = told.split(":")
        lines.append(Old(party, role, parse_share(share), int(amount), number))
    words = listed(new)
    holders = [Holder(*one.split(":")[:2], parse_share(one.split(":")[2])) for one in words if " " not in one]
    more = dict(one.split(" ", 1) for one in words if " " in one)
    made = Correction(
        name, "dst_old", "0" * 64, "EUR", "use", "wrk_1", date(2027, 1, 1), date(2027, 2, 1), "ai-train",
        sum(one.amount for one in lines), tuple(lines), Shares(tuple(holders)), "a mistake",
        date.fromisoformat(filed), parse_share(more.get("part", "1")), more.get("to", ""),
        tuple((int(line), int(left), "hld_1") for line, left in (one.split(":") for one in listed(held))),
    )  # fmt: skip
    return run, made


def said(move: Move) -> str:
    names = list(ORDER)
    whom = move.to if move.party is None else names[move.party]
    return f"{move.corrects.correction.id} {move.label} {whom} {move.amount}{' held' if move.held else ''}"


@pytest.mark.parametrize("title", examples())
def test_the_page_says_what_the_core_does(title: str) -> None:
    told, runs = examples()[title]
    filed = [correction(row) for row in told]
    debts: tuple[Debt, ...] = ()
    for run, limit, earned, lines, owed in runs:
        there = [replace(one, posted="" if first == run else "dst_1") for first, one in filed if first <= run]
        sums = {ORDER[name]: int(amount) for name, amount in (one.split() for one in listed(earned))}
        found = settle(
            there,
            debts,
            Chains((), ORDER),
            lambda party, sums=sums: sums.get(party, 0),
            Fraction(parse_share(limit)),
        )
        assert [said(move) for move in found.moves] == listed(lines)
        debts = found.debts
        assert [f"{one.correction} {one.debtor} {one.creditor} {one.amount}" for one in debts] == listed(owed)

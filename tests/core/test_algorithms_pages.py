"""The worked examples on the pages about the plan algebra are computed again, to the quantum.

An example is a plan in a block of TOML and the tables up to the next: pots, members, works with their
requests, what a weighing names, and last what each line of the run gives. A table is known by the head of its
first column.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from quire.core import arrays, evidence, terms
from quire.core.distribution import Counts, Evidence, Licence, Line, Party, Pot, Subjects, divide_all
from quire.core.money import quanta_of
from quire.core.plan import Plan
from quire.core.weighings import Weighing, Weight, parse_weight

PAGES = Path(__file__).parents[2] / "docs/algorithms"
NAMES = ("attribution", "bounds", "deductions", "equal", "nested", "pools", "tier", "units", "usage")
JANUARY = (date(2026, 1, 1), date(2026, 2, 1))
ALWAYS = (terms.Span(date(2020, 1, 1), None),)
Table = list[dict[str, str]]


def tables_in(text: str) -> Iterator[tuple[str, Table]]:
    """The head of its first column, and the rows, of each table."""
    for block in re.findall(r"(?:^\|.*\|\n)+", text, flags=re.MULTILINE):
        head, _, *rows = (
            [cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()
        )
        yield head[0], [dict(zip(head, row, strict=True)) for row in rows]


def examples() -> Iterator[Any]:
    for name in NAMES:
        parts = re.split(r"```toml\n(.*?)```", (PAGES / f"{name}.md").read_text(), flags=re.DOTALL)
        for number, (plan, text) in enumerate(zip(parts[1::2], parts[2::2], strict=True)):
            yield pytest.param(plan, dict(tables_in(text)), id=f"{name}-{number}")


def pot_of(row: dict[str, str]) -> Pot:
    licence = Licence(
        f"lic_{row['pot']}", row["pot"], "blanket", terms.USES, *JANUARY, row["currency"], 0, {}
    )
    return Pot(row["pot"], licence, *JANUARY, quanta_of(row["came in"]))


def society(text: str, told: dict[str, Table]) -> Evidence:
    """The evidence that an example's tables say: everybody a member, and every use allowed to all."""
    plan = Plan.parse(text)
    parties = tuple(Party(row["member"], int(row["works"]), ALWAYS) for row in told["member"])
    answers = tuple(
        terms.Answer(one.id, None, use, True, ALWAYS[0].starts, None) for one in parties for use in terms.USES
    )
    works = told.get("work", [])
    ids = list(dict.fromkeys(row["work"] for row in works))
    row_of = {row["work"]: row for row in works}
    tiers = sorted({row.get("content", "standard") for row in works})
    members = [one.id for one in parties]
    subjects = Subjects(
        ids,
        ["work"] * len(ids),
        arrays.ints([members.index(row_of[one]["member"]) for one in ids]),
        arrays.ints([tiers.index(row_of[one].get("content", "standard")) for one in ids]),
        tiers,
    )
    pots = tuple(pot_of(row) for row in told["pot"])
    counts = {pot.id: counted(pot, works, ids) for pot in pots}
    heads, weights = weighings(text, told.get("named", []))
    more: dict[str, Any] = {"weighings": heads, "weights": weights}
    return Evidence(plan, pots, parties, answers, (), subjects, counts, **more)


def counted(pot: Pot, works: Table, ids: list[str]) -> Counts:
    ours = [row for row in works if row.get("pot", pot.id) == pot.id]
    return Counts(
        (JANUARY,),
        arrays.ints([ids.index(row["work"]) for row in ours]),
        arrays.ints([terms.USES.index(row.get("use", "ai-train")) for row in ours]),
        arrays.ints([int(row["requests"]) for row in ours]),
    )


def weighings(text: str, named: Table) -> tuple[tuple[Weighing, ...], tuple[Weight, ...]]:
    plan = Plan.parse(text)
    asked = {part.of: part.key for part in plan.leaves if part.of}
    heads = [Weighing(name, kind, "sha256:" + "0" * 64, "a list", "") for name, kind in asked.items()]
    rows = [Weight(name, "", row["named"], parse_weight(row["weight"])) for name in asked for row in named]
    return tuple(heads), tuple(rows)


def to(found: Evidence, line: Line) -> str:
    return found.parties[line.party].id if line.party is not None else line.to or line.outcome


@pytest.mark.parametrize(("plan", "told"), list(examples()))
def test_an_example_on_a_page_is_what_follows(plan: str, told: dict[str, Table]) -> None:
    assert tomllib.loads(plan)["name"]
    found = society(plan, told)
    again = evidence.read(evidence.input_files(found, ()))
    expected = [(row["share"], row["to"], quanta_of(row["amount"])) for row in told["share"]]
    for one in (found, again):
        lines = [line for division in divide_all(one) for line in division.lines]
        assert [(line.label, to(one, line), line.amount) for line in lines] == expected


def test_every_page_has_an_example() -> None:
    shown = {str(one.id).rpartition("-")[0] for one in examples()}
    assert shown == set(NAMES)

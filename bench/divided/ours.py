"""Quire's way: the lake's measure in DuckDB, then the core. Every line is there, by columns."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import numpy as np

from divided.measured import Case
from divided.month import ENDS, STARTS, Size, events, listed, register
from quire.core import arrays, terms
from quire.core.distribution import Counts, Division, Evidence, Licence, Party, Pot, Subjects, parties_of
from quire.core.distribution.dividing import Dividing
from quire.core.plan import Plan
from quire.society.usage import measures

PLAN = """name = "per-usage"
[[deduct]]
label = "administration"
rate = "15%"
to = "society:administration"
[[share]]
label = "use"
portion = "100%"
key = "usage"
if_empty = "hold"
"""


def society(size: Size, members: Any) -> Evidence:
    """Licences, members who all said yes, and works: what the core needs beside the counts."""
    always = (terms.Span(date(2020, 1, 1), None),)
    parties = tuple(Party(f"pty_{number}", 1, always) for number in range(size.members))
    answers = tuple(terms.Answer(one.id, None, "ai-train", True, date(2020, 1, 1), None) for one in parties)
    pots = tuple(
        Pot(
            f"pot_{number:02}",
            Licence(f"lic_{number:02}", name, "blanket", ("ai-train",), STARTS, ENDS, "EUR", 0, {}),
            STARTS,
            ENDS,
            amount,
        )
        for number, (name, amount) in enumerate(zip(size.operators(), size.pots(), strict=True))
    )
    works = len(members)
    names = [f"wrk_{number:026}" for number in range(works)]
    tiers = np.zeros(works, dtype=np.int64)
    subjects = Subjects(names, ["work"] * works, members, tiers, ["standard"])
    return Evidence(Plan.parse(PLAN), pots, parties, answers, (), subjects, {})


def divide(case: Case) -> None:
    """Count, judge, divide, sum: exact lines per licence, work and member, and sums per member."""
    paths = events(case.folder, case.size)
    with duckdb.connect() as db:
        db.execute("SET threads = 2")
        db.execute("SET TimeZone = 'UTC'")
        db.execute("SET memory_limit = '1GiB'")
        db.execute(f"CREATE TABLE subjects AS SELECT id, ordinal FROM '{register(case.folder, case.size)}'")
        owners = f"SELECT member FROM '{register(case.folder, case.size)}' ORDER BY ordinal"
        told = society(case.size, db.execute(owners).fetchnumpy()["member"])
        db.execute(f"CREATE VIEW usage AS SELECT * FROM read_parquet([{listed(paths)}])")
        with case.clock():
            with case.part("counted"):
                counts = counted(db, told)
                db.close()
            divisions, owed = divided(case, told, counts)
    keep(case, divisions, owed)


def counted(db: duckdb.DuckDBPyConnection, told: Evidence) -> dict[str, Counts]:
    """The counts of every pot, in one pass through the usage."""
    operators = {pot.licence.licensee: number for number, pot in enumerate(told.pots)}
    found = db.execute(*measures.counts(STARTS, ENDS, operators, (), ("ai-train",))).fetchnumpy()
    edges = np.searchsorted(found["licensee"], np.arange(len(told.pots) + 1))
    return {
        pot.id: Counts(
            ((STARTS, ENDS),),
            *(found[name][first:last].astype(np.int64) for name in ("subject", "cell", "requests")),
        )
        for pot, first, last in zip(told.pots, edges[:-1], edges[1:], strict=True)
    }


def divided(case: Case, told: Evidence, counts: dict[str, Counts]) -> tuple[list[Division], Any]:
    """Every pot, and what each member gets."""
    whole = Evidence(told.plan, told.pots, told.parties, told.answers, (), told.subjects, counts)
    owed = arrays.alike(0, len(told.parties))
    divisions = []
    with case.part("made ready"):
        run = Dividing(whole)
    for pot in told.pots:
        with case.part("divided"):
            divisions.append(run.pot(pot))
        with case.part("summed"):
            owed = arrays.plus(owed, parties_of(whole, divisions[-1]))
    return divisions, owed


def keep(case: Case, divisions: list[Division], owed: Any) -> None:
    """Write the lines where they are compared, and hold their sums against each other."""
    sums = 0
    with duckdb.connect() as db:
        db.execute(
            "CREATE TABLE lines (licence BIGINT, ordinal BIGINT, member BIGINT, amount DECIMAL(38, 0))"
        )
        for number, one in enumerate(divisions):
            rows = one.lines.blocks[-1]
            columns = {
                "ordinal": rows.claims.subjects,
                "member": rows.claims.members,
                "amount": rows.amounts.astype(np.int64),
            }
            sums += arrays.total(rows.amounts)
            db.register("columns", columns)
            db.execute(f"INSERT INTO lines SELECT {number}, ordinal, member, amount FROM columns")
        db.execute(f"COPY lines TO '{case.out}' (FORMAT parquet)")
    assert sums == arrays.total(owed) == sum(case.size.shared()), "the lines do not add up"

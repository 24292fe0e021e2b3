"""Ten million events in Parquet to exact amounts per member, beside the texts' own loop and a bare group-by.

    python bench/distribution.py [--events 10000000] [--works 1000000] [--members 50000] [--runs 3]

All three read the same Parquet file, of the lake's own columns:

- **Quire**: the lake's measure in DuckDB, then the core: mandates judged, the pot divided by largest
  remainder to 10⁻¹² and summed per member. The register of works is in memory before the clock starts, as it
  is for the loop.
- **The texts' loop**: for each event, its work's member, counted in a plain Python dictionary; then each
  member's share as a float, as the per-usage example has it (seeds: "Per-Usage Distribution").
- **Bare group-by**: DuckDB counting events by work, and nothing more: no register, no mandate, no money.

The median of the runs is printed, and the ratios. Nothing is asserted here but that the sums are exact.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from quire.core import arrays, terms
from quire.core.distribution import by_party
from quire.core.facts import Counts, Evidence, Licence, Party, Pot, Subjects
from quire.core.money import decimal_of
from quire.core.plan import Plan
from quire.society.usage import measures

STARTS, ENDS = date(2026, 1, 1), date(2026, 2, 1)
AMOUNT = 10_000_000 * 10**12
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


def write(path: Path, events: int, works: int, members: int) -> None:
    """Events of one licensed crawler through January, the works Zipf-like, in the order they happened."""
    with duckdb.connect() as db:
        db.execute("SELECT setseed(0.7)")
        db.execute(_register(works, members))
        step = (ENDS - STARTS) // timedelta(microseconds=1) // events
        db.execute(
            f"""COPY (SELECT e.i AS line, e.i AS fingerprint,
            TIMESTAMPTZ '2026-01-01 00:00:00Z' + to_microseconds(e.i * {step}) AS starts,
            TIMESTAMPTZ '2026-01-01 00:00:00Z' + to_microseconds(e.i * {step}) AS ends,
            1::BIGINT AS count, 'GPTBot' AS agent, 'OpenAI' AS operator, 'ai-train' AS use,
            'h.example' AS host, '/' AS path, NULL::UUID AS site, works.id AS work,
            200::SMALLINT AS status, 512::BIGINT AS size
            FROM (SELECT i, (floor(exp(random() * ln({works})))::BIGINT) % {works} AS w
                  FROM range({events}) t(i)) e JOIN works ON works.ordinal = e.w ORDER BY e.i)
            TO '{path}' (FORMAT parquet, COMPRESSION zstd)"""
        )


def _register(works: int, members: int) -> str:
    """Every work: a UUID like those of the register, its ordinal, and its member's."""
    return f"""CREATE TABLE works AS SELECT i AS ordinal, (hash(i * 7) % {members})::BIGINT AS member,
        ('01900000-0000-7000-8000-' || printf('%012x', hash(i) & 281474976710655))::UUID AS id
        FROM range({works}) t(i)"""


def society(members: Any) -> Evidence:
    """A licence, a mandate of every member, each work its member's: what the core needs beside the counts."""
    licence = Licence("lic", "pty_lab", "blanket", ("ai-train",), STARTS, ENDS, "EUR", 0, {})
    always = (terms.Span(date(2020, 1, 1), None),)
    parties = tuple(Party(f"pty_{i}", 1, always) for i in range(int(members.max()) + 1))
    answers = tuple(terms.Answer(one.id, None, "ai-train", True, date(2020, 1, 1), None) for one in parties)
    count = len(members)
    subjects = Subjects(
        range(count), ["work"] * count, members, np.zeros(count, dtype=np.int64), ["standard"]
    )
    pot = Pot("pot", licence, STARTS, ENDS, AMOUNT)
    return Evidence(Plan.parse(PLAN), (pot,), parties, answers, (), subjects, {})


def quire(db: duckdb.DuckDBPyConnection, told: Evidence) -> int:
    """Count, judge, divide, sum; the quanta that the members get together."""
    found = db.execute(
        *measures.counts(STARTS, ENDS, {"OpenAI": 0}, (), told.pots[0].licence.uses)
    ).fetchnumpy()
    counts = Counts(((STARTS, ENDS),), found["subject"], found["cell"].astype(np.int64), found["requests"])
    pot = told.pots[0]
    owed = by_party(
        Evidence(told.plan, told.pots, told.parties, told.answers, (), told.subjects, {pot.id: counts}), pot
    )
    return arrays.total(owed)


def loop(path: Path, owner: dict[str, int]) -> int:
    """The texts' way, event by event; the float sum, in quanta, that it pays out."""
    usage: dict[int, int] = {}
    with duckdb.connect() as db:
        rows = db.execute(f"SELECT work::VARCHAR FROM '{path}'")
        while some := rows.fetchmany(100_000):
            for (work,) in some:
                member = owner[work]
                usage[member] = usage.get(member, 0) + 1
    whole = sum(usage.values())
    left = AMOUNT / 1e12 - AMOUNT / 1e12 * 0.15
    return int(sum(left * (requests / whole) for requests in usage.values()) * 1e12)


def bare(path: Path) -> int:
    """DuckDB's group-by alone."""
    with duckdb.connect() as db:
        db.execute("SET threads = 2")
        db.execute(f"CREATE TEMP TABLE t AS SELECT work, sum(count) FROM '{path}' GROUP BY work")
        return int(db.execute("SELECT count(*) FROM t").fetchall()[0][0])


def timed(work: Callable[[], int], runs: int) -> tuple[float, int]:
    """Median seconds and the answer."""
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        answer = work()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds), answer


def main() -> None:
    """Measure and print the table."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("events", 10_000_000), ("works", 1_000_000), ("members", 50_000), ("runs", 3)):
        asked.add_argument(f"--{name}", type=int, default=default)
    size = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as db:
        path = Path(folder) / "usage.parquet"
        write(path, size.events, size.works, size.members)
        db.execute("SET threads = 2")
        db.execute(_register(size.works, size.members))
        db.execute("CREATE TABLE subjects AS SELECT id, ordinal FROM works")
        db.execute(f"CREATE VIEW usage AS SELECT * FROM '{path}'")
        told = society(db.execute("SELECT member FROM works ORDER BY ordinal").fetchnumpy()["member"])
        owner = dict(db.execute("SELECT id::VARCHAR, member FROM works").fetchall())
        ours, paid = timed(lambda: quire(db, told), size.runs)
        group, groups = timed(lambda: bare(path), size.runs)
        texts, floats = timed(lambda: loop(path, owner), 1)
    exact = AMOUNT - int(Fraction(AMOUNT) * 15 / 100)
    if paid != exact:
        raise SystemExit(f"The members get {decimal_of(paid)}, not {decimal_of(exact)}.")
    print(
        f"{size.events:,} events, {size.works:,} works ({groups:,} used), {size.members:,} members; medians\n"
    )
    print("| way | seconds | beside Quire | sum paid is off by |")
    print("|---|---|---|---|")
    print(f"| Quire, exact, per member | {ours:.2f} | 1 | 0 |")
    print(f"| DuckDB's bare group-by | {group:.2f} | Quire takes {ours / group:.2f}× its time | – |")
    off = decimal_of(floats - exact)
    print(f"| the texts' loop in Python | {texts:.2f} | Quire is {texts / ours:.1f}× ahead | {off} |")


if __name__ == "__main__":
    main()
